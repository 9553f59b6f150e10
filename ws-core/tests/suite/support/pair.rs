use std::time::{Duration, Instant};

use ws_core::{Config, Role};

use super::side::Side;

/// A client and a server over a link in memory, on one clock.
pub(crate) struct Pair {
    pub(crate) client: Side,
    pub(crate) server: Side,
    client_to_server: Way,
    server_to_client: Way,
}

/// One direction of the link.
#[derive(Default)]
struct Way {
    /// How many of the bytes sent are through.
    carried: usize,
    /// The end of the stream, or its loss, is through.
    ended: bool,
}

impl Pair {
    pub(crate) fn new(config: &Config) -> Self {
        let now = Instant::now();
        Self::of(
            Side::at(now, Role::Client, config.clone()),
            Side::at(now, Role::Server, config.clone()),
        )
    }

    pub(crate) fn of(client: Side, server: Side) -> Self {
        Self {
            client,
            server,
            client_to_server: Way::default(),
            server_to_client: Way::default(),
        }
    }

    pub(crate) const fn side(&mut self, role: Role) -> &mut Side {
        match role {
            Role::Client => &mut self.client,
            Role::Server => &mut self.server,
        }
    }

    /// Carries at most so many bytes of one side to the other, and the end of
    /// its stream behind them; `false` if there is nothing to carry.
    pub(crate) fn carry(&mut self, from: Role, at_most: usize) -> bool {
        let (from, to, way) = match from {
            Role::Client => (&self.client, &mut self.server, &mut self.client_to_server),
            Role::Server => (&self.server, &mut self.client, &mut self.server_to_client),
        };
        let waiting = &from.sent[way.carried..];
        if way.ended || at_most == 0 {
            false
        } else if !waiting.is_empty() {
            let part = &waiting[..waiting.len().min(at_most)];
            way.carried += part.len();
            if !to.disconnected {
                to.feed(part);
            }
            true
        } else if from.shut_down || from.disconnected {
            way.ended = true;
            if !to.disconnected {
                to.eof();
            }
            true
        } else {
            false
        }
    }

    /// Carries until all is through.
    pub(crate) fn exchange(&mut self) {
        while self.carry(Role::Client, usize::MAX) | self.carry(Role::Server, usize::MAX) {}
    }

    /// The link breaks, and what was on its way is lost.
    pub(crate) fn lose(&mut self) {
        for (side, way) in [
            (&mut self.client, &mut self.client_to_server),
            (&mut self.server, &mut self.server_to_client),
        ] {
            way.ended = true;
            if !side.disconnected {
                side.lost();
            }
        }
    }

    /// The clock moves on, and every deadline of either side is kept.
    pub(crate) fn elapse(&mut self, duration: Duration) {
        self.elapse_with(duration, Self::exchange);
    }

    /// As `elapse`, with something to be done after each deadline.
    pub(crate) fn elapse_with(&mut self, duration: Duration, mut then: impl FnMut(&mut Self)) {
        let end = self.client.now + duration;
        for _ in 0..1_000_000 {
            let deadlines = [self.client.deadline, self.server.deadline];
            let next = deadlines.into_iter().flatten().min();
            let Some(next) = next.filter(|&next| next <= end) else {
                self.set_clock(end);
                return;
            };
            self.set_clock(next);
            for side in [&mut self.client, &mut self.server] {
                if side.deadline.is_some_and(|deadline| deadline <= next) {
                    side.tick();
                }
            }
            then(self);
        }
        panic!("the deadlines never end");
    }

    fn set_clock(&mut self, now: Instant) {
        self.client.now = self.client.now.max(now);
        self.server.now = self.server.now.max(now);
    }
}
