use std::{
    cell::OnceCell,
    fmt, mem,
    pin::Pin,
    time::{Duration, Instant},
};

use actix::{
    Actor, ActorContext, ActorFuture, ActorState, Addr, AsyncContext, Handler, Message,
    SpawnHandle,
    dev::{
        Envelope, OneshotSender, ToEnvelope,
        channel::{AddressReceiver, channel},
    },
};
use bytes::Bytes;
use serde::Serialize;
use ws_core::{CloseCode, ClosePayload, Connection, PreparedMessage, State, Utf8Bytes};

use crate::{
    SendError,
    outbox::{Outbox, Outgoing},
};

/// The actix context of a connection actor.
///
/// It is an ordinary [`AsyncContext`], and the way to the peer: text, binary,
/// JSON, pings, and the closing handshake. Sending never waits: a message is
/// queued, or the error says why not.
pub struct WsContext<A: Actor<Context = Self>> {
    pub(crate) connection: Connection,
    pub(crate) now: Instant,
    pub(crate) stage: Stage,
    /// A future of [`AsyncContext::wait`] is under way.
    pub(crate) waiting: bool,
    /// `terminate` was called.
    pub(crate) terminated: bool,
    pub(crate) requests: Requests<A>,
    pub(crate) round_trip: Option<Duration>,
    outbox: Outbox,
    /// Made when somebody asks for the address: most actors need none.
    mailbox: OnceCell<AddressReceiver<A>>,
    last_handle: SpawnHandle,
}

/// A future that runs beside an actor.
pub(crate) type Task<A> = Pin<Box<dyn ActorFuture<A, Output = ()>>>;

/// What the actor asked of its runtime in one call.
pub(crate) struct Requests<A> {
    pub(crate) spawn: Vec<(SpawnHandle, Task<A>)>,
    pub(crate) wait: Vec<Task<A>>,
    pub(crate) cancel: Vec<SpawnHandle>,
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
    pub(crate) fn new(now: Instant, connection: Connection, max_queued_bytes: usize) -> Self {
        Self {
            connection,
            now,
            stage: Stage::Started,
            waiting: false,
            terminated: false,
            requests: Requests::default(),
            round_trip: None,
            outbox: Outbox::new(max_queued_bytes),
            mailbox: OnceCell::new(),
            last_handle: SpawnHandle::default(),
        }
    }

    /// Queues a text message.
    ///
    /// # Errors
    ///
    /// If the connection is closing, or too much waits for the peer already.
    pub fn text(&mut self, text: impl Into<Utf8Bytes>) -> Result<(), SendError> {
        self.send(ws_core::Message::Text(text.into()))
    }

    /// Queues a binary message.
    ///
    /// # Errors
    ///
    /// As for [`text`](Self::text).
    pub fn binary(&mut self, bytes: impl Into<Bytes>) -> Result<(), SendError> {
        self.send(ws_core::Message::Binary(bytes.into()))
    }

    /// Queues a text message that holds `value` as JSON.
    ///
    /// # Errors
    ///
    /// As for [`text`](Self::text), and if the value cannot be written as JSON.
    pub fn json(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), SendError> {
        self.text(serde_json::to_string(value)?)
    }

    /// Queues a message.
    ///
    /// # Errors
    ///
    /// As for [`text`](Self::text).
    pub fn send(&mut self, message: impl Into<ws_core::Message>) -> Result<(), SendError> {
        self.queue(Outgoing::Message(message.into()))
    }

    /// Queues a message that was encoded once for many connections.
    ///
    /// # Errors
    ///
    /// As for [`text`](Self::text).
    pub fn send_prepared(&mut self, message: &PreparedMessage) -> Result<(), SendError> {
        self.queue(Outgoing::Prepared(message.clone()))
    }

    /// Queues a Ping with a payload of at most 125 bytes.
    ///
    /// The heartbeat needs no help; this one is for protocols above.
    ///
    /// # Errors
    ///
    /// If the connection is closing, the payload is too long, or 64 KiB wait
    /// for the peer already; that does not close the connection.
    pub fn ping(&mut self, payload: impl Into<Bytes>) -> Result<(), SendError> {
        self.check_open()?;
        if !self.has_room() {
            return Err(SendError::Full {
                messages: 0,
                queued: self.connection.queued_bytes(),
                limit: HIGH_WATER,
            });
        }
        Ok(self.connection.ping(payload)?)
    }

    /// Begins the closing handshake, after all that is queued.
    ///
    /// The actor goes on until [`Closed`](crate::Closed), which comes when the
    /// peer answers or [`ws_core::Config::close_timeout`] has passed.
    ///
    /// # Errors
    ///
    /// If the connection is closing already, the code must not be sent, or the
    /// reason is longer than 123 bytes.
    pub fn close(
        &mut self,
        code: CloseCode,
        reason: impl Into<Utf8Bytes>,
    ) -> Result<(), SendError> {
        let payload = ClosePayload::new(code, reason)?;
        self.check_open()?;
        self.close_with(payload);
        Ok(())
    }

    /// The subprotocol that was agreed on in the opening handshake.
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        self.connection.subprotocol()
    }

    /// A handle for others on this thread that send to this connection.
    #[must_use]
    pub fn outbox(&self) -> Outbox {
        self.outbox.clone()
    }

    /// The number of bytes that wait for the peer.
    #[must_use]
    pub fn queued_bytes(&self) -> usize {
        self.connection.queued_bytes() + self.outbox.queued_bytes()
    }

    /// The time between the heartbeat's last Ping and its Pong, if one came.
    #[must_use]
    pub const fn round_trip(&self) -> Option<Duration> {
        self.round_trip
    }

    pub(crate) fn close_with(&mut self, payload: ClosePayload) {
        if self.connection.state() == State::Open {
            // The outbox is bounded, and the Close frame has to be behind it.
            while let Some(outgoing) = self.outbox.pop() {
                self.transmit(outgoing).ok();
            }
            self.connection.close(self.now, payload).ok();
        }
        self.outbox.shut();
    }

    /// Moves messages from the outbox to the connection, as far as it has room.
    pub(crate) fn drain_outbox(&mut self) {
        if self.connection.state() != State::Open {
            self.outbox.shut();
            return;
        }
        if let Some(payload) = self.outbox.take_close() {
            self.close_with(payload);
        }
        while self.has_room() {
            let Some(outgoing) = self.outbox.pop() else {
                break;
            };
            self.transmit(outgoing).ok();
        }
    }

    /// Whether the peer keeps up with what is sent.
    pub(crate) fn has_room(&self) -> bool {
        self.connection.queued_bytes() < HIGH_WATER
    }

    pub(crate) fn mailbox(&mut self) -> Option<&mut AddressReceiver<A>> {
        self.mailbox.get_mut()
    }

    /// The actor has stopped: nothing reaches it any more.
    pub(crate) fn shut(&mut self) {
        self.stage = Stage::Stopped;
        self.outbox.shut();
        self.mailbox.take();
        // Destructors are anybody's: by now there is nothing to disturb.
        drop(mem::take(&mut self.requests));
    }

    fn check_open(&self) -> Result<(), SendError> {
        if self.outbox.is_closed() || self.connection.state() != State::Open {
            Err(SendError::CLOSING)
        } else {
            Ok(())
        }
    }

    fn queue(&mut self, outgoing: Outgoing) -> Result<(), SendError> {
        self.check_open()?;
        if self.outbox.is_empty() && self.has_room() {
            Ok(self.transmit(outgoing)?)
        } else {
            self.outbox.push(outgoing)
        }
    }

    fn transmit(&mut self, outgoing: Outgoing) -> Result<(), ws_core::SendError> {
        match outgoing {
            Outgoing::Message(message) => self.connection.send(message),
            Outgoing::Prepared(message) => self.connection.send_prepared(&message),
        }
    }

    fn next_handle(&mut self) -> SpawnHandle {
        self.last_handle = self.last_handle.next();
        self.last_handle
    }
}

impl<A: Actor<Context = Self>> ActorContext for WsContext<A> {
    /// Begins to close the connection with 1000; the actor stops when it is
    /// closed. Until then it hears nothing but [`Closed`](crate::Closed).
    fn stop(&mut self) {
        if matches!(self.stage, Stage::Started | Stage::Running) {
            self.stage = Stage::StopAsked;
        }
    }

    /// Drops the transport without a closing handshake.
    fn terminate(&mut self) {
        self.terminated = true;
        if self.stage != Stage::Stopped {
            self.stage = Stage::Terminated;
        }
    }

    fn state(&self) -> ActorState {
        match self.stage {
            Stage::Started => ActorState::Started,
            Stage::Running => ActorState::Running,
            Stage::StopAsked | Stage::Stopping => ActorState::Stopping,
            Stage::Terminated | Stage::Stopped => ActorState::Stopped,
        }
    }
}

impl<A: Actor<Context = Self>> AsyncContext<A> for WsContext<A> {
    fn address(&self) -> Addr<A> {
        let mailbox = self.mailbox.get_or_init(|| channel(MAILBOX).1);
        Addr::new(mailbox.sender())
    }

    fn spawn<F>(&mut self, future: F) -> SpawnHandle
    where
        F: ActorFuture<A, Output = ()> + 'static,
    {
        let handle = self.next_handle();
        self.requests.spawn.push((handle, Box::pin(future)));
        handle
    }

    fn wait<F>(&mut self, future: F)
    where
        F: ActorFuture<A, Output = ()> + 'static,
    {
        self.requests.wait.push(Box::pin(future));
    }

    fn waiting(&self) -> bool {
        self.waiting
            || !self.requests.wait.is_empty()
            || !matches!(self.stage, Stage::Started | Stage::Running)
    }

    fn cancel_future(&mut self, handle: SpawnHandle) -> bool {
        self.requests.cancel.push(handle);
        true
    }
}

impl<A, M> ToEnvelope<A, M> for WsContext<A>
where
    A: Actor<Context = Self> + Handler<M>,
    M: Message + Send + 'static,
    M::Result: Send,
{
    fn pack(message: M, tx: Option<OneshotSender<M::Result>>) -> Envelope<A> {
        Envelope::new(message, tx)
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

/// Above this many queued bytes messages wait in the outbox and no input is
/// read, so that a peer which asks and does not listen is slowed down.
const HIGH_WATER: usize = 64 * 1024;
/// actix's own mailbox capacity.
const MAILBOX: usize = 16;
