//! The closing handshake (RFC 6455 §5.5.1, §7.1, §7.4).

use ws_core::{
    Cause, CloseCode, ClosePayload, Config, Event, Message, ProtocolError, Role, SendError, State,
    Timeout,
};

use self::support::{
    ROLES,
    cuts::every_cut,
    frames::{BINARY, CLOSE, ENDED, PING, TEXT, TEXT_BEGINS, close_payload, frame},
    millis,
    pair::Pair,
    seconds,
    side::Side,
};

mod support;

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
fn the_answer_has_the_code_but_not_the_reason() {
    let codes = [
        1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000,
        4999,
    ];
    for role in ROLES {
        for code in codes {
            let payload = close_payload(code, "because");
            let bytes = frame(role.peer(), CLOSE, &payload);
            every_cut(role, &Config::new(), &bytes, |side| {
                let frames = side.frames();
                assert_eq!(frames.len(), 1);
                assert_eq!(frames[0].first, CLOSE);
                assert_eq!(frames[0].payload, code.to_be_bytes());
                let received = side.outcome().received.as_ref().unwrap();
                assert_eq!(received.code(), Some(CloseCode::new(code)));
                assert_eq!(received.reason(), "because");
            });
        }
    }
}

#[test]
fn a_close_without_a_code_is_answered_in_kind_and_reported_as_1005() {
    for role in ROLES {
        let bytes = frame(role.peer(), CLOSE, b"");
        every_cut(role, &Config::new(), &bytes, |side| {
            assert_eq!(side.frames()[0].payload, b"");
            assert_eq!(side.outcome().code(), CloseCode::NO_STATUS);
            assert_eq!(side.outcome().received, Some(ClosePayload::EMPTY));
            assert!(side.outcome().is_clean());
        });

        let mut side = Side::new(role, Config::new());
        let now = side.now;
        side.connection.close(now, ClosePayload::EMPTY).unwrap();
        side.run();
        assert_eq!(side.frames()[0].payload, b"");
    }
}

#[test]
fn both_fail_on_a_code_that_must_not_be_sent() {
    let codes = [
        0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535,
    ];
    for role in ROLES {
        for code in codes {
            let error = ProtocolError::InvalidCloseCode(CloseCode::new(code));
            fails_with(role, &close_payload(code, ""), &error);
            fails_with(role, &close_payload(code, "reason"), &error);
        }
    }
}

#[test]
fn both_fail_on_half_a_code() {
    for role in ROLES {
        fails_with(role, &[3], &ProtocolError::TruncatedCloseCode);
    }
}

#[test]
fn both_fail_on_a_reason_that_is_not_utf8() {
    for role in ROLES {
        for reason in [&b"\xff"[..], b"bye \xe2\x82", b"\xed\xa0\x80"] {
            fails_with(
                role,
                &close_payload(1000, reason),
                &ProtocolError::InvalidUtf8,
            );
        }
    }
}

#[test]
fn a_reason_of_123_bytes_passes() {
    let reason = "x".repeat(ClosePayload::MAX_REASON);
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        side.feed_frame(CLOSE, &close_payload(1000, &reason));
        let received = side.outcome().received.as_ref().unwrap();
        assert_eq!(received.reason(), &reason[..]);

        let mut side = Side::new(role, Config::new());
        let payload = ClosePayload::new(CloseCode::NORMAL, reason.clone()).unwrap();
        side.connection.close(side.now, payload).unwrap();
        side.run();
        assert_eq!(side.frames()[0].payload, close_payload(1000, &reason));
    }
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

#[test]
fn a_payload_that_must_not_be_sent_cannot_be_made() {
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000].map(CloseCode::new) {
        let refused = ClosePayload::new(code, "");
        assert_eq!(refused, Err(SendError::UnsendableCloseCode(code)));
    }
    let refused = ClosePayload::new(CloseCode::NORMAL, "x".repeat(124));
    assert_eq!(refused, Err(SendError::ReasonTooLong(124)));
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

fn fails_with(role: Role, payload: &[u8], error: &ProtocolError) {
    let bytes = frame(role.peer(), CLOSE, payload);
    every_cut(role, &Config::new(), &bytes, |side| {
        assert!(matches!(side.events[..], [Event::Closed(_)]));
        assert_eq!(*side.cause(), Cause::Protocol(error.clone()));
        assert_eq!(side.sent_code(), Some(error.close_code()));
        // What came is no Close frame that counts.
        assert_eq!(side.outcome().received, None);
        assert_eq!(side.outcome().code(), CloseCode::ABNORMAL);
    });
}
