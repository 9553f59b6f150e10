use std::time::Duration;

use crate::{Registry, Rsv};

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
    pub(crate) handshake_timeout: Duration,
    pub(crate) message_timeout: Option<Duration>,
    pub(crate) idle_timeout: Option<Duration>,
    pub(crate) max_lifetime: Option<Duration>,
    pub(crate) opcodes: Registry,
    pub(crate) claimed_rsv: Rsv,
    pub(crate) delivery: Delivery,
    pub(crate) auto_pong: bool,
    pub(crate) auto_close: bool,
}

/// In which pieces received data is handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[expect(clippy::exhaustive_enums, reason = "the RFC knows no other piece")]
pub enum Delivery {
    /// Whole messages, as [`Event::Message`](crate::Event::Message).
    #[default]
    Messages,
    /// Parts of messages as they arrive, as [`Event::Part`](crate::Event::Part):
    /// nothing is collected.
    Parts,
    /// Single data frames, as [`Event::Frame`](crate::Event::Frame).
    Frames,
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
            handshake_timeout: Duration::from_secs(10),
            message_timeout: Some(Duration::from_secs(120)),
            idle_timeout: None,
            max_lifetime: None,
            opcodes: Registry::new(),
            claimed_rsv: Rsv::NONE,
            delivery: Delivery::Messages,
            auto_pong: true,
            auto_close: true,
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

    /// How long the opening handshake may take, all of it.
    ///
    /// Default: 10 s. Whoever feeds the handshake keeps it:
    /// [`ClientOpening`](crate::handshake::ClientOpening) names the instant.
    #[must_use]
    pub const fn handshake_timeout(mut self, timeout: Duration) -> Self {
        self.handshake_timeout = timeout;
        self
    }

    /// How long a message may take from its first byte to its last; `None` for
    /// as long as it likes.
    ///
    /// Default: 120 s, in which 1 MiB comes through at 10 KB/s. A message that
    /// takes longer holds what has come of it; the connection fails with 1008.
    #[must_use]
    pub const fn message_timeout(mut self, timeout: Option<Duration>) -> Self {
        self.message_timeout = timeout;
        self
    }

    /// How long both sides may have nothing to say; `None` for as long as they
    /// like.
    ///
    /// Default: none, as many rooms are quiet for hours. Messages count, Pings
    /// and Pongs do not. After it the connection is closed with 1001.
    #[must_use]
    pub const fn idle_timeout(mut self, timeout: Option<Duration>) -> Self {
        self.idle_timeout = timeout;
        self
    }

    /// How long the connection may last; `None` for ever.
    ///
    /// Default: none. After it the connection is closed with 1001, whatever is
    /// said on it: so that connections spread anew over machines, and who was
    /// let in long ago has to show again that it may come in.
    #[must_use]
    pub const fn max_lifetime(mut self, lifetime: Option<Duration>) -> Self {
        self.max_lifetime = lifetime;
        self
    }

    /// The reserved opcodes that have a meaning. Default: none.
    #[must_use]
    pub fn opcodes(mut self, registry: Registry) -> Self {
        self.opcodes = registry;
        self
    }

    /// The reserved bits that the application sets and reads itself, with
    /// [`Delivery::Parts`] or [`Delivery::Frames`]. Default: none.
    ///
    /// A bit that an extension of the connection owns is not the application's.
    #[must_use]
    pub const fn claim_rsv(mut self, bits: Rsv) -> Self {
        self.claimed_rsv = bits;
        self
    }

    /// The reserved opcodes that have a meaning.
    #[must_use]
    pub const fn registry(&self) -> &Registry {
        &self.opcodes
    }

    /// The reserved bits that the application claims.
    #[must_use]
    pub const fn claimed_rsv(&self) -> Rsv {
        self.claimed_rsv
    }

    /// In which pieces received data is handed out. Default: whole messages.
    #[must_use]
    pub const fn delivery(mut self, delivery: Delivery) -> Self {
        self.delivery = delivery;
        self
    }

    /// Whether Pings are answered without being asked to. Default: yes.
    ///
    /// Otherwise [`Event::reply`](crate::Event::reply) makes the answer.
    #[must_use]
    pub const fn auto_pong(mut self, on: bool) -> Self {
        self.auto_pong = on;
        self
    }

    /// Whether Close frames are answered without being asked to. Default: yes.
    ///
    /// Otherwise [`Event::Closing`](crate::Event::Closing) tells of the peer's,
    /// and the application may go on sending until it answers, for
    /// [`close_timeout`](Self::close_timeout) at most.
    #[must_use]
    pub const fn auto_close(mut self, on: bool) -> Self {
        self.auto_close = on;
        self
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}
