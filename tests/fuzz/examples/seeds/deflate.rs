use flate2::{Compress, Compression, FlushCompress};

use super::Seed;

/// Messages, behind `inflate`'s settings.
pub(crate) fn seeds() -> Vec<Seed> {
    let hello = b"\xf2\x48\xcd\xc9\xc9\x07\x00";
    // Windows, limit, and what is to be inflated.
    let decoded: &[(&str, u8, u8, &[u8])] = &[
        ("empty", 0, 0, b""),
        ("hello", 0, 0, hello),
        ("hello-8-bits", 0x77, 0, hello),
        ("hello-limit", 0, 5, hello),
        ("hello-limit-0", 0, 6, hello),
        ("empty-block", 0, 0, b"\x00"),
        ("stored", 0, 0, b"\x00\x05\x00\xfa\xffHello\x00"),
        ("stored-wrong", 0, 0, b"\x00\x05\x00\xfa\xfeHello\x00"),
        ("stored-cut", 0, 0, b"\x00\x05\x00\xfa\xffHel"),
        (
            "two-blocks",
            0,
            0,
            b"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00",
        ),
        ("final", 0, 0, b"\xf3\x48\xcd\xc9\xc9\x07\x00"),
        (
            "final-then-more",
            0,
            0,
            b"\xf3\x48\xcd\xc9\xc9\x07\x00\xf2\x48\xcd\xc9\xc9\x07\x00",
        ),
        ("final-empty", 0, 0, b"\x03\x00"),
        ("block-type-3", 0, 0, b"\x06\x00"),
        ("too-far-back", 0, 0, b"\xf2\x00\x11\x00\x00"),
        // 600 bytes back, and a window of 512.
        ("distance-9-bits", 0x66, 0, &far_back()),
        ("distance", 0, 0, &far_back()),
        (
            "dynamic",
            0,
            0,
            b"\x04\xc0\x81\x08\x00\x00\x00\x00\x20\x7f\xeb\x03",
        ),
        ("bomb", 0, 4, &deflated(&[0; 4000])),
        ("twice-the-limit", 0, 0, &deflated(&[0; 200_000])),
        ("tail", 0, 0, b"\x00\x00\xff\xff"),
        ("cut", 0, 0, b"\xf2\x48\xcd"),
    ];
    // Windows, flags, effort, strategy, and what is to go there and back.
    let there_and_back: &[(&str, [u8; 4], &[u8])] = &[
        ("back-empty", [0, 0, 0x56, 0], b""),
        (
            "back-again",
            [0x33, 0, 0x56, 0],
            b"again and again and again and again",
        ),
        (
            "back-8-bits",
            [0x77, 0, 0x56, 0],
            b"aaaaaaaaaabababababaaaaaaaaaa",
        ),
        (
            "back-9-bits",
            [0x66, 0, 0x19, 1],
            b"0123456789abcdefghijklmnopqrstuvwxyz",
        ),
        (
            "back-no-takeover",
            [0, 3, 0x99, 2],
            b"again and again and again and again",
        ),
        (
            "back-rle",
            [0x14, 1, 0x13, 3],
            b"aaaabbbbccccddddaaaabbbbccccdddd",
        ),
        (
            "back-fixed",
            [0x41, 2, 0x81, 4],
            b"again and again and again and again",
        ),
        (
            "back-stored",
            [0, 0, 0x50, 0],
            b"again and again and again and again",
        ),
    ];
    let decoded = decoded.iter().map(|&(name, windows, limit, bytes)| {
        let settings = [windows, 0, 0x56, 0, limit, 0, 2, 3, 1];
        (name, [&settings[..], bytes].concat())
    });
    let there_and_back = there_and_back
        .iter()
        .map(|&(name, terms, bytes)| (name, [&terms[..], &[0, 1, 2, 3, 0], bytes].concat()));
    decoded.chain(there_and_back).collect()
}

/// A message that refers 600 bytes back.
pub(crate) fn far_back() -> Vec<u8> {
    let numbers = (0..200_u8).flat_map(|i| format!("{i:03}").into_bytes());
    deflated(&numbers.collect::<Vec<_>>().repeat(2))
}

/// What zlib makes of a message.
pub(crate) fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut output = Vec::with_capacity(bytes.len() + 100);
    let mut compress = Compress::new(Compression::best(), false);
    let compressed = compress.compress_vec(bytes, &mut output, FlushCompress::Sync);
    compressed.expect("there is room");
    output.truncate(output.len() - 4);
    output
}
