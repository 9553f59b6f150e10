//! What a compressed message may be made of, and what is corrupt
//! (RFC 7692 §7.2.2, §7.2.3; RFC 1951).

use flate2::FlushCompress;
use ws_core::{
    Cause, CloseCode, Config, Message, ProtocolError, Role, State, extension::deflate::WindowBits,
};

use crate::support::{
    ROLES,
    cuts::every_cut_of,
    deflate::{BINARY, Deflater, TEXT, TEXT_BEGINS, deflated, side, widest},
    frames::{CONTINUED, ENDED, frame, stream},
    side::Side,
};

#[test]
fn a_final_block_may_stand_anywhere() {
    let table: [&[&[u8]]; 9] = [
        &[FINAL],
        // More blocks of the same message, and more streams
        &[FINAL, HELLO],
        &[FINAL, FINAL],
        &[HELLO_FLUSHED, FINAL, FINAL, HELLO],
        &[FINAL, b"\x00"],
        &[FINAL, STORED, FINAL, STORED, b"\x00"],
        // An empty final block
        &[b"\x03\x00", FINAL, b"\x03\x00"],
        &[b"\x03\x00"],
        &[b"\x01\x00\x00\xff\xff", HELLO],
    ];
    for role in ROLES {
        for blocks in table {
            let hellos = blocks.iter().filter(|block| block.len() > 5).count();
            let text = "Hello".repeat(hellos);
            let (whole, mut frames) = (blocks.concat(), vec![(TEXT_BEGINS, &b""[..])]);
            frames.extend(blocks.iter().map(|block| (CONTINUED, *block)));
            frames.push((ENDED, b""));
            frames.push((TEXT, &whole));
            // A block of its own is all that can follow a final one.
            frames.push((TEXT, HELLO));
            let expected = [&*text, &*text, "Hello"].map(|text| Message::text(text.to_owned()));
            let bytes = stream(role.peer(), &frames);
            every_cut_of(
                || widest_side(role),
                &bytes,
                |side| {
                    assert_eq!(side.messages(), expected, "{blocks:x?}");
                },
            );
        }
    }
}

#[test]
fn a_message_may_be_of_many_blocks_of_any_kind() {
    let flushes = [
        FlushCompress::None,
        FlushCompress::Partial,
        FlushCompress::Sync,
        FlushCompress::Full,
    ];
    let text = "a message of many blocks, each flushed in another way; ".repeat(40);
    for role in ROLES {
        let mut deflater = Deflater::new(WindowBits::MAX);
        let mut payload = Vec::new();
        for (part, flush) in text.as_bytes().chunks(37).zip(flushes.iter().cycle()) {
            payload.extend(deflater.flushed(part, *flush));
        }
        payload.extend(deflater.message(b"!"));
        let bytes = frame(role.peer(), TEXT, &payload);
        let expected = Message::text(text.clone() + "!");
        every_cut_of(
            || widest_side(role),
            &bytes,
            |side| {
                assert_eq!(side.messages(), std::slice::from_ref(&expected));
            },
        );
    }
}

#[test]
fn empty_blocks_are_read_wherever_they_stand() {
    for role in ROLES {
        let mut side = widest_side(role);
        side.feed_frame(TEXT, &[HELLO_FLUSHED, b"\x00"].concat());
        side.feed_frame(TEXT, b"\x00\x00\x00\xff\xff\x00");
        side.feed_frame(TEXT, &[b"\x00\x00\x00\xff\xff", HELLO].concat());
        side.feed_frame(TEXT, b"\x02\x00");
        let texts = ["Hello", "", "Hello", ""].map(Message::text);
        assert_eq!(side.messages(), texts);
    }
}

#[test]
fn corrupt_data_fails_with_1007() {
    let table: [&[u8]; 8] = [
        // A block of the type that does not exist
        b"\x06",
        b"\x07",
        b"\xf2\x48\x05\x00\x00\x00\xff\xff\x06",
        // A stored block whose length and its complement do not match
        b"\x00\x05\x00\xfa\xfe\x48\x65\x6c\x6c\x6f\x00",
        // A reference to what was never there
        b"\xf2\x00\x11\x00\x00",
        // Codes that are none
        b"\x04\x00\xfe\xff",
        b"\xff\xff\xff\xff",
        b"\xff",
    ];
    for role in ROLES {
        for payload in table {
            corrupt(|| widest_side(role), &frame(role.peer(), BINARY, payload));
        }
        // Behind what was good
        let bytes = stream(
            role.peer(),
            &[(TEXT_BEGINS, HELLO_FLUSHED), (ENDED, b"\x06")],
        );
        corrupt(|| widest_side(role), &bytes);
    }
}

#[test]
fn a_message_that_ends_inside_a_block_fails() {
    // The receiver's own four bytes are not to be taken for data.
    for role in ROLES {
        for (announced, here) in [(5, "H"), (9, "Hello"), (0x1000, "")] {
            let len = u16::to_le_bytes(announced);
            let complement = u16::to_le_bytes(!announced);
            let payload = [&[0], &len[..], &complement, here.as_bytes()].concat();
            corrupt(|| widest_side(role), &frame(role.peer(), BINARY, &payload));
        }
    }
}

#[test]
fn without_context_takeover_no_message_refers_to_another() {
    let terms = widest()
        .server_no_context_takeover(true)
        .client_no_context_takeover(true);
    for role in ROLES {
        let make = || side(role, &Config::new(), &terms);
        let again = b"\xf2\x00\x11\x00\x00";
        let bytes = stream(role.peer(), &[(TEXT, HELLO), (TEXT, HELLO)]);
        every_cut_of(make, &bytes, |side| assert_eq!(side.messages().len(), 2));
        corrupt(make, &stream(role.peer(), &[(TEXT, HELLO), (TEXT, again)]));
    }
}

#[test]
fn context_takeover_is_agreed_on_for_each_direction() {
    let again = b"\xf2\x00\x11\x00\x00";
    for sender in ROLES {
        let terms = match sender {
            Role::Client => widest().client_no_context_takeover(true),
            Role::Server => widest().server_no_context_takeover(true),
        };
        let make = |role| side(role, &Config::new(), &terms);
        let frames = stream(sender, &[(TEXT, HELLO), (TEXT, again)]);
        corrupt(|| make(sender.peer()), &frames);
        let mut other = make(sender);
        other.feed_frame(TEXT, HELLO);
        other.feed_frame(TEXT, again);
        assert_eq!(other.messages().len(), 2);
        assert_eq!(sent_lens(make(sender)), [HELLO.len(); 2]);
        assert_eq!(sent_lens(make(sender.peer())), [HELLO.len(), again.len()]);
    }
}

#[test]
fn text_is_checked_as_it_is_inflated() {
    let valid = ["", "grüezi", "\u{10ffff}x"];
    let invalid: [&[u8]; 4] = [b"\xff", b"good\xc3", b"\xe2\x82", b"\xed\xa0\x80"];
    for role in ROLES {
        for text in valid {
            let bytes = frame(role.peer(), TEXT, &deflated(text.as_bytes()));
            every_cut_of(
                || widest_side(role),
                &bytes,
                |side| {
                    assert_eq!(side.messages(), [Message::text(text)]);
                },
            );
        }
        for bytes in invalid {
            let payload = deflated(bytes);
            let (head, tail) = payload.split_at(payload.len() / 2);
            let whole = frame(role.peer(), TEXT, &payload);
            let cut = stream(role.peer(), &[(TEXT_BEGINS, head), (ENDED, tail)]);
            for frames in [whole, cut] {
                every_cut_of(
                    || widest_side(role),
                    &frames,
                    |side| {
                        assert_eq!(*side.cause(), Cause::Protocol(ProtocolError::InvalidUtf8));
                        assert_eq!(side.sent_code(), Some(CloseCode::INVALID_PAYLOAD));
                    },
                );
            }
            let mut side = widest_side(role);
            side.feed_frame(BINARY, &payload);
            assert_eq!(side.connection.state(), State::Open);
        }
    }
}

#[test]
fn of_several_faults_the_first_counts_however_the_data_is_cut() {
    let invalid = Cause::Protocol(ProtocolError::InvalidUtf8);
    let config = Config::new().max_message_bytes(400);
    for role in ROLES {
        // Not UTF-8, and corrupt behind that; not UTF-8, and too big behind that
        let corrupt = [
            &Deflater::new(WindowBits::MAX).flushed(b"\xff", FlushCompress::Sync)[..],
            b"\x06",
        ];
        for payload in [corrupt.concat(), deflated(&[0xFF; 1000])] {
            let bytes = frame(role.peer(), TEXT, &payload);
            every_cut_of(
                || side(role, &config, &widest()),
                &bytes,
                |side| {
                    assert_eq!(*side.cause(), invalid);
                },
            );
        }
        // Too big, and then not UTF-8, and then corrupt
        let text = [&[b'x'; 500][..], &[0xFF; 10]].concat();
        let good = Deflater::new(WindowBits::MAX).flushed(&text, FlushCompress::Sync);
        let bytes = frame(role.peer(), TEXT, &[&good[..], b"\x06"].concat());
        every_cut_of(
            || side(role, &config, &widest()),
            &bytes,
            |side| {
                assert_eq!(side.sent_code(), Some(CloseCode::MESSAGE_TOO_BIG));
            },
        );
    }
}

#[test]
fn both_fail_at_the_first_wrong_byte_of_text_that_is_not_all_here() {
    for role in ROLES {
        // Flushed, so that it can be inflated before more comes.
        let mut deflater = Deflater::new(WindowBits::MAX);
        let payload = deflater.flushed(b"good\xffgood", FlushCompress::Sync);
        let mut side = widest_side(role);
        side.feed_frame(TEXT_BEGINS, &payload);
        assert_eq!(*side.cause(), Cause::Protocol(ProtocolError::InvalidUtf8));
    }
}

fn corrupt(make: impl Fn() -> Side, bytes: &[u8]) {
    every_cut_of(make, bytes, |side| {
        assert!(side.is_closed(), "{bytes:x?}: {:?}", side.events);
        let failed = matches!(
            side.cause(),
            Cause::Protocol(ProtocolError::Extension {
                code: CloseCode::INVALID_PAYLOAD,
                ..
            })
        );
        assert!(failed, "{bytes:x?}: {:?}", side.cause());
        assert_eq!(side.sent_code(), Some(CloseCode::INVALID_PAYLOAD));
    });
}

/// The lengths of two messages that say the same.
fn sent_lens(mut side: Side) -> Vec<usize> {
    side.send("Hello");
    side.send("Hello");
    let frames = side.frames().into_iter();
    frames.map(|frame| frame.payload.len()).collect()
}

fn widest_side(role: Role) -> Side {
    side(role, &Config::new(), &widest())
}

const HELLO: &[u8] = b"\xf2\x48\xcd\xc9\xc9\x07\x00";
const HELLO_FLUSHED: &[u8] = b"\xf2\x48\xcd\xc9\xc9\x07\x00\x00\x00\xff\xff";
/// A final block alone, without the byte that begins an empty one.
const FINAL: &[u8] = b"\xf3\x48\xcd\xc9\xc9\x07\x00";
const STORED: &[u8] = b"\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f";
