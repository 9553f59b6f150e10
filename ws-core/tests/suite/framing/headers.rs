//! Frames on the wire (RFC 6455 §5.2, §5.3, §5.5, §5.7).

use std::io::IoSlice;

use bytes::{Buf, Bytes, BytesMut};
use ws_core::{
    Cause, Config, Connection, Entropy, Event, Message, Opcode, PreparedMessage, ProtocolError,
    Role, Rsv,
};

use crate::support::{
    ROLES,
    cuts::every_cut,
    frames::{BINARY, BINARY_BEGINS, CLOSE, KEY, PING, PONG, TEXT, frame, header_of_width},
    side::Side,
};

#[test]
fn every_example_of_the_rfc_is_read() {
    let hello = || Event::Message(Message::text("Hello"));
    let pong = Event::Pong {
        payload: Bytes::from_static(b"Hello"),
        round_trip: None,
    };
    let long = |len| Event::Message(Message::binary(vec![0x5A; len]));
    let table: [(Role, Vec<u8>, Event); 7] = [
        (Role::Client, b"\x81\x05Hello".to_vec(), hello()),
        (
            Role::Server,
            b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58".to_vec(),
            hello(),
        ),
        (Role::Client, b"\x01\x03Hel\x80\x02lo".to_vec(), hello()),
        (
            Role::Client,
            b"\x89\x05Hello".to_vec(),
            Event::Ping(Bytes::from_static(b"Hello")),
        ),
        (
            Role::Server,
            b"\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58".to_vec(),
            pong,
        ),
        (
            Role::Client,
            [&b"\x82\x7e\x01\x00"[..], &[0x5A; 256]].concat(),
            long(256),
        ),
        (
            Role::Client,
            [&b"\x82\x7f\0\0\0\0\0\x01\0\0"[..], &[0x5A; 65536]].concat(),
            long(65536),
        ),
    ];
    for (role, bytes, event) in table {
        every_cut(role, &Config::new(), &bytes, |side| {
            assert_eq!(side.events, std::slice::from_ref(&event));
        });
    }
}

#[test]
fn the_examples_of_the_rfc_are_written() {
    let mut server = Side::new(Role::Server, Config::new());
    server.send("Hello");
    server.connection.ping("Hello").unwrap();
    server.send(vec![0x5A; 256]);
    server.send(vec![0x5A; 65536]);
    let expected = [
        &b"\x81\x05Hello\x89\x05Hello\x82\x7e\x01\x00"[..],
        &[0x5A; 256],
        b"\x82\x7f\0\0\0\0\0\x01\0\0",
        &[0x5A; 65536],
    ];
    assert_eq!(server.sent, expected.concat());

    let entropy = Entropy::from_source(|bytes| {
        for chunk in bytes.chunks_mut(4) {
            chunk.copy_from_slice(&KEY[..chunk.len()]);
        }
    });
    let start = server.start;
    let mut client = Side::with(start, Connection::client(start, Config::new(), entropy));
    client.send("Hello");
    client.feed(b"\x89\x05Hello");
    let expected = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58\
                     \x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
    assert_eq!(client.sent, expected);
}

#[test]
fn each_way_to_write_a_length_is_read() {
    for role in ROLES {
        for len in LENGTHS {
            let payload = patterned(len);
            let bytes = frame(role.peer(), BINARY, &payload);
            every_cut(role, &Config::new(), &bytes, |side| {
                assert_eq!(side.messages(), [Message::binary(payload.clone())]);
            });
        }
    }
}

#[test]
fn lengths_are_written_in_the_fewest_bytes() {
    for role in ROLES {
        for len in LENGTHS {
            let payload = patterned(len);
            let mut side = Side::new(role, Config::new());
            side.send(payload.clone());
            let prepared = PreparedMessage::from(payload.clone());
            side.connection.send_prepared(&prepared).unwrap();
            side.run();
            // The reader insists on the shortest length.
            let frames = side.frames_of(BINARY);
            assert_eq!(frames.len(), 2);
            assert!(frames.iter().all(|frame| frame.payload == payload));
            let header = [2, 4, 10][usize::from(len > 125) + usize::from(len > 65535)];
            assert_eq!(prepared.len(), header + len);
        }
    }
}

#[test]
fn both_fail_on_reserved_bits() {
    let names = [(0x40, Rsv::RSV1), (0x20, Rsv::RSV2), (0x10, Rsv::RSV3)];
    for role in ROLES {
        for bits in (0x10..=0x70).step_by(0x10) {
            let set = names.into_iter().filter(|(bit, _)| bits & bit != 0);
            let rsv = set.fold(Rsv::NONE, |rsv, (_, name)| rsv.union(name));
            for first in [TEXT, BINARY, BINARY_BEGINS, PING, PONG, CLOSE] {
                let bytes = frame(role.peer(), first | bits, b"");
                fails_with(role, &bytes, &ProtocolError::ReservedBits(rsv));
            }
        }
    }
}

#[test]
fn both_fail_on_each_reserved_opcode() {
    for role in ROLES {
        for value in (0x3..=0x7).chain(0xB..=0xF) {
            let opcode = Opcode::new(value).unwrap();
            let bytes = frame(role.peer(), 0x80 | value, b"payload");
            fails_with(role, &bytes, &ProtocolError::UnknownOpcode(opcode));
        }
    }
}

#[test]
fn both_fail_on_a_length_in_more_bytes_than_needed() {
    let table = [
        (2, 0),
        (2, 1),
        (2, 125),
        (8, 0),
        (8, 125),
        (8, 126),
        (8, 65535),
    ];
    for role in ROLES {
        let key = role.peer().masks().then_some(KEY);
        for (width, len) in table {
            let bytes = header_of_width(width, key, BINARY, len);
            fails_with(role, &bytes, &ProtocolError::NonMinimalLength(len));
        }
    }
}

#[test]
fn both_fail_on_a_length_with_its_highest_bit_set() {
    for role in ROLES {
        let key = role.peer().masks().then_some(KEY);
        for len in [1 << 63, u64::MAX] {
            let bytes = header_of_width(8, key, BINARY, len);
            fails_with(role, &bytes, &ProtocolError::LengthOverflow);
        }
    }
}

#[test]
fn both_fail_on_a_control_frame_of_more_than_125_bytes_at_its_second_byte() {
    for role in ROLES {
        let masked = if role.peer().masks() { 0x80 } else { 0 };
        for opcode in [Opcode::CLOSE, Opcode::PING, Opcode::PONG] {
            for len in [126, 127] {
                let bytes = [0x80 | opcode.get(), masked | len];
                fails_with(role, &bytes, &ProtocolError::ControlTooLong(opcode));
            }
        }
    }
}

#[test]
fn both_fail_on_a_fragmented_control_frame_at_its_second_byte() {
    for role in ROLES {
        let masked = if role.peer().masks() { 0x80 } else { 0 };
        for opcode in [Opcode::CLOSE, Opcode::PING, Opcode::PONG] {
            for len in [0, 2, 125] {
                let bytes = [opcode.get(), masked | len];
                fails_with(role, &bytes, &ProtocolError::FragmentedControl(opcode));
            }
        }
    }
}

#[test]
fn a_message_that_came_as_one_frame_is_not_copied() {
    let Side {
        connection: mut server,
        now,
        ..
    } = Side::new(Role::Server, Config::new());
    let mut buffer = BytesMut::with_capacity(4096);
    buffer.extend_from_slice(&frame(Role::Client, BINARY, &patterned(2000)));
    let storage = buffer.as_ptr_range();
    server.handle_input(now, &mut buffer);
    let Some(Event::Message(message)) = server.poll_event() else {
        panic!("no message");
    };
    assert_eq!(message.payload(), patterned(2000));
    assert!(storage.contains(&message.payload().as_ptr()));

    // Once the message is gone, so is all that held the storage.
    assert_eq!(server.poll_event(), None);
    assert!(!buffer.try_reclaim(4096));
    drop(message);
    assert!(buffer.try_reclaim(4096));
}

#[test]
fn server_sends_a_long_message_without_a_copy() {
    let mut server = Side::new(Role::Server, Config::new());
    server.room = 0;
    let payload = Bytes::from(patterned(100_000));
    server.send(payload.clone());
    server.send("short");
    let mut slices = [IoSlice::new(&[]); 4];
    let queue = server.connection.transmit();
    let count = queue.chunks_vectored(&mut slices);
    let places: Vec<_> = slices[..count].iter().map(|slice| slice.as_ptr()).collect();
    assert!(places.contains(&payload.as_ptr()));
}

/// The lengths at which the header changes, and their neighbours.
const LENGTHS: [usize; 9] = [0, 1, 124, 125, 126, 127, 65535, 65536, 65537];

/// Bytes that show if one is lost or moved.
fn patterned(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i % 251) as u8).collect()
}

fn fails_with(role: Role, bytes: &[u8], error: &ProtocolError) {
    every_cut(role, &Config::new(), bytes, |side| {
        assert_eq!(side.events.len(), 1);
        assert_eq!(*side.cause(), Cause::Protocol(error.clone()));
        assert_eq!(side.sent_code(), Some(error.close_code()));
    });
}
