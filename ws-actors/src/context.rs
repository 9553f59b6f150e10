use std::{
    cell::OnceCell,
    collections::VecDeque,
    error::Error,
    fmt, mem,
    pin::Pin,
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use actix::{Actor, ActorContext, ActorFuture, SpawnHandle, dev::channel::AddressReceiver};
use ws_core::{Cause, CloseCode, ClosePayload, Connection, Event, Fin, Message, Outcome, State};

use crate::{
    ConnectionHandle, Flow, Occurrence, Overflow, SendError,
    handle::{Content, Letter},
    metrics::Tally,
    outbox::{Next, Outbox, Outgoing, Parts},
    rate::Meter,
};

mod actor;
mod sending;

/// The actix context of a connection actor.
///
/// It is an ordinary [`AsyncContext`](actix::AsyncContext), and the way to the
/// peer: text, binary, JSON, streams, pings, and the closing handshake. Sending
/// never waits: a message is queued, or the error says why not.
pub struct WsContext<A: Actor<Context = Self>> {
    pub(crate) connection: Connection,
    pub(crate) now: Instant,
    pub(crate) stage: Stage,
    /// A future of [`AsyncContext::wait`](actix::AsyncContext::wait) is under
    /// way, or the peer is waited for.
    pub(crate) waiting: bool,
    /// `terminate` was called.
    pub(crate) terminated: bool,
    pub(crate) requests: Requests<A>,
    pub(crate) responses: Responses,
    pub(crate) round_trip: Option<Duration>,
    /// How the connection ended, once it did.
    pub(crate) outcome: Option<Outcome>,
    /// The actor wants to hear no frames for now.
    pub(crate) reading_paused: bool,
    /// Frames may be heard again.
    pub(crate) resumed: bool,
    /// More waits for the peer than it keeps up with.
    congested: bool,
    /// Another connection will take the place of one that ends.
    pub(crate) reconnects: Reconnects,
    /// What the actor is to be told before the next frame.
    pub(crate) notices: VecDeque<Occurrence>,
    /// The actor is to hear of a new connection before what waits leaves.
    pub(crate) greeting: bool,
    pub(crate) tally: Tally,
    meter: Option<Box<Meter>>,
    outbox: Outbox,
    /// A message of which fragments have left already.
    under_way: Option<Box<Parts>>,
    /// When a message under way is cut short, once the connection is to close.
    cut_at: Option<Instant>,
    /// Made when somebody asks for the address: most actors need none.
    mailbox: OnceCell<AddressReceiver<A>>,
    /// As little.
    remote: OnceCell<ConnectionHandle>,
    last_handle: SpawnHandle,
}

/// A future that runs beside an actor.
pub(crate) type Task<A> = Pin<Box<dyn ActorFuture<A, Output = ()>>>;

/// What the actor asked of its runtime in one call.
pub(crate) struct Requests<A> {
    pub(crate) spawn: Vec<Spawn<A>>,
    pub(crate) wait: Vec<Task<A>>,
    pub(crate) cancel: Vec<SpawnHandle>,
}

pub(crate) struct Spawn<A> {
    pub(crate) handle: SpawnHandle,
    pub(crate) task: Task<A>,
    /// It is what the handler of a frame returned.
    pub(crate) response: bool,
}

impl<A> Default for Requests<A> {
    fn default() -> Self {
        Self {
            spawn: Vec::new(),
            wait: Vec::new(),
            cancel: Vec::new(),
        }
    }
}

impl<A> Requests<A> {
    pub(crate) const fn is_empty(&self) -> bool {
        self.spawn.is_empty() && self.wait.is_empty() && self.cancel.is_empty()
    }
}

/// The futures that handlers of frames returned.
#[derive(Debug, Default)]
pub(crate) struct Responses {
    /// What is spawned now is one.
    pub(crate) expected: bool,
    pub(crate) under_way: usize,
}

/// Whether the connection is one of several, and what becomes of messages while
/// there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "client"),
    expect(dead_code, reason = "servers wait for clients")
)]
pub(crate) enum Reconnects {
    No,
    Refusing,
    Keeping,
}

/// Where the actor is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Started,
    Running,
    /// `stop` was called: the actor is to be asked.
    StopAsked,
    /// The closing handshake is under way; only `Closed` is still delivered.
    Stopping,
    /// `terminate` was called: the transport is to be dropped.
    Terminated,
    Stopped,
}

impl<A: Actor<Context = Self>> WsContext<A> {
    pub(crate) fn new(now: Instant, connection: Connection, flow: Flow) -> Self {
        Self {
            connection,
            now,
            stage: Stage::Started,
            waiting: false,
            terminated: false,
            requests: Requests::default(),
            responses: Responses::default(),
            round_trip: None,
            outcome: None,
            reading_paused: false,
            resumed: false,
            congested: false,
            reconnects: Reconnects::No,
            notices: VecDeque::new(),
            greeting: false,
            tally: Tally::default(),
            meter: flow.rate_limit.map(|it| Box::new(Meter::new(it, now))),
            outbox: Outbox::new(flow),
            under_way: None,
            cut_at: None,
            mailbox: OnceCell::new(),
            remote: OnceCell::new(),
            last_handle: SpawnHandle::default(),
        }
    }

    // What comes in.

    /// What the protocol reports next, unless the peer was too fast.
    pub(crate) fn poll_event(&mut self) -> Option<Event> {
        if self.spent_until().is_some() {
            return None;
        }
        let event = self.connection.poll_event()?;
        self.tally.received.count(held(&event));
        if let Event::Pong {
            round_trip: Some(round_trip),
            ..
        } = event
        {
            self.round_trip = Some(round_trip);
            self.tally.round_trip = Some(round_trip);
        } else if let Event::Closed(outcome) = &event {
            self.outcome = Some(Outcome::clone(outcome));
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

    fn heed_limit(&mut self) {
        let spent = self
            .meter
            .as_ref()
            .is_some_and(|meter| meter.closes && meter.spent_until(self.now).is_some());
        if spent {
            let payload = ClosePayload::new(CloseCode::POLICY_VIOLATION, "too much at once");
            self.close_with(payload.unwrap_or_default(), Cause::RateLimit);
        }
    }

    /// Whether the actor is told of a frame now.
    pub(crate) fn hears_frames(&self) -> bool {
        use actix::AsyncContext as _;
        self.stage == Stage::Stopping || !self.waiting() && !self.is_deaf()
    }

    /// Whether the end of its connection is not the actor's.
    pub(crate) fn outlives_connection(&self) -> bool {
        self.reconnects != Reconnects::No && !self.is_leaving()
    }

    /// Whether this side wants no connection any more.
    pub(crate) fn is_leaving(&self) -> bool {
        self.outbox.is_closed() || !matches!(self.stage, Stage::Started | Stage::Running)
    }

    /// Why this side wants no connection any more.
    #[cfg(feature = "client")]
    pub(crate) fn asked_cause(&self) -> Option<Cause> {
        let asked = self.outbox.take_close().map(|(_, cause)| cause);
        asked.or_else(|| self.is_leaving().then_some(Cause::Local))
    }

    /// Goes on with another connection.
    #[cfg(feature = "client")]
    pub(crate) fn replace_connection(&mut self, now: Instant, connection: Connection) {
        self.now = now;
        self.connection = connection;
        self.round_trip = None;
        self.outcome = None;
        self.congested = false;
        self.tally = Tally::default();
        let limit = self.outbox.flow().rate_limit;
        self.meter = limit.map(|it| Box::new(Meter::new(it, now)));
    }

    /// Whether frames are to wait, though the actor hears others.
    pub(crate) fn is_deaf(&self) -> bool {
        self.reading_paused || self.responses.under_way >= self.outbox.flow().max_responses
    }

    /// Whether the actor is to wait for the peer.
    pub(crate) fn is_held_up(&self) -> bool {
        self.congested
            && self.outbox.flow().overflow == Overflow::Wait
            && self.connection.state() == State::Open
    }

    // What goes out.

    pub(crate) fn set_waker(&self, waker: &Waker) {
        self.outbox.set_waker(waker);
        if let Some(remote) = self.remote.get() {
            remote.set_waker(waker);
        }
    }

    /// Takes over what other threads asked for.
    pub(crate) fn open_post(&mut self) {
        let Some(post) = self.remote.get().and_then(ConnectionHandle::take) else {
            return;
        };
        for Letter { content, key } in post.letters {
            let outgoing = match content {
                Content::Message(message) => Outgoing::Message(message),
                Content::Prepared(prepared) => Outgoing::Prepared(prepared),
            };
            self.outbox.admit(outgoing, key);
        }
        if let Some(code) = post.slow {
            self.outbox.give_up(code);
        }
        if let Some(payload) = post.close {
            self.close_with(payload, Cause::Local);
        }
        if post.stop {
            self.stop();
        }
    }

    /// Tells other threads how much waits.
    pub(crate) fn publish(&self) {
        if let Some(remote) = self.remote.get() {
            remote.publish(self.queued_bytes(), !self.outbox.is_closed());
        }
    }

    pub(crate) fn close_with(&mut self, payload: ClosePayload, cause: Cause) {
        self.outbox.close_because(payload, cause);
        if !self.has_parts() {
            self.flush_to_close();
        }
    }

    /// Sends all that waits and the Close frame behind it; parts that are still
    /// to come are given up.
    fn flush_to_close(&mut self) {
        let Some((payload, cause)) = self.outbox.take_close() else {
            return;
        };
        if self.connection.state() == State::Open {
            // The outbox is bounded, and the Close frame has to be behind it.
            while self.under_way.is_none() {
                match self.outbox.pop() {
                    Some(Outgoing::Parts(parts)) => self.under_way = Some(parts),
                    Some(outgoing) => self.transmit(outgoing),
                    None => break,
                }
            }
            self.connection.close_because(self.now, payload, cause).ok();
        }
        self.under_way = None;
        self.outbox.shut();
    }

    /// Moves messages from the outbox to the connection, as far as it has room.
    pub(crate) fn drain_outbox(&mut self, cx: &mut Context<'_>) {
        // A Pong that found no room goes before what makes none.
        self.connection.transmit();
        if self.connection.state() != State::Open {
            self.under_way = None;
            if self.reconnects == Reconnects::No {
                self.outbox.shut();
            }
            return;
        }
        if self.greeting {
            return;
        }
        if self.outbox.is_closing() {
            let cut_at = *self.cut_at.get_or_insert(self.now + CUT);
            if !self.has_parts() || cut_at <= self.now {
                self.flush_to_close();
                return;
            }
        }
        while self.has_room() {
            if self.under_way.is_some() {
                if self.send_parts(cx).is_pending() {
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
        if self.outbox.is_closing() && !self.has_parts() {
            self.flush_to_close();
        }
    }

    /// Sends the fragments that are there of the message under way; pending if
    /// more is to come.
    fn send_parts(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while let Some(parts) = &mut self.under_way
            && self.connection.queued_bytes() < HIGH_WATER
        {
            let next = match parts.poll_next(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(next) => next,
            };
            match next {
                Some(Next::Frame(frame)) => {
                    let last = frame.fin == Fin::Last;
                    self.tally.sent.payload += frame.payload.len() as u64;
                    self.tally.sent.messages += u64::from(last);
                    if let Err(error) = self.connection.send_frame(self.now, frame) {
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

    /// A message that has begun cannot be finished, nor can another begin.
    fn cut(&mut self, error: &(dyn Error + 'static)) {
        tracing::error!(error, "a stream failed: its connection closes with 1011");
        self.under_way = None;
        self.outbox.shut();
        let payload = ClosePayload::new(CloseCode::INTERNAL_ERROR, "message cut short");
        let payload = payload.unwrap_or_default();
        self.connection
            .close_because(self.now, payload, Cause::StreamFailed)
            .ok();
    }

    /// When a message under way is cut short for the Close frame behind it.
    pub(crate) fn cut_at(&self) -> Option<Instant> {
        self.cut_at.filter(|_| self.outbox.is_closing())
    }

    fn has_parts(&self) -> bool {
        self.under_way.is_some() || self.outbox.has_parts()
    }

    /// Whether the peer keeps up with what is sent.
    pub(crate) fn has_room(&self) -> bool {
        self.connection.queued_bytes() < HIGH_WATER
    }

    /// The messages given up so far.
    pub(crate) fn given_up(&self) -> u64 {
        self.outbox.given_up()
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
            self.notices.push_back(Occurrence::Writable);
            return true;
        }
        false
    }

    /// Sends a message at once, or puts it behind those that wait.
    fn queue(&mut self, outgoing: Outgoing, key: Option<u64>) -> Result<(), SendError> {
        self.check_open()?;
        if self.connection.state() != State::Open {
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
        self.tally.sent.count(outgoing.len());
        match outgoing {
            Outgoing::Message(message) => self.connection.send(message),
            Outgoing::Prepared(message) => self.connection.send_prepared(&message),
            Outgoing::Parts(_) => Ok(()),
        }
    }

    fn transmit(&mut self, outgoing: Outgoing) {
        // It was looked at when it was queued, and the connection is open.
        self.try_transmit(outgoing).ok();
    }

    fn check_open(&self) -> Result<(), SendError> {
        if self.outbox.is_closed() {
            return Err(SendError::CLOSING);
        }
        match self.reconnects {
            _ if self.connection.state() == State::Open => Ok(()),
            Reconnects::Keeping => Ok(()),
            Reconnects::Refusing => Err(SendError::Offline),
            Reconnects::No => Err(SendError::CLOSING),
        }
    }

    // The actor's own.

    pub(crate) fn mailbox(&mut self) -> Option<&mut AddressReceiver<A>> {
        self.mailbox.get_mut()
    }

    /// The actor has stopped: nothing reaches it any more.
    pub(crate) fn shut(&mut self) {
        self.stage = Stage::Stopped;
        self.outbox.shut();
        self.mailbox.take();
        if let Some(remote) = self.remote.get() {
            remote.shut();
        }
        // Destructors are anybody's: by now there is nothing to disturb.
        drop(self.under_way.take());
        drop(mem::take(&mut self.requests));
    }
}

impl<A: Actor<Context = Self>> fmt::Debug for WsContext<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WsContext")
            .field("stage", &self.stage)
            .field("connection", &self.connection)
            .finish_non_exhaustive()
    }
}

/// The bytes of a message that an event holds.
pub(crate) fn held(event: &Event) -> usize {
    match event {
        Event::Message(message) => Message::payload(message).len(),
        Event::Part(part) => part.payload.len(),
        Event::Closed(_) | _ => 0,
    }
}

/// Above this many queued bytes messages wait in the outbox and no input is
/// read, so that a peer which asks and does not listen is slowed down.
pub(crate) const HIGH_WATER: usize = 64 * 1024;
/// Below this many, a peer that was behind has caught up.
const LOW_WATER: usize = HIGH_WATER / 2;
/// How long a message under way may go on before a Close frame that waits for
/// its end: as the default close timeout.
const CUT: Duration = Duration::from_secs(5);
