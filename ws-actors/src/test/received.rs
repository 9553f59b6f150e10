use std::{fmt, time::Duration};

use bytes::Bytes;
use ws_core::{CloseCode, ClosePayload, Fin, Frame, Header, Opcode};

/// A frame that the actor sent.
///
/// Its `Debug` output is short, and made for messages of tests that fail.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Received {
    /// When its last byte came: the time since the connection was opened.
    pub at: Duration,
    /// Its header as it was on the wire: with the reserved bits of extensions,
    /// the masking key, and the length of the encoded payload data.
    pub header: Header,
    /// The payload data, unmasked and decoded by the extensions.
    pub payload: Bytes,
    /// It is a Ping, and no concern of the script's: the peer sees to it.
    pub(super) answered: bool,
}

impl Received {
    /// The kind of the frame.
    #[must_use]
    pub const fn opcode(&self) -> Opcode {
        self.header.opcode
    }

    /// The code and the reason, if this is a Close frame.
    #[must_use]
    pub fn close(&self) -> Option<ClosePayload> {
        if self.opcode() != Opcode::CLOSE {
            return None;
        }
        let Some((code, reason)) = self.payload.split_first_chunk() else {
            return Some(ClosePayload::EMPTY);
        };
        let code = CloseCode::new(u16::from_be_bytes(*code));
        ClosePayload::cut(code, str::from_utf8(reason).ok()?).ok()
    }

    /// The frame without what is of the wire only.
    pub(super) fn into_frame(self) -> Frame {
        Frame::new(self.header.opcode, self.payload).fin(self.header.fin)
    }
}

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let opcode = self.opcode();
        match self.close() {
            Some(payload) => write!(f, "{}", Payload::Close(&payload))?,
            None if opcode == Opcode::BINARY => write!(f, "{}", Payload::Bytes(&self.payload))?,
            None => write!(f, "{opcode} {}", Payload::Text(&self.payload))?,
        }
        if !self.header.rsv.is_empty() {
            write!(f, ", reserved bits {}", self.header.rsv)?;
        }
        if self.header.fin == Fin::More {
            f.write_str(", not the last of its message")?;
        }
        if self.answered {
            f.write_str(", answered")?;
        }
        Ok(())
    }
}

/// What a frame carries, in a few words.
pub(super) enum Payload<'a> {
    /// What is mostly text.
    Text(&'a [u8]),
    Bytes(&'a [u8]),
    Close(&'a ClosePayload),
}

impl fmt::Display for Payload<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(payload) => {
                let shown = String::from_utf8_lossy(&payload[..payload.len().min(MOST_SHOWN)]);
                write!(f, "{shown:?}")?;
            }
            Self::Bytes(payload) => {
                write!(f, "binary of {} bytes", payload.len())?;
                for byte in payload.iter().take(MOST_SHOWN / 4) {
                    write!(f, " {byte:02x}")?;
                }
                if payload.len() > MOST_SHOWN / 4 {
                    f.write_str(" ...")?;
                }
            }
            Self::Close(payload) => {
                let code = payload.code().unwrap_or(CloseCode::NO_STATUS);
                write!(f, "close {code}")?;
                if !payload.reason().is_empty() {
                    write!(f, " {:?}", payload.reason().as_str())?;
                }
            }
        }
        match self {
            Self::Text(payload) if payload.len() > MOST_SHOWN => {
                write!(f, " and more, {} bytes", payload.len())
            }
            Self::Text(_) | Self::Bytes(_) | Self::Close(_) => Ok(()),
        }
    }
}

/// In bytes.
const MOST_SHOWN: usize = 100;
