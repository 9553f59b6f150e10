//! Messages, whole ([RFC 6455 §5.6]).
//!
//! [RFC 6455 §5.6]: https://www.rfc-editor.org/rfc/rfc6455#section-5.6

use bytes::Bytes;

use crate::{Opcode, Rsv, Utf8Bytes, extension::PartEnd};

pub(crate) mod assembler;
mod collector;
mod joiner;
mod prepared;

pub use self::{
    joiner::Joiner,
    prepared::{PreparedBatch, PreparedMessage},
};

/// A data message.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Message {
    /// Text, UTF-8 as a whole.
    Text(Utf8Bytes),
    /// Bytes whose meaning is the application's.
    Binary(Bytes),
    /// The payload data of a registered data opcode
    /// ([`Config::opcodes`](crate::Config::opcodes)).
    Custom(Opcode, Bytes),
}

/// A part of a message that is handed out as it arrives.
///
/// The parts of a text message are checked together: a character may be cut.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MessagePart {
    /// The opcode of the message.
    pub opcode: Opcode,
    /// The application's reserved bits on the frame that this is a part of.
    pub rsv: Rsv,
    /// The payload data, unmasked and decoded.
    pub payload: Bytes,
    /// Where the part ends.
    pub end: PartEnd,
}

impl Message {
    /// A text message.
    #[must_use]
    pub fn text(text: impl Into<Utf8Bytes>) -> Self {
        Self::Text(text.into())
    }

    /// A binary message.
    #[must_use]
    pub fn binary(bytes: impl Into<Bytes>) -> Self {
        Self::Binary(bytes.into())
    }

    /// The opcode of the message's first frame.
    #[must_use]
    #[inline]
    pub const fn opcode(&self) -> Opcode {
        match self {
            Self::Text(_) => Opcode::TEXT,
            Self::Binary(_) => Opcode::BINARY,
            Self::Custom(opcode, _) => *opcode,
        }
    }

    /// The payload data.
    #[must_use]
    #[inline]
    pub fn payload(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Binary(bytes) | Self::Custom(_, bytes) => bytes,
        }
    }

    /// The payload data, shared.
    #[must_use]
    #[inline]
    pub fn into_payload(self) -> Bytes {
        match self {
            Self::Text(text) => text.into_bytes(),
            Self::Binary(bytes) | Self::Custom(_, bytes) => bytes,
        }
    }

    /// Whether a custom message is not text or binary in disguise.
    pub(crate) const fn is_consistent(&self) -> bool {
        match self {
            Self::Text(_) | Self::Binary(_) => true,
            Self::Custom(opcode, _) => opcode.is_reserved(),
        }
    }

    /// A message of this opcode, whose text is known to be UTF-8.
    pub(crate) fn from_validated(opcode: Opcode, payload: Bytes) -> Self {
        match opcode {
            Opcode::TEXT => Self::Text(Utf8Bytes::from_validated(payload)),
            Opcode::BINARY => Self::Binary(payload),
            custom => Self::Custom(custom, payload),
        }
    }
}

impl From<Utf8Bytes> for Message {
    fn from(text: Utf8Bytes) -> Self {
        Self::Text(text)
    }
}

impl From<String> for Message {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

impl From<&'static str> for Message {
    fn from(text: &'static str) -> Self {
        Self::text(text)
    }
}

impl From<Bytes> for Message {
    fn from(bytes: Bytes) -> Self {
        Self::Binary(bytes)
    }
}

impl From<Vec<u8>> for Message {
    fn from(bytes: Vec<u8>) -> Self {
        Self::binary(bytes)
    }
}
