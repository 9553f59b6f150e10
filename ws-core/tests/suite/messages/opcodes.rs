//! Reserved opcodes that a connection gives a meaning (RFC 6455 §5.2, §5.8).

use bytes::Bytes;
use ws_core::{Cause, CloseCode, Event, Message, Opcode, ProtocolError, Role, SendError, State};

use crate::support::{
    ROLES,
    cuts::every_cut,
    frames::{BINARY, CLOSE, CONTINUED, ENDED, PING, frame, stream},
    opcodes::{CONTROL, DATA, all},
    pair::Pair,
    side::Side,
};

#[test]
fn custom_data_and_control_go_both_ways() {
    for role in ROLES {
        let mut pair = Pair::new(&all());
        for opcode in DATA {
            pair.side(role).send(Message::Custom(opcode, text(opcode)));
        }
        for opcode in CONTROL {
            let sent = pair
                .side(role)
                .connection
                .send_control(opcode, text(opcode));
            sent.unwrap();
        }
        pair.side(role).run();
        pair.exchange();
        let data = DATA.map(|opcode| Event::Message(Message::Custom(opcode, text(opcode))));
        let control = CONTROL.map(|opcode| Event::Control {
            opcode,
            payload: text(opcode),
        });
        assert_eq!(pair.side(role.peer()).events, [data, control].concat());
        assert_eq!(pair.side(role).events, []);
    }
}

#[test]
fn custom_frames_are_written_as_the_rfcs_own() {
    for role in ROLES {
        let mut side = Side::new(role, all());
        for opcode in DATA {
            side.send(Message::Custom(opcode, text(opcode)));
        }
        for opcode in CONTROL {
            side.connection.send_control(opcode, text(opcode)).unwrap();
        }
        side.run();
        for (frame, opcode) in side.frames().iter().zip(DATA.into_iter().chain(CONTROL)) {
            assert_eq!(frame.first, 0x80 | opcode.get());
            assert_eq!(frame.payload, text(opcode));
            assert_eq!(frame.key.is_some(), role.masks());
        }
        assert_eq!(side.frames().len(), 10);
    }
}

#[test]
fn custom_data_is_read_however_it_is_cut_and_fragmented() {
    for role in ROLES {
        for opcode in DATA {
            let frames = [
                (0x80 | opcode.get(), &b"\xff\xfe"[..]),
                (opcode.get(), b"\xfdfirst"),
                (PING, b"between"),
                (CONTINUED, b""),
                (ENDED, b"last"),
                (BINARY, b"another"),
            ];
            let expected = [
                Event::Message(Message::Custom(opcode, Bytes::from_static(b"\xff\xfe"))),
                Event::Ping(Bytes::from_static(b"between")),
                Event::Message(Message::Custom(
                    opcode,
                    Bytes::from_static(b"\xfdfirstlast"),
                )),
                Event::Message(Message::binary("another")),
            ];
            every_cut(role, &all(), &stream(role.peer(), &frames), |side| {
                assert_eq!(side.events, expected);
            });
        }
    }
}

#[test]
fn custom_control_comes_between_fragments_and_before_the_message() {
    for role in ROLES {
        for opcode in CONTROL {
            let frames = [
                (0x01, &b"Hel"[..]),
                (0x80 | opcode.get(), b"\xffone"),
                (CONTINUED, b"l"),
                (0x80 | opcode.get(), b""),
                (ENDED, b"o"),
            ];
            let control = |payload| Event::Control { opcode, payload };
            let expected = [
                control(Bytes::from_static(b"\xffone")),
                control(Bytes::new()),
                Event::Message(Message::text("Hello")),
            ];
            every_cut(role, &all(), &stream(role.peer(), &frames), |side| {
                assert_eq!(side.events, expected);
                assert_eq!(side.sent, []);
            });
        }
    }
}

#[test]
fn custom_control_has_at_most_125_bytes() {
    let time = CONTROL[0];
    for role in ROLES {
        let mut side = Side::new(role, all());
        side.connection.send_control(time, vec![7; 125]).unwrap();
        for len in [126, 65536] {
            let refused = side.connection.send_control(time, vec![7; len]);
            assert_eq!(refused, Err(SendError::ControlTooLong(len)));
        }
        side.run();
        assert_eq!(side.frames().len(), 1);

        let longest = frame(role.peer(), 0x8B, &[7; 125]);
        every_cut(role, &all(), &longest, |side| {
            let payload = Bytes::from(vec![7; 125]);
            let opcode = time;
            assert_eq!(side.events, [Event::Control { opcode, payload }]);
        });
        for opcode in CONTROL {
            let masked = if role.peer().masks() { 0x80 } else { 0 };
            for len in [126, 127] {
                let bytes = [0x80 | opcode.get(), masked | len];
                fails_with(role, &bytes, &ProtocolError::ControlTooLong(opcode));
            }
        }
    }
}

#[test]
fn custom_control_is_not_fragmented() {
    for role in ROLES {
        for opcode in CONTROL {
            let bytes = frame(role.peer(), opcode.get(), b"begun");
            fails_with(role, &bytes, &ProtocolError::FragmentedControl(opcode));
        }
    }
}

#[test]
fn both_fail_on_custom_data_inside_another_message() {
    for role in ROLES {
        for opcode in DATA {
            let frames = [(opcode.get(), &b"begun"[..]), (opcode.get(), b"again")];
            let error = ProtocolError::ExpectedContinuation(opcode);
            fails_with(role, &stream(role.peer(), &frames), &error);
        }
    }
}

#[test]
fn the_limit_of_a_message_holds_for_custom_data() {
    for role in ROLES {
        let mut side = Side::new(role, all().max_message_bytes(10));
        side.feed_frame(0x83, b"0123456789");
        side.feed_frame(0x03, b"0123456789");
        assert_eq!(side.connection.state(), State::Open);
        side.feed_frame(ENDED, b"0");
        assert_eq!(side.messages().len(), 1);
        assert_eq!(side.sent_code(), Some(CloseCode::MESSAGE_TOO_BIG));
    }
}

#[test]
fn custom_frames_follow_the_closing_handshake() {
    let (ascii, time) = (DATA[0], CONTROL[0]);
    for role in ROLES {
        let mut side = Side::new(role, all());
        side.close(CloseCode::NORMAL, "");
        let closing = Err(SendError::Closing);
        let message = Message::Custom(ascii, Bytes::new());
        assert_eq!(side.connection.send(message), closing);
        assert_eq!(side.connection.send_control(time, ""), closing);
        side.feed_frame(0x83, b"late");
        side.feed_frame(0x8B, b"late");
        side.feed_frame(CLOSE, b"");
        side.feed_frame(0x83, b"too late");
        let late = || Bytes::from_static(b"late");
        let control = Event::Control {
            opcode: time,
            payload: late(),
        };
        let message = Event::Message(Message::Custom(ascii, late()));
        assert_eq!(side.events[..2], [message, control]);
        assert_eq!(*side.cause(), Cause::Local);
    }
}

/// A payload that tells its opcode.
fn text(opcode: Opcode) -> Bytes {
    format!("opcode {opcode}").into()
}

fn fails_with(role: Role, bytes: &[u8], error: &ProtocolError) {
    every_cut(role, &all(), bytes, |side| {
        assert_eq!(side.events.len(), 1);
        assert_eq!(*side.cause(), Cause::Protocol(error.clone()));
        assert_eq!(side.sent_code(), Some(CloseCode::PROTOCOL_ERROR));
    });
}
