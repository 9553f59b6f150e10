use std::time::{Duration, Instant};

use crate::Config;

/// The instants at which something is due, each with its reason.
///
/// Traffic never moves a deadline: it only leaves its mark, and a deadline
/// that comes too early for it is set anew when it passes.
#[derive(Debug)]
pub(super) struct Deadlines {
    /// When the last byte came.
    heard: Instant,
    /// The Ping that waits for a sign of life.
    ping: Option<Ping>,
    pings: u32,
    /// When bytes that the transport does not take have waited too long.
    stall: Option<Stall>,
    close: Option<Instant>,
    /// Nothing is read for now, so no sign of life can be seen.
    reading_paused: bool,
}

#[derive(Debug)]
struct Ping {
    sent: Instant,
    late: Instant,
    /// A byte came since.
    answered: bool,
    /// How much the transport will have taken when the Ping has left.
    taken: u64,
}

#[derive(Debug)]
struct Stall {
    late: Instant,
    taken: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    /// The peer was silent for long: ask for a sign of life.
    Ping,
    /// None came.
    PongLate,
    /// The transport took no byte.
    WriteLate,
    /// The closing handshake, or the end of the transport, takes too long.
    CloseLate,
}

impl Deadlines {
    pub(super) const fn new(now: Instant) -> Self {
        Self {
            heard: now,
            ping: None,
            pings: 0,
            stall: None,
            close: None,
            reading_paused: false,
        }
    }

    /// Bytes came.
    pub(super) const fn hear(&mut self, now: Instant) {
        self.heard = now;
        if let Some(ping) = &mut self.ping {
            ping.answered = true;
        }
    }

    /// The closing handshake begins, or the transport is to end.
    pub(super) fn close(&mut self, now: Instant, config: &Config) {
        if self.close.is_none() {
            self.close = Some(now + config.close_timeout);
        }
        self.ping = None;
    }

    /// The payload of the next Ping.
    pub(super) const fn next_ping(&self) -> [u8; 4] {
        self.pings.wrapping_add(1).to_be_bytes()
    }

    /// That Ping is queued: it has left when the transport took `taken` bytes.
    pub(super) fn pinged(&mut self, now: Instant, config: &Config, taken: u64) {
        self.pings = self.pings.wrapping_add(1);
        self.ping = Some(Ping {
            sent: now,
            late: now + config.pong_timeout,
            answered: false,
            taken,
        });
    }

    /// The round-trip time that a Pong with this payload measures.
    pub(super) fn ponged(&self, now: Instant, payload: &[u8]) -> Option<Duration> {
        let ping = self.ping.as_ref()?;
        (payload == self.pings.to_be_bytes()).then(|| now.saturating_duration_since(ping.sent))
    }

    /// While reading is paused, silence is not held against the peer.
    pub(super) const fn pause_reading(&mut self) {
        self.reading_paused = true;
    }

    pub(super) fn resume_reading(&mut self, now: Instant, config: &Config) {
        self.reading_paused = false;
        if let Some(ping) = &mut self.ping {
            ping.late = now + config.pong_timeout;
        }
    }

    /// Bytes wait for the transport, or no longer.
    pub(super) fn queued(&mut self, now: Instant, queued: bool, taken: u64, config: &Config) {
        if !queued {
            self.stall = None;
        } else if self.stall.is_none() {
            self.stall = Some(Stall {
                late: now + config.write_timeout,
                taken,
            });
        }
    }

    /// What is due by now, one at a time.
    pub(super) fn due(&mut self, now: Instant, config: &Config, taken: u64) -> Option<Due> {
        if self.close.is_some_and(|late| late <= now) {
            self.close = None;
            return Some(Due::CloseLate);
        }
        if let Some(stall) = self.stall.as_mut().filter(|stall| stall.late <= now) {
            if stall.taken == taken {
                return Some(Due::WriteLate);
            }
            stall.taken = taken;
            stall.late = now + config.write_timeout;
        }
        if let Some(ping) = &mut self.ping {
            if ping.answered {
                self.ping = None;
            } else if ping.late <= now && !self.reading_paused {
                if ping.taken == taken {
                    return Some(Due::PongLate);
                }
                // The Ping had to wait for bytes before it.
                ping.taken = taken;
                ping.late = now + config.pong_timeout;
            }
        }
        (self.ping_due(config)? <= now).then_some(Due::Ping)
    }

    /// The earliest instant at which something may be due.
    pub(super) fn next(&self, config: &Config) -> Option<Instant> {
        let pong_late = self.ping.as_ref().map(|ping| ping.late);
        let pong_late = pong_late.filter(|_| !self.reading_paused);
        let stall = self.stall.as_ref().map(|stall| stall.late);
        [self.ping_due(config), pong_late, stall, self.close]
            .into_iter()
            .flatten()
            .min()
    }

    fn ping_due(&self, config: &Config) -> Option<Instant> {
        if self.ping.is_some() || self.close.is_some() {
            return None;
        }
        Some(self.heard + config.ping_interval?)
    }
}
