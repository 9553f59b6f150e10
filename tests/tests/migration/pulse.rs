//! What programs with a heartbeat of their own are told.

use std::time::Duration;

/// How often a program pings, and how long it bears silence.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pulse {
    pub(crate) every: Duration,
    pub(crate) patience: Duration,
}

/// One that no test feels.
pub(crate) const SLOW: Pulse = Pulse {
    every: Duration::from_secs(3600),
    patience: Duration::from_secs(3600),
};

/// One for clients that stay silent.
pub(crate) const QUICK: Pulse = Pulse {
    every: Duration::from_millis(10),
    patience: Duration::from_millis(50),
};
