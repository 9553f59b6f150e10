//! The messages that a connection actor handles: one type for each kind of frame,
//! and for each change of the connection.

use std::{ops::Deref, time::Duration};

use actix::Message;
use bytes::Bytes;
use serde::de::DeserializeOwned;
use ws_core::{CloseCode, ClosePayload, Event, MessagePart, Opcode, Outcome, Utf8Bytes};

use crate::FrameKind;

mod notice;

pub use self::notice::{Closing, Notice, Occurrence, Slot, Writable};

/// A message that is made of a frame, or of a whole fragmented message.
///
/// An actor that handles it with [`actix::Handler`] is told of its frames once
/// the endpoint registers it with [`Handlers::on`](crate::Handlers::on).
pub trait FrameMessage: Message<Result = ()> + Sized + 'static {
    /// The opcode of the frames that it is made of.
    const OPCODE: Opcode;

    /// The name that the opcode is registered with, which makes it one of your
    /// own: it has to be a reserved one, 0x3 to 0x7 or 0xB to 0xF.
    ///
    /// Default: the name of the type, if the opcode is a reserved one.
    const NAME: Option<&'static str> = None;

    /// Whether the frames are data or control frames, which opcodes of your own
    /// are checked against. Default: as the opcode has it.
    const KIND: FrameKind = FrameKind::of(Self::OPCODE);

    /// Makes the message of what the protocol reports: of
    /// [`Message::Custom`](ws_core::Message::Custom) for data of an opcode of
    /// your own, and of [`Event::Control`] for a control frame.
    ///
    /// # Errors
    ///
    /// If the payload is not what this type holds: the connection is closed
    /// with the rejection's code and reason.
    fn from_event(event: Event) -> Result<Self, Rejection>;
}

/// The Close frame that answers a payload which is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection(pub(crate) ClosePayload);

impl Rejection {
    /// A rejection with this code and reason.
    ///
    /// # Errors
    ///
    /// If the code must not be sent or the reason is too long for a Close frame.
    pub fn new(code: CloseCode, reason: impl Into<Utf8Bytes>) -> Result<Self, ws_core::SendError> {
        ClosePayload::new(code, reason).map(Self)
    }

    /// For an event of which the message is not made, with 1003.
    #[must_use]
    pub fn unsupported() -> Self {
        Self::of(CloseCode::UNSUPPORTED_DATA, "kind of data not accepted")
    }

    fn of(code: CloseCode, reason: &'static str) -> Self {
        Self(ClosePayload::new(code, reason).unwrap_or_default())
    }
}

/// A text message.
#[derive(Debug, Clone, PartialEq, Eq, Message)]
#[rtype(result = "()")]
pub struct Text(pub Utf8Bytes);

impl FrameMessage for Text {
    const OPCODE: Opcode = Opcode::TEXT;

    #[inline]
    fn from_event(event: Event) -> Result<Self, Rejection> {
        let Event::Message(ws_core::Message::Text(text)) = event else {
            return Err(Rejection::unsupported());
        };
        Ok(Self(text))
    }
}

impl Deref for Text {
    type Target = Utf8Bytes;

    fn deref(&self) -> &Utf8Bytes {
        &self.0
    }
}

/// A binary message.
#[derive(Debug, Clone, PartialEq, Eq, Message)]
#[rtype(result = "()")]
pub struct Binary(pub Bytes);

impl FrameMessage for Binary {
    const OPCODE: Opcode = Opcode::BINARY;

    #[inline]
    fn from_event(event: Event) -> Result<Self, Rejection> {
        let Event::Message(ws_core::Message::Binary(bytes)) = event else {
            return Err(Rejection::unsupported());
        };
        Ok(Self(bytes))
    }
}

impl Deref for Binary {
    type Target = Bytes;

    fn deref(&self) -> &Bytes {
        &self.0
    }
}

/// A text message that holds a value as JSON.
///
/// Text that is no such value closes the connection with 1007.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a wrapper like web::Json")]
pub struct Json<T>(pub T);

impl<T: 'static> Message for Json<T> {
    type Result = ();
}

impl<T: DeserializeOwned + 'static> FrameMessage for Json<T> {
    const OPCODE: Opcode = Opcode::TEXT;

    fn from_event(event: Event) -> Result<Self, Rejection> {
        let Text(text) = Text::from_event(event)?;
        serde_json::from_slice(text.as_bytes())
            .map(Self)
            .map_err(|_| Rejection::of(CloseCode::INVALID_PAYLOAD, "text is not the JSON expected"))
    }
}

/// A binary message that holds a value as MessagePack.
///
/// Bytes that are no such value close the connection with 1007.
#[cfg(feature = "msgpack")]
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a wrapper like web::Json")]
pub struct MsgPack<T>(pub T);

#[cfg(feature = "msgpack")]
impl<T: 'static> Message for MsgPack<T> {
    type Result = ();
}

#[cfg(feature = "msgpack")]
impl<T: DeserializeOwned + 'static> FrameMessage for MsgPack<T> {
    const OPCODE: Opcode = Opcode::BINARY;

    fn from_event(event: Event) -> Result<Self, Rejection> {
        let Binary(bytes) = Binary::from_event(event)?;
        rmp_serde::from_slice(&bytes).map(Self).map_err(|_| {
            let reason = "message is not the MessagePack expected";
            Rejection::of(CloseCode::INVALID_PAYLOAD, reason)
        })
    }
}

/// A part of a data message, as it arrives: for messages that are too long to be
/// held whole, or wanted early.
///
/// An actor that handles it is given all data in parts, so it handles no other
/// kind of data. Limits count as ever:
/// [`max_message_bytes`](ws_core::Config::max_message_bytes) over the whole
/// message.
#[derive(Debug, Clone, PartialEq, Eq, Message)]
#[rtype(result = "()")]
pub struct Part(pub MessagePart);

impl FrameMessage for Part {
    /// The parts of all kinds of messages come to one handler.
    const OPCODE: Opcode = Opcode::CONTINUATION;

    fn from_event(event: Event) -> Result<Self, Rejection> {
        let Event::Part(part) = event else {
            return Err(Rejection::unsupported());
        };
        Ok(Self(part))
    }
}

impl Deref for Part {
    type Target = MessagePart;

    fn deref(&self) -> &MessagePart {
        &self.0
    }
}

/// A Ping came; its Pong is on the way already.
#[derive(Debug, Clone, PartialEq, Eq, Message)]
#[rtype(result = "()")]
pub struct Ping(pub Bytes);

impl FrameMessage for Ping {
    const OPCODE: Opcode = Opcode::PING;

    fn from_event(event: Event) -> Result<Self, Rejection> {
        let Event::Ping(payload) = event else {
            return Err(Rejection::unsupported());
        };
        Ok(Self(payload))
    }
}

/// A Pong came.
#[derive(Debug, Clone, PartialEq, Eq, Message)]
#[rtype(result = "()")]
#[non_exhaustive]
pub struct Pong {
    /// What the Ping carried.
    pub payload: Bytes,
    /// The time since the heartbeat's Ping, if this answers it.
    pub round_trip: Option<Duration>,
}

impl FrameMessage for Pong {
    const OPCODE: Opcode = Opcode::PONG;

    fn from_event(event: Event) -> Result<Self, Rejection> {
        let Event::Pong {
            payload,
            round_trip,
        } = event
        else {
            return Err(Rejection::unsupported());
        };
        Ok(Self {
            payload,
            round_trip,
        })
    }
}

/// The connection is closed. It comes once and last; then the actor stops, so
/// a future that its handler returns is not driven.
#[derive(Debug, Clone, PartialEq, Eq, Message)]
#[rtype(result = "()")]
pub struct Closed(pub Outcome);

impl FrameMessage for Closed {
    const OPCODE: Opcode = Opcode::CLOSE;

    fn from_event(event: Event) -> Result<Self, Rejection> {
        let Event::Closed(outcome) = event else {
            return Err(Rejection::unsupported());
        };
        Ok(Self(*outcome))
    }
}

impl Deref for Closed {
    type Target = Outcome;

    fn deref(&self) -> &Outcome {
        &self.0
    }
}
