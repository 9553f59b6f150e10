use ws_core::Role;

/// First bytes: FIN, reserved bits and opcode.
pub(crate) const TEXT: u8 = 0x81;
pub(crate) const BINARY: u8 = 0x82;
pub(crate) const CLOSE: u8 = 0x88;
pub(crate) const PING: u8 = 0x89;
pub(crate) const PONG: u8 = 0x8A;
/// The first of several fragments.
pub(crate) const TEXT_BEGINS: u8 = 0x01;
pub(crate) const BINARY_BEGINS: u8 = 0x02;
/// A fragment in the middle, and the last one.
pub(crate) const CONTINUED: u8 = 0x00;
pub(crate) const ENDED: u8 = 0x80;

/// The masking key of the RFC's examples (§5.7).
pub(crate) const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A whole frame as `sender` has to send it: masked by a client only.
pub(crate) fn frame(sender: Role, first: u8, payload: &[u8]) -> Vec<u8> {
    let key = (sender == Role::Client).then_some(KEY);
    with_key(key, first, payload)
}

/// Whole frames, by their first bytes and payload data.
pub(crate) fn stream(sender: Role, frames: &[(u8, &[u8])]) -> Vec<u8> {
    let frames = frames.iter();
    let frames = frames.map(|(first, payload)| frame(sender, *first, payload));
    frames.collect::<Vec<_>>().concat()
}

/// A whole frame, masked or not.
pub(crate) fn with_key(key: Option<[u8; 4]>, first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = header(key, first, payload.len() as u64);
    bytes.extend_from_slice(&mask(key, payload));
    bytes
}

/// A header with the shortest length, and the masking key behind it.
pub(crate) fn header(key: Option<[u8; 4]>, first: u8, len: u64) -> Vec<u8> {
    let width = match len {
        0..=125 => 0,
        126..=0xFFFF => 2,
        _ => 8,
    };
    header_of_width(width, key, first, len)
}

/// A header whose extended length takes `width` bytes, fitting or not.
pub(crate) fn header_of_width(width: usize, key: Option<[u8; 4]>, first: u8, len: u64) -> Vec<u8> {
    let short = match width {
        0 => u8::try_from(len).expect("the length fits"),
        2 => 126,
        8 => 127,
        _ => panic!("no extended length takes {width} bytes"),
    };
    let masked = if key.is_some() { 0x80 } else { 0 };
    let mut bytes = vec![first, short | masked];
    bytes.extend_from_slice(&len.to_be_bytes()[8 - width..]);
    bytes.extend(key.into_iter().flatten());
    bytes
}

/// The payload data of a Close frame.
pub(crate) fn close_payload(code: u16, reason: impl AsRef<[u8]>) -> Vec<u8> {
    [&code.to_be_bytes(), reason.as_ref()].concat()
}

/// A frame that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) first: u8,
    pub(crate) key: Option<[u8; 4]>,
    pub(crate) payload: Vec<u8>,
}

/// Reads whole frames, and insists on the shortest lengths (§5.2).
pub(crate) fn read(mut bytes: &[u8]) -> Vec<Frame> {
    let mut frames = Vec::new();
    while !bytes.is_empty() {
        let first = take(&mut bytes, 1)[0];
        let second = take(&mut bytes, 1)[0];
        let extended = match second & 0x7F {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let len = match extended {
            0 => usize::from(second & 0x7F),
            _ => take(&mut bytes, extended)
                .iter()
                .fold(0, |len, &byte| (len << 8) | usize::from(byte)),
        };
        assert!(len >= [0, 0, 126, 0, 0, 0, 0, 0, 0x1_0000][extended]);
        let key = (second & 0x80 != 0).then(|| {
            let key = take(&mut bytes, 4);
            [key[0], key[1], key[2], key[3]]
        });
        let payload = mask(key, take(&mut bytes, len));
        frames.push(Frame {
            first,
            key,
            payload,
        });
    }
    frames
}

/// §5.3, octet by octet.
fn mask(key: Option<[u8; 4]>, payload: &[u8]) -> Vec<u8> {
    let key = key.unwrap_or_default();
    let octets = payload.iter().enumerate();
    octets.map(|(i, octet)| octet ^ key[i % 4]).collect()
}

fn take<'a>(bytes: &mut &'a [u8], len: usize) -> &'a [u8] {
    let (taken, rest) = bytes.split_at_checked(len).expect("a frame is cut");
    *bytes = rest;
    taken
}
