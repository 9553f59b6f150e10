//! permessage-deflate on the wire: the examples of RFC 7692 §7.2.3, and which
//! frames may be compressed (§6).

use bytes::Bytes;
use ws_core::{
    Cause, CloseCode, Config, Event, Fin, Frame, Message, Opcode, ProtocolError, Role, Rsv,
    extension::deflate::Deflate,
};

use crate::support::{
    ROLES,
    cuts::{every_cut, every_cut_of},
    deflate::{BINARY, BINARY_BEGINS, TEXT, TEXT_BEGINS, deflated, side, widest},
    frames::{self, CLOSE, CONTINUED, ENDED, PING, PONG, stream},
    opcodes,
    side::Side,
};

/// A frame's first byte and payload data.
type Sent = (u8, &'static [u8]);

#[test]
fn every_example_of_the_rfc_is_read() {
    let table: [(&[Sent], &[&str]); 9] = [
        // §7.2.3.1
        (&[(TEXT, HELLO)], &["Hello"]),
        (
            &[(TEXT_BEGINS, b"\xf2\x48\xcd"), (ENDED, b"\xc9\xc9\x07\x00")],
            &["Hello"],
        ),
        // §7.2.3.2: the second refers to the first, or does not
        (&[(TEXT, HELLO), (TEXT, HELLO_AGAIN)], &["Hello", "Hello"]),
        (&[(TEXT, HELLO), (TEXT, HELLO)], &["Hello", "Hello"]),
        // §7.2.3.3
        (&[(TEXT, HELLO_STORED)], &["Hello"]),
        // §7.2.3.4
        (&[(TEXT, HELLO_FINAL)], &["Hello"]),
        // §7.2.3.5
        (&[(TEXT, HELLO_IN_TWO)], &["Hello"]),
        // §7.2.3.6
        (&[(TEXT, b"\x00")], &[""]),
        // One behind the other, on one window
        (
            &[
                (TEXT, HELLO_STORED),
                (TEXT, HELLO_AGAIN),
                (TEXT, b"\x00"),
                (TEXT, HELLO_FINAL),
                (TEXT, HELLO),
                (TEXT, HELLO_IN_TWO),
                (TEXT, HELLO_AGAIN),
            ],
            &["Hello", "Hello", "", "Hello", "Hello", "Hello", "Hello"],
        ),
    ];
    for role in ROLES {
        for (frames, texts) in table {
            let bytes = stream(role.peer(), frames);
            every_cut_of(
                || widest_side(role),
                &bytes,
                |side| {
                    let texts: Vec<_> = texts.iter().map(|&text| Message::text(text)).collect();
                    assert_eq!(side.messages(), texts);
                    assert_eq!(side.events.len(), texts.len());
                },
            );
        }
    }
}

#[test]
fn the_examples_of_the_rfc_are_written() {
    let no_takeover = widest()
        .server_no_context_takeover(true)
        .client_no_context_takeover(true);
    let table: [(Deflate, &[&'static str], &[&[u8]]); 5] = [
        (widest(), &["Hello"], &[HELLO]),
        (widest(), &["Hello", "Hello"], &[HELLO, HELLO_AGAIN]),
        (no_takeover, &["Hello", "Hello"], &[HELLO, HELLO]),
        (widest().level(0), &["Hello"], &[HELLO_STORED]),
        (widest(), &["", ""], &[b"\x00", b"\x00"]),
    ];
    for role in ROLES {
        for (terms, texts, payloads) in &table {
            let mut side = side(role, &Config::new(), terms);
            texts.iter().for_each(|text| side.send(*text));
            let frames = side.frames();
            let written: Vec<_> = frames.iter().map(|frame| &frame.payload[..]).collect();
            assert_eq!(written, *payloads);
            assert!(frames.iter().all(|frame| frame.first == TEXT));
        }
        let mut side = widest_side(role);
        side.send_frame(Frame::new(Opcode::TEXT, "He").fin(Fin::More));
        side.send_frame(Frame::new(Opcode::CONTINUATION, "llo"));
        // §7.2.3.5, cut between the two blocks
        let frames = side.frames();
        assert_eq!((frames[0].first, frames[1].first), (TEXT_BEGINS, ENDED));
        let two = [&frames[0].payload[..], &frames[1].payload].concat();
        assert_eq!(two, HELLO_IN_TWO);
    }
}

#[test]
fn control_frames_go_between_compressed_fragments_as_they_are() {
    let frames = [
        (TEXT_BEGINS, b"\xf2\x48".as_slice()),
        (PING, b"ping"),
        (CONTINUED, b""),
        (CONTINUED, b"\xcd\xc9\xc9"),
        (PONG, b"\xff"),
        (0x8B, b"custom"),
        (ENDED, b"\x07\x00"),
        (CLOSE, b"\x03\xe8bye"),
    ];
    let pong = Event::Pong {
        payload: Bytes::from_static(b"\xff"),
        round_trip: None,
    };
    let control = Event::Control {
        opcode: opcodes::CONTROL[0],
        payload: Bytes::from_static(b"custom"),
    };
    let expected = [
        Event::Ping(Bytes::from_static(b"ping")),
        pong,
        control,
        Event::Message(Message::text("Hello")),
    ];
    for role in ROLES {
        let bytes = stream(role.peer(), &frames);
        let make = || side(role, &opcodes::all(), &widest());
        every_cut_of(make, &bytes, |side| {
            assert_eq!(side.events[..4], expected);
            assert_eq!(*side.cause(), Cause::Remote);
            let firsts: Vec<_> = side.frames().iter().map(|frame| frame.first).collect();
            assert_eq!(firsts, [PONG, CLOSE]);
        });
    }
}

#[test]
fn control_frames_are_not_compressed() {
    for role in ROLES {
        let mut side = side(role, &opcodes::all(), &widest());
        let payload = vec![b'x'; 125];
        side.connection.ping(payload.clone()).unwrap();
        side.connection.pong(payload.clone()).unwrap();
        let custom = opcodes::CONTROL[0];
        side.connection
            .send_control(custom, payload.clone())
            .unwrap();
        side.feed_frame(PING, &payload);
        side.close(CloseCode::NORMAL, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
        let frames = side.frames();
        let firsts: Vec<_> = frames.iter().map(|frame| frame.first).collect();
        assert_eq!(firsts, [PING, PONG, 0x8B, PONG, CLOSE]);
        assert!(frames[..4].iter().all(|frame| frame.payload == payload));
    }
}

#[test]
fn each_kind_of_data_is_compressed_and_plain_messages_go_between() {
    let custom = opcodes::DATA[0];
    for role in ROLES {
        let mut side = side(role, &opcodes::all(), &widest());
        side.feed_frame(TEXT, HELLO);
        side.feed_frame(frames::TEXT, b"plain");
        side.feed_frame(frames::BINARY_BEGINS, b"pl");
        side.feed_frame(ENDED, b"ain");
        // Plain messages are not part of the window.
        side.feed_frame(BINARY, HELLO_AGAIN);
        side.feed_frame(0xC3, HELLO_AGAIN);
        side.feed_frame(0x43, b"");
        side.feed_frame(ENDED, HELLO_AGAIN);
        let expected = [
            Message::text("Hello"),
            Message::text("plain"),
            Message::binary("plain"),
            Message::binary("Hello"),
            Message::Custom(custom, "Hello".into()),
            Message::Custom(custom, "Hello".into()),
        ];
        assert_eq!(side.messages(), expected);
        side.send(Message::Custom(custom, "Hello".into()));
        side.send(Message::binary("Hello"));
        let firsts: Vec<_> = side.frames().iter().map(|frame| frame.first).collect();
        assert_eq!(firsts, [0xC3, BINARY]);
    }
}

#[test]
fn both_fail_on_rsv1_on_a_frame_that_is_not_the_first() {
    let table: [&[Sent]; 8] = [
        &[(frames::TEXT_BEGINS, b"Hel"), (ENDED | 0x40, b"lo")],
        &[(TEXT_BEGINS, b"\xf2"), (ENDED | 0x40, b"\x48")],
        &[(BINARY_BEGINS, b""), (CONTINUED | 0x40, b"")],
        &[(PING | 0x40, HELLO)],
        &[(PONG | 0x40, b"")],
        &[(CLOSE | 0x40, b"")],
        &[(0xCB, HELLO)],
        &[(TEXT_BEGINS, HELLO), (PING | 0x40, HELLO)],
    ];
    for role in ROLES {
        for frames in table {
            let bytes = stream(role.peer(), frames);
            let make = || side(role, &opcodes::all(), &widest());
            every_cut_of(make, &bytes, |side| {
                let failed = matches!(
                    side.cause(),
                    Cause::Protocol(ProtocolError::Extension {
                        code: CloseCode::PROTOCOL_ERROR,
                        ..
                    })
                );
                assert!(failed, "{:?}", side.cause());
                assert_eq!(side.sent_code(), Some(CloseCode::PROTOCOL_ERROR));
                assert_eq!(side.events.len(), 1);
            });
        }
    }
}

#[test]
fn both_fail_on_rsv1_that_was_not_negotiated_and_on_bits_beside_it() {
    for role in ROLES {
        let bytes = stream(role.peer(), &[(TEXT, HELLO)]);
        every_cut(role, &Config::new(), &bytes, |side| {
            let error = ProtocolError::ReservedBits(Rsv::RSV1);
            assert_eq!(*side.cause(), Cause::Protocol(error));
        });
        for (bit, rsv) in [(0x20, Rsv::RSV2), (0x10, Rsv::RSV3)] {
            let bytes = stream(role.peer(), &[(TEXT | bit, HELLO)]);
            every_cut_of(
                || widest_side(role),
                &bytes,
                |side| {
                    let error = ProtocolError::ReservedBits(rsv);
                    assert_eq!(*side.cause(), Cause::Protocol(error));
                },
            );
        }
    }
}

#[test]
fn a_message_in_one_frame_and_in_many_is_the_same() {
    let text = "Compressed as one, and cut wherever one likes: ".repeat(20);
    let compressed = deflated(text.as_bytes());
    for role in ROLES {
        for size in [1, 2, 7, 50] {
            let mut side = widest_side(role);
            let mut first = TEXT_BEGINS;
            for part in compressed.chunks(size) {
                side.feed_frame(first, part);
                first = CONTINUED;
            }
            assert_eq!(side.events, []);
            side.feed_frame(ENDED, b"");
            assert_eq!(side.messages(), [Message::text(text.clone())]);
        }
    }
}

fn widest_side(role: Role) -> Side {
    side(role, &Config::new(), &widest())
}

const HELLO: &[u8] = b"\xf2\x48\xcd\xc9\xc9\x07\x00";
const HELLO_AGAIN: &[u8] = b"\xf2\x00\x11\x00\x00";
const HELLO_STORED: &[u8] = b"\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00";
const HELLO_FINAL: &[u8] = b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00";
const HELLO_IN_TWO: &[u8] = b"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00";
