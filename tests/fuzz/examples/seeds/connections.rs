use super::Seed;

/// Connections, behind `server`'s settings: one string a step.
pub(crate) fn seeds() -> Vec<Seed> {
    let scene = |setup: [u8; 6], steps: &[&[u8]]| {
        let mut seed = setup.to_vec();
        seed.extend([0, 0x10, 0x56, 0]); // terms: a threshold of 8 bytes
        seed.extend(steps.concat());
        seed
    };
    let plain = [0; 6];
    let echoes = [0x10, 0, 0, 0, 0, 0];
    vec![
        ("nothing", scene(plain, &[])),
        ("nothing-endpoint", scene([2, 0, 0, 0, 0, 0], &[])),
        ("echo", scene(echoes, &[b"\x00\x05", ALL])),
        (
            "echo-endpoint",
            scene([0x12, 0, 0, 0, 0, 0], &[b"\x00\x05", ALL]),
        ),
        (
            "echo-deflate",
            scene(
                [0x11, 0, 0, 0, 0, 0],
                &[b"\x00\x50", ALL, b"\x01\x05\x10\x00", ALL],
            ),
        ),
        (
            "parts-deflate-endpoint",
            scene(
                [0x13, 0x41, 0, 0, 0, 0],
                &[b"\x1a\x05\x09", b"\x02\x20\x07\x01", b"\x0a\x15", ALL],
            ),
        ),
        (
            "byte-by-byte",
            scene(
                echoes,
                &[b"\x00\x00", b"\x0a\x01", b"\x0a\x01", b"\x0a\x05", ALL],
            ),
        ),
        ("nonsense", scene(plain, &[b"\x09\x02\xff\xff", ALL])),
        ("unmasked", scene(plain, &[b"\x07\x81\x00\x02hi", ALL])),
        ("huge", scene(plain, &[HUGE, ALL])),
        ("close", scene(plain, &[b"\x05\x03\xe8\x03", ALL])),
        (
            "close-by-hand",
            scene([0, 8, 0, 0, 0, 0], &[b"\x1a\x00\x04", b"\x06", ALL]),
        ),
        (
            "closes-cross",
            scene(plain, &[b"\x1f", b"\x06", b"\x17\x0e", ALL]),
        ),
        (
            "stop",
            scene([0x48, 0, 0, 0, 0, 0], &[b"\x1f", b"\x17\x0f"]),
        ),
        ("terminate", scene(plain, &[b"\x1f", b"\x17\x10"])),
        ("panic", scene(plain, &[b"\x1a\x13", b"\x00\x01", ALL])),
        (
            "panic-in-a-future",
            scene(plain, &[b"\x1f", b"\x17\x15\x10\x00", b"\x14\x20"]),
        ),
        (
            "reset",
            scene(
                echoes,
                &[b"\x10\x02", b"\x00\x40", ALL, b"\x0f\x40", b"\x13\x05"],
            ),
        ),
        (
            "half-open",
            scene([0x10, 0, 3, 0, 0, 0], &[b"\x00\x01", ALL]),
        ),
        ("eof", scene(echoes, &[b"\x00\x01", ALL, b"\x0f\x00"])),
        (
            "slow-reader",
            scene(
                [0x10, 0x10, 0, 0, 0, 1],
                &[
                    b"\x10\x09",
                    SAY_LONG,
                    SAY_LONG,
                    SAY_LONG,
                    b"\x11\xff\xff",
                    b"\x12",
                ],
            ),
        ),
        (
            "slow-reader-drops-oldest",
            scene(
                [0, 0x10, 4, 0, 0, 0x09],
                &[b"\x10\x09", SAY_LONG, SAY_LONG, SAY_LONG, SAY_LONG, b"\x12"],
            ),
        ),
        (
            "slow-reader-waits",
            scene(
                [0x10, 0x10, 0, 0, 0, 0x0d],
                &[
                    b"\x10\x09",
                    SAY_LONG,
                    SAY_LONG,
                    SAY_LONG,
                    b"\x00\x01",
                    ALL,
                    b"\x12",
                ],
            ),
        ),
        (
            "latest",
            scene(
                [0, 0, 0, 0, 0, 0],
                &[
                    b"\x10\x00",
                    SAY_LONG,
                    SAY_LONG,
                    SAY_LONG,
                    b"\x17\x06\x01\x00\x05",
                    b"\x17\x06\x01\x00\x06",
                    b"\x1e\x02\x01\x00\x07",
                    b"\x1d\x02\x01\x00\x08",
                    b"\x12",
                ],
            ),
        ),
        (
            "stream",
            scene(plain, &[b"\x1f", b"\x17\x08\x00\x03\x01\x02\x03", SAY_LONG]),
        ),
        (
            "stream-slow-and-closed",
            scene(
                plain,
                &[
                    b"\x1f",
                    b"\x17\x08\xfc\x03\x01\x02\x03",
                    b"\x17\x0e",
                    b"\x15\x10",
                ],
            ),
        ),
        (
            "stream-fails",
            scene(plain, &[b"\x1f", b"\x17\x08\x01\x03\x01\x02\x03"]),
        ),
        (
            "stream-panics",
            scene(plain, &[b"\x1f", b"\x17\x08\x02\x01\x01"]),
        ),
        (
            "stream-hangs",
            scene(plain, &[b"\x1f", b"\x17\x08\x03\x01\x01", b"\x17\x0e"]),
        ),
        (
            "pause",
            scene(
                echoes,
                &[
                    b"\x1f",
                    b"\x17\x11\x20",
                    b"\x00\x01",
                    ALL,
                    b"\x17\x12",
                    b"\x14\x30",
                ],
            ),
        ),
        (
            "wait",
            scene(
                echoes,
                &[
                    b"\x1a\x14\x20\xff",
                    b"\x00\x01",
                    b"\x00\x02",
                    ALL,
                    b"\x14\x30",
                ],
            ),
        ),
        (
            "responses",
            scene(
                [0x10, 0, 4, 0, 0, 0],
                &[
                    b"\x1a\x17\x20\xff",
                    b"\x1a\x17\x20\xff",
                    b"\x00\x01",
                    b"\x00\x01",
                    b"\x00\x01",
                    ALL,
                    b"\x14\x30",
                ],
            ),
        ),
        (
            "heartbeat",
            scene(plain, &[b"\x15\x29", b"\x04\x00", ALL, b"\x15\x29"]),
        ),
        ("overslept", scene(plain, &[b"\x1f", b"\x16\xff"])),
        (
            "expire",
            scene(plain, &[b"\x1f", b"\x17\x1b\x02", b"\x14\x02"]),
        ),
        (
            "handle",
            scene(plain, &[b"\x1f", b"\x1d\x00\x05", b"\x1d\x04\x03\xe8"]),
        ),
        (
            "outbox-batch",
            scene(plain, &[b"\x1f", b"\x1e\x03\x05\x07", b"\x1e\x04\x03\xe8"]),
        ),
        (
            "drain",
            scene([2, 0, 0, 0, 0, 0], &[b"\x1f", b"\x0f\x90", b"\x14\x05"]),
        ),
        (
            "rate",
            scene(
                [0, 0, 0x10, 0, 0, 0],
                &[&[b'\x00', 1].repeat(40), ALL, b"\x15\x05"],
            ),
        ),
        (
            "abandoned-while-too-fast",
            scene(
                [0, 0x04, 0x1d, 1, 0x80, 0x40],
                &[b"\x02\xf6\x2b\x01", ALL, b"\x0f\x80"],
            ),
        ),
        (
            "unknown-kind-in-fragments",
            scene(
                [0, 0, 8, 0, 0, 0],
                &[b"\x1f", b"\x1d\x01\x03\x00\x40", b"\x1d\x00\x01"],
            ),
        ),
        (
            "cut-amid-fragments",
            scene(
                [0, 0, 8, 0, 0, 0],
                &[b"\x10\x64", b"\x1d\x01\x01\x40\x00", b"\x06", ALL, b"\x12"],
            ),
        ),
        (
            "close-overtaken-behind-a-stream",
            scene(
                [0, 0, 3, 0, 0x80, 0],
                &[
                    b"\x1f",
                    b"\x17\x08\xfd\x03\x01\x02\x03",
                    b"\x10\x00",
                    b"\x17\x0e",
                    b"\x14\x14",
                    b"\x09\x02\xff\xff",
                    ALL,
                ],
            ),
        ),
        (
            "holds-back",
            scene(
                [0x20, 0, 0, 0, 0, 0],
                &[b"\x0f\xa0", b"\x06", ALL, b"\x15\x0b"],
            ),
        ),
        (
            "haunted",
            scene(plain, &[b"\x1f", b"\x17\x1d", b"\x17\x0f"]),
        ),
    ]
}

/// All that the peer sent arrives.
const ALL: &[u8] = b"\x0c";
/// The actor is told to say 32 KiB that do not compress.
const SAY_LONG: &[u8] = b"\x17\x03\xff\xff";
/// A frame of 2^62 bytes is announced.
const HUGE: &[u8] = b"\x09\x0e\x82\xff\x40\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00";
