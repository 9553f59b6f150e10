use std::{fmt, sync::Arc, time::Duration};

use ws_core::{Cause, CloseCode, Outcome, Timeout};

use super::{ConnectError, Loss};

/// Which connections of a client are replaced, and when.
///
/// ```
/// use std::time::Duration;
/// use ws_actors::client::{Loss, Reconnect};
/// use ws_core::CloseCode;
///
/// let reconnect = Reconnect::new()
///     .max_delay(Duration::from_secs(10))
///     .max_attempts(Some(20))
///     // our server says 4000 when it wants us to come back
///     .rule(|loss| match loss {
///         Loss::Ended(outcome) if outcome.code().get() == 4000 => true,
///         other => other.is_worth_a_retry(),
///     });
/// ```
#[derive(Clone)]
pub struct Reconnect {
    first_delay: Duration,
    max_delay: Duration,
    max_attempts: Option<u32>,
    rule: Arc<dyn Fn(&Loss) -> bool + Send + Sync>,
}

impl Reconnect {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self {
            first_delay: Duration::from_secs(1),
            max_delay: Duration::from_secs(60),
            max_attempts: None,
            rule: Arc::new(Loss::is_worth_a_retry),
        }
    }

    /// How long to wait after a first loss, at most.
    ///
    /// Default: 1 s. Each further attempt that fails doubles it. The delay
    /// itself is anything between none and that, by chance ([RFC 6455 §7.2.3]):
    /// a server that comes back does not find all its clients at its door at
    /// once. A connection that lasted for 10 s begins anew with this one.
    ///
    /// [RFC 6455 §7.2.3]: https://www.rfc-editor.org/rfc/rfc6455#section-7.2.3
    #[must_use]
    pub const fn first_delay(mut self, delay: Duration) -> Self {
        self.first_delay = delay;
        self
    }

    /// The longest delay. Default: 60 s.
    ///
    /// A server's `Retry-After` can ask for more, up to an hour.
    #[must_use]
    pub const fn max_delay(mut self, delay: Duration) -> Self {
        self.max_delay = delay;
        self
    }

    /// How many attempts may fail in a row before the client gives up; `None`
    /// for any number. Default: any number.
    #[must_use]
    pub const fn max_attempts(mut self, attempts: Option<u32>) -> Self {
        self.max_attempts = attempts;
        self
    }

    /// Decides which losses are worth another try. Default:
    /// [`Loss::is_worth_a_retry`].
    ///
    /// What the client closes itself stays closed, without asking.
    #[must_use]
    pub fn rule(mut self, rule: impl Fn(&Loss) -> bool + Send + Sync + 'static) -> Self {
        self.rule = Arc::new(rule);
        self
    }

    /// When to try again after this loss, with so many failures in a row before.
    pub(super) fn delay(&self, loss: &Loss, failures: u32) -> Option<Duration> {
        if self.max_attempts.is_some_and(|most| failures >= most) || !(self.rule)(loss) {
            return None;
        }
        let doubled = 1_u32.checked_shl(failures).unwrap_or(u32::MAX);
        let longest = self.first_delay.saturating_mul(doubled).min(self.max_delay);
        let asked = loss.retry_after().map(|asked| asked.min(LONGEST_ASKED));
        // Whoever names a time gets it, and a little later.
        Some(asked.unwrap_or_default() + longest.mul_f64(fastrand::f64()))
    }
}

impl Loss {
    /// Whether another connection may fare better.
    ///
    /// After a network that failed, a deadline that passed, a server that goes
    /// away (1001), fails (1011), restarts (1012) or is overloaded (1013, or
    /// status 5xx and 429): yes. After an end that the server wanted (1000, 1008
    /// and its own codes from 3000 on), a fault of the protocol, a refusal
    /// (status 4xx), a certificate that is not trusted: no.
    #[must_use]
    pub fn is_worth_a_retry(&self) -> bool {
        match self {
            Self::Failed(error) => error.is_retryable(),
            Self::Ended(outcome) => match &outcome.cause {
                Cause::TransportLost => true,
                Cause::Timeout(timeout) => *timeout != Timeout::Idle,
                Cause::Remote => is_passing(outcome.code()),
                Cause::Local | Cause::Protocol(_) | _ => false,
            },
        }
    }

    /// What the server asked for in `Retry-After`.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Failed(error) => ConnectError::retry_after(error),
            Self::Ended(_) => None,
        }
    }

    /// How the connection ended, if there was one.
    #[must_use]
    pub const fn outcome(&self) -> Option<&Outcome> {
        match self {
            Self::Ended(outcome) => Some(outcome),
            Self::Failed(_) => None,
        }
    }
}

/// Whether a server that closes with this code may take connections again soon.
fn is_passing(code: CloseCode) -> bool {
    [
        CloseCode::GOING_AWAY,
        CloseCode::INTERNAL_ERROR,
        CloseCode::SERVICE_RESTART,
        CloseCode::TRY_AGAIN_LATER,
        CloseCode::BAD_GATEWAY,
        CloseCode::ABNORMAL,
    ]
    .contains(&code)
}

impl Default for Reconnect {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Reconnect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reconnect")
            .field("first_delay", &self.first_delay)
            .field("max_delay", &self.max_delay)
            .field("max_attempts", &self.max_attempts)
            .finish_non_exhaustive()
    }
}

/// The longest `Retry-After` that is heeded.
const LONGEST_ASKED: Duration = Duration::from_secs(3600);
