//! Pings and Close frames that the application answers itself
//! (RFC 6455 §5.5.1, §5.5.2).

use bytes::Bytes;
use ws_core::{
    Cause, CloseCode, ClosePayload, Config, Event, Fin, Frame, Message, Opcode, Role, SendError,
    State, Timeout,
};

use crate::support::{
    ROLES,
    cuts::every_cut,
    frames::{CLOSE, ENDED, PING, PONG, TEXT, TEXT_BEGINS, close_payload, stream},
    millis,
    pair::Pair,
    seconds,
    side::Side,
};

#[test]
fn a_ping_waits_for_the_application() {
    for role in ROLES {
        for payload in [&b""[..], b"ping", &[7; 125]] {
            let mut side = Side::new(role, Config::new().auto_pong(false));
            side.feed_frame(PING, payload);
            assert_eq!(side.sent, []);
            let reply = side.events[0].reply().unwrap();
            side.send_frame(reply);
            let frames = side.frames();
            assert_eq!(frames.len(), 1);
            assert_eq!((frames[0].first, &frames[0].payload[..]), (PONG, payload));
        }
    }
}

#[test]
fn a_ping_that_is_never_answered_does_no_harm() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new().auto_pong(false));
        for _ in 0..1000 {
            side.feed_frame(PING, &[7; 125]);
        }
        assert_eq!(side.connection.queued_bytes(), 0);
        side.feed_frame(CLOSE, b"");
        // Close frames are answered all the same.
        assert_eq!(*side.cause(), Cause::Remote);
        assert_eq!(side.frames().len(), 1);
    }
}

#[test]
fn only_pings_and_closes_have_a_reply() {
    let payload = ClosePayload::new(CloseCode::GOING_AWAY, "see you").unwrap();
    let table = [
        (
            Event::Ping(Bytes::from_static(b"ping")),
            Some(Frame::new(Opcode::PONG, "ping")),
        ),
        (
            Event::Closing(payload),
            Some(Frame::new(Opcode::CLOSE, &b"\x03\xe9"[..])),
        ),
        (
            Event::Closing(ClosePayload::EMPTY),
            Some(Frame::new(Opcode::CLOSE, "")),
        ),
        (Event::Message(Message::text("text")), None),
        (
            Event::Pong {
                payload: Bytes::new(),
                round_trip: None,
            },
            None,
        ),
    ];
    for (event, reply) in table {
        assert_eq!(event.reply(), reply);
    }
    let mut side = Side::new(Role::Server, Config::new());
    side.feed_frame(CLOSE, b"");
    assert_eq!(side.events[0].reply(), None);
}

#[test]
fn a_close_waits_for_the_application() {
    for role in ROLES {
        let frames = [
            (TEXT, &b"before"[..]),
            (TEXT_BEGINS, b"never ended"),
            (CLOSE, b"\x03\xe9see you"),
            (ENDED, b"ignored"),
            (PING, b"ignored"),
            (CLOSE, b""),
            (0xFF, b"no frame at all"),
        ];
        let payload = ClosePayload::new(CloseCode::GOING_AWAY, "see you").unwrap();
        let expected = [
            Event::Message(Message::text("before")),
            Event::Closing(payload),
        ];
        every_cut(role, &asking(), &stream(role.peer(), &frames), |side| {
            assert_eq!(side.events, expected);
            assert_eq!(side.sent, []);
            assert_eq!(side.connection.state(), State::RemoteClosing);
            assert!(!side.disconnected && !side.shut_down);
        });
    }
}

#[test]
fn sending_goes_on_until_the_application_answers() {
    for role in ROLES {
        let mut pair = Pair::new(&asking());
        pair.side(role)
            .send_frame(Frame::new(Opcode::TEXT, "Hel").fin(Fin::More));
        pair.side(role.peer()).close(CloseCode::NORMAL, "");
        pair.exchange();
        let side = pair.side(role);
        assert_eq!(side.connection.state(), State::RemoteClosing);
        // What is under way can be brought to its end, and more be said.
        side.send_frame(Frame::new(Opcode::CONTINUATION, "lo"));
        side.send("one more");
        side.connection.send_prepared(&"prepared".into()).unwrap();
        side.connection.ping("").unwrap();
        side.run();
        let reply = side.events[0].reply().unwrap();
        side.send_frame(reply);
        assert_eq!(side.connection.send("late"), Err(SendError::Closing));
        pair.exchange();
        let expected = ["Hello", "one more", "prepared"].map(Message::text);
        assert_eq!(pair.side(role.peer()).messages(), expected);
        for role in ROLES {
            assert!(pair.side(role).outcome().is_clean());
        }
    }
}

#[test]
fn the_reply_ends_the_connection() {
    for role in ROLES {
        let mut side = Side::new(role, asking());
        side.feed_frame(CLOSE, &close_payload(1001, "see you"));
        let reply = side.events[0].reply().unwrap();
        side.send_frame(reply);
        assert_eq!(side.frames()[0].payload, close_payload(1001, ""));
        assert_eq!(side.frames().len(), 1);
        assert_eq!(*side.cause(), Cause::Remote);
        assert_eq!(side.outcome().code(), CloseCode::GOING_AWAY);
        assert_eq!(side.sent_code(), Some(CloseCode::GOING_AWAY));
        assert!(side.outcome().is_clean());
        assert_eq!(side.connection.state(), State::Closed);
        // §7.1.1: the server ends the transport, and the client waits for it.
        assert_eq!(side.disconnected, role == Role::Server);
        side.run_out();
        assert!(side.time() <= seconds(5));
    }
}

#[test]
fn another_answer_is_as_good() {
    for role in ROLES {
        let mut side = Side::new(role, asking());
        side.feed_frame(CLOSE, &close_payload(1000, ""));
        side.close(CloseCode::new(4000), "my own");
        assert_eq!(side.frames()[0].payload, close_payload(4000, "my own"));
        assert_eq!(*side.cause(), Cause::Remote);
        assert_eq!(side.outcome().code(), CloseCode::NORMAL);
        let again = side.connection.close(side.now, ClosePayload::EMPTY);
        assert_eq!(again, Err(SendError::Closing));
        side.run();
        assert_eq!(side.frames().len(), 1);
    }
}

#[test]
fn an_application_that_never_answers_has_a_deadline() {
    for role in ROLES {
        let mut side = Side::new(role, asking());
        side.elapse(seconds(7));
        side.feed_frame(CLOSE, &close_payload(1000, ""));
        assert_eq!(side.due(), Some(seconds(12)));
        side.elapse(millis(4999));
        // What the peer still sends is no answer, and no sign of life either.
        side.feed_frame(TEXT, b"ignored");
        assert_eq!(side.connection.state(), State::RemoteClosing);
        side.elapse(millis(1));
        assert_eq!(*side.cause(), Cause::Timeout(Timeout::Close));
        assert_eq!(side.outcome().code(), CloseCode::NORMAL);
        assert!(!side.outcome().is_clean());
        assert!(side.disconnected);
        assert_eq!(side.sent, []);
    }
}

#[test]
fn no_heartbeat_disturbs_an_application_that_takes_its_time() {
    for role in ROLES {
        let mut side = Side::new(role, asking().close_timeout(seconds(1000)));
        side.elapse(seconds(19));
        side.feed_frame(CLOSE, b"");
        side.elapse(seconds(999));
        assert_eq!(side.sent, []);
        assert_eq!(side.connection.state(), State::RemoteClosing);
        let reply = side.events[0].reply().unwrap();
        side.send_frame(reply);
        assert!(side.outcome().is_clean());
    }
}

#[test]
fn a_close_that_answers_ours_asks_for_nothing() {
    for role in ROLES {
        let mut side = Side::new(role, asking());
        side.close(CloseCode::NORMAL, "");
        side.feed_frame(CLOSE, &close_payload(1000, ""));
        assert_eq!(side.events.len(), 1);
        assert_eq!(*side.cause(), Cause::Local);
    }
}

#[test]
fn a_transport_that_ends_meanwhile_ends_the_connection() {
    for role in ROLES {
        for end in [Side::eof, Side::lost] {
            let mut side = Side::new(role, asking());
            side.feed_frame(CLOSE, &close_payload(1001, ""));
            end(&mut side);
            side.run_out();
            assert_eq!(side.outcome().code(), CloseCode::GOING_AWAY);
            assert_eq!(side.events.len(), 2);
            assert!(side.time() <= seconds(5));
        }
    }
}

#[test]
fn faults_are_answered_without_being_asked_to() {
    for role in ROLES {
        let mut side = Side::new(role, asking().auto_pong(false));
        side.feed_frame(TEXT, b"\xff");
        assert_eq!(side.sent_code(), Some(CloseCode::INVALID_PAYLOAD));
        assert_eq!(side.frames()[0].first, CLOSE);
    }
}

fn asking() -> Config {
    Config::new().auto_close(false)
}
