use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::{CloseCode, ClosePayload, Message, ProtocolError, SendQueue};

/// What a connection wants of its driver.
#[derive(Debug)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a driver that ignores one of these is broken, so a new one has to break it"
)]
pub enum Output<'a> {
    /// Something happened that the application should hear of.
    Event(Event),
    /// Bytes for the transport. Take what it accepts with [`Buf::advance`]; if
    /// it accepts nothing now, ask again when it does.
    ///
    /// [`Buf::advance`]: bytes::Buf::advance
    Transmit(&'a mut SendQueue),
    /// Close the sending side of the transport and go on reading, so that the
    /// last Close frame reaches a peer that is still sending.
    Shutdown,
    /// Drop the transport: the connection is over.
    Disconnect,
    /// Nothing to do before new input or this instant, if there is one.
    Wait(Option<Instant>),
}

/// What the application hears of.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A message is here, whole.
    Message(Message),
    /// A Ping came; its Pong is queued already.
    Ping(Bytes),
    /// A Pong came.
    Pong {
        /// What the Ping carried.
        payload: Bytes,
        /// The time since the heartbeat's Ping that it answers; `None` if it
        /// answers another, or none at all.
        round_trip: Option<Duration>,
    },
    /// The connection is closed. This is the last event, and comes once.
    Closed(Outcome),
}

/// How a connection ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outcome {
    /// Why it ended.
    pub cause: Cause,
    /// The Close frame that was queued for the peer.
    pub sent: Option<ClosePayload>,
    /// The Close frame that came from the peer.
    pub received: Option<ClosePayload>,
}

impl Outcome {
    /// Whether both sides sent a Close frame ([RFC 6455 §7.1.4]).
    ///
    /// [RFC 6455 §7.1.4]: https://www.rfc-editor.org/rfc/rfc6455#section-7.1.4
    #[must_use]
    pub const fn is_clean(&self) -> bool {
        self.sent.is_some() && self.received.is_some()
    }

    /// The code that the peer sent: 1005 if its Close frame had none, 1006 if
    /// no Close frame came ([RFC 6455 §7.1.5]).
    ///
    /// [RFC 6455 §7.1.5]: https://www.rfc-editor.org/rfc/rfc6455#section-7.1.5
    #[must_use]
    pub fn code(&self) -> CloseCode {
        self.received
            .as_ref()
            .map_or(CloseCode::ABNORMAL, |payload| {
                payload.code().unwrap_or(CloseCode::NO_STATUS)
            })
    }
}

/// Why a connection ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// This side began the closing handshake.
    Local,
    /// The peer began the closing handshake.
    Remote,
    /// The peer broke the protocol.
    Protocol(ProtocolError),
    /// A deadline passed.
    Timeout(Timeout),
    /// The transport ended without a closing handshake.
    TransportLost,
}

/// A deadline that passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Timeout {
    /// No sign of life came after a Ping.
    Pong,
    /// The closing handshake was not answered.
    Close,
    /// The transport took no byte.
    Write,
}
