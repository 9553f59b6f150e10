//! What comes from the peer, and when the actor hears of it.

use std::time::Instant;

use actix::{Actor, AsyncContext};
use ws_core::{Cause, CloseCode, ClosePayload, Event, Message, State};

use crate::Overflow;

use super::{Stage, WsContext};

impl<A: Actor<Context = Self>> WsContext<A> {
    /// What the protocol reports next, unless the peer was too fast.
    pub(crate) fn poll_event(&mut self) -> Option<Event> {
        if self.spent_until().is_some() {
            return None;
        }
        let event = self.connection.poll_event()?;
        // Not each end is a Close frame that came.
        if !matches!(&event, Event::Closed(outcome) if outcome.received.is_none()) {
            self.tally.received.count(held(&event));
        }
        if let Event::Pong {
            round_trip: Some(round_trip),
            ..
        } = event
        {
            self.round_trip = Some(round_trip);
            self.tally.round_trip = Some(round_trip);
        } else if let Event::Closed(outcome) = &event {
            self.outcome = Some(outcome.clone());
        }
        if let Some(meter) = &mut self.meter {
            meter.count_message(self.now);
            self.heed_limit();
        }
        Some(event)
    }

    pub(crate) fn count_read(&mut self, bytes: usize) {
        self.tally.received.bytes += bytes as u64;
        if let Some(meter) = &mut self.meter {
            meter.count_bytes(self.now, bytes);
            self.heed_limit();
        }
    }

    /// Until when the peer is not listened to, as it was too fast.
    pub(crate) fn spent_until(&self) -> Option<Instant> {
        let meter = self.meter.as_ref().filter(|meter| !meter.closes)?;
        if self.connection.state() == State::Closed {
            return None;
        }
        meter.spent_until(self.now)
    }

    /// The end is heard of at once, however fast the peer was.
    pub(crate) fn forget_limit(&mut self) {
        self.meter = None;
    }

    fn heed_limit(&mut self) {
        let Some(meter) = &self.meter else {
            return;
        };
        if meter.spent_until(self.now).is_none() {
            return;
        }
        if meter.closes {
            let payload = ClosePayload::new(CloseCode::POLICY_VIOLATION, "too much at once");
            self.close_with(payload.unwrap_or_default(), Cause::RateLimit);
        } else {
            self.tally.too_fast += 1;
        }
    }

    /// Whether the actor is told of a frame now.
    pub(crate) fn hears_frames(&self) -> bool {
        self.stage == Stage::Stopping || !self.waiting() && !self.is_deaf()
    }

    /// Whether frames are to wait, though the actor hears others.
    pub(crate) fn is_deaf(&self) -> bool {
        self.reading_paused
            || self.responses.under_way >= self.outbox.flow().max_responses
            || self.is_swamped()
    }

    /// Whether the actor is to wait for the peer. Not before it has heard of the
    /// connection: what it says then goes before what waits.
    pub(crate) fn is_held_up(&self) -> bool {
        self.congested
            && !self.greeting
            && self.outbox.flow().overflow == Overflow::Wait
            && self.connection.state() == State::Open
    }

    // What goes out.
}

/// The bytes of a message that an event holds.
pub(crate) fn held(event: &Event) -> usize {
    match event {
        Event::Message(message) => Message::payload(message).len(),
        Event::Part(part) => part.payload.len(),
        Event::Closed(_) | _ => 0,
    }
}
