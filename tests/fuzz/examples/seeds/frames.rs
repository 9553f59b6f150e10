use ws_core::MaskingKey;

use super::{
    Seed,
    deflate::{deflated, far_back},
};

/// Streams of a peer, behind `frames`' settings.
pub(crate) fn seeds() -> Vec<Seed> {
    let hello = |deflate: &[u8]| masked(0xC1, deflate);
    vec![
        // RFC 6455 §5.7
        ("hello-client", stream(0, &[masked(0x81, b"Hello")])),
        ("hello-server", stream(0, &[frame(0x81, b"Hello")])),
        (
            "fragments",
            stream(0, &[masked(0x01, b"Hel"), masked(0x80, b"lo")]),
        ),
        (
            "fragments-server",
            stream(0, &[frame(0x01, b"Hel"), frame(0x80, b"lo")]),
        ),
        (
            "ping-between",
            stream(
                0,
                &[
                    masked(0x01, b"Hel"),
                    masked(0x89, b"between"),
                    masked(0x00, b""),
                    masked(0x80, b"lo"),
                    masked(0x8A, b"unasked"),
                ],
            ),
        ),
        (
            "close",
            stream(0, &[masked(0x88, b"\x03\xe8bye"), masked(0x81, b"late")]),
        ),
        ("close-empty-server", stream(0, &[frame(0x88, b"")])),
        (
            "close-by-hand",
            stream(0x20, &[masked(0x89, b"?"), masked(0x88, b"\x03\xe9")]),
        ),
        (
            "closes-first",
            stream(0x40, &[masked(0x82, b"still"), masked(0x88, b"\x03\xe8")]),
        ),
        ("close-half-code", stream(0, &[masked(0x88, b"\x03")])),
        ("close-1005", stream(0, &[masked(0x88, b"\x03\xed")])),
        (
            "close-not-utf8",
            stream(0, &[masked(0x88, b"\x03\xe8\xff")]),
        ),
        (
            "utf8",
            stream(
                0,
                &[
                    masked(0x01, b"gr\xc3"),
                    masked(0x80, b"\xbcezi \xf0\x9f\xa6\x80"),
                ],
            ),
        ),
        (
            "utf8-wrong",
            stream(0, &[masked(0x01, b"\xed"), masked(0x80, b"\xa0\x80")]),
        ),
        (
            "utf8-cut-parts",
            stream(1, &[masked(0x01, b"\xf0\x9f"), masked(0x80, b"\xa6")]),
        ),
        ("length-16", stream(0, &[masked(0x82, &[7; 300])])),
        (
            "length-16-frames",
            stream(2, &[frame(0x02, &[7; 126]), frame(0x80, &[8; 200])]),
        ),
        (
            "length-not-minimal",
            stream(0, &[b"\x82\x7e\x00\x05Hello".to_vec()]),
        ),
        (
            "length-64",
            stream(0, &[b"\x82\x7f\x00\x00\x00\x00\x7f\xff\xff\xff".to_vec()]),
        ),
        (
            "length-negative",
            stream(0, &[b"\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff".to_vec()]),
        ),
        ("control-long", stream(0, &[b"\x89\x7e\x00\x80".to_vec()])),
        ("control-fragment", stream(0, &[masked(0x09, b"")])),
        ("rsv", stream(0, &[masked(0xA1, b"?")])),
        (
            "rsv-claimed",
            stream(0x11, &[masked(0x21, b"a"), masked(0x90, b"b")]),
        ),
        ("opcode", stream(0, &[masked(0x83, b"?")])),
        (
            "opcode-registered",
            stream(
                0x08,
                &[
                    masked(0x03, b"da"),
                    masked(0x8B, b"control"),
                    masked(0x80, b"ta"),
                    masked(0x87, b"more"),
                ],
            ),
        ),
        ("continuation-alone", stream(0, &[masked(0x80, b"?")])),
        (
            "message-in-message",
            stream(0, &[masked(0x01, b"a"), masked(0x81, b"b")]),
        ),
        ("pings", stream(0, &vec![masked(0x89, &[b'p'; 100]); 8])),
        (
            "too-big",
            limited(0, 3, &[masked(0x02, &[1; 60]), masked(0x80, &[2; 5])]),
        ),
        (
            "too-many-fragments",
            limited(1, 0x10, &vec![masked(0x00, b""); 6]),
        ),
        ("frame-too-big", limited(0, 4, &[masked(0x82, &[0; 101])])),
        // RFC 7692 §7.2.3
        (
            "deflate",
            stream(4, &[hello(b"\xf2\x48\xcd\xc9\xc9\x07\x00")]),
        ),
        (
            "deflate-server",
            stream(4, &[frame(0xC1, b"\xf2\x48\xcd\xc9\xc9\x07\x00")]),
        ),
        (
            "deflate-window",
            stream(
                4,
                &[
                    hello(b"\xf2\x48\xcd\xc9\xc9\x07\x00"),
                    hello(b"\xf2\x00\x11\x00\x00"),
                ],
            ),
        ),
        (
            "deflate-fragments",
            stream(
                5,
                &[
                    masked(0x41, b"\xf2\x48\xcd"),
                    masked(0x89, b""),
                    masked(0x80, b"\xc9\xc9\x07\x00"),
                ],
            ),
        ),
        (
            "deflate-stored",
            stream(6, &[hello(b"\x00\x05\x00\xfa\xffHello\x00")]),
        ),
        (
            "deflate-final",
            stream(4, &[hello(b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00")]),
        ),
        (
            "deflate-two-blocks",
            stream(
                4,
                &[hello(
                    b"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00",
                )],
            ),
        ),
        (
            "deflate-bomb",
            limited(4, 3, &[masked(0xC2, &deflated(&[0; 400_000]))]),
        ),
        (
            "deflate-far-back",
            windows(0x66, &[masked(0xC2, &far_back())]),
        ),
        (
            "deflate-rsv-late",
            stream(4, &[masked(0x41, b"\xf2"), masked(0xC0, b"\x48")]),
        ),
        ("deflate-corrupt", stream(4, &[hello(b"\xff\xff")])),
        (
            "unmasked",
            stream(0, &[frame(0x81, b"a"), masked(0x81, b"b")]),
        ),
    ]
}

fn stream(flags: u8, frames: &[Vec<u8>]) -> Vec<u8> {
    limited(flags, 0, frames)
}

/// With these windows.
fn windows(windows: u8, frames: &[Vec<u8>]) -> Vec<u8> {
    let mut seed = limited(4, 0, frames);
    seed[2] = windows;
    seed
}

/// Flags, limits, terms and sizes of pieces, then the frames.
fn limited(flags: u8, limits: u8, frames: &[Vec<u8>]) -> Vec<u8> {
    let mut seed = vec![flags, limits, 0, 0, 0x56, 0, 3, 1, 5, 2];
    seed.extend(frames.concat());
    seed
}

fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = head(first, 0, payload.len());
    frame.extend(payload);
    frame
}

fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let key = [0x37, 0xfa, 0x21, 0x3d];
    let mut frame = head(first, 0x80, payload.len());
    frame.extend(key);
    let mut payload = payload.to_vec();
    MaskingKey::new(key).apply(&mut payload);
    frame.extend(payload);
    frame
}

fn head(first: u8, mask: u8, len: usize) -> Vec<u8> {
    match u8::try_from(len) {
        Ok(len) if len < 126 => vec![first, mask | len],
        _ => {
            let [high, low] = u16::try_from(len).expect("seeds are small").to_be_bytes();
            vec![first, mask | 126, high, low]
        }
    }
}
