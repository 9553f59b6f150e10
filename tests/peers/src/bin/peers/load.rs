//! The clients: one thread, epoll, and frames that were encoded beforehand.

mod connect;
mod echo;
mod frames;
mod handshakes;
mod room;

use std::{
    io,
    time::{Duration, Instant},
};

use self::frames::{Expected, Frames};
pub(crate) use self::{
    connect::{connect, connect_holding},
    echo::Echo,
    handshakes::Handshakes,
    room::Room,
};

/// Work for a server, which goes on for as long as it is wanted.
pub(crate) trait Load {
    /// Keeps the server busy for so long, and waits for what is under way then.
    /// Returns how many messages came back, deliveries arrived or handshakes
    /// were made.
    ///
    /// # Errors
    ///
    /// When a connection is lost, a server sends what it should not, or nothing.
    fn run(&mut self, span: Duration) -> io::Result<u64>;
}

/// Whether to go on.
struct Clock {
    end: Instant,
    overdue: Instant,
}

impl Clock {
    fn start(span: Duration) -> Self {
        let end = Instant::now() + span;
        Self {
            end,
            overdue: end + PATIENCE,
        }
    }

    /// Whether the span is over.
    fn over(&self) -> io::Result<bool> {
        let now = Instant::now();
        if now > self.overdue {
            return Err(io::Error::other(format!(
                "the server owed something {PATIENCE:?} after the last of it was asked for"
            )));
        }
        Ok(now >= self.end)
    }
}

fn wrong(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// How long a server may take for what is under way at the end.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long the poller waits: not at all, since a server would pay for each
/// message that wakes somebody up, and only those who are slow wake somebody.
const SPIN: Option<Duration> = Some(Duration::ZERO);
/// How much is read at once, in bytes.
const READ: usize = 256 * 1024;
