//! How a connection fares, in a few words.

use std::{fmt, time::Duration};

use indicatif::HumanBytes;
use tokio::time::Instant;

/// What was sent and received over all connections, and how the present one
/// stands.
#[derive(Debug)]
pub(crate) struct Tally {
    pub(crate) state: State,
    pub(crate) sent: Traffic,
    pub(crate) received: Traffic,
    pub(crate) round_trip: Option<Duration>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum State {
    Connecting,
    Open,
    Closing,
    Retrying { at: Instant },
}

/// Messages and the bytes in them.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    pub(crate) messages: u64,
    bytes: u64,
}

impl Tally {
    pub(crate) fn new() -> Self {
        Self {
            state: State::Connecting,
            sent: Traffic::default(),
            received: Traffic::default(),
            round_trip: None,
        }
    }

    /// The state and what was counted.
    pub(crate) fn status(&self) -> String {
        format!("{} · {self}", self.state)
    }
}

impl Traffic {
    pub(crate) const fn count(&mut self, bytes: usize) {
        self.messages += 1;
        self.bytes += bytes as u64;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sent {}, received {}", self.sent, self.received)?;
        match self.round_trip {
            Some(it) => write!(f, ", round trip {:.1} ms", it.as_secs_f64() * 1000.0),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Traffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.messages, HumanBytes(self.bytes))
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connecting => f.write_str("connecting"),
            Self::Open => f.write_str("open"),
            Self::Closing => f.write_str("closing"),
            Self::Retrying { at } => match at.saturating_duration_since(Instant::now()) {
                Duration::ZERO => f.write_str("connecting again"),
                left => write!(f, "retrying in {}", Rough(left)),
            },
        }
    }
}

/// A duration as people say it.
pub(crate) struct Rough(pub(crate) Duration);

impl fmt::Display for Rough {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs_f64();
        if seconds < 1.0 {
            write!(f, "{seconds:.1} s")
        } else {
            write!(f, "{:.0} s", seconds.ceil())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tally_tells_what_passed_and_how_long_a_round_trip_takes() {
        let mut tally = Tally::new();
        tally.sent.count(2);
        tally.received.count(1500);
        tally.received.count(36);
        assert_eq!(
            tally.status(),
            "connecting · sent 1 (2 B), received 2 (1.50 KiB)"
        );
        tally.round_trip = Some(Duration::from_micros(1250));
        tally.state = State::Open;
        assert!(tally.status().ends_with(", round trip 1.2 ms"));
    }
}
