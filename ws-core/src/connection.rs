//! A connection after its opening handshake.

use std::{sync::Arc, time::Instant};

use bytes::{Bytes, BytesMut};

use crate::{
    CloseCode, ClosePayload, Config, Entropy, Message, PreparedMessage, ProtocolError, Role,
    SendError, SendQueue,
    frame::{MAX_CONTROL_PAYLOAD, encoder::Encoder},
};

mod deadlines;
mod event;
mod inbound;
mod outbound;
mod state;

use self::{
    deadlines::{Deadlines, Due},
    inbound::{Inbound, Incoming},
    outbound::Outbound,
    state::Step,
};
pub use self::{
    event::{Cause, Event, Outcome, Output, Timeout},
    state::State,
};

/// One side of a WebSocket connection, without I/O.
///
/// Tell it what the world did with the `handle_*` methods, ask it for
/// something with the verbs, and after each of them do what
/// [`poll_output`](Self::poll_output) says until it says
/// [`Wait`](Output::Wait). The [crate's front page](crate) shows that loop.
///
/// Pings and Close frames are answered, silent peers are pinged, and every
/// deadline of the [`Config`] is kept, as long as
/// [`handle_timeout`](Self::handle_timeout) is called when `Wait` asks for it.
#[derive(Debug)]
pub struct Connection {
    role: Role,
    config: Arc<Config>,
    /// The latest instant that the driver told.
    now: Instant,
    state: State,
    inbound: Inbound,
    outbound: Outbound,
    deadlines: Deadlines,
    sent: Option<ClosePayload>,
    received: Option<ClosePayload>,
    /// Why the connection ends, once it does; taken when it is reported.
    cause: Option<Cause>,
    transport: Transport,
    subprotocol: Option<Box<str>>,
}

/// What is left to do for the transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transport {
    Open,
    /// The peer ended it; what it sent before is still to be looked at.
    Ended,
    /// Shut down when all is sent, then wait for the peer to end it.
    ShuttingDown,
    /// The peer is to end it (§7.1.1).
    Awaited,
    /// Drop it when all is sent.
    Dropping,
    Gone,
}

impl Connection {
    /// The server's side of a connection, for any stream of bytes whose opening
    /// handshake is done or was not needed.
    #[must_use]
    pub fn server(now: Instant, config: impl Into<Arc<Config>>) -> Self {
        Self::new(now, Role::Server, config.into(), Encoder::unmasked())
    }

    /// The client's side, with entropy for the masking keys.
    #[must_use]
    pub fn client(now: Instant, config: impl Into<Arc<Config>>, entropy: Entropy) -> Self {
        let encoder = Encoder::masked(Box::new(entropy));
        Self::new(now, Role::Client, config.into(), encoder)
    }

    fn new(now: Instant, role: Role, config: Arc<Config>, encoder: Encoder) -> Self {
        Self {
            role,
            now,
            state: State::Open,
            inbound: Inbound::new(role, &config),
            outbound: Outbound::new(encoder),
            deadlines: Deadlines::new(now),
            sent: None,
            received: None,
            cause: None,
            transport: Transport::Open,
            subprotocol: None,
            config,
        }
    }

    /// Sets the subprotocol, agreed on in whatever way.
    #[must_use]
    pub fn with_subprotocol(mut self, subprotocol: Option<impl Into<Box<str>>>) -> Self {
        self.subprotocol = subprotocol.map(Into::into);
        self
    }

    /// The subprotocol agreed on ([RFC 6455 §1.9]).
    ///
    /// [RFC 6455 §1.9]: https://www.rfc-editor.org/rfc/rfc6455#section-1.9
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        self.subprotocol.as_deref()
    }

    /// The side that this endpoint plays.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }

    /// Where the connection stands in the closing handshake.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// The number of bytes that wait for the transport.
    #[must_use]
    pub const fn queued_bytes(&self) -> usize {
        self.outbound.queue().len()
    }

    /// Takes all bytes out of `buffer`, which came from the peer in this order.
    ///
    /// Payloads are handed out as slices of the buffer's storage. Once they are
    /// dropped, the storage can be used again for the next read.
    pub fn handle_input(&mut self, now: Instant, buffer: &mut BytesMut) {
        self.now = now;
        if self.state == State::Closed {
            // §7.1.7: what follows a failure is not processed.
            buffer.clear();
        } else if !buffer.is_empty() {
            self.deadlines.hear(now);
            self.inbound.feed(buffer);
        }
    }

    /// The peer ended its side of the transport: no more input will come.
    pub fn handle_eof(&mut self, now: Instant) {
        self.now = now;
        match self.transport {
            Transport::Open => self.transport = Transport::Ended,
            Transport::ShuttingDown | Transport::Awaited => self.transport = Transport::Dropping,
            Transport::Ended | Transport::Dropping | Transport::Gone => {}
        }
    }

    /// The transport broke: nothing more can be sent either.
    ///
    /// What came before is still handed out.
    pub fn handle_lost(&mut self, now: Instant) {
        self.handle_eof(now);
        self.outbound.discard();
    }

    /// Time has passed: does what is due by `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.now = now;
        let taken = self.outbound.queue().taken();
        while let Some(due) = self.deadlines.due(now, &self.config, taken) {
            match due {
                Due::Ping => self.send_heartbeat(),
                Due::PongLate => self.fail(
                    Cause::Timeout(Timeout::Pong),
                    ClosePayload::of(CloseCode::INTERNAL_ERROR, "no pong came in time"),
                ),
                Due::WriteLate => self.lose(Cause::Timeout(Timeout::Write)),
                Due::CloseLate => self.lose(Cause::Timeout(Timeout::Close)),
            }
            if self.transport == Transport::Dropping {
                break;
            }
        }
    }

    /// Nothing is read for now, because the application is behind: the peer's
    /// silence is not taken for its death.
    pub fn pause_reading(&mut self) {
        self.deadlines.pause_reading();
    }

    /// Input is read again.
    pub fn resume_reading(&mut self, now: Instant) {
        self.now = now;
        self.deadlines.resume_reading(now, &self.config);
    }

    /// Queues a message.
    ///
    /// # Errors
    ///
    /// [`SendError::Closing`] once a Close frame was sent or received.
    pub fn send(&mut self, message: impl Into<Message>) -> Result<(), SendError> {
        self.check_open()?;
        self.outbound.message(message.into());
        Ok(())
    }

    /// Queues a message that is encoded already.
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send).
    pub fn send_prepared(&mut self, prepared: &PreparedMessage) -> Result<(), SendError> {
        self.check_open()?;
        self.outbound.prepared(prepared);
        Ok(())
    }

    /// Queues a Ping with a payload of at most 125 bytes ([RFC 6455 §5.5.2]).
    ///
    /// The heartbeat sends its own; this one is for protocols above.
    ///
    /// # Errors
    ///
    /// If the connection is closing or the payload is too long.
    ///
    /// [RFC 6455 §5.5.2]: https://www.rfc-editor.org/rfc/rfc6455#section-5.5.2
    pub fn ping(&mut self, payload: impl Into<Bytes>) -> Result<(), SendError> {
        let payload = self.check_control(payload.into())?;
        self.outbound.ping(payload);
        Ok(())
    }

    /// Queues a Pong that answers no Ping ([RFC 6455 §5.5.3]).
    ///
    /// # Errors
    ///
    /// If the connection is closing or the payload is too long.
    ///
    /// [RFC 6455 §5.5.3]: https://www.rfc-editor.org/rfc/rfc6455#section-5.5.3
    pub fn pong(&mut self, payload: impl Into<Bytes>) -> Result<(), SendError> {
        let payload = self.check_control(payload.into())?;
        self.outbound.pong(payload);
        Ok(())
    }

    /// Begins the closing handshake ([RFC 6455 §7.1.2]).
    ///
    /// Messages of the peer may still come until its Close frame does, within
    /// [`Config::close_timeout`].
    ///
    /// # Errors
    ///
    /// [`SendError::Closing`] if it has begun already.
    ///
    /// [RFC 6455 §7.1.2]: https://www.rfc-editor.org/rfc/rfc6455#section-7.1.2
    pub fn close(&mut self, now: Instant, payload: ClosePayload) -> Result<(), SendError> {
        self.now = now;
        self.check_open()?;
        self.cause = Some(Cause::Local);
        self.deadlines.close(now, &self.config);
        self.send_close(payload);
        Ok(())
    }

    /// What to do next. Events come before bytes, so that all replies to one
    /// read leave in one write.
    pub fn poll_output(&mut self) -> Output<'_> {
        if let Some(event) = self.poll_event() {
            return Output::Event(event);
        }
        if !self.transmit().is_empty() {
            return Output::Transmit(self.transmit());
        }
        self.poll_end()
    }

    /// The event part of [`poll_output`](Self::poll_output) alone, for drivers
    /// that have to read and write at different speeds.
    pub fn poll_event(&mut self) -> Option<Event> {
        while self.state != State::Closed {
            match self.inbound.next() {
                Ok(Some(Incoming::Message(message))) => return Some(Event::Message(message)),
                Ok(Some(Incoming::Ping(payload))) => {
                    if self.state == State::Open {
                        self.outbound.pong(payload.clone());
                    }
                    return Some(Event::Ping(payload));
                }
                Ok(Some(Incoming::Pong(payload))) => {
                    let round_trip = self.deadlines.ponged(self.now, &payload);
                    return Some(Event::Pong {
                        payload,
                        round_trip,
                    });
                }
                Ok(Some(Incoming::Close(payload))) => self.receive_close(payload),
                Ok(None) if self.transport == Transport::Ended => self.lose(Cause::TransportLost),
                Ok(None) => return None,
                Err(error) => self.fail_protocol(error),
            }
        }
        let cause = self.cause.take()?;
        Some(Event::Closed(Outcome {
            cause,
            sent: self.sent.clone(),
            received: self.received.clone(),
        }))
    }

    /// The byte part of [`poll_output`](Self::poll_output) alone.
    pub fn transmit(&mut self) -> &mut SendQueue {
        self.outbound.transmit()
    }

    /// The rest of [`poll_output`](Self::poll_output), for when neither an
    /// event nor a byte is left: never `Event` nor `Transmit`.
    pub fn poll_end(&mut self) -> Output<'_> {
        let queue = self.outbound.queue();
        let queued = !queue.is_empty();
        match self.transport {
            Transport::ShuttingDown if !queued => {
                self.transport = Transport::Awaited;
                return Output::Shutdown;
            }
            Transport::Dropping if !queued => {
                self.transport = Transport::Gone;
                return Output::Disconnect;
            }
            Transport::Gone => return Output::Wait(None),
            Transport::Open
            | Transport::Ended
            | Transport::ShuttingDown
            | Transport::Awaited
            | Transport::Dropping => {}
        }
        self.deadlines
            .queued(self.now, queued, queue.taken(), &self.config);
        Output::Wait(self.deadlines.next(&self.config))
    }

    fn check_open(&self) -> Result<(), SendError> {
        match self.state {
            State::Open => Ok(()),
            State::LocalClosing | State::RemoteClosing | State::Closed => Err(SendError::Closing),
        }
    }

    fn check_control(&self, payload: Bytes) -> Result<Bytes, SendError> {
        self.check_open()?;
        if payload.len() > MAX_CONTROL_PAYLOAD {
            return Err(SendError::ControlTooLong(payload.len()));
        }
        Ok(payload)
    }

    fn send_heartbeat(&mut self) {
        let payload = self.deadlines.next_ping();
        self.outbound.ping(Bytes::copy_from_slice(&payload));
        let queue = self.outbound.queue();
        let left = queue.taken() + queue.len() as u64;
        self.deadlines.pinged(self.now, &self.config, left);
    }

    fn send_close(&mut self, payload: ClosePayload) {
        if let Some(state) = self.state.after(Step::SendClose) {
            self.state = state;
            self.outbound.close(&payload);
            self.sent = Some(payload);
        }
    }

    fn receive_close(&mut self, payload: ClosePayload) {
        let Some(state) = self.state.after(Step::ReceiveClose) else {
            return;
        };
        self.state = state;
        if state == State::RemoteClosing {
            self.cause = Some(Cause::Remote);
            self.send_close(payload.reply());
        }
        self.received = Some(payload);
        self.inbound.discard();
        self.deadlines.close(self.now, &self.config);
        // §7.1.1: the server ends the transport, at once.
        self.end_transport(if self.role.closes_transport_first() {
            Transport::Dropping
        } else {
            Transport::Awaited
        });
    }

    fn fail_protocol(&mut self, error: ProtocolError) {
        let code = error.close_code();
        self.fail(
            Cause::Protocol(error),
            ClosePayload::of(code, code.meaning().unwrap_or_default()),
        );
    }

    /// Fails the connection (§7.1.7): a last Close frame, then the end.
    fn fail(&mut self, cause: Cause, payload: ClosePayload) {
        let unsent = self.sent.is_none();
        if self.end(cause) && unsent {
            self.outbound.close(&payload);
            self.sent = Some(payload);
        }
        self.end_transport(Transport::ShuttingDown);
    }

    /// Ends the connection without a further byte.
    fn lose(&mut self, cause: Cause) {
        self.end(cause);
        self.outbound.discard();
        self.end_transport(Transport::Dropping);
    }

    fn end(&mut self, cause: Cause) -> bool {
        let Some(state) = self.state.after(Step::End) else {
            return false;
        };
        self.state = state;
        self.cause = Some(cause);
        self.inbound.discard();
        self.deadlines.close(self.now, &self.config);
        true
    }

    fn end_transport(&mut self, next: Transport) {
        self.transport = match self.transport {
            // What the peer has ended already need not be waited for.
            Transport::Ended => Transport::Dropping,
            Transport::Gone => Transport::Gone,
            Transport::Open
            | Transport::ShuttingDown
            | Transport::Awaited
            | Transport::Dropping => next,
        };
    }
}
