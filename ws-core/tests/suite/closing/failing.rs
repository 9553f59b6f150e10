//! Failing the connection (RFC 6455 §7.1.7): a last Close frame, nothing
//! processed after it, and an end that the peer cannot delay.

use ws_core::{
    Cause, CloseCode, Config, Message, Opcode, ProtocolError, Role, Rsv, State, Timeout,
};

use crate::support::{
    ROLES,
    cuts::every_cut,
    frames::{
        BINARY, CLOSE, ENDED, KEY, PING, TEXT, TEXT_BEGINS, close_payload, frame, header_of_width,
        with_key,
    },
    seconds,
    side::Side,
};

#[test]
fn each_fault_has_its_close_code() {
    let small = Config::new()
        .max_frame_bytes(100)
        .max_message_bytes(150)
        .max_fragments(2);
    for role in ROLES {
        for (bytes, error, code) in faults(role) {
            every_cut(role, &small, &bytes, |side| {
                assert_eq!(*side.cause(), Cause::Protocol(error.clone()));
                assert_eq!(error.close_code().get(), code);
                assert_eq!(side.outcome().received, None);
                assert!(!side.outcome().is_clean());

                let frames = side.frames();
                assert_eq!(frames.len(), 1);
                assert_eq!(frames[0].first, CLOSE);
                assert_eq!(frames[0].key.is_some(), role.masks());
                assert_eq!(frames[0].payload[..2], code.to_be_bytes());
                assert!(std::str::from_utf8(&frames[0].payload[2..]).is_ok());
            });
        }
    }
}

#[test]
fn what_came_before_the_fault_is_delivered_and_what_follows_is_not() {
    for role in ROLES {
        let bytes = [
            frame(role.peer(), TEXT, b"before"),
            frame(role.peer(), 0x83, b""),
            frame(role.peer(), TEXT, b"after"),
            frame(role.peer(), PING, b"after"),
            frame(role.peer(), CLOSE, b""),
        ];
        every_cut(role, &Config::new(), &bytes.concat(), |side| {
            assert_eq!(side.messages(), [Message::text("before")]);
            assert_eq!(side.events.len(), 2);
            assert_eq!(side.outcome().received, None);
            assert_eq!(side.frames().len(), 1);
        });
    }
}

#[test]
fn queued_messages_go_out_before_the_close() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        side.room = 0;
        side.send("queued");
        side.feed_frame(TEXT, b"\xff");
        side.room = usize::MAX;
        side.run();
        let sent: Vec<_> = side.frames().iter().map(|frame| frame.first).collect();
        assert_eq!(sent, [TEXT, CLOSE]);
        assert!(side.shut_down);
    }
}

#[test]
fn the_transport_is_shut_down_once_the_close_is_out_and_dropped_once_the_peer_ends_it() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        side.room = 3;
        side.feed_frame(TEXT, b"\xff");
        assert!(side.is_closed() && !side.shut_down);
        side.room = usize::MAX;
        side.run();
        assert!(side.shut_down && !side.disconnected);
        side.elapse(seconds(4));
        side.feed_frame(TEXT, b"a peer that goes on talking");
        assert!(!side.disconnected);
        side.eof();
        assert!(side.disconnected);
    }
}

#[test]
fn the_transport_is_dropped_at_the_deadline_even_if_the_peer_goes_on_talking() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        side.elapse(seconds(3));
        side.feed_frame(TEXT, b"\xff");
        for _ in 0..49 {
            side.elapse(seconds(5) / 50);
            side.feed_frame(TEXT, b"more");
        }
        assert!(side.shut_down && !side.disconnected);
        side.elapse_to(seconds(8));
        assert!(side.disconnected);
        assert_eq!(side.events.len(), 1);
    }
}

#[test]
fn the_transport_is_dropped_at_the_deadline_even_if_it_takes_nothing() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        side.room = 0;
        side.feed_frame(TEXT, b"\xff");
        side.elapse(seconds(5));
        assert!(side.disconnected && !side.shut_down);
        assert_eq!(side.sent, []);
        assert_eq!(side.connection.queued_bytes(), 0);
    }
}

#[test]
fn a_fault_before_the_end_of_the_stream_is_answered_without_a_shutdown() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        side.unread(TEXT, b"\xff");
        side.eof();
        assert_eq!(*side.cause(), Cause::Protocol(ProtocolError::InvalidUtf8));
        assert_eq!(side.frames().len(), 1);
        assert!(side.disconnected && !side.shut_down);
    }
}

#[test]
fn a_loss_of_the_transport_after_a_fault_ends_the_wait() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        side.room = 0;
        side.feed_frame(TEXT, b"\xff");
        side.lost();
        assert!(side.disconnected);
        assert_eq!(side.connection.state(), State::Closed);
        assert_eq!(side.events.len(), 1);
    }
}

/// Bytes, the fault they are, and the code that answers it, for a connection
/// that takes frames of 100 bytes, messages of 150 and two fragments.
fn faults(role: Role) -> Vec<(Vec<u8>, ProtocolError, u16)> {
    let peer = role.peer();
    let key = peer.masks().then_some(KEY);
    let wrong_key = role.masks().then_some(KEY);
    let wrong_mask = match role {
        Role::Client => ProtocolError::MaskedFrame,
        Role::Server => ProtocolError::UnmaskedFrame,
    };
    let of = |first, payload: &[u8]| frame(peer, first, payload);
    let too_big = ProtocolError::FrameTooBig {
        len: 101,
        limit: 100,
    };
    let message_too_big = ProtocolError::MessageTooBig {
        len: 151,
        limit: 150,
    };
    vec![
        (
            of(TEXT | 0x60, b""),
            ProtocolError::ReservedBits(Rsv::RSV1.union(Rsv::RSV2)),
            1002,
        ),
        (
            of(0x85, b"x"),
            ProtocolError::UnknownOpcode(Opcode::new(5).expect("5 is an opcode")),
            1002,
        ),
        (with_key(wrong_key, TEXT, b"x"), wrong_mask, 1002),
        (
            of(PING & 0x0F, b"x"),
            ProtocolError::FragmentedControl(Opcode::PING),
            1002,
        ),
        (
            of(PING, &[0; 126]),
            ProtocolError::ControlTooLong(Opcode::PING),
            1002,
        ),
        (
            header_of_width(8, key, BINARY, 5),
            ProtocolError::NonMinimalLength(5),
            1002,
        ),
        (
            header_of_width(8, key, BINARY, u64::MAX),
            ProtocolError::LengthOverflow,
            1002,
        ),
        (of(ENDED, b"x"), ProtocolError::UnexpectedContinuation, 1002),
        (
            [of(TEXT_BEGINS, b"x"), of(TEXT, b"x")].concat(),
            ProtocolError::ExpectedContinuation(Opcode::TEXT),
            1002,
        ),
        (of(CLOSE, b"x"), ProtocolError::TruncatedCloseCode, 1002),
        (
            of(CLOSE, &close_payload(1005, "")),
            ProtocolError::InvalidCloseCode(CloseCode::NO_STATUS),
            1002,
        ),
        (of(TEXT, b"\xff"), ProtocolError::InvalidUtf8, 1007),
        (
            of(CLOSE, &close_payload(1000, b"\xff")),
            ProtocolError::InvalidUtf8,
            1007,
        ),
        (
            [of(TEXT_BEGINS, b""), of(0, b""), of(0, b"")].concat(),
            ProtocolError::TooManyFragments { limit: 2 },
            1008,
        ),
        (of(BINARY, &[0; 101]), too_big, 1009),
        (
            [of(TEXT_BEGINS, &[0; 100]), of(ENDED, &[0; 51])].concat(),
            message_too_big,
            1009,
        ),
    ]
}

#[test]
fn a_cause_tells_whose_it_is() {
    let causes = [
        (Cause::Local, true),
        (Cause::Timeout(Timeout::Pong), true),
        (Cause::Drain, true),
        (Cause::Overload, true),
        (Cause::Remote, false),
        (Cause::TransportLost, false),
        (Cause::Protocol(ProtocolError::InvalidUtf8), false),
    ];
    for (cause, local) in causes {
        assert_eq!(cause.is_local(), local, "{cause:?}");
    }
}
