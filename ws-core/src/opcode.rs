use std::fmt;

mod registry;

pub use self::registry::{Registry, RegistryError};

/// The 4-bit opcode of a frame ([RFC 6455 §5.2]).
///
/// [RFC 6455 §5.2]: https://www.rfc-editor.org/rfc/rfc6455#section-5.2
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Opcode(u8);

impl Opcode {
    /// A further fragment of the message under way.
    pub const CONTINUATION: Self = Self(0x0);
    /// A text message.
    pub const TEXT: Self = Self(0x1);
    /// A binary message.
    pub const BINARY: Self = Self(0x2);
    /// A Close frame.
    pub const CLOSE: Self = Self(0x8);
    /// A Ping frame.
    pub const PING: Self = Self(0x9);
    /// A Pong frame.
    pub const PONG: Self = Self(0xA);

    /// How many opcodes there are, for tables indexed by [`get`](Self::get).
    pub const COUNT: usize = 16;

    /// The opcode of this value, or `None` for more than four bits.
    #[must_use]
    pub const fn new(value: u8) -> Option<Self> {
        if value <= 0xF {
            Some(Self(value))
        } else {
            None
        }
    }

    /// The opcode in the low four bits of a frame's first byte.
    pub(crate) const fn from_first_byte(byte: u8) -> Self {
        Self(byte & 0xF)
    }

    /// The value, below [`COUNT`](Self::COUNT).
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }

    /// Whether frames of this opcode are control frames: at most 125 bytes,
    /// never fragmented (§5.5).
    #[must_use]
    pub const fn is_control(self) -> bool {
        self.0 & 0x8 != 0
    }

    /// Whether the RFC leaves the meaning of this opcode to an extension.
    #[must_use]
    pub const fn is_reserved(self) -> bool {
        matches!(self.0, 0x3..=0x7 | 0xB..=0xF)
    }
}

impl fmt::Display for Opcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::CONTINUATION => f.write_str("continuation"),
            Self::TEXT => f.write_str("text"),
            Self::BINARY => f.write_str("binary"),
            Self::CLOSE => f.write_str("close"),
            Self::PING => f.write_str("ping"),
            Self::PONG => f.write_str("pong"),
            Self(value) => write!(f, "{value:#x}"),
        }
    }
}

impl fmt::Debug for Opcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Opcode({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_opcode_prints_its_name_or_its_value() {
        for (opcode, text) in [
            (Opcode::CONTINUATION, "continuation"),
            (Opcode::TEXT, "text"),
            (Opcode::BINARY, "binary"),
            (Opcode::CLOSE, "close"),
            (Opcode::PING, "ping"),
            (Opcode::PONG, "pong"),
            (Opcode(0x3), "0x3"),
            (Opcode(0xB), "0xb"),
        ] {
            assert_eq!(opcode.to_string(), text);
            assert_eq!(format!("{opcode:?}"), format!("Opcode({text})"));
        }
    }
}
