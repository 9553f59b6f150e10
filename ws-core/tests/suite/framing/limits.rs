//! Limits on what a peer may send (RFC 6455 §10.4): each is checked at a
//! frame's header, before its payload data is here.

use ws_core::{Cause, CloseCode, Config, Message, ProtocolError, Role, State};

use crate::support::{
    ROLES,
    frames::{BINARY, BINARY_BEGINS, CONTINUED, ENDED, KEY, PING, TEXT, TEXT_BEGINS, header},
    side::Side,
};

#[test]
fn a_frame_of_just_the_limit_is_read() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new().max_frame_bytes(1000));
        side.feed_frame(BINARY, &[7; 1000]);
        side.feed_frame(BINARY_BEGINS, &[7; 1000]);
        side.feed_frame(ENDED, &[7; 1000]);
        let lens: Vec<_> = side
            .messages()
            .iter()
            .map(|it| it.payload().len())
            .collect();
        assert_eq!(lens, [1000, 2000]);
    }
}

#[test]
fn a_frame_beyond_the_limit_fails_at_its_header() {
    for role in ROLES {
        for first in [TEXT, BINARY, BINARY_BEGINS] {
            let mut side = Side::new(role, Config::new().max_frame_bytes(1000));
            side.feed(&announced(role, first, 1001));
            let error = ProtocolError::FrameTooBig {
                len: 1001,
                limit: 1000,
            };
            assert_eq!(*side.cause(), Cause::Protocol(error));
            assert_eq!(side.sent_code(), Some(CloseCode::MESSAGE_TOO_BIG));
        }
    }
}

#[test]
fn a_message_of_just_the_limit_is_read() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new().max_message_bytes(1000));
        side.feed_frame(BINARY, &[7; 1000]);
        side.feed_frame(BINARY_BEGINS, &[7; 999]);
        side.feed_frame(CONTINUED, &[7; 1]);
        side.feed_frame(ENDED, &[]);
        let expected = Message::binary(vec![7; 1000]);
        assert_eq!(side.messages(), [expected.clone(), expected]);
    }
}

#[test]
fn a_message_in_one_frame_beyond_the_limit_fails_at_its_header() {
    for role in ROLES {
        for first in [TEXT, BINARY, BINARY_BEGINS] {
            let mut side = Side::new(role, Config::new().max_message_bytes(1000));
            side.feed(&announced(role, first, 1001));
            too_big(&side, 1001, 1000);
        }
    }
}

#[test]
fn a_message_in_fragments_beyond_the_limit_fails_at_the_header_that_exceeds_it() {
    for role in ROLES {
        for first in [CONTINUED, ENDED] {
            let mut side = Side::new(role, Config::new().max_message_bytes(1000));
            side.feed_frame(TEXT_BEGINS, &[b'x'; 600]);
            side.feed_frame(CONTINUED, &[b'x'; 300]);
            side.feed_frame(PING, b"not of the message");
            assert_eq!(side.connection.state(), State::Open);
            side.feed(&announced(role, first, 101));
            too_big(&side, 1001, 1000);
        }
    }
}

#[test]
fn the_default_limit_of_a_message_is_one_mebibyte() {
    let mut server = Side::new(Role::Server, Config::new());
    server.feed_frame(BINARY, &vec![7; 1 << 20]);
    assert_eq!(server.messages(), [Message::binary(vec![7; 1 << 20])]);
    server.feed(&announced(Role::Server, BINARY, (1 << 20) + 1));
    too_big(&server, (1 << 20) + 1, 1 << 20);
}

#[test]
fn lengths_that_add_up_to_more_than_64_bits_fail() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        side.feed_frame(BINARY_BEGINS, b"first");
        side.feed(&announced(role, ENDED, u64::MAX >> 1));
        too_big(&side, (u64::MAX >> 1) + 5, 1 << 20);
    }
}

#[test]
fn the_limits_count_anew_for_each_message() {
    let config = Config::new().max_message_bytes(10).max_fragments(1);
    for role in ROLES {
        let mut side = Side::new(role, config.clone());
        for _ in 0..20 {
            side.feed_frame(TEXT_BEGINS, b"12345");
            side.feed_frame(ENDED, b"67890");
            side.feed_frame(TEXT, b"1234567890");
        }
        assert_eq!(side.messages(), vec![Message::text("1234567890"); 40]);
    }
}

#[test]
fn a_message_of_just_as_many_fragments_as_allowed_is_read() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new().max_fragments(3));
        // The last one ends the matter, so it does not count.
        for first in [BINARY_BEGINS, CONTINUED, CONTINUED, ENDED] {
            side.feed_frame(PING, b"not of the message");
            side.feed_frame(first, b"x");
        }
        assert_eq!(side.messages(), [Message::binary("xxxx")]);
    }
}

#[test]
fn one_fragment_too_many_fails_even_if_all_are_empty() {
    for role in ROLES {
        for payload in [&b""[..], b"x"] {
            let mut side = Side::new(role, Config::new().max_fragments(3));
            for first in [BINARY_BEGINS, CONTINUED, CONTINUED] {
                side.feed_frame(first, payload);
            }
            assert_eq!(side.connection.state(), State::Open);
            side.feed(&announced(role, CONTINUED, payload.len() as u64));
            too_many(&side, 3);
        }
    }
}

#[test]
fn a_limit_of_no_fragments_forbids_fragmentation() {
    for role in ROLES {
        for first in [TEXT_BEGINS, BINARY_BEGINS] {
            let mut side = Side::new(role, Config::new().max_fragments(0));
            side.feed_frame(TEXT, b"whole");
            side.feed_frame(BINARY, b"whole");
            assert_eq!(side.messages().len(), 2);
            side.feed_frame(first, b"");
            too_many(&side, 0);
        }
    }
}

#[test]
fn the_default_limit_of_fragments_ends_an_endless_message() {
    let mut server = Side::new(Role::Server, Config::new());
    server.feed_frame(TEXT_BEGINS, b"");
    for _ in 1..16384 {
        server.feed_frame(CONTINUED, b"");
    }
    assert_eq!(server.connection.state(), State::Open);
    server.feed_frame(CONTINUED, b"");
    too_many(&server, 16384);
}

#[test]
fn a_frame_that_only_announces_a_gibibyte_takes_what_comes() {
    // With memory reserved as announced, the last of these would abort.
    for len in [1 << 30, 1 << 40, 1 << 62, u64::MAX >> 1] {
        for role in ROLES {
            let config = Config::new().max_message_bytes(usize::MAX);
            let mut side = Side::new(role, config);
            side.feed(&announced(role, BINARY, len));
            for _ in 0..64 {
                side.feed(&[0; 1024]);
            }
            assert_eq!(side.events, []);
            assert_eq!(side.connection.state(), State::Open);
            assert_eq!(side.connection.queued_bytes(), 0);
        }
    }
}

/// The header of a frame to this role, as its peer has to send it.
fn announced(role: Role, first: u8, len: u64) -> Vec<u8> {
    header(role.peer().masks().then_some(KEY), first, len)
}

fn too_big(side: &Side, len: u64, limit: usize) {
    let error = ProtocolError::MessageTooBig { len, limit };
    assert_eq!(*side.cause(), Cause::Protocol(error));
    assert_eq!(side.sent_code(), Some(CloseCode::MESSAGE_TOO_BIG));
}

fn too_many(side: &Side, limit: usize) {
    let error = ProtocolError::TooManyFragments { limit };
    assert_eq!(*side.cause(), Cause::Protocol(error));
    assert_eq!(side.sent_code(), Some(CloseCode::POLICY_VIOLATION));
}
