//! The closing handshake (RFC 6455 §5.5.1, §7.1, §7.4).

use ws_core::{
    Cause, CloseCode, ClosePayload, Config, Message, ProtocolError, Role, SendError, State, Timeout,
};

use crate::support::{
    ROLES,
    cuts::every_cut,
    frames::{BINARY, CLOSE, ENDED, PING, TEXT, TEXT_BEGINS, close_payload, frame},
    millis,
    pair::Pair,
    seconds,
    side::Side,
};

/// Something that happens to a connection.
type Step = fn(&mut Side);

#[test]
fn the_states_follow_their_table() {
    let close: Step = |side| side.close(CloseCode::NORMAL, "");
    let closed: Step = |side| side.feed_frame(CLOSE, b"");
    let fault: Step = |side| side.feed_frame(TEXT, b"\xff");
    let deadline: Step = Side::run_out;
    let data: Step = |side| side.feed_frame(TEXT, b"data");
    let table: [(&[Step], State); 13] = [
        (&[], State::Open),
        (&[data], State::Open),
        (&[close], State::LocalClosing),
        (&[close, data], State::LocalClosing),
        (&[close, closed], State::Closed),
        // `RemoteClosing` is passed at once, as each Close frame is answered.
        (&[closed], State::Closed),
        (&[fault], State::Closed),
        (&[deadline], State::Closed),
        (&[Side::eof], State::Closed),
        (&[Side::lost], State::Closed),
        (&[close, fault], State::Closed),
        (&[close, deadline], State::Closed),
        (&[closed, closed, fault, data, Side::eof], State::Closed),
    ];
    for role in ROLES {
        for (steps, state) in table {
            let mut side = Side::new(role, Config::new());
            steps.iter().for_each(|step| step(&mut side));
            assert_eq!(side.connection.state(), state);
            assert_eq!(side.is_closed(), state == State::Closed);
        }
    }
}

#[test]
fn either_side_closes_and_both_hear_the_same() {
    for role in ROLES {
        let mut pair = Pair::new(&Config::new());
        pair.side(role).close(CloseCode::GOING_AWAY, "see you");
        assert_eq!(pair.side(role).connection.state(), State::LocalClosing);
        pair.exchange();

        let begun = ClosePayload::new(CloseCode::GOING_AWAY, "see you").unwrap();
        let answer = ClosePayload::new(CloseCode::GOING_AWAY, "").unwrap();
        let local = pair.side(role);
        assert_eq!(local.connection.state(), State::Closed);
        assert_eq!(*local.cause(), Cause::Local);
        assert_eq!(local.outcome().sent.as_ref(), Some(&begun));
        assert_eq!(local.outcome().received.as_ref(), Some(&answer));
        assert!(local.outcome().is_clean() && local.disconnected);

        let remote = pair.side(role.peer());
        assert_eq!(remote.connection.state(), State::Closed);
        assert_eq!(*remote.cause(), Cause::Remote);
        assert_eq!(remote.outcome().sent.as_ref(), Some(&answer));
        assert_eq!(remote.outcome().received.as_ref(), Some(&begun));
        assert_eq!(remote.outcome().code(), CloseCode::GOING_AWAY);
        assert!(remote.outcome().is_clean() && remote.disconnected);
    }
}

#[test]
fn both_sides_close_at_once() {
    let mut pair = Pair::new(&Config::new());
    pair.client.close(CloseCode::NORMAL, "client");
    pair.server.close(CloseCode::GOING_AWAY, "server");
    pair.exchange();
    for role in ROLES {
        let side = pair.side(role);
        assert_eq!(*side.cause(), Cause::Local);
        assert!(side.outcome().is_clean() && side.disconnected);
        // Each Close frame answers the other.
        assert_eq!(side.frames().len(), 1);
    }
    assert_eq!(pair.client.outcome().code(), CloseCode::GOING_AWAY);
    assert_eq!(pair.server.outcome().code(), CloseCode::NORMAL);
}

#[test]
fn messages_are_heard_until_the_peer_closes_too() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        side.feed_frame(TEXT_BEGINS, b"begun ");
        side.close(CloseCode::NORMAL, "");
        side.feed_frame(ENDED, b"before");
        side.feed_frame(BINARY, b"after");
        assert_eq!(side.connection.state(), State::LocalClosing);
        side.feed_frame(CLOSE, &close_payload(1000, ""));
        let expected = [Message::text("begun before"), Message::binary("after")];
        assert_eq!(side.messages(), expected);
        assert_eq!(*side.cause(), Cause::Local);
    }
}

#[test]
fn nothing_is_sent_after_a_close() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        side.send("before");
        side.close(CloseCode::NORMAL, "");
        refuses_to_send(&mut side);
        side.feed_frame(PING, b"still there?");
        side.elapse(millis(4999));
        side.feed_frame(CLOSE, b"");
        refuses_to_send(&mut side);
        let sent: Vec<_> = side.frames().iter().map(|frame| frame.first).collect();
        assert_eq!(sent, [TEXT, CLOSE]);

        let mut side = Side::new(role, Config::new());
        side.feed_frame(CLOSE, b"");
        refuses_to_send(&mut side);
        let sent: Vec<_> = side.frames().iter().map(|frame| frame.first).collect();
        assert_eq!(sent, [CLOSE]);
    }
}

#[test]
fn what_follows_the_peers_close_is_ignored() {
    for role in ROLES {
        let bytes = [
            frame(role.peer(), TEXT, b"before"),
            frame(role.peer(), CLOSE, b""),
            frame(role.peer(), TEXT, b"after"),
            frame(role.peer(), CLOSE, &close_payload(1001, "")),
            b"no frame at all, for want of a better idea".to_vec(),
        ];
        every_cut(role, &Config::new(), &bytes.concat(), |side| {
            assert_eq!(side.messages(), [Message::text("before")]);
            assert_eq!(side.outcome().received, Some(ClosePayload::EMPTY));
            assert_eq!(side.frames().len(), 1);
        });
    }
}

#[test]
fn a_close_inside_a_fragmented_message_drops_the_message() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        side.feed_frame(TEXT_BEGINS, b"never to be ");
        side.feed_frame(CLOSE, &close_payload(1001, ""));
        side.feed_frame(ENDED, b"ended");
        assert_eq!(side.events.len(), 1);
        assert_eq!(*side.cause(), Cause::Remote);
        assert!(side.outcome().is_clean());
    }
}

#[test]
fn a_peer_that_never_answers_is_given_up() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        side.elapse(seconds(7));
        side.close(CloseCode::NORMAL, "");
        assert_eq!(side.due(), Some(seconds(12)));
        side.elapse(millis(4999));
        // Data is no answer.
        side.feed_frame(TEXT, b"not yet");
        assert_eq!(side.connection.state(), State::LocalClosing);
        side.elapse(millis(1));
        assert_eq!(*side.cause(), Cause::Timeout(Timeout::Close));
        assert_eq!(side.outcome().code(), CloseCode::ABNORMAL);
        assert_eq!(side.sent_code(), Some(CloseCode::NORMAL));
        assert!(!side.outcome().is_clean());
        assert!(side.disconnected);
    }
}

#[test]
fn a_peer_cannot_prolong_the_end() {
    let late: [(u8, &[u8]); 2] = [(CLOSE, b""), (TEXT, b"\xff")];
    for (first, payload) in late {
        // This side is the client, which would wait for the server's end.
        let mut client = Side::new(Role::Client, Config::new());
        client.close(CloseCode::NORMAL, "");
        client.elapse(seconds(4));
        client.feed_frame(first, payload);
        assert!(client.is_closed() && !client.disconnected);
        client.elapse(seconds(1));
        assert!(client.disconnected);
    }
}

#[test]
fn a_fault_while_closing_fails_without_a_second_close() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        side.close(CloseCode::NORMAL, "");
        side.feed_frame(TEXT, b"\xff");
        assert_eq!(*side.cause(), Cause::Protocol(ProtocolError::InvalidUtf8));
        assert_eq!(side.sent_code(), Some(CloseCode::NORMAL));
        assert_eq!(side.frames().len(), 1);
    }
}

fn refuses_to_send(side: &mut Side) {
    let connection = &mut side.connection;
    let queued = connection.queued_bytes();
    let prepared = "prepared".into();
    assert_eq!(connection.send("text"), Err(SendError::Closing));
    assert_eq!(connection.send_prepared(&prepared), Err(SendError::Closing));
    assert_eq!(connection.ping("ping"), Err(SendError::Closing));
    assert_eq!(connection.pong("pong"), Err(SendError::Closing));
    let again = connection.close(side.now, ClosePayload::EMPTY);
    assert_eq!(again, Err(SendError::Closing));
    assert_eq!(connection.queued_bytes(), queued);
}
