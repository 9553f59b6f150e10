use std::time::Duration;

/// The limits and deadlines of a connection, each with a default that is safe
/// in front of the open internet.
///
/// ```
/// use std::time::Duration;
/// use ws_core::Config;
///
/// let config = Config::new()
///     .max_message_bytes(64 * 1024)
///     .ping_interval(Some(Duration::from_secs(30)));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    pub(crate) max_frame_bytes: usize,
    pub(crate) max_message_bytes: usize,
    pub(crate) max_fragments: usize,
    pub(crate) ping_interval: Option<Duration>,
    pub(crate) pong_timeout: Duration,
    pub(crate) close_timeout: Duration,
    pub(crate) write_timeout: Duration,
}

impl Config {
    /// The defaults.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            max_frame_bytes: usize::MAX,
            max_message_bytes: 1 << 20,
            max_fragments: 1 << 14,
            ping_interval: Some(Duration::from_secs(20)),
            pong_timeout: Duration::from_secs(20),
            close_timeout: Duration::from_secs(5),
            write_timeout: Duration::from_secs(30),
        }
    }

    /// The largest frame to accept, in bytes of payload data.
    ///
    /// Default: no limit of its own, as a frame is part of a message. A larger
    /// one fails the connection with 1009 as soon as its header is here.
    #[must_use]
    pub const fn max_frame_bytes(mut self, limit: usize) -> Self {
        self.max_frame_bytes = limit;
        self
    }

    /// The largest message to accept, in bytes over all its fragments.
    ///
    /// Default: 1 MiB, since a message is held in memory until it is whole. A
    /// larger one fails the connection with 1009 as soon as a header announces
    /// it. Memory is taken as bytes arrive, never as announced.
    #[must_use]
    pub const fn max_message_bytes(mut self, limit: usize) -> Self {
        self.max_message_bytes = limit;
        self
    }

    /// The most fragments a message may come in before its last.
    ///
    /// Default: 16384. Fragments cost no memory of their own, but a message
    /// of empty ones would never end. More fail the connection with 1008; 0
    /// forbids fragmentation.
    #[must_use]
    pub const fn max_fragments(mut self, limit: usize) -> Self {
        self.max_fragments = limit;
        self
    }

    /// The silence of the peer after which it is pinged; `None` for never.
    ///
    /// Default: 20 s, which is below the idle limit of common proxies. While
    /// traffic comes in, no ping is sent.
    #[must_use]
    pub const fn ping_interval(mut self, interval: Option<Duration>) -> Self {
        self.ping_interval = interval;
        self
    }

    /// How long to wait for a sign of life after a ping.
    ///
    /// Default: 20 s. Any byte counts. A peer that stays silent is closed with
    /// 1011.
    #[must_use]
    pub const fn pong_timeout(mut self, timeout: Duration) -> Self {
        self.pong_timeout = timeout;
        self
    }

    /// How long the closing handshake, or the flushing of a last Close frame,
    /// may take before the transport is dropped.
    ///
    /// Default: 5 s, for a slow network; a peer that follows the RFC needs one
    /// round trip.
    #[must_use]
    pub const fn close_timeout(mut self, timeout: Duration) -> Self {
        self.close_timeout = timeout;
        self
    }

    /// How long queued bytes may wait without the transport taking one.
    ///
    /// Default: 30 s. It is looked at once in this time, so a peer that stops
    /// reading is dropped after 30 to 60 s at the latest.
    #[must_use]
    pub const fn write_timeout(mut self, timeout: Duration) -> Self {
        self.write_timeout = timeout;
        self
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}
