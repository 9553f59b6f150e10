//! Frames written and read by the book, independent of all contenders.

use flate2::{Decompress, FlushDecompress};

/// Appends a frame.
pub(crate) fn frame(out: &mut Vec<u8>, first: u8, mask: Option<[u8; 4]>, payload: &[u8]) {
    let masked = if mask.is_some() { 0x80 } else { 0 };
    out.push(first);
    match payload.len() {
        len @ 0..126 => out.push(masked | len as u8),
        len @ 126..0x1_0000 => {
            out.push(masked | 126);
            out.extend_from_slice(&(len as u16).to_be_bytes());
        }
        len => {
            out.push(masked | 127);
            out.extend_from_slice(&(len as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(&mask.unwrap_or_default()[..if mask.is_some() { 4 } else { 0 }]);
    let key = mask.unwrap_or_default();
    out.extend(payload.iter().zip(key.iter().cycle()).map(|(b, k)| b ^ k));
}

/// A message as it was sent.
pub(crate) struct Sent {
    pub(crate) opcode: u8,
    pub(crate) compressed: bool,
    pub(crate) masked: bool,
    pub(crate) payload: Vec<u8>,
}

/// Reads whole messages.
///
/// # Panics
///
/// If `bytes` are no whole messages.
pub(crate) fn messages(mut bytes: &[u8]) -> Vec<Sent> {
    let mut inflate = Decompress::new(false);
    let mut messages: Vec<Sent> = Vec::new();
    let mut whole = true;
    while let &[first, second, ref rest @ ..] = bytes {
        let masked = second & 0x80 != 0;
        let (len, rest) = match second & 0x7f {
            126 => {
                let (len, rest) = rest.split_first_chunk().expect("a length of 16 bits");
                (usize::from(u16::from_be_bytes(*len)), rest)
            }
            127 => {
                let (len, rest) = rest.split_first_chunk().expect("a length of 64 bits");
                (u64::from_be_bytes(*len) as usize, rest)
            }
            len => (usize::from(len), rest),
        };
        let (key, rest) = rest.split_at(if masked { 4 } else { 0 });
        let (payload, rest) = rest.split_at(len);
        let key = if masked { key } else { &[0] };
        let payload = payload.iter().zip(key.iter().cycle()).map(|(b, k)| b ^ k);
        if whole {
            messages.push(Sent {
                opcode: first & 0x0f,
                compressed: first & 0x40 != 0,
                masked,
                payload: payload.collect(),
            });
        } else {
            assert_eq!(first & 0x4f, 0, "a continuation frame");
            let message = messages.last_mut().expect("a message is under way");
            message.payload.extend(payload);
        }
        whole = first & 0x80 != 0;
        if whole && let Some(message) = messages.last_mut().filter(|it| it.compressed) {
            message.payload = inflated(&mut inflate, &message.payload);
        }
        bytes = rest;
    }
    assert!(whole && bytes.is_empty(), "the last message is whole");
    messages
}

fn inflated(inflate: &mut Decompress, payload: &[u8]) -> Vec<u8> {
    let payload = [payload, &[0, 0, 0xff, 0xff]].concat();
    let mut output = Vec::with_capacity(64 * 1024);
    inflate
        .decompress_vec(&payload, &mut output, FlushDecompress::Sync)
        .expect("what was sent is a stream");
    output
}
