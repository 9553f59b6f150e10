//! Nothing comes of a connection whose transport broke or was dropped.

use bytes::BytesMut;
use ws_core::{Cause, CloseCode, ClosePayload, Config, Output, Role, Timeout};

use crate::support::{
    ROLES,
    frames::{BINARY_BEGINS, CLOSE, PING, TEXT, TEXT_BEGINS, close_payload, frame, with_key},
    seconds,
    side::Side,
};

#[test]
fn nothing_is_written_to_a_transport_that_broke() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        side.room = 0;
        side.send("queued");
        side.feed_frame(PING, b"");
        side.room = usize::MAX;
        side.lost();
        assert_eq!(side.sent, []);
        assert_eq!(side.connection.queued_bytes(), 0);
        assert_eq!(*side.cause(), Cause::TransportLost);
        assert!(side.disconnected);

        // The answer to a Close is of no use either.
        let mut side = Side::new(role, Config::new());
        side.room = 0;
        side.feed_frame(CLOSE, b"");
        side.room = usize::MAX;
        side.lost();
        assert_eq!(side.sent, []);
        assert!(side.disconnected);
    }
}

#[test]
fn nothing_is_written_to_a_transport_that_broke_with_a_close_still_unread() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        side.unread(CLOSE, &close_payload(1001, ""));
        side.lost();
        assert_eq!(side.outcome().code(), CloseCode::GOING_AWAY);
        assert_eq!(side.sent, []);
        assert!(side.disconnected);
    }
}

#[test]
fn nothing_is_written_to_a_transport_that_broke_with_a_fault_still_unread() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        side.unread(TEXT, b"\xff");
        side.lost();
        assert!(matches!(side.cause(), Cause::Protocol(_)));
        assert_eq!(side.sent, []);
        assert!(side.disconnected && !side.shut_down);
    }
}

#[test]
fn what_comes_after_the_end_takes_no_memory() {
    for role in ROLES {
        for (first, payload) in [(TEXT, b"\xff"), (CLOSE, b"")] as [(u8, &[u8]); 2] {
            let late = frame(role.peer(), TEXT, &[b'x'; 1000]);
            let mut side = Side::new(role, Config::new());
            let mut buffer = BytesMut::with_capacity(4096);
            buffer.extend_from_slice(&frame(role.peer(), first, payload));
            // Some of it comes in the same read, and some in others.
            for _ in 0..3 {
                buffer.extend_from_slice(&late);
                side.connection.handle_input(side.now, &mut buffer);
                side.run();
            }
            assert!(side.is_closed());
            assert!(buffer.is_empty() && buffer.try_reclaim(4096));
        }
    }
}

#[test]
fn nothing_wakes_a_connection_that_is_disconnected() {
    for role in ROLES {
        for end in [Side::eof, Side::lost, |side: &mut Side| {
            side.feed_frame(CLOSE, b"");
            side.eof();
        }] {
            let mut side = Side::new(role, Config::new());
            end(&mut side);
            assert!(side.disconnected);
            let (events, sent) = (side.events.len(), side.sent.len());
            // None of these has a reason to be called, and each may race with the end.
            side.eof();
            side.lost();
            side.pause();
            side.resume();
            side.feed_frame(TEXT, b"late");
            side.feed(&with_key(None, CLOSE, b""));
            for _ in 0..2 {
                side.now += seconds(30);
                side.tick();
            }
            assert_eq!(side.events.len(), events);
            assert_eq!(side.sent.len(), sent);
            assert_eq!(side.connection.queued_bytes(), 0);
            assert_eq!(side.deadline, None);
        }
    }
}

#[test]
fn a_late_alarm_does_not_wake_a_connection_that_was_dropped_for_not_writing() {
    let mut server = Side::new(Role::Server, Config::new());
    server.room = 0;
    server.send("never taken");
    server.run_out();
    assert_eq!(*server.cause(), Cause::Timeout(Timeout::Write));
    server.tick();
    assert!(matches!(
        server.connection.poll_output(server.now),
        Output::Wait(None)
    ));
}

#[test]
fn what_has_come_of_a_message_is_dropped_with_the_end() {
    for role in ROLES {
        let ends: [fn(&mut Side); 3] = [
            |side| side.feed_frame(CLOSE, b""),
            |side| side.feed_frame(TEXT, b"a message in a message"),
            |side| {
                let late = ClosePayload::new(CloseCode::TRY_AGAIN_LATER, "").unwrap();
                let (now, cause) = (side.now, Cause::Overload);
                side.connection.fail_because(now, late, cause);
                side.run();
            },
        ];
        for (end, begins) in ends
            .into_iter()
            .flat_map(|end| [TEXT_BEGINS, BINARY_BEGINS].map(|begins| (end, begins)))
        {
            let mut side = Side::new(role, Config::new());
            side.feed_frame(begins, &[b'x'; 10_000]);
            assert!(side.connection.held_bytes() >= 10_000);
            end(&mut side);
            assert!(side.is_closed());
            assert_eq!(side.connection.held_bytes(), 0);
        }
    }
}

#[test]
fn connection_that_is_failed_tells_why_and_hears_no_more() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        let late = ClosePayload::new(CloseCode::TRY_AGAIN_LATER, "later").unwrap();
        side.connection
            .fail_because(side.now, late.clone(), Cause::Overload);
        side.feed_frame(TEXT, b"not heard");
        assert_eq!(side.outcome().sent, Some(late.clone()));
        assert_eq!(*side.cause(), Cause::Overload);
        assert!(side.shut_down);
        // Once is enough, and what has ended stays as it was.
        side.connection.fail_because(side.now, late, Cause::Drain);
        side.run();
        assert_eq!(side.frames().len(), 1);
        assert_eq!(*side.cause(), Cause::Overload);
    }
}
