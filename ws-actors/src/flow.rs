use ws_core::CloseCode;

use crate::RateLimit;

/// How much may be under way in each direction, and what happens beyond it.
///
/// ```
/// use ws_actors::{Flow, Overflow, RateLimit};
///
/// // a ticker: old prices are worth nothing, and nobody has to say much
/// let flow = Flow::new()
///     .max_queued_bytes(64 * 1024)
///     .overflow(Overflow::DropOldest)
///     .rate_limit(RateLimit::new().messages(10, 50));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flow {
    pub(crate) max_queued_bytes: usize,
    pub(crate) max_queued_messages: usize,
    pub(crate) overflow: Overflow,
    pub(crate) fragment_bytes: usize,
    pub(crate) max_responses: usize,
    pub(crate) rate_limit: Option<RateLimit>,
}

/// What happens to a message that finds no room in the outbox, because the peer
/// reads too slowly.
///
/// Control frames always find room. Messages of which only the newest counts
/// need none of this: [`WsContext::send_latest`](crate::WsContext::send_latest).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Overflow {
    /// What waits is given up, and the connection closes with this code: 1013
    /// if the peer may come again, 1008 if it had better not.
    Close(CloseCode),
    /// The new message is refused, and its sender is told so.
    DropNewest,
    /// The messages that have waited longest are given up for it.
    DropOldest,
    /// The actor waits: as soon as 64 KiB are on their way to the peer, it hears
    /// neither frames nor messages until the peer has read on. Who sends all
    /// the same, such as a room, is refused once the outbox is full.
    Wait,
}

impl Flow {
    /// The defaults.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            max_queued_bytes: 1 << 20,
            max_queued_messages: 1 << 14,
            overflow: Overflow::Close(CloseCode::TRY_AGAIN_LATER),
            fragment_bytes: usize::MAX,
            max_responses: 16,
            rate_limit: None,
        }
    }

    /// The most bytes of messages that may wait for a slow peer.
    ///
    /// Default: 1 MiB, some seconds of a lively room. Up to 64 KiB that are on
    /// their way already are not counted, nor is a message that waits alone.
    #[must_use]
    pub const fn max_queued_bytes(mut self, limit: usize) -> Self {
        self.max_queued_bytes = limit;
        self
    }

    /// The most messages that may wait for a slow peer.
    ///
    /// Default: 16384, as empty ones take memory too: together about 1 MiB.
    #[must_use]
    pub const fn max_queued_messages(mut self, limit: usize) -> Self {
        self.max_queued_messages = limit;
        self
    }

    /// What happens to a message beyond these two limits.
    ///
    /// Default: the connection closes with 1013, so that nothing is lost
    /// silently; a client that connects again can ask for what it missed.
    #[must_use]
    pub const fn overflow(mut self, overflow: Overflow) -> Self {
        self.overflow = overflow;
        self
    }

    /// Sends messages that are longer than this in fragments of this many bytes,
    /// between which control frames can go.
    ///
    /// Default: no message is split. Streamed ones go in parts of at most 64 KiB
    /// anyway, and messages that were encoded for many connections in one.
    #[must_use]
    pub const fn fragment_bytes(mut self, limit: usize) -> Self {
        self.fragment_bytes = if limit == 0 { 1 } else { limit };
        self
    }

    /// How many futures that handlers of frames returned may be under way
    /// before no more frames are heard.
    ///
    /// Default: 16. A peer that asks faster than the actor answers is slowed
    /// down. With 1, frames are handled one after the other; but then a handler
    /// must not wait for a frame.
    ///
    /// All of actix's kinds count: `ResponseFuture`, `ResponseActFuture` and
    /// `AtomicResponse`. What a handler spawns itself does not.
    #[must_use]
    pub const fn max_responses(mut self, limit: usize) -> Self {
        self.max_responses = if limit == 0 { 1 } else { limit };
        self
    }

    /// How fast the peer may send. Default: as fast as it is read.
    #[must_use]
    pub const fn rate_limit(mut self, limit: RateLimit) -> Self {
        self.rate_limit = Some(limit);
        self
    }

    /// Whether so much waits that there will be room for a while.
    pub(crate) const fn is_relieved(&self, bytes: usize, messages: usize) -> bool {
        bytes <= self.max_queued_bytes / 2 && messages <= self.max_queued_messages / 2
    }
}

impl Default for Flow {
    fn default() -> Self {
        Self::new()
    }
}
