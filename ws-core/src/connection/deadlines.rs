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
    /// The last Ping of the heartbeat.
    ping: Option<Box<Ping>>,
    pings: u32,
    /// When bytes that the transport does not take have waited too long.
    stall: Option<Stall>,
    close: Option<Instant>,
    /// There is no heartbeat any more.
    closing: bool,
    /// When the message under way has taken too long.
    message: Option<MessageUnderWay>,
    /// Since when nothing is read, so that no sign of life can be seen.
    reading_paused: Option<Instant>,
    /// When the connection began, and when it last had something to say.
    began: Instant,
    active: Instant,
    /// It has something to say, and the time was not told since.
    acted: bool,
    /// By how much some times are shorter than configured: by a tenth at 255.
    jitter: u8,
    /// Nothing is due any more.
    ended: bool,
}

#[derive(Debug)]
struct Ping {
    sent: Instant,
    late: Option<Instant>,
    /// A byte came since.
    answered: bool,
    /// How much the transport has taken once the Ping has left.
    leaves_at: u64,
    /// When it did.
    left: Option<Instant>,
    /// How much it had taken when this was looked at last.
    taken: u64,
}

#[derive(Debug)]
struct MessageUnderWay {
    late: Option<Instant>,
    /// Which of the connection's messages it is.
    number: u64,
}

#[derive(Debug)]
struct Stall {
    late: Option<Instant>,
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
    /// A message does not come to its end.
    MessageLate,
    /// The closing handshake, or the end of the transport, takes too long.
    CloseLate,
    /// Nobody has anything to say.
    Idle,
    /// The connection is old.
    Lifetime,
}

impl Deadlines {
    pub(super) const fn new(now: Instant) -> Self {
        Self {
            heard: now,
            ping: None,
            pings: 0,
            stall: None,
            close: None,
            closing: false,
            message: None,
            reading_paused: None,
            began: now,
            active: now,
            acted: false,
            jitter: 0,
            ended: false,
        }
    }

    pub(super) const fn set_jitter(&mut self, jitter: u8) {
        self.jitter = jitter;
    }

    /// A message came, or is sent.
    #[inline]
    pub(super) const fn act(&mut self) {
        self.acted = true;
    }

    /// It is so late; what was done since it was told last was done now.
    pub(super) const fn tell(&mut self, now: Instant) {
        if self.acted {
            self.active = now;
            self.acted = false;
        }
    }

    /// When the last bytes came.
    pub(super) const fn heard(&self) -> Instant {
        self.heard
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
        if self.close.is_none() && !self.ended {
            self.close = after(now, config.close_timeout);
            // The heartbeat is over, also if the close may take for ever.
            self.closing = true;
        }
        self.message = None;
    }

    /// Nothing is due any more.
    pub(super) const fn end(&mut self) {
        self.ended = true;
    }

    /// The message of this number is under way, or none is.
    pub(super) fn message_under_way(&mut self, now: Instant, number: Option<u64>, config: &Config) {
        let timeout = config.message_timeout.unwrap_or(Duration::MAX);
        if self.message.as_ref().map(|message| message.number) != number {
            self.message = number
                .filter(|_| !self.closing)
                .map(|number| MessageUnderWay {
                    late: after(now, timeout),
                    number,
                });
        }
    }

    /// The payload of the next Ping.
    pub(super) const fn next_ping(&self) -> [u8; 4] {
        self.pings.wrapping_add(1).to_be_bytes()
    }

    /// That Ping is queued: it has left when the transport took `leaves_at`
    /// bytes, of which it took `taken` so far.
    pub(super) fn pinged(&mut self, now: Instant, config: &Config, leaves_at: u64, taken: u64) {
        self.pings = self.pings.wrapping_add(1);
        self.ping = Some(Box::new(Ping {
            sent: now,
            late: after(now, config.pong_timeout),
            answered: false,
            leaves_at,
            left: None,
            taken,
        }));
    }

    /// The round-trip time that a Pong with this payload measures.
    pub(super) fn ponged(&mut self, payload: &[u8]) -> Option<Duration> {
        let measures = payload == self.pings.to_be_bytes();
        let ping = self.ping.take_if(|_| measures)?;
        Some(self.heard.saturating_duration_since(ping.sent))
    }

    /// While reading is paused, silence is not held against the peer.
    pub(super) const fn pause_reading(&mut self, now: Instant) {
        if self.reading_paused.is_none() {
            self.reading_paused = Some(now);
        }
    }

    /// What was due while reading was paused has this time added to it.
    pub(super) fn resume_reading(&mut self, now: Instant) {
        let Some(since) = self.reading_paused.take() else {
            return;
        };
        let pause = |begun: Instant| now.saturating_duration_since(begun.max(since));
        self.active = after(self.active, pause(self.active)).unwrap_or(self.active);
        if let Some(message) = &mut self.message {
            message.late = message.late.and_then(|late| after(late, pause(since)));
        }
        if let Some(ping) = &mut self.ping {
            ping.late = ping.late.and_then(|late| after(late, pause(ping.sent)));
        }
    }

    /// Bytes wait for the transport, or no longer.
    pub(super) fn queued(&mut self, now: Instant, queued: bool, taken: u64, config: &Config) {
        if let Some(ping) = &mut self.ping
            && ping.left.is_none()
            && ping.leaves_at <= taken
        {
            // From now on the peer can answer.
            ping.left = Some(now);
            ping.late = after(now, config.pong_timeout);
        }
        if !queued {
            self.stall = None;
        } else if self.stall.is_none() {
            self.stall = Some(Stall {
                late: after(now, config.write_timeout),
                taken,
            });
        }
    }

    /// What is due by now, one at a time.
    pub(super) fn due(&mut self, now: Instant, config: &Config, taken: u64) -> Option<Due> {
        if self.ended {
            return None;
        }
        if is_past(self.close, now) {
            return Some(Due::CloseLate);
        }
        if let Some(stall) = self.stall.as_mut().filter(|stall| is_past(stall.late, now)) {
            if stall.taken == taken {
                return Some(Due::WriteLate);
            }
            stall.taken = taken;
            stall.late = after(now, config.write_timeout);
        }
        if self.closing {
            return None;
        }
        if is_past(self.message_late(), now) {
            return Some(Due::MessageLate);
        }
        if is_past(self.pong_late(), now) {
            match &mut self.ping {
                // It waits behind bytes that still leave.
                Some(ping) if ping.left.is_none() && ping.taken != taken => {
                    ping.taken = taken;
                    ping.late = after(now, config.pong_timeout);
                }
                _ => return Some(Due::PongLate),
            }
        }
        if is_past(self.lifetime_over(config), now) {
            return Some(Due::Lifetime);
        }
        if is_past(self.idle_over(config), now) {
            return Some(Due::Idle);
        }
        is_past(self.ping_due(config), now).then_some(Due::Ping)
    }

    /// The earliest instant at which something may be due.
    pub(super) fn next(&self, config: &Config) -> Option<Instant> {
        if self.ended {
            return None;
        }
        let stall = self.stall.as_ref().and_then(|stall| stall.late);
        let mut deadlines = [self.close, stall, None, None, None, None, None];
        if !self.closing {
            deadlines[2..].copy_from_slice(&[
                self.message_late(),
                self.pong_late(),
                self.ping_due(config),
                self.idle_over(config),
                self.lifetime_over(config),
            ]);
        }
        deadlines.into_iter().flatten().min()
    }

    fn message_late(&self) -> Option<Instant> {
        let message = self.message.as_ref()?;
        message.late.filter(|_| self.reading_paused.is_none())
    }

    fn pong_late(&self) -> Option<Instant> {
        let ping = self.ping.as_ref().filter(|ping| !ping.answered)?;
        ping.late.filter(|_| self.reading_paused.is_none())
    }

    fn ping_due(&self, config: &Config) -> Option<Instant> {
        let interval = self.shortened(config.ping_interval?);
        match self.ping.as_ref().filter(|ping| !ping.answered) {
            None => after(self.heard, interval),
            // No answer is seen, nor is the transport's end: it shows when
            // something is written.
            Some(ping) if self.reading_paused.is_some() => after(ping.left?, interval),
            Some(_) => None,
        }
    }

    fn idle_over(&self, config: &Config) -> Option<Instant> {
        after(self.active, config.idle_timeout?).filter(|_| self.reading_paused.is_none())
    }

    fn lifetime_over(&self, config: &Config) -> Option<Instant> {
        after(self.began, self.shortened(config.max_lifetime?))
    }

    fn shortened(&self, time: Duration) -> Duration {
        time - time / 10 * u32::from(self.jitter) / 255
    }
}

/// `None` for an instant that is too far away to be told.
fn after(instant: Instant, duration: Duration) -> Option<Instant> {
    instant.checked_add(duration)
}

fn is_past(deadline: Option<Instant>, now: Instant) -> bool {
    deadline.is_some_and(|deadline| deadline <= now)
}
