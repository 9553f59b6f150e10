//! The few bytes of RFC 6455 that the load and the limit speak.

use base64::{Engine, engine::general_purpose::STANDARD};
use sha1::{Digest, Sha1};
use ws_core::MaskingKey;

/// The first byte of an unfragmented binary message (RFC 6455 §5.2).
pub const BINARY: u8 = 0x82;
/// The first byte of an unfragmented text message.
pub const TEXT: u8 = 0x81;
/// The first byte of a Close frame.
pub const CLOSE: u8 = 0x88;

/// What the header of a frame says.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Header {
    /// FIN, reserved bits and opcode.
    pub first: u8,
    /// The length of the payload data, in bytes.
    pub payload: usize,
    /// The length of the header itself, in bytes.
    pub length: usize,
    /// What the payload data is masked with.
    pub key: Option<MaskingKey>,
}

impl Header {
    /// The header at the start of these bytes, if all of it is there.
    #[must_use]
    #[inline]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (&[first, second], rest) = bytes.split_first_chunk()?;
        let (payload, rest) = match second & 0x7F {
            126 => {
                let (length, rest) = rest.split_first_chunk()?;
                (u16::from_be_bytes(*length).into(), rest)
            }
            127 => {
                let (length, rest) = rest.split_first_chunk()?;
                (usize::try_from(u64::from_be_bytes(*length)).ok()?, rest)
            }
            short => (short.into(), rest),
        };
        let (key, rest) = if second & 0x80 == 0 {
            (None, rest)
        } else {
            let (key, rest) = rest.split_first_chunk()?;
            (Some(MaskingKey::new(*key)), rest)
        };
        Some(Self {
            first,
            payload,
            length: bytes.len() - rest.len(),
            key,
        })
    }
}

/// Writes the header of an unmasked frame, and says how long it is: 2, 4 or 10 bytes.
#[inline]
pub fn write_header(first: u8, payload: usize, to: &mut [u8; 10]) -> usize {
    to[0] = first;
    match payload {
        0..126 => {
            to[1] = payload as u8;
            2
        }
        126..0x1_0000 => {
            to[1] = 126;
            to[2..4].copy_from_slice(&(payload as u16).to_be_bytes());
            4
        }
        long => {
            to[1] = 127;
            to[2..10].copy_from_slice(&(long as u64).to_be_bytes());
            10
        }
    }
}

/// A frame as servers send it.
#[must_use]
pub fn server_frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut header = [0; 10];
    let length = write_header(first, payload.len(), &mut header);
    [&header[..length], payload].concat()
}

/// A frame as clients send it, masked.
#[must_use]
pub fn client_frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut header = [0; 10];
    let length = write_header(first, payload.len(), &mut header);
    header[1] |= 0x80;
    let mut frame = [&header[..length], &KEY, payload].concat();
    MaskingKey::new(KEY).apply(&mut frame[length + KEY.len()..]);
    frame
}

/// The request that begins a WebSocket connection (RFC 6455 §4.1).
#[must_use]
pub fn request(host: &str, path: &str) -> Vec<u8> {
    format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    .into_bytes()
}

/// Sec-WebSocket-Accept for a Sec-WebSocket-Key (RFC 6455 §4.2.2).
#[must_use]
pub fn accept(key: &[u8]) -> String {
    let digest = Sha1::new().chain_update(key).chain_update(GUID);
    STANDARD.encode(digest.finalize())
}

const KEY: [u8; 4] = [0x1B, 0xC4, 0x72, 0xE9];
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
