use super::Seed;

/// Conversations, behind `connection`'s settings: one string a step.
pub(crate) fn seeds() -> Vec<Seed> {
    let talk = |setup: [u8; 3], steps: &[&[u8]]| {
        let mut seed = setup.to_vec();
        seed.extend([0, 0x10, 0x56, 0]); // terms: a threshold of 8 bytes
        seed.extend(steps.concat());
        seed
    };
    let plain = [0; 3];
    vec![
        ("nothing", talk(plain, &[])),
        (
            "hello",
            talk(plain, &[b"\x00\x05Hello", ALL, b"\x80\x02hi", BACK]),
        ),
        (
            "crossing",
            talk(plain, &[b"\x00\x01a", b"\x80\x01b", BACK, ALL]),
        ),
        (
            "byte-by-byte",
            talk(
                plain,
                &[b"\x01\x04byte", b"\x13\x01", b"\x13\x01", b"\x13\x03"],
            ),
        ),
        (
            "ping",
            talk(plain, &[b"\x08\x03why", ALL, BACK, b"\x89\x02so", BACK]),
        ),
        ("close", talk(plain, &[b"\x0b\x03\xe8\x03bye", ALL, BACK])),
        (
            "closes-cross",
            talk(
                plain,
                &[b"\x0b\x03\xe8\x00", b"\x8b\x03\xe9\x02up", ALL, BACK],
            ),
        ),
        (
            "close-empty-says-more",
            talk(plain, &[b"\x8c", b"\x00\x04late", BACK, ALL]),
        ),
        (
            "close-refused",
            talk(plain, &[b"\x0b\x03\xed\x00", b"\x0b\x13\x88\x00"]),
        ),
        (
            "fragments",
            talk(
                plain,
                &[
                    b"\x06\x01\x03Hel",
                    b"\x08\x00",
                    b"\x06\x00\x00",
                    b"\x06\x80\x02lo",
                    ALL,
                ],
            ),
        ),
        (
            "fragments-parts",
            talk(
                [0, 0x11, 0],
                &[b"\x06\x02\x03bin", ALL, b"\x06\x80\x03ary", ALL],
            ),
        ),
        (
            "fragments-frames",
            talk([2, 0x22, 0], &[b"\x86\x11\x02fr", b"\x86\x90\x03ame", BACK]),
        ),
        (
            "frames-refused",
            talk(
                plain,
                &[
                    b"\x06\x80\x01?",
                    b"\x06\x01\x01\xff",
                    b"\x06\x01\x02\xc3\xbc",
                    b"\x06\x01\x01?",
                    b"\x00\x01?",
                    b"\x06\xC0\x01?",
                    b"\x06\x0b\x01?",
                ],
            ),
        ),
        (
            "custom",
            talk(
                plain,
                &[
                    b"\x02\x03\x04data",
                    b"\x0a\x0b\x03now",
                    b"\x02\x01\x01?",
                    ALL,
                ],
            ),
        ),
        (
            "close-frame",
            talk(
                plain,
                &[b"\x06\x88\x02\x03\xe8", ALL, b"\x80\x04late", BACK],
            ),
        ),
        (
            "by-hand",
            talk(
                [4, 0, 0],
                &[b"\x08\x02hm", ALL, b"\x8d", BACK, b"\x0c", ALL],
            ),
        ),
        (
            "by-hand-says-more",
            talk([4, 0, 0], &[b"\x0c", ALL, b"\x80\x04last", b"\x8d", BACK]),
        ),
        (
            "by-hand-too-late",
            talk([4, 0, 0], &[b"\x0c", ALL, b"\x1a\x0b", b"\x8d"]),
        ),
        (
            "long",
            talk(plain, &[b"\x03\x00\xff\x3f", b"\x11\x00\x10", b"\x12", ALL]),
        ),
        (
            "full",
            talk(
                plain,
                &[b"\x10\x00", b"\x03\x00\x00\x20", b"\x1a\x3d", b"\x1a\x3d"],
            ),
        ),
        (
            "full-pings",
            talk(
                plain,
                &[
                    b"\x90\x05",
                    b"\x08\x7d",
                    ALL,
                    b"\x08\x00",
                    ALL,
                    b"\x92",
                    BACK,
                ],
            ),
        ),
        (
            "heartbeat",
            talk(plain, &[b"\x1a\x29", ALL, BACK, b"\x1a\x29", ALL, BACK]),
        ),
        (
            "heartbeat-missed",
            talk([8, 0, 0], &[b"\x1a\x29", b"\x1a\x29"]),
        ),
        (
            "heartbeat-short",
            talk([0, 0, 0x05], &[b"\x19\x65", ALL, BACK, b"\x19\xc9"]),
        ),
        (
            "overslept",
            talk(plain, &[b"\x1b\x52", ALL, BACK, b"\x9b\xff"]),
        ),
        (
            "alarm",
            talk(plain, &[b"\x1d", b"\x9d", b"\x19\x01", b"\x1d"]),
        ),
        (
            "pause",
            talk(
                plain,
                &[b"\x0e", b"\x80\x01a", BACK, b"\x1a\x52", b"\x0f", BACK],
            ),
        ),
        (
            "message-late",
            talk(
                [0, 0, 0x40],
                &[b"\x06\x02\x01a", ALL, b"\x1a\x07", ALL, BACK],
            ),
        ),
        (
            "write-late",
            talk([0, 0, 0x20], &[b"\x10\x01", b"\x00\x05stuck", b"\x1a\x09"]),
        ),
        (
            "lost",
            talk(plain, &[b"\x00\x04gone", b"\x1c\x00", b"\x80\x01?"]),
        ),
        (
            "cut",
            talk(plain, &[b"\x00\x04gone", b"\x1c\x01", b"\x0c", b"\x1a\x0b"]),
        ),
        (
            "deflate",
            talk(
                [1, 0, 0],
                &[
                    b"\x00\x0cagain, again",
                    b"\x00\x0cagain, again",
                    ALL,
                    b"\x83\x01\xff\x1f",
                    BACK,
                ],
            ),
        ),
        (
            "deflate-fragments",
            talk(
                [1, 0x12, 0],
                &[
                    b"\x06\x01\x06again ",
                    b"\x08\x00",
                    b"\x06\x00\x06again ",
                    b"\x06\x80\x05again",
                    ALL,
                ],
            ),
        ),
        (
            "deflate-choice",
            talk([1, 0, 0], &[b"\x03\x02\x05\x00", b"\x03\x05\xff\x00", ALL]),
        ),
        (
            "prepared",
            talk(
                [1, 0, 0],
                &[
                    b"\x84\x0cagain, again",
                    b"\x85",
                    b"\x05",
                    b"\x80\x0cagain, again",
                    b"\x85",
                    BACK,
                    ALL,
                ],
            ),
        ),
    ]
}

/// All that the client sent arrives, and all that the server sent.
const ALL: &[u8] = b"\x15";
const BACK: &[u8] = b"\x95";
