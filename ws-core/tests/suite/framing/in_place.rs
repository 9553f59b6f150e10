//! Long frames whose rest is read to its place in the message.

use std::time::Instant;

use bytes::BytesMut;
use ws_core::{Config, Connection, Delivery, Event, Message, Role};

use crate::support::{
    ROLES,
    frames::{BINARY, BINARY_BEGINS, CLOSE, ENDED, PING, TEXT, frame, stream},
};

#[test]
fn a_long_message_is_the_same_wherever_it_is_read_to() {
    for role in ROLES {
        let payload: Vec<u8> = (0..300_000_u32).map(|it| (it % 251) as u8).collect();
        let (first, rest) = payload.split_at(100_001);
        let bytes = stream(
            role.peer(),
            &[
                (BINARY_BEGINS, first),
                (PING, b"between"),
                (ENDED, rest),
                (BINARY, b"behind"),
                (TEXT, b"all of it"),
            ],
        );
        for size in [1_000, 5_999, 16_384, 65_536, 300_100] {
            let mut reads = Reads::new(role, Config::new());
            let events = reads.read_all(&bytes, size);
            assert!(events.contains(&Event::Message(Message::binary(payload.clone()))));
            assert!(events.contains(&Event::Message(Message::binary("behind"))));
            assert_eq!(
                events.last(),
                Some(&Event::Message(Message::text("all of it")))
            );
            assert_eq!(events.len(), 4);
            // All but the ends, and what came before it was worth while.
            assert!(
                size > 65_536 || reads.in_place > 100_000,
                "{}",
                reads.in_place
            );
        }
    }
}

#[test]
fn nothing_is_read_to_a_place_that_would_have_to_be_reserved() {
    for role in ROLES {
        let bytes = frame(role.peer(), BINARY, &[7; 1_000_000]);
        let mut reads = Reads::new(role, Config::new());
        for read in bytes[..40_000].chunks(1_000) {
            reads.read(read);
            if let Some(place) = reads.connection.read_buffer() {
                let held = place.len();
                assert!(held >= 5_000, "{held} bytes are no reason");
                assert!(
                    place.capacity() <= 4 * held + 16_384,
                    "{}",
                    place.capacity()
                );
            }
        }
    }
}

#[test]
fn a_short_rest_text_and_parts_have_no_place() {
    for (first, delivery, len, cut) in [
        (BINARY, Delivery::Messages, 60_000, 50_000),
        (TEXT, Delivery::Messages, 200_000, 100_000),
        (BINARY, Delivery::Parts, 200_000, 100_000),
        (BINARY, Delivery::Frames, 200_000, 100_000),
    ] {
        let bytes = frame(Role::Client, first, &vec![b'x'; len]);
        let mut reads = Reads::new(Role::Server, Config::new().delivery(delivery));
        reads.read(&bytes[..cut]);
        assert!(reads.connection.read_buffer().is_none());
    }
}

#[test]
fn what_is_read_in_place_behind_a_failure_does_not_count() {
    let bytes = frame(Role::Client, BINARY, &[7; 200_000]);
    let close = frame(Role::Client, CLOSE, b"\x03\xe8");
    let unmasked = frame(Role::Server, BINARY, b"wrong");
    let mut reads = Reads::new(Role::Server, Config::new());
    let events = reads.read_all(&[&bytes[..], &unmasked, &bytes, &close].concat(), 50_000);
    assert_eq!(events.len(), 2, "{events:?}");
    assert!(matches!(&events[1], Event::Closed(outcome) if outcome.received.is_none()));
    assert!(reads.connection.read_buffer().is_none());
}

#[test]
fn bytes_that_nobody_told_of_are_forgotten() {
    let bytes = frame(Role::Server, BINARY, &[7; 100_000]);
    let (begin, rest) = bytes.split_at(50_000);
    let mut reads = Reads::new(Role::Client, Config::new());
    reads.read(begin);
    let place = reads.connection.read_buffer().expect("much has come");
    place.extend_from_slice(b"a read that was given up");
    let mut buffer = BytesMut::from(rest);
    reads.connection.handle_input(reads.now, &mut buffer);
    let event = reads.connection.poll_event();
    assert_eq!(
        event,
        Some(Event::Message(Message::binary(vec![7; 100_000])))
    );
}

#[test]
fn nothing_is_read_in_place_before_what_came_was_looked_at() {
    for role in ROLES {
        let bytes = frame(role.peer(), BINARY, &[7; 300_000]);
        let (begin, rest) = bytes.split_at(50_000);
        let mut reads = Reads::new(role, Config::new());
        reads.read(begin);
        let (next, rest) = rest.split_at(20_000);
        let connection = &mut reads.connection;
        connection.handle_input(reads.now, &mut next.into());
        assert!(connection.read_buffer().is_none());
        assert_eq!(connection.poll_event(), None);
        let (next, rest) = rest.split_at(20_000);
        let place = connection.read_buffer().expect("much has come");
        place.extend_from_slice(next);
        connection.handle_read(reads.now);
        assert!(connection.read_buffer().is_none());
        connection.handle_input(reads.now, &mut rest.into());
        let message = Message::binary(vec![7; 300_000]);
        assert_eq!(connection.poll_event(), Some(Event::Message(message)));
    }
}

/// A connection that reads in place whenever it can.
struct Reads {
    connection: Connection,
    now: Instant,
    in_place: usize,
}

impl Reads {
    fn new(role: Role, config: Config) -> Self {
        let now = Instant::now();
        let connection = match role {
            Role::Server => Connection::server(now, config),
            Role::Client => Connection::client(now, config, ws_core::Entropy::seeded(3)),
        };
        Self {
            connection,
            now,
            in_place: 0,
        }
    }

    fn read(&mut self, bytes: &[u8]) -> Vec<Event> {
        if let Some(place) = self.connection.read_buffer() {
            place.extend_from_slice(bytes);
            self.in_place += bytes.len();
            self.connection.handle_read(self.now);
        } else {
            let mut buffer = BytesMut::from(bytes);
            self.connection.handle_input(self.now, &mut buffer);
        }
        std::iter::from_fn(|| self.connection.poll_event()).collect()
    }

    fn read_all(&mut self, bytes: &[u8], size: usize) -> Vec<Event> {
        bytes
            .chunks(size)
            .flat_map(|read| self.read(read))
            .collect()
    }
}
