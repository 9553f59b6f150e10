use std::time::Duration;

use ws_actors::SendError;
use ws_core::{CloseCode, ClosePayload, Utf8Bytes};

/// How a [`Shutdown`](crate::Shutdown) ends connections.
///
/// ```
/// use std::time::Duration;
/// use ws_server::{CloseCode, Drain};
///
/// // a deployment: clients are to come again, and not all at once
/// let drain = Drain::new()
///     .close(CloseCode::SERVICE_RESTART, "back in a moment")?
///     .notice(Duration::from_secs(5))
///     .spread(Duration::from_secs(20))
///     .limit(Duration::from_secs(30));
/// # Ok::<_, ws_server::SendError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drain {
    pub(super) payload: ClosePayload,
    pub(super) notice: Duration,
    spread: Option<Duration>,
    pub(super) limit: Duration,
}

impl Drain {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        let payload = ClosePayload::new(CloseCode::GOING_AWAY, "server is shutting down");
        Self {
            payload: payload.unwrap_or_default(),
            notice: Duration::ZERO,
            spread: None,
            limit: Duration::from_secs(8),
        }
    }

    /// What connections are closed with. Default: 1001; 1012 tells clients to
    /// come again soon.
    ///
    /// # Errors
    ///
    /// If the code must not be sent, or the reason is longer than 123 bytes.
    pub fn close(
        mut self,
        code: CloseCode,
        reason: impl Into<Utf8Bytes>,
    ) -> Result<Self, SendError> {
        self.payload = ClosePayload::new(code, reason)?;
        Ok(self)
    }

    /// How long connections live on while new ones are refused already.
    ///
    /// Default: not at all. A load balancer that asks for
    /// [readiness](crate::Shutdown::readiness) needs as long as it takes to
    /// notice; this comes before the [limit](Self::limit).
    #[must_use]
    pub const fn notice(mut self, notice: Duration) -> Self {
        self.notice = notice;
        self
    }

    /// The time over which connections are closed, in small batches chosen by
    /// chance, so that their clients do not all come again at once.
    ///
    /// Default: half a millisecond for each connection, and half of the
    /// [limit](Self::limit) at most, so that the last have time to answer.
    #[must_use]
    pub const fn spread(mut self, spread: Duration) -> Self {
        self.spread = Some(spread);
        self
    }

    /// How long all of it may take, before connections that are left are given
    /// up.
    ///
    /// Default: 8 s, longer than a closing handshake may take by default, and
    /// shorter than what process managers allow.
    #[must_use]
    pub const fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// The time over which so many connections are closed.
    pub(super) fn spread_over(&self, connections: usize) -> Duration {
        let most = self.limit / 2;
        let spread = self.spread.unwrap_or_else(|| {
            let connections = u32::try_from(connections).unwrap_or(u32::MAX);
            EACH.saturating_mul(connections).min(most)
        });
        spread.min(self.limit)
    }
}

impl Default for Drain {
    fn default() -> Self {
        Self::new()
    }
}

/// How much later a connection is closed than the one before.
const EACH: Duration = Duration::from_micros(500);
