//! Frames as plain values ([RFC 6455 §5.2]).
//!
//! [RFC 6455 §5.2]: https://www.rfc-editor.org/rfc/rfc6455#section-5.2

use std::fmt;

use bytes::Bytes;

use crate::{Opcode, ProtocolError};

pub(crate) mod close;
pub(crate) mod decoder;
pub(crate) mod encoder;
pub(crate) mod mask;

pub use self::{close::ClosePayload, mask::MaskingKey};

/// Whether a frame is the last one of its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "FIN is one bit")]
pub enum Fin {
    /// Continuation frames follow.
    More,
    /// The message ends here.
    Last,
}

/// The three reserved bits, RSV1 the highest.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Rsv(u8);

impl Rsv {
    /// No bit.
    pub const NONE: Self = Self(0);
    /// RSV1.
    pub const RSV1: Self = Self(0x40);
    /// RSV2.
    pub const RSV2: Self = Self(0x20);
    /// RSV3.
    pub const RSV3: Self = Self(0x10);

    /// Whether no bit is set.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether all bits of `other` are set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether a bit is set in both.
    #[must_use]
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The bits that are not set in `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The bits set in either.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl fmt::Display for Rsv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:03b}", self.0 >> 4)
    }
}

impl fmt::Debug for Rsv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rsv({self})")
    }
}

/// A frame in the hands of the application.
///
/// ```
/// use ws_core::{Fin, Frame, Opcode};
///
/// let first = Frame::new(Opcode::TEXT, "Hel").fin(Fin::More);
/// let last = Frame::new(Opcode::CONTINUATION, "lo");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Frame {
    /// Whether the message ends with this frame.
    pub fin: Fin,
    /// The reserved bits that are the application's.
    pub rsv: Rsv,
    /// The kind of the frame.
    pub opcode: Opcode,
    /// The payload data, neither masked nor changed by extensions.
    pub payload: Bytes,
}

impl Frame {
    /// The only frame of a message, without reserved bits.
    #[must_use]
    pub fn new(opcode: Opcode, payload: impl Into<Bytes>) -> Self {
        Self {
            fin: Fin::Last,
            rsv: Rsv::NONE,
            opcode,
            payload: payload.into(),
        }
    }

    /// The same frame, the last of its message or not.
    #[must_use]
    pub const fn fin(mut self, fin: Fin) -> Self {
        self.fin = fin;
        self
    }

    /// The same frame with these reserved bits.
    #[must_use]
    pub const fn rsv(mut self, rsv: Rsv) -> Self {
        self.rsv = rsv;
        self
    }
}

/// All of a frame but its payload data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Header {
    /// Whether the message ends with this frame.
    pub fin: Fin,
    /// The reserved bits.
    pub rsv: Rsv,
    /// The kind of the frame.
    pub opcode: Opcode,
    /// The key that the payload data is masked with, if it is.
    pub mask: Option<MaskingKey>,
    /// The length of the payload data, in bytes.
    pub payload_len: u64,
}

impl Header {
    /// The header of a whole, unmasked message without reserved bits.
    #[must_use]
    pub const fn new(opcode: Opcode, payload_len: u64) -> Self {
        Self {
            fin: Fin::Last,
            rsv: Rsv::NONE,
            opcode,
            mask: None,
            payload_len,
        }
    }

    /// Reads a header at the start of `bytes`, with its own length in bytes;
    /// `None` if it needs more of them.
    ///
    /// # Errors
    ///
    /// If the length is not minimal or has its highest bit set, or if a control
    /// frame is fragmented or too long. What a role, a registry or a limit
    /// forbids is not looked at.
    pub fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, ProtocolError> {
        let &[first, second, ref rest @ ..] = bytes else {
            return Ok(None);
        };
        let fin = if first & FIN == 0 {
            Fin::More
        } else {
            Fin::Last
        };
        let opcode = Opcode::from_first_byte(first);
        let len = second & !MASKED;
        if opcode.is_control() {
            if fin == Fin::More {
                return Err(ProtocolError::FragmentedControl(opcode));
            }
            if usize::from(len) > MAX_CONTROL_PAYLOAD {
                return Err(ProtocolError::ControlTooLong(opcode));
            }
        }
        let (payload_len, rest) = match len {
            LEN_16 => {
                let Some((bytes, rest)) = rest.split_first_chunk() else {
                    return Ok(None);
                };
                (minimal(u16::from_be_bytes(*bytes).into(), 126)?, rest)
            }
            LEN_64 => {
                let Some((bytes, rest)) = rest.split_first_chunk() else {
                    return Ok(None);
                };
                let len = u64::from_be_bytes(*bytes);
                if len >> 63 != 0 {
                    return Err(ProtocolError::LengthOverflow);
                }
                (minimal(len, 1 << 16)?, rest)
            }
            len => (len.into(), rest),
        };
        let (mask, rest) = if second & MASKED == 0 {
            (None, rest)
        } else {
            let Some((key, rest)) = rest.split_first_chunk() else {
                return Ok(None);
            };
            (Some(MaskingKey::new(*key)), rest)
        };
        let header = Self {
            fin,
            rsv: Rsv(first & (Rsv::RSV1.0 | Rsv::RSV2.0 | Rsv::RSV3.0)),
            opcode,
            mask,
            payload_len,
        };
        Ok(Some((header, bytes.len() - rest.len())))
    }

    /// Writes the header to the start of `buffer`, and tells its length in bytes.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "each cast stands behind the comparison that makes it exact"
    )]
    pub(crate) fn write(&self, buffer: &mut [u8; MAX_HEADER]) -> usize {
        let fin = match self.fin {
            Fin::Last => FIN,
            Fin::More => 0,
        };
        buffer[0] = fin | self.rsv.0 | self.opcode.get();
        let mut len = match self.payload_len {
            short @ 0..126 => {
                buffer[1] = short as u8;
                2
            }
            medium @ 126..0x1_0000 => {
                buffer[1] = LEN_16;
                buffer[2..4].copy_from_slice(&(medium as u16).to_be_bytes());
                4
            }
            long => {
                buffer[1] = LEN_64;
                buffer[2..10].copy_from_slice(&long.to_be_bytes());
                10
            }
        };
        if let Some(key) = self.mask {
            buffer[1] |= MASKED;
            buffer[len..len + 4].copy_from_slice(&key.to_bytes());
            len += 4;
        }
        len
    }
}

fn minimal(len: u64, least: u64) -> Result<u64, ProtocolError> {
    if len < least {
        Err(ProtocolError::NonMinimalLength(len))
    } else {
        Ok(len)
    }
}

/// The longest payload of a control frame, in bytes (§5.5).
pub(crate) const MAX_CONTROL_PAYLOAD: usize = 125;
/// The longest header: two bytes, a 64-bit length and a masking key.
pub(crate) const MAX_HEADER: usize = 14;
const FIN: u8 = 0x80;
const MASKED: u8 = 0x80;
const LEN_16: u8 = 126;
const LEN_64: u8 = 127;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lengths_must_be_minimal() {
        assert_eq!(
            Header::parse(&[0x82, 126, 0, 125]),
            Err(ProtocolError::NonMinimalLength(125))
        );
        assert_eq!(
            Header::parse(&[0x82, 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff]),
            Err(ProtocolError::NonMinimalLength(65535))
        );
        assert_eq!(
            Header::parse(&[0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0]),
            Err(ProtocolError::LengthOverflow)
        );
    }

    #[test]
    fn control_frames_fail_at_their_second_byte() {
        assert_eq!(
            Header::parse(&[0x89, 126]),
            Err(ProtocolError::ControlTooLong(Opcode::PING))
        );
        assert_eq!(
            Header::parse(&[0x08, 0]),
            Err(ProtocolError::FragmentedControl(Opcode::CLOSE))
        );
    }

    #[test]
    fn reserved_bits_print_in_their_order() {
        for (rsv, text) in [
            (Rsv::NONE, "000"),
            (Rsv::RSV1, "100"),
            (Rsv::RSV2, "010"),
            (Rsv::RSV3, "001"),
            (Rsv::RSV1.union(Rsv::RSV3), "101"),
        ] {
            assert_eq!(rsv.to_string(), text);
            assert_eq!(format!("{rsv:?}"), format!("Rsv({text})"));
        }
    }

    prop_compose! {
        fn headers()(
            fin in prop_oneof![Just(Fin::Last), Just(Fin::More)],
            rsv in 0..8_u8,
            opcode in 0..8_u8,
            mask in proptest::option::of(any::<[u8; 4]>()),
            payload_len in prop_oneof![0..300_u64, 65_000..66_000_u64, 0..1_u64 << 63],
        ) -> Header {
            Header {
                fin,
                rsv: Rsv(rsv << 4),
                opcode: Opcode::new(opcode).unwrap(),
                mask: mask.map(MaskingKey::new),
                payload_len,
            }
        }
    }

    proptest! {
        #[test]
        fn reading_undoes_writing_and_waits_for_the_last_byte(header in headers()) {
            let mut buffer = [0; MAX_HEADER];
            let len = header.write(&mut buffer);
            prop_assert_eq!(Header::parse(&buffer[..len]), Ok(Some((header, len))));
            for cut in 0..len {
                prop_assert_eq!(Header::parse(&buffer[..cut]), Ok(None));
            }
        }
    }
}
