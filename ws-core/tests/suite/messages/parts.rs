//! Messages handed out in parts, as they arrive.

use bytes::BytesMut;
use ws_core::{
    Cause, CloseCode, Config, Delivery, Event, Opcode, ProtocolError, Role, Rsv, State,
    extension::PartEnd,
};

use crate::support::{
    ROLES,
    cuts::every_cut,
    frames::{
        BINARY, BINARY_BEGINS, CONTINUED, ENDED, KEY, PING, TEXT, TEXT_BEGINS, frame, header,
        stream,
    },
    opcodes,
    pieces::{Piece, joined, parts},
    side::Side,
};

#[test]
fn parts_are_told_as_they_arrive() {
    for role in ROLES {
        let mut side = Side::new(role, in_parts());
        let bytes = frame(role.peer(), TEXT_BEGINS, b"Hello");
        let (head, payload) = bytes.split_at(bytes.len() - 5);
        // A header alone is nothing to tell of.
        side.feed(head);
        assert_eq!(side.events, []);
        for (piece, end) in [(0..2, PartEnd::Part), (2..4, PartEnd::Part)] {
            side.feed(&payload[piece.clone()]);
            let expected = (Opcode::TEXT, &b"Hello"[piece], end);
            assert_eq!(told(&side.events), [expected]);
            side.events.clear();
        }
        side.feed(&payload[4..]);
        side.feed_frame(CONTINUED, b"");
        side.feed_frame(ENDED, b"!");
        let expected = [
            (Opcode::TEXT, &b"o"[..], PartEnd::Frame),
            (Opcode::TEXT, b"", PartEnd::Frame),
            (Opcode::TEXT, b"!", PartEnd::Message),
        ];
        assert_eq!(told(&side.events), expected);
    }
}

#[test]
fn any_cut_gives_the_same_pieces_with_the_same_ends() {
    let frames = [
        (TEXT, &b""[..]),
        (TEXT, "grüezi".as_bytes()),
        (BINARY_BEGINS, b""),
        (CONTINUED, b"\xff\xfe"),
        (PING, b"between"),
        (ENDED, b""),
        (TEXT_BEGINS, "ü".as_bytes().split_at(1).0),
        (CONTINUED, "ü".as_bytes().split_at(1).1),
        (ENDED, b"ber"),
        (0x83, b"custom"),
    ];
    let piece = |opcode, payload: &[u8], end| Piece {
        opcode,
        rsv: Rsv::NONE,
        payload: payload.to_vec(),
        end,
    };
    let (text, binary) = (Opcode::TEXT, Opcode::BINARY);
    let expected = [
        piece(text, b"", PartEnd::Message),
        piece(text, "grüezi".as_bytes(), PartEnd::Message),
        piece(binary, b"", PartEnd::Frame),
        piece(binary, b"\xff\xfe", PartEnd::Frame),
        piece(binary, b"", PartEnd::Message),
        piece(text, b"\xc3", PartEnd::Frame),
        piece(text, b"\xbc", PartEnd::Frame),
        piece(text, b"ber", PartEnd::Message),
        piece(opcodes::DATA[0], b"custom", PartEnd::Message),
    ];
    let config = in_parts().opcodes(opcodes::registry([opcodes::DATA[0]]));
    for role in ROLES {
        every_cut(role, &config, &stream(role.peer(), &frames), |side| {
            assert_eq!(joined(&side.events), expected);
            assert!(side.messages().is_empty());
            assert_eq!(side.connection.state(), State::Open);
        });
    }
}

#[test]
fn text_is_checked_over_all_parts_and_no_wrong_one_is_told() {
    let table: [&[(u8, &[u8])]; 6] = [
        &[(TEXT, b"good\xff")],
        &[(TEXT_BEGINS, b"good"), (ENDED, b"\x80")],
        &[(TEXT_BEGINS, b"good\xc3"), (ENDED, b"x")],
        // A character is not whole when the message ends.
        &[(TEXT, b"good\xe2\x82")],
        &[(TEXT_BEGINS, b"good\xc3"), (CONTINUED, b""), (ENDED, b"")],
        // A surrogate is wrong at its second byte.
        &[(TEXT_BEGINS, b"good\xed"), (CONTINUED, b"\xa0")],
    ];
    for role in ROLES {
        for frames in table {
            every_cut(role, &in_parts(), &stream(role.peer(), frames), |side| {
                assert_eq!(*side.cause(), Cause::Protocol(ProtocolError::InvalidUtf8));
                assert_eq!(side.sent_code(), Some(CloseCode::INVALID_PAYLOAD));
                let told = joined(&side.events);
                assert!(told.iter().all(|piece| piece.end != PartEnd::Message));
                let text: Vec<u8> = told.into_iter().flat_map(|piece| piece.payload).collect();
                // Only what may still become text was told.
                let error = std::str::from_utf8(&text).err();
                assert!(error.is_none_or(|error| error.error_len().is_none()));
            });
        }
    }
}

#[test]
fn a_part_lies_in_the_input_and_holds_nothing_of_those_before() {
    let Side {
        connection: mut server,
        now,
        ..
    } = Side::new(Role::Server, in_parts().max_message_bytes(usize::MAX));
    let mut buffer = BytesMut::with_capacity(4096);
    buffer.extend_from_slice(&header(Some(KEY), BINARY, 1 << 40));
    server.handle_input(now, &mut buffer);
    assert_eq!(server.poll_event(), None);
    for _ in 0..1000 {
        buffer.reserve(3000);
        buffer.extend_from_slice(&[7; 3000]);
        let storage = buffer.as_ptr_range();
        server.handle_input(now, &mut buffer);
        let Some(Event::Part(part)) = server.poll_event() else {
            panic!("no part");
        };
        assert_eq!(part.payload.len(), 3000);
        assert!(storage.contains(&part.payload.as_ptr()));
        assert_eq!(server.poll_event(), None);
        drop(part);
        // The message goes on, but nothing of it is kept.
        assert!(buffer.try_reclaim(4096));
    }
}

fn in_parts() -> Config {
    Config::new().delivery(Delivery::Parts)
}

fn told(events: &[Event]) -> Vec<(Opcode, &[u8], PartEnd)> {
    let parts = parts(events).into_iter();
    parts
        .map(|part| (part.opcode, &part.payload[..], part.end))
        .collect()
}
