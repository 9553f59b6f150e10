//! Text is UTF-8 (RFC 6455 §8.1), and what is not fails at its first wrong byte.

use ws_core::{Cause, CloseCode, Config, Message, ProtocolError, Role, State, Validator};

use crate::support::{
    ROLES,
    cuts::every_cut,
    frames::{
        BINARY, BINARY_BEGINS, CONTINUED, ENDED, KEY, PING, TEXT, TEXT_BEGINS, frame, header,
    },
    side::Side,
};

#[test]
fn text_of_any_character_is_read() {
    for role in ROLES {
        for text in VALID {
            let bytes = frame(role.peer(), TEXT, text.as_bytes());
            every_cut(role, &Config::new(), &bytes, |side| {
                assert_eq!(side.messages(), [Message::text(text)]);
            });
        }
    }
}

#[test]
fn fragments_may_end_inside_a_character() {
    for role in ROLES {
        for text in VALID {
            for at in 0..=text.len() {
                let (head, tail) = text.as_bytes().split_at(at);
                let bytes = [
                    frame(role.peer(), TEXT_BEGINS, head),
                    frame(role.peer(), PING, b"\xff"),
                    frame(role.peer(), ENDED, tail),
                ];
                every_cut(role, &Config::new(), &bytes.concat(), |side| {
                    assert_eq!(side.messages(), [Message::text(text)]);
                });
            }
        }
    }
}

#[test]
fn both_fail_at_the_first_wrong_byte_of_an_incomplete_frame() {
    for role in ROLES {
        for (bytes, wrong) in INVALID {
            let mut side = Side::new(role, Config::new());
            // The frame promises more than will ever come.
            side.feed(&header(key(role), TEXT, bytes.len() as u64 + 1000));
            fails_at(&mut side, &masked(role, bytes), *wrong);
        }
    }
}

#[test]
fn both_fail_at_the_first_wrong_byte_however_it_arrives() {
    for role in ROLES {
        for (bytes, wrong) in INVALID {
            let mut head = header(key(role), TEXT, bytes.len() as u64 + 1000);
            head.extend(&masked(role, bytes)[..=*wrong]);
            every_cut(role, &Config::new(), &head, |side| invalid(side));
        }
    }
}

#[test]
fn both_fail_at_the_first_wrong_byte_of_a_later_fragment() {
    for role in ROLES {
        for (bytes, wrong) in INVALID {
            for at in 0..=*wrong {
                let (head, tail) = bytes.split_at(at);
                let mut side = Side::new(role, Config::new());
                side.feed_frame(TEXT_BEGINS, head);
                side.feed_frame(PING, b"between");
                side.feed(&header(key(role), CONTINUED, tail.len() as u64 + 1000));
                fails_at(&mut side, &masked(role, tail), *wrong - at);
            }
        }
    }
}

#[test]
fn both_fail_on_text_that_ends_inside_a_character() {
    for role in ROLES {
        for bytes in INCOMPLETE {
            let whole = frame(role.peer(), TEXT, bytes);
            every_cut(role, &Config::new(), &whole, |side| invalid(side));

            let mut side = Side::new(role, Config::new());
            side.feed_frame(TEXT_BEGINS, b"before ");
            side.feed_frame(CONTINUED, bytes);
            assert_eq!(side.connection.state(), State::Open);
            side.feed_frame(ENDED, b"");
            invalid(&side);
        }
    }
}

#[test]
fn a_character_cut_off_at_a_messages_end_does_not_go_on_in_the_next() {
    let mut server = Side::new(Role::Server, Config::new());
    let cut = [
        frame(Role::Client, TEXT, b"\xe2\x82"),
        frame(Role::Client, TEXT, b"\xac"),
    ];
    server.feed(&cut.concat());
    invalid(&server);
}

#[test]
fn binary_messages_hold_any_bytes() {
    let any: Vec<u8> = (0..=255).rev().collect();
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        side.feed_frame(BINARY, &any);
        side.feed_frame(BINARY_BEGINS, b"\xe2\x82");
        side.feed_frame(ENDED, b"");
        side.feed_frame(TEXT, b"text");
        let expected = [
            Message::binary(any.clone()),
            Message::binary(&b"\xe2\x82"[..]),
            Message::text("text"),
        ];
        assert_eq!(side.messages(), expected);
    }
}

#[test]
fn a_validator_begins_anew_after_a_text_that_ended_inside_a_character() {
    let mut validator = Validator::default();
    validator.push(b"caf\xc3").unwrap();
    assert!(validator.finish().is_err());
    validator.push(b"caf\xc3\xa9").unwrap();
    assert_eq!(validator.finish(), Ok(()));
}

/// The first and last characters of each length, and of the gap between them.
const VALID: [&str; 8] = [
    "",
    "Hello",
    "\0\u{7f}",
    "\u{80}\u{7ff}",
    "\u{800}\u{d7ff}\u{e000}\u{fffd}\u{ffff}",
    "\u{10000}\u{10ffff}",
    "Hello-µ@ßöäüàá-UTF-8!!",
    "κόσμε 𝄞",
];

/// Not text, and the place of the first byte with which no text goes on.
const INVALID: &[(&[u8], usize)] = &[
    (b"\x80", 0),
    (b"\xbf", 0),
    (b"ascii \xff", 6),
    (b"ascii \xfe", 6),
    // Overlong in two, three and four bytes
    (b"\xc0\xaf", 0),
    (b"\xc1\xbf", 0),
    (b"\xe0\x80\x80", 1),
    (b"\xe0\x9f\xbf", 1),
    (b"\xf0\x80\x80\x80", 1),
    (b"\xf0\x8f\xbf\xbf", 1),
    // Surrogates
    (b"\xed\xa0\x80", 1),
    (b"\xed\xbf\xbf", 1),
    (b"\xce\xba\xe1\xbd\xb9\xcf\x83\xed\xa0\x80edited", 8),
    // Beyond U+10FFFF
    (b"\xf4\x90\x80\x80", 1),
    (b"\xf5\x80\x80\x80", 0),
    (b"\xf8\x88\x80\x80\x80", 0),
    // Characters that break off
    (b"\xc3(", 1),
    (b"\xe2\x82(", 2),
    (b"\xf0\x9d\x84(", 3),
    (b"\xe2\x82\xe2\x82\xac", 2),
    // A wrong byte far behind good ones
    (
        b"0123456789abcdef0123456789abcdef0123456789abcdef\xc3\xa9\x80",
        50,
    ),
];

/// The start of a character, and nothing behind it.
const INCOMPLETE: [&[u8]; 7] = [
    b"\xc3",
    b"\xe2",
    b"\xe2\x82",
    b"\xf0",
    b"\xf0\x9d",
    b"\xf0\x9d\x84",
    b"Hello \xf0\x9d\x84",
];

fn key(role: Role) -> Option<[u8; 4]> {
    role.peer().masks().then_some(KEY)
}

/// Payload data as it stands in a frame to this role.
fn masked(role: Role, payload: &[u8]) -> Vec<u8> {
    let framed = frame(role.peer(), BINARY, payload);
    framed[framed.len() - payload.len()..].to_vec()
}

/// Feeds byte by byte: the one at `wrong` fails the connection, none before it.
fn fails_at(side: &mut Side, bytes: &[u8], wrong: usize) {
    for byte in &bytes[..wrong] {
        side.feed(&[*byte]);
        assert_eq!(side.connection.state(), State::Open);
    }
    side.feed(&[bytes[wrong]]);
    invalid(side);
}

fn invalid(side: &Side) {
    assert_eq!(side.messages(), []);
    assert_eq!(*side.cause(), Cause::Protocol(ProtocolError::InvalidUtf8));
    assert_eq!(side.sent_code(), Some(CloseCode::INVALID_PAYLOAD));
}
