//! What leaves for the peer: from the outbox to the connection.

use std::{
    error::Error,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use actix::Actor;
use ws_core::{Cause, CloseCode, ClosePayload, Fin, Frame, PreparedBatch, PreparedMessage, State};

use crate::{
    Occurrence, SendError,
    metrics::{GivenUp, Waiting},
    outbox::{Next, Outgoing},
};

use super::{Reconnects, WsContext};

impl<A: Actor<Context = Self>> WsContext<A> {
    pub(crate) fn close_with(&mut self, payload: ClosePayload, cause: Cause) {
        self.outbox.close_because(payload, cause);
        if !self.has_streams() {
            self.flush_to_close();
        }
    }

    /// Sends all that waits and the Close frame behind it; a stream, and what is
    /// behind it, is given up.
    pub(super) fn flush_to_close(&mut self) {
        let Some((payload, cause)) = self.outbox.take_close() else {
            return;
        };
        if self.may_send() {
            // The outbox is bounded, and the Close frame has to be behind it.
            let under_way = self.under_way.take().map(Outgoing::Parts);
            let mut next = under_way.or_else(|| self.outbox.pop());
            while let Some(outgoing) = next.take_if(|outgoing| !outgoing.is_streamed()) {
                match outgoing {
                    Outgoing::Parts(mut parts) => {
                        while let Some(frame) = parts.next_held() {
                            self.send_fragment(frame).ok();
                        }
                    }
                    outgoing @ (Outgoing::Message(_)
                    | Outgoing::Marked(_)
                    | Outgoing::Prepared(_)
                    | Outgoing::Batch(..)) => {
                        self.transmit(outgoing);
                    }
                }
                next = self.outbox.pop();
            }
            // Nobody waits for a stream.
            self.outbox.count_given_up(u64::from(next.is_some()));
            self.connection.close_because(self.now, payload, cause).ok();
        }
        self.cut_short();
        self.outbox.shut();
    }

    /// Moves messages from the outbox to the connection, as far as it has room.
    pub(crate) fn drain_outbox(&mut self, cx: &mut Context<'_>) {
        // A Pong that found no room goes before what makes none.
        self.connection.transmit();
        if !self.may_send() {
            self.cut_short();
            if self.reconnects == Reconnects::No {
                self.outbox.shut();
            }
            return;
        }
        if self.greeting {
            return;
        }
        if self.outbox.is_closing() {
            let due = self.now + CUT;
            let cut_at = **self.cut_at.get_or_insert_with(|| Box::new(due));
            if !self.has_streams() || cut_at <= self.now {
                self.flush_to_close();
                return;
            }
        }
        let mut fragments = FRAGMENTS;
        while self.has_room() && fragments > 0 {
            if self.under_way.is_some() {
                if self.send_parts(cx, &mut fragments).is_pending() {
                    break;
                }
                continue;
            }
            match self.outbox.pop() {
                Some(Outgoing::Parts(parts)) => self.under_way = Some(parts),
                Some(outgoing) => self.transmit(outgoing),
                None => break,
            }
        }
        if self.outbox.is_closing() && !self.has_streams() {
            self.flush_to_close();
        }
    }

    /// Sends the fragments that are there of the message under way, within a
    /// budget; pending if more is to come.
    fn send_parts(&mut self, cx: &mut Context<'_>, budget: &mut usize) -> Poll<()> {
        while let Some(parts) = &mut self.under_way
            && self.connection.queued_bytes() < HIGH_WATER
            && *budget > 0
        {
            *budget -= 1;
            let next = match parts.poll_next(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(next) => next,
            };
            match next {
                Some(Next::Frame(frame)) => {
                    let last = frame.fin == Fin::Last;
                    if let Err(error) = self.send_fragment(frame) {
                        self.cut(&error);
                    } else if last {
                        self.under_way = None;
                    }
                }
                Some(Next::Failed(error)) => self.cut(&*error),
                None => self.under_way = None,
            }
        }
        Poll::Ready(())
    }

    fn send_fragment(&mut self, frame: Frame) -> Result<(), ws_core::SendError> {
        let (payload, last) = (frame.payload.len(), frame.fin == Fin::Last);
        self.connection.send_frame(self.now, frame)?;
        self.tally.sent.payload += payload as u64;
        self.tally.sent.messages += u64::from(last);
        Ok(())
    }

    /// A message that has begun cannot be finished, nor can another begin.
    fn cut(&mut self, error: &(dyn Error + 'static)) {
        tracing::error!(error, "a stream failed: its connection closes with 1011");
        self.cut_short();
        self.outbox.shut();
        let payload = ClosePayload::new(CloseCode::INTERNAL_ERROR, "message cut short");
        let payload = payload.unwrap_or_default();
        self.connection
            .close_because(self.now, payload, Cause::StreamFailed)
            .ok();
    }

    /// Gives up the message under way, if there is one.
    pub(super) fn cut_short(&mut self) {
        if let Some(parts) = self.under_way.take() {
            self.outbox.count_given_up(1);
            drop(parts);
        }
    }

    /// When a message under way is cut short for the Close frame behind it.
    pub(crate) fn cut_at(&self) -> Option<Instant> {
        self.cut_at
            .as_deref()
            .filter(|_| self.outbox.is_closing() && self.may_send())
            .copied()
    }

    /// Whether a message is on its way out that is not here yet.
    fn has_streams(&self) -> bool {
        let under_way = self.under_way.as_ref();
        under_way.is_some_and(|parts| parts.is_streamed()) || self.outbox.has_streams()
    }

    /// Whether the peer keeps up with what is sent.
    pub(crate) fn has_room(&self) -> bool {
        self.connection.queued_bytes() < HIGH_WATER
    }

    /// Whether the peer has to read before it is listened to: who asks and does
    /// not listen is slowed down. A stream alone is no answer.
    pub(crate) fn is_swamped(&self) -> bool {
        let swamped = if self.has_streams() {
            self.outbox.queued_bytes() >= HIGH_WATER
        } else {
            !self.has_room()
        };
        swamped && self.connection.state() == State::Open
    }

    /// What was given up so far.
    pub(crate) fn given_up(&self) -> GivenUp {
        GivenUp {
            messages: self.outbox.given_up(),
            pings: self.connection.unanswered_pings(),
        }
    }

    /// What waits for the peer or the actor: nothing, once the connection has ended.
    pub(crate) fn waiting_bytes(&self) -> Waiting {
        if self.outcome.is_some() {
            return Waiting::default();
        }
        Waiting {
            bytes: self.queued_bytes(),
            behind: self.congested,
            held: self.connection.held_bytes(),
        }
    }

    /// The memory that the peer makes this connection take, in bytes.
    pub(crate) fn held_bytes(&self) -> usize {
        let parts = self.under_way.as_ref().map_or(0, |parts| parts.rest());
        let leaving = self.connection.queued_bytes() + parts;
        self.connection.held_bytes() + leaving + self.outbox.own_bytes()
    }

    /// Gives up a connection that holds more than its share of the budget; true if it
    /// was open.
    pub(crate) fn fail_for_memory(&mut self) -> bool {
        if self.connection.state() == State::Closed {
            return false;
        }
        if self.connection.queued_bytes() > 0 {
            // The peer does not read, and would not see why.
            self.connection.abort(self.now, Cause::Overload);
        } else {
            let payload = ClosePayload::new(CloseCode::TRY_AGAIN_LATER, "too much is held");
            self.connection
                .fail_because(self.now, payload.unwrap_or_default(), Cause::Overload);
        }
        self.cut_short();
        self.outbox.shut();
        true
    }

    /// Notes whether the peer keeps up; true if it has just caught up.
    pub(crate) fn note_congestion(&mut self) -> bool {
        let queued = self.queued_bytes();
        self.tally.high_water = self.tally.high_water.max(queued);
        if !self.has_room() {
            self.congested = true;
        } else if self.congested
            && self.outbox.is_empty()
            && self.connection.queued_bytes() <= LOW_WATER
        {
            self.congested = false;
            self.push_notice(Occurrence::Writable);
            return true;
        }
        false
    }

    /// Sends a message at once, or puts it behind those that wait.
    pub(super) fn queue(&mut self, outgoing: Outgoing, key: Option<u64>) -> Result<(), SendError> {
        self.check_open()?;
        if !self.may_send() {
            return self.outbox.keep(outgoing, key);
        }
        let first = self.outbox.is_empty() && self.under_way.is_none();
        let next = (first || self.greeting) && self.has_room();
        if next && !matches!(outgoing, Outgoing::Parts(_)) {
            return Ok(self.try_transmit(outgoing)?);
        }
        self.outbox.push(outgoing, key)?;
        self.congested |= !self.has_room();
        Ok(())
    }

    fn try_transmit(&mut self, outgoing: Outgoing) -> Result<(), ws_core::SendError> {
        match outgoing {
            Outgoing::Message(message) => {
                let payload = message.payload().len();
                self.connection.send(message)?;
                self.tally.sent.count(payload);
            }
            Outgoing::Prepared(message) => self.transmit_prepared(&message)?,
            Outgoing::Batch(batch, skip) => self.transmit_batch(&batch, skip),
            Outgoing::Marked(marked) => {
                let (message, rsv) = *marked;
                let payload = message.payload().len();
                let frame = Frame::new(message.opcode(), message.into_payload()).rsv(rsv);
                self.connection.send_frame(self.now, frame)?;
                self.tally.sent.count(payload);
            }
            // They are counted as they leave.
            Outgoing::Parts(_) => {}
        }
        Ok(())
    }

    fn transmit_prepared(&mut self, message: &PreparedMessage) -> Result<(), ws_core::SendError> {
        self.connection.send_prepared(message)?;
        self.tally.sent.count(message.payload_len());
        Ok(())
    }

    /// What cannot be sent costs the others of its batch nothing.
    fn transmit_batch(&mut self, batch: &PreparedBatch, skip: usize) {
        let rest = &batch.messages()[skip..];
        if skip == 0 && self.connection.send_batch(batch).is_ok() {
            for message in rest {
                self.tally.sent.count(message.payload_len());
            }
            return;
        }
        for message in rest {
            if self.transmit_prepared(message).is_err() {
                self.outbox.count_given_up(1);
            }
        }
    }

    /// Sends what waited. Only what others prepared may be of a kind that this
    /// connection does not know.
    fn transmit(&mut self, outgoing: Outgoing) {
        if self.try_transmit(outgoing).is_err() {
            self.outbox.count_given_up(1);
        }
    }

    /// Whether the peer hears what is said: until our Close frame (§5.5.1).
    #[inline]
    pub(super) fn may_send(&self) -> bool {
        matches!(self.connection.state(), State::Open | State::RemoteClosing)
    }

    pub(super) fn check_open(&self) -> Result<(), SendError> {
        if self.outbox.is_closed() {
            return Err(SendError::CLOSING);
        }
        match self.reconnects {
            _ if self.may_send() => Ok(()),
            Reconnects::Keeping => Ok(()),
            Reconnects::Refusing => Err(SendError::Offline),
            Reconnects::No => Err(SendError::CLOSING),
        }
    }
}

/// Above this many queued bytes messages wait in the outbox and no frame is
/// heard, so that a peer which asks and does not listen is slowed down.
pub(super) const HIGH_WATER: usize = 64 * 1024;
/// Below this many, a peer that was behind has caught up.
const LOW_WATER: usize = HIGH_WATER / 2;
/// How many fragments leave before the transport has its turn, as short ones
/// cost time rather than room.
const FRAGMENTS: usize = 256;
/// How long a message under way may go on before a Close frame that waits for
/// its end: as the default close timeout.
const CUT: Duration = Duration::from_secs(5);
