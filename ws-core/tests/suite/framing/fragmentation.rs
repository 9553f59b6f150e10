//! Messages in several frames (RFC 6455 §5.4).

use bytes::Bytes;
use ws_core::{Cause, CloseCode, Config, Event, Message, Opcode, ProtocolError, Role};

use crate::support::{
    ROLES,
    cuts::every_cut,
    frames::{BINARY, BINARY_BEGINS, CONTINUED, ENDED, PING, PONG, TEXT, TEXT_BEGINS, frame},
    side::Side,
};

/// A frame's first byte and payload data.
type Fragment = (u8, &'static [u8]);

#[test]
fn fragments_become_one_message() {
    let table: [(&[Fragment], Message); 4] = [
        (
            &[(TEXT_BEGINS, b"Hel"), (ENDED, b"lo")],
            Message::text("Hello"),
        ),
        (
            &[(BINARY_BEGINS, b"Hel"), (ENDED, b"lo")],
            Message::binary("Hello"),
        ),
        (
            &[(TEXT_BEGINS, b"H"), (CONTINUED, b"ell"), (ENDED, b"o")],
            Message::text("Hello"),
        ),
        (
            &[
                (BINARY_BEGINS, &[1; 126]),
                (CONTINUED, &[2; 300]),
                (CONTINUED, &[3; 7]),
                (ENDED, &[4; 125]),
            ],
            Message::binary([&[1; 126][..], &[2; 300], &[3; 7], &[4; 125]].concat()),
        ),
    ];
    for role in ROLES {
        for (frames, message) in &table {
            every_cut(role, &Config::new(), &stream(role, frames), |side| {
                assert_eq!(side.messages(), std::slice::from_ref(message));
                assert_eq!(side.events.len(), 1);
            });
        }
    }
}

#[test]
fn fragments_may_be_empty() {
    let table: [(&[Fragment], &str); 4] = [
        (&[(TEXT_BEGINS, b""), (ENDED, b"Hello")], "Hello"),
        (&[(TEXT_BEGINS, b"Hello"), (ENDED, b"")], "Hello"),
        (
            &[(TEXT_BEGINS, b"Hel"), (CONTINUED, b""), (ENDED, b"lo")],
            "Hello",
        ),
        (&[(TEXT_BEGINS, b""), (CONTINUED, b""), (ENDED, b"")], ""),
    ];
    for role in ROLES {
        for (frames, text) in table {
            every_cut(role, &Config::new(), &stream(role, frames), |side| {
                assert_eq!(side.messages(), [Message::text(text)]);
            });
        }
    }
}

#[test]
fn messages_follow_each_other_without_a_trace() {
    let frames: [Fragment; 8] = [
        (TEXT_BEGINS, b"first"),
        (ENDED, b" text"),
        (BINARY, b"\xff"),
        (BINARY_BEGINS, b"\xfe"),
        (CONTINUED, b"\xfd"),
        (ENDED, b"\xfc"),
        (TEXT, b""),
        (TEXT, b"last"),
    ];
    let expected = [
        Message::text("first text"),
        Message::binary(&b"\xff"[..]),
        Message::binary(&b"\xfe\xfd\xfc"[..]),
        Message::text(""),
        Message::text("last"),
    ];
    for role in ROLES {
        every_cut(role, &Config::new(), &stream(role, &frames), |side| {
            assert_eq!(side.messages(), expected);
        });
    }
}

#[test]
fn control_frames_between_fragments_come_first() {
    let frames: [Fragment; 6] = [
        (TEXT_BEGINS, b"Hel"),
        (PING, b"one"),
        (CONTINUED, b"l"),
        (PONG, b"two"),
        (PING, b""),
        (ENDED, b"o"),
    ];
    let expected = [
        Event::Ping(Bytes::from_static(b"one")),
        Event::Pong {
            payload: Bytes::from_static(b"two"),
            round_trip: None,
        },
        Event::Ping(Bytes::new()),
        Event::Message(Message::text("Hello")),
    ];
    for role in ROLES {
        every_cut(role, &Config::new(), &stream(role, &frames), |side| {
            assert_eq!(side.events, expected);
        });
    }
}

#[test]
fn a_message_waits_for_its_last_fragment() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        for (first, payload) in [(TEXT_BEGINS, "Hel"), (CONTINUED, "lo"), (CONTINUED, "")] {
            side.feed_frame(first, payload.as_bytes());
            assert_eq!(side.events, []);
        }
        side.feed_frame(ENDED, b"");
        assert_eq!(side.messages(), [Message::text("Hello")]);
    }
}

#[test]
fn both_fail_on_a_continuation_without_a_message() {
    let table: [&[Fragment]; 5] = [
        &[(CONTINUED, b"lo")],
        &[(ENDED, b"lo")],
        &[(ENDED, b"")],
        &[(TEXT, b"Hello"), (ENDED, b"")],
        &[(TEXT_BEGINS, b"Hel"), (ENDED, b"lo"), (CONTINUED, b"")],
    ];
    for role in ROLES {
        for frames in table {
            let before = frames.len() / 2;
            fails_with(role, frames, before, &ProtocolError::UnexpectedContinuation);
        }
    }
}

#[test]
fn both_fail_on_a_message_inside_a_message() {
    let table = [
        (TEXT, Opcode::TEXT),
        (BINARY, Opcode::BINARY),
        (TEXT_BEGINS, Opcode::TEXT),
        (BINARY_BEGINS, Opcode::BINARY),
    ];
    for role in ROLES {
        for (first, opcode) in table {
            let error = ProtocolError::ExpectedContinuation(opcode);
            for begins in [TEXT_BEGINS, BINARY_BEGINS] {
                fails_with(role, &[(begins, b"Hel"), (first, b"lo")], 0, &error);
                fails_with(role, &[(begins, b""), (first, b"")], 0, &error);
                let later: [Fragment; 3] = [(begins, b""), (CONTINUED, b""), (first, b"")];
                fails_with(role, &later, 0, &error);
            }
        }
    }
}

#[test]
fn a_wrong_order_fails_before_the_payload_data_is_here() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        let bytes = frame(role.peer(), ENDED, b"Hello");
        side.feed(&bytes[..bytes.len() - 5]);
        let error = ProtocolError::UnexpectedContinuation;
        assert_eq!(*side.cause(), Cause::Protocol(error));
    }
}

fn stream(role: Role, frames: &[Fragment]) -> Vec<u8> {
    let frames = frames.iter();
    frames
        .flat_map(|(first, payload)| frame(role.peer(), *first, payload))
        .collect()
}

fn fails_with(role: Role, frames: &[Fragment], messages: usize, error: &ProtocolError) {
    every_cut(role, &Config::new(), &stream(role, frames), |side| {
        assert_eq!(side.messages().len(), messages);
        assert_eq!(*side.cause(), Cause::Protocol(error.clone()));
        assert_eq!(side.sent_code(), Some(CloseCode::PROTOCOL_ERROR));
    });
}
