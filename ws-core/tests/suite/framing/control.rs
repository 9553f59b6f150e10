//! Pings and pongs (RFC 6455 §5.5.2, §5.5.3).

use bytes::{Buf, Bytes};
use ws_core::{CloseCode, Config, Event, Message, Output, SendError, State};

use crate::support::{
    ROLES,
    cuts::every_cut,
    frames::{self, BINARY, CLOSE, ENDED, PING, PONG, TEXT, TEXT_BEGINS, frame, with_key},
    side::Side,
};

#[test]
fn a_pong_carries_the_payload_of_its_ping() {
    for role in ROLES {
        for len in [0, 1, 2, 124, 125] {
            let payload: Vec<u8> = (0..len).rev().collect();
            let bytes = frame(role.peer(), PING, &payload);
            every_cut(role, &Config::new(), &bytes, |side| {
                assert_eq!(side.events, [Event::Ping(payload.clone().into())]);
                let frames = side.frames();
                assert_eq!(frames.len(), 1);
                assert_eq!(frames[0].first, PONG);
                assert_eq!(frames[0].payload, payload);
                assert_eq!(frames[0].key.is_some(), role.masks());
            });
        }
    }
}

#[test]
fn a_ping_inside_a_message_is_answered_before_the_message_ends() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        side.feed_frame(TEXT_BEGINS, b"Hel");
        side.feed_frame(PING, b"now");
        assert_eq!(payloads(&side), [b"now"]);
        side.feed_frame(ENDED, b"lo");
        assert_eq!(side.messages(), [Message::text("Hello")]);
    }
}

#[test]
fn a_ping_inside_the_own_message_goes_between_frames() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        side.room = 1000;
        side.send(vec![7; 3000]);
        side.feed_frame(PING, b"now");
        side.room = usize::MAX;
        side.run();
        let frames = side.frames();
        assert_eq!(frames[0].payload, [7; 3000]);
        assert_eq!(frames[1].payload, b"now");
    }
}

#[test]
fn a_pong_is_heard_and_not_answered() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        side.feed_frame(PONG, b"unsolicited");
        let pong = Event::Pong {
            payload: Bytes::from_static(b"unsolicited"),
            round_trip: None,
        };
        assert_eq!(side.events, [pong]);
        assert_eq!(side.sent, []);
    }
}

#[test]
fn many_pings_in_one_read_are_all_answered_in_order() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        let expected: Vec<_> = (0..200_u32).map(|i| i.to_be_bytes()).collect();
        let pings = expected.iter();
        let bytes: Vec<_> = pings
            .flat_map(|payload| frame(role.peer(), PING, payload))
            .collect();
        side.feed(&bytes);
        assert_eq!(payloads(&side), expected);
    }
}

#[test]
fn a_flood_of_pings_takes_no_memory_and_the_newest_is_answered() {
    for role in ROLES {
        for message in [0, 3000, 1 << 20] {
            let mut side = Side::new(role, Config::new());
            side.room = 0;
            side.send(vec![7; message]);
            let before = side.connection.queued_bytes();
            for i in 0..10_000_u32 {
                side.feed_frame(PING, &[&i.to_be_bytes()[..], &[0; 121]].concat());
                assert!(side.connection.queued_bytes() <= before + 8192);
            }
            side.room = usize::MAX;
            side.run();
            let pongs = payloads(&side);
            assert_eq!(
                side.connection.unanswered_pings(),
                10_000 - pongs.len() as u64
            );
            let newest = &pongs[pongs.len() - 1][..4];
            assert_eq!(newest, 9999_u32.to_be_bytes());
            // Those that were answered, in order.
            assert!(pongs.is_sorted());
        }
    }
}

#[test]
fn once_a_flood_is_over_pings_are_answered_again_one_by_one() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        side.room = 0;
        for i in 0..1000_u32 {
            side.feed_frame(PING, &i.to_be_bytes());
        }
        side.room = usize::MAX;
        side.run();
        side.sent.clear();
        for i in 0..1000_u32 {
            side.feed_frame(PING, &i.to_be_bytes());
        }
        assert_eq!(payloads(&side).len(), 1000);
    }
}

#[test]
fn a_pong_that_waits_for_room_does_not_follow_a_close() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        side.room = 0;
        side.send(vec![7; 10_000]);
        side.feed_frame(PING, b"too late");
        side.close(CloseCode::NORMAL, "");
        side.room = usize::MAX;
        side.run();
        let frames = side.frames();
        assert_eq!(frames[frames.len() - 1].first, CLOSE);
    }
}

#[test]
fn a_driver_that_writes_at_its_own_pace_is_told_of_a_pong_that_waited() {
    for role in ROLES {
        let Side {
            mut connection,
            now,
            ..
        } = Side::new(role, Config::new());
        connection.send(vec![7; 10_000]).unwrap();
        // One Pong goes behind what waits, and the next waits for it to leave.
        for payload in ["before", "now"] {
            let mut input = frame(role.peer(), PING, payload.as_bytes())[..].into();
            connection.handle_input(now, &mut input);
            assert_eq!(connection.poll_event(), Some(Event::Ping(payload.into())));
            assert_eq!(connection.poll_event(), None);
        }
        let queue = connection.transmit();
        queue.advance(queue.len());
        let Output::Transmit(queue) = connection.poll_end(now) else {
            panic!("the pong is forgotten");
        };
        let pong = frames::read(&queue.copy_to_bytes(queue.len()));
        assert_eq!((pong[0].first, &pong[0].payload[..]), (PONG, &b"now"[..]));
        assert!(matches!(connection.poll_end(now), Output::Wait(Some(_))));
    }
}

#[test]
fn an_unsolicited_pong_does_not_take_the_place_of_an_answer() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        side.room = 0;
        side.send(vec![7; 10_000]);
        side.feed_frame(PING, b"answer me");
        side.connection.pong("unsolicited").unwrap();
        side.room = usize::MAX;
        side.run();
        let pongs = payloads(&side);
        assert!(pongs.iter().any(|payload| payload == b"answer me"));
    }
}

#[test]
fn a_ping_or_pong_of_the_application_is_sent_as_it_is() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        side.connection.ping("").unwrap();
        side.connection.pong(vec![b'x'; 125]).unwrap();
        side.connection.ping(vec![b'y'; 125]).unwrap();
        side.run();
        let frames = side.frames();
        let firsts: Vec<_> = frames.iter().map(|frame| frame.first).collect();
        assert_eq!(firsts, [PING, PONG, PING]);
        assert_eq!(frames[0].payload, b"");
        assert_eq!(frames[1].payload, [b'x'; 125]);
        assert_eq!(frames[2].payload, [b'y'; 125]);
    }
}

#[test]
fn a_ping_or_pong_that_is_too_long_is_refused() {
    for role in ROLES {
        for len in [126, 127, 65536] {
            let mut side = Side::new(role, Config::new());
            let refused = Err(SendError::ControlTooLong(len));
            assert_eq!(side.connection.ping(vec![0; len]), refused);
            assert_eq!(side.connection.pong(vec![0; len]), refused);
            side.run();
            assert_eq!(side.sent, []);
            assert_eq!(side.connection.state(), State::Open);
        }
    }
}

/// The payload data of the pongs sent.
fn payloads(side: &Side) -> Vec<Vec<u8>> {
    let pongs = side.frames_of(PONG).into_iter();
    pongs.map(|frame| frame.payload).collect()
}

#[test]
fn the_rest_of_a_frame_is_not_taken_for_another_that_it_looks_like() {
    for role in ROLES {
        for looks_like in [TEXT, BINARY] {
            let inner = frame(role.peer(), looks_like, b"inner");
            let ping = with_key(role.peer().masks().then_some([0; 4]), PING, &inner);
            let (begin, rest) = ping.split_at(ping.len() - inner.len());
            let mut side = Side::new(role, Config::new());
            side.feed(begin);
            side.feed(rest);
            assert_eq!(side.events, [Event::Ping(inner.into())]);
        }
    }
}
