//! What a Close frame may say (RFC 6455 §5.5.1, §7.4), and what answers it.

use ws_core::{Cause, CloseCode, ClosePayload, Config, Event, ProtocolError, Role, SendError};

use crate::support::{
    ROLES,
    cuts::every_cut,
    frames::{CLOSE, close_payload, frame},
    side::Side,
};

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
fn a_payload_that_must_not_be_sent_cannot_be_made() {
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000].map(CloseCode::new) {
        let refused = ClosePayload::new(code, "");
        assert_eq!(refused, Err(SendError::UnsendableCloseCode(code)));
    }
    let refused = ClosePayload::new(CloseCode::NORMAL, "x".repeat(124));
    assert_eq!(refused, Err(SendError::ReasonTooLong(124)));
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
