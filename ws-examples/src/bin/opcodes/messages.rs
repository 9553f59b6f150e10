//! Two reserved opcodes with a meaning, as both sides know them.

use std::time::SystemTime;

use actix::Message;
use bytes::Bytes;
use ws_core::{CloseCode, Config, Event, Opcode, Registry, RegistryError};
use ws_server::{FrameMessage, Rejection};

/// A control frame, 0xB: asks for the time if it is empty, and tells it
/// otherwise, to the second.
#[derive(Debug, Clone, PartialEq, Eq, Message)]
#[rtype(result = "()")]
pub(crate) struct Time(pub(crate) Option<SystemTime>);

/// A data message, 0x3: text of ASCII characters only.
#[derive(Debug, Clone, PartialEq, Eq, Message)]
#[rtype(result = "()")]
pub(crate) struct Ascii(pub(crate) String);

impl Time {
    /// The payload of its frame: a date as HTTP writes them.
    pub(crate) fn payload(&self) -> Bytes {
        self.0
            .map(httpdate::fmt_http_date)
            .map_or_else(Bytes::new, Bytes::from)
    }
}

impl FrameMessage for Time {
    const OPCODE: Opcode = Opcode::new(0xB).expect("it has four bits");

    fn from_event(event: Event) -> Result<Self, Rejection> {
        let Event::Control { payload, .. } = event else {
            return Err(reject("time is a control frame"));
        };
        if payload.is_empty() {
            return Ok(Self(None));
        }
        let text = str::from_utf8(&payload).ok();
        let time = text.and_then(|text| httpdate::parse_http_date(text).ok());
        time.map(|time| Self(Some(time)))
            .ok_or_else(|| reject("that is no date of HTTP"))
    }
}

impl FrameMessage for Ascii {
    const OPCODE: Opcode = Opcode::new(0x3).expect("it has four bits");

    fn from_event(event: Event) -> Result<Self, Rejection> {
        let Event::Message(ws_core::Message::Custom(_, payload)) = event else {
            return Err(reject("ascii is a data message"));
        };
        match String::from_utf8(payload.into()) {
            Ok(text) if text.is_ascii() => Ok(Self(text)),
            Ok(_) | Err(_) => Err(reject("that is not ASCII")),
        }
    }
}

impl From<Ascii> for ws_core::Message {
    fn from(Ascii(text): Ascii) -> Self {
        Self::Custom(Ascii::OPCODE, text.into())
    }
}

/// The names of the opcodes, and with them a meaning: frames of others fail the
/// connection.
pub(crate) fn registry() -> Result<Registry, RegistryError> {
    Registry::new()
        .with(Time::OPCODE, "time")?
        .with(Ascii::OPCODE, "ascii")
}

/// What either side tells its connections.
pub(crate) fn config() -> Result<Config, RegistryError> {
    Ok(Config::new().opcodes(registry()?))
}

/// Closes the connection of whoever sent such a payload.
fn reject(reason: &'static str) -> Rejection {
    Rejection::new(CloseCode::INVALID_PAYLOAD, reason).expect("the reason is short")
}
