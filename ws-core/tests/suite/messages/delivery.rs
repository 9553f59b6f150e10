//! What holds in each of the three ways to hand out messages (RFC 6455 §5.4).

use ws_core::{Cause, Config, Delivery, Event, Message, Opcode, ProtocolError, Role, Rsv, State};

use crate::support::{
    ROLES,
    cuts::every_cut,
    frames::{
        BINARY, BINARY_BEGINS, CLOSE, CONTINUED, ENDED, KEY, PING, TEXT, TEXT_BEGINS, header,
        stream, with_key,
    },
    side::Side,
};

/// A frame's first byte and payload data.
type Sent = (u8, &'static [u8]);

#[test]
fn the_limit_of_a_message_counts_what_was_handed_out() {
    for role in ROLES {
        for delivery in DELIVERIES {
            let config = Config::new().delivery(delivery).max_message_bytes(10);
            let mut side = Side::new(role, config);
            side.feed_frame(BINARY_BEGINS, b"01234");
            side.feed_frame(ENDED, b"56789");
            side.feed_frame(BINARY_BEGINS, b"0123456789");
            assert_eq!(side.connection.state(), State::Open);
            side.feed(&header(key(role), CONTINUED, 1));
            let error = ProtocolError::MessageTooBig { len: 11, limit: 10 };
            assert_eq!(*side.cause(), Cause::Protocol(error));
        }
    }
}

#[test]
fn each_delivery_keeps_the_order_of_frames() {
    use ProtocolError::{
        ExpectedContinuation, FragmentedControl, ReservedBits, TooManyFragments,
        UnexpectedContinuation,
    };
    let table: [(&[Sent], ProtocolError); 7] = [
        (&[(CONTINUED, b"")], UnexpectedContinuation),
        (&[(ENDED, b"alone")], UnexpectedContinuation),
        (&[(TEXT, b""), (ENDED, b"")], UnexpectedContinuation),
        (
            &[(TEXT_BEGINS, b""), (BINARY, b"")],
            ExpectedContinuation(Opcode::BINARY),
        ),
        (
            &[(BINARY_BEGINS, b"x"), (CONTINUED, b""), (TEXT_BEGINS, b"")],
            ExpectedContinuation(Opcode::TEXT),
        ),
        (
            &[(TEXT_BEGINS, b""), (PING & 0x0F, b"")],
            FragmentedControl(Opcode::PING),
        ),
        (&[(TEXT | 0x20, b"")], ReservedBits(Rsv::RSV2)),
    ];
    for role in ROLES {
        for delivery in DELIVERIES {
            let config = Config::new().delivery(delivery).max_fragments(2);
            for (frames, error) in &table {
                every_cut(role, &config, &stream(role.peer(), frames), |side| {
                    assert_eq!(*side.cause(), Cause::Protocol(error.clone()));
                });
            }
            let many = [(TEXT_BEGINS, &b""[..]), (CONTINUED, b""), (CONTINUED, b"")];
            every_cut(role, &config, &stream(role.peer(), &many), |side| {
                let error = TooManyFragments { limit: 2 };
                assert_eq!(*side.cause(), Cause::Protocol(error));
            });
        }
    }
}

#[test]
fn each_delivery_hands_out_the_same_bytes_and_control_frames() {
    let frames = [
        (TEXT_BEGINS, &b"Hel"[..]),
        (PING, b"ping"),
        (ENDED, b"lo"),
        (BINARY, b"\xff"),
        (CLOSE, b""),
        (TEXT, b"ignored"),
    ];
    for role in ROLES {
        for delivery in DELIVERIES {
            let config = Config::new().delivery(delivery);
            every_cut(role, &config, &stream(role.peer(), &frames), |side| {
                let mut bytes = Vec::new();
                for event in &side.events {
                    if let Event::Message(message) = event {
                        bytes.extend_from_slice(message.payload());
                    } else if let Event::Part(part) = event {
                        bytes.extend_from_slice(&part.payload);
                    } else if let Event::Frame { frame, .. } = event {
                        bytes.extend_from_slice(&frame.payload);
                    }
                }
                assert_eq!(bytes, b"Hello\xff");
                let pings = side.events.iter();
                let pings = pings.filter(|event| matches!(event, Event::Ping(_)));
                assert_eq!(pings.count(), 1);
                assert_eq!(*side.cause(), Cause::Remote);
            });
        }
    }
}

#[test]
fn whole_messages_are_the_default() {
    let mut server = Side::new(Role::Server, Config::new());
    server.feed(&with_key(Some(KEY), TEXT_BEGINS, b"Hel"));
    assert_eq!(server.events, []);
    server.feed(&with_key(Some(KEY), ENDED, b"lo"));
    assert_eq!(server.events, [Event::Message(Message::text("Hello"))]);
    assert_eq!(Delivery::default(), Delivery::Messages);
}

const DELIVERIES: [Delivery; 3] = [Delivery::Messages, Delivery::Parts, Delivery::Frames];

fn key(role: Role) -> Option<[u8; 4]> {
    role.peer().masks().then_some(KEY)
}
