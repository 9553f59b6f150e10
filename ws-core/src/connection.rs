//! A connection after its opening handshake.

use std::{sync::Arc, time::Instant};

use bytes::{Bytes, BytesMut};

use crate::{
    CloseCode, ClosePayload, Config, Entropy, Opcode, Role, Rsv,
    extension::{Agreement, Chain},
    frame::encoder::Encoder,
};

mod closing;
mod deadlines;
mod event;
mod inbound;
mod outbound;
mod polling;
mod sending;
mod state;

use self::{
    deadlines::{Deadlines, Due},
    inbound::Inbound,
    outbound::Outbound,
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
    chain: Chain,
    deadlines: Deadlines,
    sent: Option<Box<ClosePayload>>,
    received: Option<Box<ClosePayload>>,
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
            chain: Chain::default(),
            deadlines: Deadlines::new(now),
            sent: None,
            received: None,
            cause: None,
            transport: Transport::Open,
            subprotocol: None,
            config,
        }
    }

    /// Runs the extensions that were agreed on, in whatever way.
    #[must_use]
    pub fn with_extensions(mut self, agreement: Agreement) -> Self {
        self.chain = Chain::new(agreement);
        self.inbound.extend(&self.chain);
        self
    }

    /// Sets the subprotocol, agreed on in whatever way.
    #[must_use]
    pub fn with_subprotocol(mut self, subprotocol: Option<impl Into<Box<str>>>) -> Self {
        self.subprotocol = subprotocol.map(Into::into);
        self
    }

    /// Makes the ping interval and the lifetime up to a tenth shorter, by chance:
    /// connections that began together are not due together.
    #[must_use]
    pub fn with_jitter(mut self, entropy: &mut Entropy) -> Self {
        let [jitter] = entropy.draw();
        self.deadlines.set_jitter(jitter);
        self
    }

    /// The subprotocol agreed on ([RFC 6455 §1.9]).
    ///
    /// [RFC 6455 §1.9]: https://www.rfc-editor.org/rfc/rfc6455#section-1.9
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        self.subprotocol.as_deref()
    }

    /// Whether any extension was agreed on.
    #[must_use]
    pub fn has_extensions(&self) -> bool {
        !self.chain.is_empty()
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

    /// The number of Pings that were passed over: a newer one came before their
    /// Pong could leave ([RFC 6455 §5.5.3]).
    ///
    /// [RFC 6455 §5.5.3]: https://www.rfc-editor.org/rfc/rfc6455#section-5.5.3
    #[must_use]
    pub const fn unanswered_pings(&self) -> u64 {
        self.outbound.unanswered_pings()
    }

    /// The number of bytes that came and are held here: those of a message that has
    /// begun and not come to its end, and what no event was made of yet.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        self.inbound.held_bytes()
    }

    /// Takes all bytes out of `buffer`, which came from the peer in this order.
    ///
    /// Payloads are handed out as slices of the buffer's storage. Once they are
    /// dropped, the storage can be used again for the next read.
    pub fn handle_input(&mut self, now: Instant, buffer: &mut BytesMut) {
        self.now = now;
        if matches!(self.state, State::Closed | State::RemoteClosing) {
            // §5.5.1, §7.1.7: nothing counts behind a Close frame or a failure.
            buffer.clear();
        } else if !buffer.is_empty() {
            self.deadlines.hear(now);
            self.inbound.feed(buffer);
        }
    }

    /// Where to read into next, if there is a better place than a buffer of
    /// yours: behind what has come of a long frame, so that its payload data is
    /// not copied.
    ///
    /// Append what comes, and call [`handle_read`](Self::handle_read). Who has
    /// bytes already gives them to [`handle_input`](Self::handle_input).
    pub fn read_buffer(&mut self) -> Option<&mut BytesMut> {
        match self.state {
            State::Open | State::LocalClosing => self.inbound.read_buffer(),
            State::RemoteClosing | State::Closed => None,
        }
    }

    /// Bytes from the peer were appended to [`read_buffer`](Self::read_buffer).
    pub fn handle_read(&mut self, now: Instant) {
        self.now = now;
        if matches!(self.state, State::Open | State::LocalClosing) {
            self.deadlines.hear(now);
            self.inbound.note_read();
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
        self.outbound.shut();
    }

    /// Time has passed: does what is due by `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.now = now;
        self.deadlines.tell(now);
        let taken = self.outbound.queue().taken();
        while let Some(due) = self.deadlines.due(now, &self.config, taken) {
            match due {
                Due::Ping => {
                    self.chain.idle();
                    self.send_heartbeat();
                }
                Due::PongLate => self.fail(
                    Cause::Timeout(Timeout::Pong),
                    ClosePayload::of(CloseCode::INTERNAL_ERROR, "no pong came in time"),
                ),
                Due::MessageLate => self.fail(
                    Cause::Timeout(Timeout::Message),
                    ClosePayload::of(CloseCode::POLICY_VIOLATION, "message took too long"),
                ),
                Due::Idle => self.close_for(
                    Timeout::Idle,
                    ClosePayload::of(CloseCode::GOING_AWAY, "nothing was said for long"),
                ),
                Due::Lifetime => self.close_for(
                    Timeout::Lifetime,
                    ClosePayload::of(CloseCode::GOING_AWAY, "connection has lasted long enough"),
                ),
                Due::WriteLate => self.lose(Cause::Timeout(Timeout::Write)),
                Due::CloseLate => self.lose(Cause::Timeout(Timeout::Close)),
            }
        }
    }

    /// Nothing is read for now, because the application is behind: the peer's
    /// silence is not taken for its death.
    ///
    /// Pings go on at their interval. Nobody sees whether they are answered, but
    /// a transport whose peer is gone breaks when they are written.
    pub fn pause_reading(&mut self, now: Instant) {
        self.now = now;
        self.deadlines.pause_reading(now);
    }

    /// Input is read again.
    pub fn resume_reading(&mut self, now: Instant) {
        self.now = now;
        self.deadlines.resume_reading(now);
    }

    fn send_heartbeat(&mut self) {
        let payload = Bytes::copy_from_slice(&self.deadlines.next_ping());
        self.outbound
            .control(Rsv::NONE, Opcode::PING, payload, &mut self.chain);
        let queue = self.outbound.queue();
        let taken = queue.taken();
        let leaves_at = taken + queue.len() as u64;
        self.deadlines
            .pinged(self.now, &self.config, leaves_at, taken);
    }
}
