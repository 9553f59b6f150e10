//! Frames that the application puts together itself (RFC 6455 §5.4).

use ws_core::{Config, Delivery, Event, Fin, Frame, Joiner, Message, Opcode, ProtocolError, Role};

use crate::support::{
    frames::{BINARY, CONTINUED, ENDED, PING, TEXT, TEXT_BEGINS, frame},
    side::Side,
};

#[test]
fn frames_of_a_connection_become_its_messages() {
    let config = Config::new().delivery(Delivery::Frames);
    let mut side = Side::new(Role::Server, config);
    for (first, payload) in [
        (TEXT_BEGINS, &b"gr\xc3"[..]),
        (PING, b""),
        (CONTINUED, b"\xbc"),
        (ENDED, b"ezi"),
        (BINARY, b""),
        (TEXT, b"whole"),
    ] {
        side.feed(&frame(Role::Client, first, payload));
    }
    let mut joiner = Joiner::new();
    let mut messages = Vec::new();
    for event in side.events {
        if let Event::Frame { frame, .. } = event {
            messages.extend(joiner.push(frame).unwrap());
        }
    }
    let expected = [
        Message::text("grüezi"),
        Message::binary(""),
        Message::text("whole"),
    ];
    assert_eq!(messages, expected);
}

#[test]
fn frames_out_of_order_leave_the_message_as_it_was() {
    let more = |opcode| Frame::new(opcode, "a").fin(Fin::More);
    let mut joiner = Joiner::new();
    let stray = joiner.push(more(Opcode::CONTINUATION));
    assert_eq!(stray, Err(ProtocolError::UnexpectedContinuation));
    let control = joiner.push(Frame::new(Opcode::PING, ""));
    assert_eq!(control, Err(ProtocolError::UnknownOpcode(Opcode::PING)));
    joiner.push(more(Opcode::BINARY)).unwrap();
    for other in [Opcode::TEXT, Opcode::BINARY, Opcode::PING] {
        let inside = joiner.push(Frame::new(other, "b"));
        assert_eq!(inside, Err(ProtocolError::ExpectedContinuation(other)));
    }
    let last = joiner.push(Frame::new(Opcode::CONTINUATION, "c"));
    assert_eq!(last, Ok(Some(Message::binary("ac"))));
}

#[test]
fn text_is_checked_as_a_whole() {
    let mut joiner = Joiner::new();
    let begin = Frame::new(Opcode::TEXT, &b"\xc3"[..]).fin(Fin::More);
    joiner.push(begin).unwrap();
    let cut = joiner.push(Frame::new(Opcode::CONTINUATION, ""));
    assert_eq!(cut, Err(ProtocolError::InvalidUtf8));
    let next = joiner.push(Frame::new(Opcode::TEXT, "next"));
    assert_eq!(next, Ok(Some(Message::text("next"))));
}

#[test]
fn messages_of_other_opcodes_keep_them() {
    let opcode = Opcode::new(3).unwrap();
    let mut joiner = Joiner::new();
    let begin = Frame::new(opcode, "a").fin(Fin::More);
    joiner.push(begin).unwrap();
    let end = joiner.push(Frame::new(Opcode::CONTINUATION, "b"));
    assert_eq!(end, Ok(Some(Message::Custom(opcode, "ab".into()))));
}
