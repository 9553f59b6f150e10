use std::time::{Duration, Instant};

use ws_core::{ClosePayload, Role};

use super::{super::setup::Timeouts, Talk, at};
use crate::side::ROLES;

/// The course of things: what the link does, time, and the end.
impl Talk {
    /// Carries so many bytes of what `role` sent, and tells of the end behind
    /// them.
    pub(super) fn carry(&mut self, role: Role, bytes: usize) {
        let (sender, receiver) = match &mut self.sides {
            [client, server] if role == Role::Client => (client, server),
            [client, server] => (server, client),
        };
        if self.dead || self.paused[at(role.peer())] || receiver.disconnected {
            return;
        }
        let carried = &mut self.carried[at(role)];
        let end = sender.sent.len().min(carried.saturating_add(bytes));
        if end > *carried {
            receiver.feed(&sender.sent[*carried..end]);
            *carried = end;
        }
        let over = sender.shut_down || sender.disconnected;
        if over && end == sender.sent.len() && !receiver.disconnected {
            receiver.end();
        }
        self.run(role.peer());
    }

    /// Time passes, and each deadline is dealt with when it comes.
    pub(super) fn elapse(&mut self, time: Duration) {
        self.elapsed += time;
        let end = self.now + time;
        for _ in 0..10_000 {
            let deadlines = self.sides.iter().filter_map(|side| side.deadline);
            let Some(next) = deadlines.min().filter(|&next| next <= end) else {
                self.set_clock(end);
                return;
            };
            self.set_clock(next.max(self.now));
            for role in ROLES {
                self.tick_if_due(role);
            }
        }
        panic!("deadlines come without an end");
    }

    /// Time passes, and deadlines are dealt with when it has.
    pub(super) fn oversleep(&mut self, time: Duration) {
        self.elapsed += time;
        self.set_clock(self.now + time);
        for role in ROLES {
            self.tick_if_due(role);
        }
    }

    fn tick_if_due(&mut self, role: Role) {
        let side = &mut self.sides[at(role)];
        if side.deadline.is_some_and(|deadline| deadline <= self.now) {
            side.tick();
        }
        self.run(role);
        let side = &self.sides[at(role)];
        let latest = self.closing_since[at(role)].map(|since| since + self.timeouts.close);
        let late = latest.is_some_and(|latest| latest <= self.now);
        assert!(side.disconnected || !late, "closing takes too long");
    }

    fn set_clock(&mut self, now: Instant) {
        self.now = now;
        for side in &mut self.sides {
            side.now = now;
        }
    }

    /// Both sides come to their end: all that waits goes through, and the
    /// client closes; or nothing goes through any more.
    pub(in super::super) fn settle(&mut self) {
        for role in ROLES {
            self.resume(role);
        }
        if self.ends_in_silence {
            self.lost = true;
            self.dead = true;
            let silence = self.timeouts.silence();
            self.elapse(silence);
        } else {
            for role in ROLES {
                self.sides[at(role)].room = usize::MAX;
                self.run(role);
            }
            self.exchange();
            let client = &mut self.sides[at(Role::Client)].connection;
            client.close(self.now, ClosePayload::EMPTY).ok();
            self.run(Role::Client);
            self.exchange();
            let elapsed = self.elapsed;
            self.elapse(2 * self.timeouts.silence() + self.timeouts.close);
            self.elapsed = elapsed;
        }
        if self.dead && self.timeouts.ping.is_none() {
            // Without a heartbeat only the transport can tell.
            for role in ROLES {
                self.sides[at(role)].connection.handle_lost(self.now);
                self.run(role);
            }
        }
    }

    /// All that was sent arrives, and is answered.
    fn exchange(&mut self) {
        for _ in 0..6 {
            for role in ROLES {
                self.reply(role);
                self.carry(role, usize::MAX);
            }
        }
    }

    /// The time in which no deadline can have passed.
    pub(in super::super) fn is_short(&self) -> bool {
        let Timeouts {
            ping,
            pong,
            close,
            write,
            message,
        } = self.timeouts;
        let all = [ping, Some(pong), Some(close), Some(write), message];
        all.into_iter().flatten().all(|it| self.elapsed < it)
    }
}
