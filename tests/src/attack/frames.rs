//! Frames of a client, right or wrong in every detail.

/// The bit of the last frame of a message, in the first byte.
pub(super) const FIN: u8 = 0x80;
pub(super) const RSV1: u8 = 0x40;
pub(super) const RSV2: u8 = 0x20;
pub(super) const RSV3: u8 = 0x10;

/// First bytes of frames.
pub(super) const TEXT: u8 = FIN | 1;
pub(super) const BINARY: u8 = FIN | 2;
pub(super) const TEXT_BEGINS: u8 = 1;
pub(super) const BINARY_BEGINS: u8 = 2;
pub(super) const GOES_ON: u8 = 0;
pub(super) const ENDS: u8 = FIN;
pub(super) const CLOSE: u8 = FIN | 8;
pub(super) const PING: u8 = FIN | 9;
pub(super) const PONG: u8 = FIN | 10;

/// The masking key of all frames: what is known needs no secret.
pub(super) const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A masked frame.
pub(super) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = header(first, payload.len() as u64);
    frame.extend(
        payload
            .iter()
            .zip(KEY.iter().cycle())
            .map(|(byte, key)| byte ^ key),
    );
    frame
}

/// The header of a masked frame that announces so many bytes, in the shortest
/// form.
pub(super) fn header(first: u8, len: u64) -> Vec<u8> {
    match len {
        0..126 => header_as(first, len as u8, &[]),
        126..0x1_0000 => header_as(first, 126, &(len as u16).to_be_bytes()),
        _ => header_as(first, 127, &len.to_be_bytes()),
    }
}

/// The header of a masked frame with these bytes as its length.
pub(super) fn header_as(first: u8, len: u8, extended: &[u8]) -> Vec<u8> {
    let mut header = vec![first, 0x80 | len];
    header.extend_from_slice(extended);
    header.extend_from_slice(&KEY);
    header
}
