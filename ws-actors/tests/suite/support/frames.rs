//! Frames, built and read by hand: the crates' own codec has no say here.

use std::fmt;

/// First bytes: FIN and opcode.
pub(crate) const TEXT: u8 = 0x81;
pub(crate) const BINARY: u8 = 0x82;
pub(crate) const CLOSE: u8 = 0x88;
pub(crate) const PING: u8 = 0x89;
pub(crate) const PONG: u8 = 0x8A;
/// The first of several fragments, and the last.
pub(crate) const TEXT_BEGINS: u8 = 0x01;
pub(crate) const ENDED: u8 = 0x80;

/// A whole frame as a client sends it.
pub(crate) fn frame(first: u8, payload: impl AsRef<[u8]>) -> Vec<u8> {
    let payload = payload.as_ref();
    let mut bytes = vec![first];
    match payload.len() {
        len @ 0..126 => bytes.push(0x80 | len as u8),
        len @ 126..0x1_0000 => {
            bytes.push(0x80 | 126);
            bytes.extend((len as u16).to_be_bytes());
        }
        len => {
            bytes.push(0x80 | 127);
            bytes.extend((len as u64).to_be_bytes());
        }
    }
    bytes.extend(KEY);
    bytes.extend(payload.iter().zip(KEY.iter().cycle()).map(|(a, b)| a ^ b));
    bytes
}

pub(crate) fn text(text: &str) -> Vec<u8> {
    frame(TEXT, text)
}

pub(crate) fn close(code: u16) -> Vec<u8> {
    frame(CLOSE, code.to_be_bytes())
}

/// Texts that count up, in one piece.
pub(crate) fn texts(numbers: impl IntoIterator<Item = u32>) -> Vec<u8> {
    let numbers = numbers.into_iter();
    numbers.flat_map(|it| text(&it.to_string())).collect()
}

/// A frame that a peer read.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) first: u8,
    pub(crate) masked: bool,
    pub(crate) payload: Vec<u8>,
}

impl Frame {
    pub(crate) fn is(&self, first: u8) -> bool {
        self.first == first
    }

    pub(crate) fn text(&self) -> &str {
        assert!(self.is(TEXT), "{self:?} is no text");
        str::from_utf8(&self.payload).expect("text is UTF-8")
    }

    /// The code of a Close frame.
    pub(crate) fn code(&self) -> u16 {
        assert!(self.is(CLOSE), "{self:?} is no Close");
        u16::from_be_bytes([self.payload[0], self.payload[1]])
    }

    /// The reason of a Close frame.
    pub(crate) fn reason(&self) -> &str {
        assert!(self.is(CLOSE), "{self:?} is no Close");
        str::from_utf8(&self.payload[2..]).expect("a reason is UTF-8")
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.payload.len().min(40);
        let payload = String::from_utf8_lossy(&self.payload[..shown]);
        write!(
            f,
            "{:02x} of {} bytes {payload:?}",
            self.first,
            self.payload.len()
        )
    }
}

/// Reads the frames that are there as a whole.
pub(crate) fn read(mut bytes: &[u8]) -> Vec<Frame> {
    let mut frames = Vec::new();
    while let Some((frame, rest)) = read_one(bytes) {
        frames.push(frame);
        bytes = rest;
    }
    frames
}

/// A message, of however many fragments.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Whole {
    pub(crate) opcode: u8,
    pub(crate) payload: Vec<u8>,
    pub(crate) fragments: usize,
}

impl fmt::Debug for Whole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes in {}", self.payload.len(), self.fragments)
    }
}

/// Joins fragments to messages, whatever control frames stand between them.
pub(crate) fn join(frames: &[Frame]) -> Vec<Whole> {
    let mut messages = Vec::new();
    let mut under_way: Option<Whole> = None;
    for frame in frames.iter().filter(|frame| frame.first & 0x08 == 0) {
        let opcode = frame.first & 0x0F;
        let message = match (opcode, under_way.take()) {
            (0, Some(mut message)) => {
                message.payload.extend(&frame.payload);
                message.fragments += 1;
                message
            }
            (0, None) => panic!("{frame:?} continues nothing"),
            (_, Some(_)) => panic!("{frame:?} stands amid a message"),
            (opcode, None) => Whole {
                opcode,
                payload: frame.payload.clone(),
                fragments: 1,
            },
        };
        if frame.first & 0x80 == 0 {
            under_way = Some(message);
        } else {
            messages.push(message);
        }
    }
    messages
}

fn read_one(bytes: &[u8]) -> Option<(Frame, &[u8])> {
    let (&[first, second], rest) = bytes.split_first_chunk()?;
    let (len, rest) = match second & 0x7F {
        126 => {
            let (len, rest) = rest.split_first_chunk()?;
            (usize::from(u16::from_be_bytes(*len)), rest)
        }
        127 => {
            let (len, rest) = rest.split_first_chunk()?;
            (usize::try_from(u64::from_be_bytes(*len)).ok()?, rest)
        }
        len => (usize::from(len), rest),
    };
    let masked = second & 0x80 != 0;
    let (key, rest) = if masked {
        let (key, rest) = rest.split_first_chunk()?;
        (*key, rest)
    } else {
        ([0; 4], rest)
    };
    let (payload, rest) = rest.split_at_checked(len)?;
    let octets = payload.iter().zip(key.iter().cycle());
    let frame = Frame {
        first,
        masked,
        payload: octets.map(|(a, b)| a ^ b).collect(),
    };
    Some((frame, rest))
}

/// The masking key of the RFC's examples (§5.7).
const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
