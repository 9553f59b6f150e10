//! The closing handshake, begun or answered with a frame of the application's
//! own (RFC 6455 §5.5.1, §7.4).

use ws_core::{
    Cause, CloseCode, ClosePayload, Config, Fin, Frame, Opcode, Rsv, SendError, State, Timeout,
};

use crate::support::{
    ROLES,
    frames::{CLOSE, TEXT_BEGINS, close_payload},
    pair::Pair,
    seconds,
    side::Side,
};

#[test]
fn a_close_frame_begins_the_closing_handshake() {
    for role in ROLES {
        for payload in [
            close_payload(1001, "see you"),
            close_payload(4999, ""),
            Vec::new(),
            close_payload(1000, "x".repeat(123)),
        ] {
            let mut pair = Pair::new(&Config::new());
            let side = pair.side(role);
            side.send_frame(Frame::new(Opcode::CLOSE, payload.clone()));
            assert_eq!(side.connection.state(), State::LocalClosing);
            assert_eq!(side.frames()[0].first, CLOSE);
            assert_eq!(side.frames()[0].payload, payload);
            pair.exchange();
            assert_eq!(*pair.side(role).cause(), Cause::Local);
            assert_eq!(*pair.side(role.peer()).cause(), Cause::Remote);
            for role in ROLES {
                assert!(pair.side(role).outcome().is_clean());
                assert!(pair.side(role).disconnected);
            }
        }
    }
}

#[test]
fn it_has_its_deadline() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        side.elapse(seconds(7));
        side.send_frame(Frame::new(Opcode::CLOSE, ""));
        assert_eq!(side.due(), Some(seconds(12)));
        side.elapse(seconds(5));
        assert_eq!(*side.cause(), Cause::Timeout(Timeout::Close));
    }
}

#[test]
fn it_may_come_inside_a_fragmented_message() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        side.send_frame(Frame::new(Opcode::TEXT, "never ended").fin(Fin::More));
        side.send_frame(Frame::new(Opcode::CLOSE, close_payload(1001, "")));
        let firsts: Vec<_> = side.frames().iter().map(|frame| frame.first).collect();
        assert_eq!(firsts, [TEXT_BEGINS, CLOSE]);
    }
}

#[test]
fn only_one_is_sent() {
    for role in ROLES {
        let close = || Frame::new(Opcode::CLOSE, "");
        let mut side = Side::new(role, Config::new());
        side.send_frame(close());
        let again = side.connection.send_frame(side.now, close());
        assert_eq!(again, Err(SendError::Closing));
        side.feed_frame(CLOSE, b"");
        let again = side.connection.send_frame(side.now, close());
        assert_eq!(again, Err(SendError::Closing));
        side.run();
        assert_eq!(side.frames().len(), 1);
    }
}

#[test]
fn a_payload_that_a_peer_would_fail_on_is_refused() {
    for role in ROLES {
        for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000] {
            let error = refused(role, close_payload(code, "why not"));
            let code = CloseCode::new(code);
            assert_eq!(error, SendError::UnsendableCloseCode(code));
        }
        let error = refused(role, close_payload(1000, b"\xff"));
        assert_eq!(error, SendError::InvalidUtf8);
        // Half a code.
        refused(role, b"\x03".to_vec());
    }
}

#[test]
fn a_payload_of_more_than_125_bytes_is_refused() {
    for role in ROLES {
        for len in [124, 200, 65536] {
            let error = refused(role, close_payload(1000, "x".repeat(len)));
            let told = [
                SendError::ControlTooLong(len + 2),
                SendError::ReasonTooLong(len),
            ];
            assert!(told.contains(&error), "{error:?}");
        }
    }
}

#[test]
fn it_is_not_fragmented() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        let fragment = Frame::new(Opcode::CLOSE, "").fin(Fin::More);
        let refused = side.connection.send_frame(side.now, fragment);
        assert_eq!(refused, Err(SendError::FragmentedControl(Opcode::CLOSE)));
        assert_eq!(side.connection.state(), State::Open);
    }
}

#[test]
fn it_leaves_with_the_bits_that_the_application_set() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new().claim_rsv(Rsv::RSV3));
        side.send_frame(Frame::new(Opcode::CLOSE, "").rsv(Rsv::RSV3));
        assert_eq!(side.frames()[0].first, CLOSE | 0x10);
    }
}

#[test]
fn the_payload_sent_is_told_in_the_end() {
    for role in ROLES {
        let mut pair = Pair::new(&Config::new());
        let payload = close_payload(1001, "see you");
        pair.side(role)
            .send_frame(Frame::new(Opcode::CLOSE, payload));
        pair.exchange();
        let expected = ClosePayload::new(CloseCode::GOING_AWAY, "see you").unwrap();
        assert_eq!(pair.side(role).outcome().sent, Some(expected.clone()));
        let peer = pair.side(role.peer());
        assert_eq!(peer.outcome().received, Some(expected));
    }
}

/// Why a Close frame with this payload is not sent.
fn refused(role: ws_core::Role, payload: Vec<u8>) -> SendError {
    let mut side = Side::new(role, Config::new());
    let frame = Frame::new(Opcode::CLOSE, payload);
    let refused = side.connection.send_frame(side.now, frame);
    side.run();
    assert_eq!(side.sent, [], "it was sent");
    assert_eq!(side.connection.state(), State::Open);
    refused.expect_err("the payload is not allowed")
}
