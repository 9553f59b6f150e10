use std::{mem, time::Duration};

use super::Meters;

/// What a connection has counted since it was told, and some of it all along.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) received: Traffic,
    pub(crate) sent: Traffic,
    /// The most bytes that waited.
    pub(crate) high_water: usize,
    /// The newest that was measured.
    pub(crate) round_trip: Option<Duration>,
    /// How often the peer was too fast, since it was told.
    pub(crate) too_fast: u32,
    /// How often as many responses were under way as may be, since it was told.
    pub(crate) too_many_responses: u32,
    /// What was given up and told.
    given_up: u64,
    /// The Pings without an answer that were told.
    unanswered_pings: u64,
    /// What waited when it was told.
    waiting: Waiting,
    /// What was received and sent in all, where it is wanted.
    pub(super) totals: Option<Box<[Traffic; 2]>>,
}

/// What waits for a peer, or for its actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Waiting {
    pub(crate) bytes: usize,
    /// It is more than the peer keeps up with.
    pub(crate) behind: bool,
    /// What came and is held.
    pub(crate) held: usize,
}

/// What was given up on a connection since it began.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GivenUp {
    pub(crate) messages: u64,
    /// That were not answered.
    pub(crate) pings: u64,
}

/// What went in one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Traffic {
    pub(crate) messages: u64,
    pub(crate) payload: u64,
    pub(crate) bytes: u64,
}

impl Tally {
    /// A tally that knows what there was in all, if extensions change that.
    pub(crate) fn new(extended: bool) -> Self {
        Self {
            totals: extended.then(Box::default),
            ..Self::default()
        }
    }

    /// The tally of the next connection of a client.
    #[cfg(feature = "client")]
    pub(crate) fn next(&self, extended: bool) -> Self {
        Self {
            waiting: self.waiting,
            given_up: self.given_up,
            ..Self::new(extended)
        }
    }

    /// Hands on what has changed since it did so last.
    pub(crate) fn tell(&mut self, meters: &Meters, given_up: GivenUp, waiting: Waiting) {
        let received = mem::take(&mut self.received);
        if received != Traffic::default() {
            meters.messages_received.increment(received.messages);
            meters.payload_received.increment(received.payload);
            meters.bytes_received.increment(received.bytes);
        }
        let sent = mem::take(&mut self.sent);
        if sent != Traffic::default() {
            meters.messages_sent.increment(sent.messages);
            meters.payload_sent.increment(sent.payload);
            meters.bytes_sent.increment(sent.bytes);
        }
        if let Some(totals) = &mut self.totals {
            totals[0].add(received);
            totals[1].add(sent);
        }
        if let Some(round_trip) = self.round_trip.take() {
            meters.round_trip.record(round_trip);
        }
        if given_up.messages != self.given_up {
            meters.given_up.increment(given_up.messages - self.given_up);
            self.given_up = given_up.messages;
        }
        self.tell_limits(meters, given_up.pings);
        if waiting != self.waiting {
            // Others add to the same gauges.
            let more = waiting.bytes as f64 - self.waiting.bytes as f64;
            meters.queued.increment(more);
            let behind = f64::from(waiting.behind) - f64::from(self.waiting.behind);
            meters.behind.increment(behind);
            let held = waiting.held as f64 - self.waiting.held as f64;
            meters.held.increment(held);
            self.waiting = waiting;
        }
    }
}

impl Tally {
    /// Tells of the limits that a connection has reached and outlived.
    fn tell_limits(&mut self, meters: &Meters, unanswered_pings: u64) {
        for (limit, times) in [
            ("rate_limit", mem::take(&mut self.too_fast)),
            ("max_responses", mem::take(&mut self.too_many_responses)),
        ] {
            if times > 0 {
                meters.reached(limit, times.into());
            }
        }
        if unanswered_pings != self.unanswered_pings {
            meters.reached("pings", unanswered_pings - self.unanswered_pings);
            self.unanswered_pings = unanswered_pings;
        }
    }
}

impl Traffic {
    const fn add(&mut self, other: Self) {
        self.messages += other.messages;
        self.payload += other.payload;
        self.bytes += other.bytes;
    }

    pub(crate) const fn count(&mut self, payload: usize) {
        self.messages += 1;
        self.payload += payload as u64;
    }
}
