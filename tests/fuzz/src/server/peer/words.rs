use arbitrary::Unstructured;
use ws_core::{CloseCode, ClosePayload, Header, Message, Opcode};

use super::{
    super::{
        command::{Kind, Size},
        setup::CONTROL,
    },
    Peer,
};
use crate::input::{Settings, scattered};

/// Something that the peer says, right or wrong.
#[derive(Debug, Clone)]
pub(in super::super) enum Word {
    /// A message, compressed or not, or as it comes.
    Say(Kind, Size, Option<bool>),
    /// The same, in fragments of so many bytes.
    Pieces {
        len: usize,
        size: usize,
        ping: bool,
    },
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    /// A Pong that answers the last Ping that came.
    Answer,
    Bell,
    Close {
        code: Option<u16>,
        reason: u8,
    },
    /// A frame of any kind: its first byte, whether it is masked.
    Frame {
        first: u8,
        masked: bool,
        payload: Vec<u8>,
    },
    Raw(Vec<u8>),
}

impl Word {
    /// A short message.
    pub(in super::super) const fn short(text: &str) -> Self {
        let size = Size {
            len: text.len(),
            even: true,
        };
        Self::Say(Kind::Text, size, None)
    }

    /// The word that this byte names.
    pub(in super::super) fn read(choice: u8, input: &mut Unstructured<'_>) -> Self {
        match choice {
            0 => Self::Say(Kind::Text, Size::short(input), None),
            1 => {
                let flags = input.byte();
                let kinds = [Kind::Text, Kind::Binary, Kind::Data, Kind::Binary];
                let compress = [None, Some(true), Some(false), None];
                Self::Say(
                    kinds[usize::from(flags & 3)],
                    Size::long(input),
                    compress[usize::from(flags >> 2 & 3)],
                )
            }
            2 => Self::Pieces {
                len: usize::from(input.byte()) * 4,
                size: input.byte().into(),
                ping: input.byte() & 1 != 0,
            },
            3 => Self::Ping(input.short_bytes().to_vec()),
            4 => match input.byte() {
                0..=127 => Self::Answer,
                128..=191 => Self::Pong(input.short_bytes().to_vec()),
                _ => Self::Bell,
            },
            5 => Self::Close {
                code: Some(u16::from_be_bytes([input.byte(), input.byte()])),
                reason: input.byte(),
            },
            6 => Self::Close {
                code: None,
                reason: 0,
            },
            7 | 8 => Self::Frame {
                first: input.byte(),
                masked: input.byte() != 0,
                payload: input.short_bytes().to_vec(),
            },
            _ => Self::Raw(input.short_bytes().to_vec()),
        }
    }
}

impl Peer {
    /// Says it. `received` is what has come of the server.
    pub(in super::super) fn speak(&mut self, word: Word, received: &[u8]) {
        match word {
            Word::Say(kind, size, compress) => {
                let mut bytes = format!("p{:06}", self.number()).into_bytes();
                bytes.extend(size.letters(b'~'));
                let message = match kind {
                    Kind::Text => Message::text(String::from_utf8(bytes).expect("it is ASCII")),
                    Kind::Data | Kind::Unknown => Message::Custom(kind.opcode(), bytes.into()),
                    Kind::Binary | Kind::Prepared => Message::binary(bytes),
                };
                if self.bytes_sent() < BUDGET {
                    self.say(message, compress);
                }
            }
            Word::Pieces { len, size, ping } => {
                let payload: Vec<u8> = (0..len).map(scattered).collect();
                self.say_in_pieces(&payload, size, ping);
            }
            Word::Ping(payload) => self.control(Opcode::PING, short(payload)),
            Word::Pong(payload) => self.control(Opcode::PONG, short(payload)),
            Word::Answer => {
                if let Some(payload) = last_ping(received) {
                    self.control(Opcode::PONG, payload);
                }
            }
            Word::Bell => self.control(CONTROL, b"ring".to_vec()),
            Word::Close { code, reason } => {
                let reason = "y".repeat(reason.into());
                let payload = match code {
                    Some(code) => ClosePayload::new(CloseCode::new(code), reason),
                    None => Ok(ClosePayload::EMPTY),
                };
                if let Ok(payload) = payload {
                    self.close(payload);
                }
            }
            Word::Frame {
                first,
                masked,
                payload,
            } => self.raw(&frame(first, masked, &short(payload))),
            Word::Raw(bytes) => self.raw(&bytes),
        }
    }
}

/// A frame with at most 125 bytes of payload.
fn frame(first: u8, masked: bool, payload: &[u8]) -> Vec<u8> {
    let len = u8::try_from(payload.len()).expect("at most 125");
    let mut bytes = vec![first, len | if masked { 0x80 } else { 0 }];
    if masked {
        // A key of zeros leaves the payload as it is.
        bytes.extend([0; 4]);
    }
    bytes.extend(payload);
    bytes
}

/// The last Ping that has come whole.
fn last_ping(mut bytes: &[u8]) -> Option<Vec<u8>> {
    let mut last = None;
    while let Ok(Some((header, len))) = Header::parse(bytes) {
        let end = len + usize::try_from(header.payload_len).ok()?;
        let payload = bytes.get(len..end);
        if header.opcode == Opcode::PING {
            last = payload.or(last);
        }
        bytes = bytes.get(end..).unwrap_or_default();
    }
    last.map(<[u8]>::to_vec)
}

/// As much as a control frame may carry.
fn short(mut payload: Vec<u8>) -> Vec<u8> {
    payload.truncate(125);
    payload
}

/// How many bytes of messages may be said: runs are to be short.
const BUDGET: usize = 1 << 19;
