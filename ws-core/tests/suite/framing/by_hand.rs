//! Frames that the application sends itself: their order, their bits and their
//! text are looked at before they leave (RFC 6455 §5.2, §5.4, §5.6).

use ws_core::{
    CloseCode, Config, Delivery, Event, Fin, Frame, Message, Opcode, PreparedMessage, Rsv,
    SendError, State,
};

use crate::support::{
    ROLES,
    deflate::{self, widest},
    frames::{BINARY, CONTINUED, ENDED, PING, PONG, TEXT, TEXT_BEGINS},
    opcodes,
    pair::Pair,
    side::Side,
};

#[test]
fn fragments_leave_as_they_are() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        side.send_frame(text("Hel"));
        side.send_frame(more(""));
        side.send_frame(last("lo"));
        side.send_frame(Frame::new(Opcode::BINARY, vec![7; 300]));
        side.send_frame(Frame::new(Opcode::TEXT, ""));
        let expected = [
            (TEXT_BEGINS, &b"Hel"[..]),
            (CONTINUED, b""),
            (ENDED, b"lo"),
            (BINARY, &[7; 300]),
            (TEXT, b""),
        ];
        assert_eq!(
            left(&side),
            expected.map(|(first, it)| (first, it.to_vec()))
        );
        let masked = |frame: &crate::support::frames::Frame| frame.key.is_some() == role.masks();
        assert!(side.frames().iter().all(masked));
    }
}

#[test]
fn frames_reach_the_peer_as_they_were_sent() {
    let bits = Rsv::RSV1.union(Rsv::RSV3);
    let config = opcodes::all().delivery(Delivery::Frames).claim_rsv(bits);
    let sent = [
        text("Hel").rsv(Rsv::RSV1),
        more("").rsv(bits),
        last("lo"),
        Frame::new(opcodes::DATA[0], vec![7; 70_000]).rsv(Rsv::RSV3),
        Frame::new(opcodes::DATA[1], "").fin(Fin::More),
        last(""),
    ];
    for role in ROLES {
        let mut pair = Pair::new(&config);
        for frame in &sent {
            pair.side(role).send_frame(frame.clone());
        }
        pair.exchange();
        let peer = pair.side(role.peer());
        let mut told = Vec::new();
        for event in &peer.events {
            if let Event::Frame { frame, .. } = event {
                told.push(frame.clone());
            }
        }
        assert_eq!(told, sent);
    }
}

#[test]
fn a_continuation_needs_a_message() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        for frame in [more("x"), last("x"), last("")] {
            refused(&mut side, frame, &SendError::NoMessageUnderWay);
        }
        side.send_frame(text("begun"));
        side.send_frame(last("ended"));
        refused(&mut side, last("again"), &SendError::NoMessageUnderWay);
        side.send("whole");
        refused(&mut side, more("again"), &SendError::NoMessageUnderWay);
        assert_eq!(side.frames().len(), 3);
    }
}

#[test]
fn no_message_begins_inside_another() {
    let prepared = PreparedMessage::new(Message::text("prepared"));
    for role in ROLES {
        for begins in [Opcode::TEXT, Opcode::BINARY] {
            let mut side = Side::new(role, Config::new());
            side.send_frame(Frame::new(begins, "Hel").fin(Fin::More));
            let inside = Err(SendError::MessageUnderWay);
            assert_eq!(side.connection.send("whole"), inside);
            assert_eq!(side.connection.send(vec![7; 10_000]), inside);
            assert_eq!(side.connection.send_with("whole", Some(true)), inside);
            assert_eq!(side.connection.send_prepared(&prepared), inside);
            refused(&mut side, text("again"), &SendError::MessageUnderWay);
            let binary = Frame::new(Opcode::BINARY, "");
            refused(&mut side, binary, &SendError::MessageUnderWay);
            // The message goes on as if nothing had been asked.
            side.send_frame(last("lo"));
            side.send("whole");
            let payloads = left(&side).into_iter().map(|(_, payload)| payload);
            assert_eq!(payloads.collect::<Vec<_>>(), [&b"Hel"[..], b"lo", b"whole"]);
        }
    }
}

#[test]
fn control_frames_go_between_fragments() {
    for role in ROLES {
        let mut side = Side::new(role, opcodes::all());
        side.send_frame(text("Hel"));
        side.connection.ping("ping").unwrap();
        side.send_frame(Frame::new(Opcode::PONG, "pong"));
        side.feed_frame(PING, b"answered");
        side.send_frame(more("l"));
        let time = opcodes::CONTROL[0];
        side.connection.send_control(time, "control").unwrap();
        side.send_frame(Frame::new(time, "by frame"));
        side.send_frame(last("o"));
        let firsts = left(&side).into_iter().map(|(first, _)| first);
        let expected = [TEXT_BEGINS, PING, PONG, PONG, CONTINUED, 0x8B, 0x8B, ENDED];
        assert_eq!(firsts.collect::<Vec<_>>(), expected);
    }
}

#[test]
fn fragmented_text_is_checked_as_a_whole() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        side.send_frame(bytes(Opcode::TEXT, b"gr\xc3").fin(Fin::More));
        // What is refused leaves no trace.
        let wrong = bytes(Opcode::CONTINUATION, b"x");
        refused(&mut side, wrong.clone(), &SendError::InvalidUtf8);
        refused(&mut side, wrong.fin(Fin::More), &SendError::InvalidUtf8);
        refused(&mut side, last(""), &SendError::InvalidUtf8);
        side.send_frame(bytes(Opcode::CONTINUATION, b"\xbcezi"));
        refused(
            &mut side,
            bytes(Opcode::TEXT, b"\xff"),
            &SendError::InvalidUtf8,
        );
        let begins = bytes(Opcode::TEXT, b"\xff").fin(Fin::More);
        refused(&mut side, begins, &SendError::InvalidUtf8);
        refused(
            &mut side,
            bytes(Opcode::TEXT, b"\xc3"),
            &SendError::InvalidUtf8,
        );
        side.send("the next message");
        let payloads = left(&side).into_iter().map(|(_, payload)| payload);
        let text = payloads.collect::<Vec<_>>().concat();
        assert_eq!(text, "grüezithe next message".as_bytes());

        let mut side = Side::new(role, Config::new());
        side.send_frame(bytes(Opcode::BINARY, b"\xff").fin(Fin::More));
        side.send_frame(bytes(Opcode::CONTINUATION, b"\xfe"));
    }
}

#[test]
fn only_claimed_bits_are_sent() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new().claim_rsv(Rsv::RSV3));
        for frame in [text("x"), Frame::new(Opcode::PING, "x"), last("x")] {
            for (bits, foreign) in [
                (Rsv::RSV1, Rsv::RSV1),
                (Rsv::RSV2.union(Rsv::RSV3), Rsv::RSV2),
                (Rsv::RSV1.union(Rsv::RSV2), Rsv::RSV1.union(Rsv::RSV2)),
            ] {
                let frame = frame.clone().rsv(bits);
                refused(&mut side, frame, &SendError::ReservedBits(foreign));
            }
        }
        side.send_frame(Frame::new(Opcode::PING, "x").rsv(Rsv::RSV3));
        side.send_frame(text("x").rsv(Rsv::RSV3));
        side.send_frame(last("x").rsv(Rsv::RSV3));
        let firsts = left(&side).into_iter().map(|(first, _)| first);
        let expected = [PING | 0x10, TEXT_BEGINS | 0x10, ENDED | 0x10];
        assert_eq!(firsts.collect::<Vec<_>>(), expected);
    }
}

#[test]
fn a_bit_that_an_extension_owns_is_not_the_applications() {
    for role in ROLES {
        let config = Config::new().claim_rsv(Rsv::RSV1.union(Rsv::RSV2));
        let mut side = deflate::side(role, &config, &widest());
        let frame = Frame::new(Opcode::TEXT, "x");
        let foreign = SendError::ReservedBits(Rsv::RSV1);
        refused(&mut side, frame.clone().rsv(Rsv::RSV1), &foreign);
        side.send_frame(frame.rsv(Rsv::RSV2));
        assert_eq!(left(&side)[0].0, 0xE1);
    }
}

#[test]
fn what_is_no_frame_of_its_kind_is_refused() {
    for role in ROLES {
        let mut side = Side::new(role, opcodes::all());
        for opcode in [Opcode::PING, Opcode::PONG, opcodes::CONTROL[0]] {
            let fragment = Frame::new(opcode, "").fin(Fin::More);
            refused(&mut side, fragment, &SendError::FragmentedControl(opcode));
            for len in [126, 65536] {
                let long = Frame::new(opcode, vec![7; len]);
                refused(&mut side, long, &SendError::ControlTooLong(len));
            }
        }
        let mut side = Side::new(role, Config::new());
        for opcode in opcodes::DATA.into_iter().chain(opcodes::CONTROL) {
            let frame = Frame::new(opcode, "");
            refused(&mut side, frame, &SendError::Opcode(opcode));
        }
        assert_eq!(side.sent, []);
    }
}

#[test]
fn nothing_is_sent_once_the_connection_closes() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        side.send_frame(text("never to be "));
        side.close(CloseCode::NORMAL, "");
        for frame in [last("ended"), text("x"), Frame::new(Opcode::PING, "")] {
            refused(&mut side, frame, &SendError::Closing);
        }
        assert_eq!(side.frames().len(), 2);
        assert_eq!(side.connection.state(), State::LocalClosing);
    }
}

fn bytes(opcode: Opcode, payload: &'static [u8]) -> Frame {
    Frame::new(opcode, payload)
}

/// Frames of a fragmented message.
fn text(payload: &'static str) -> Frame {
    Frame::new(Opcode::TEXT, payload).fin(Fin::More)
}

fn more(payload: &'static str) -> Frame {
    last(payload).fin(Fin::More)
}

fn last(payload: &'static str) -> Frame {
    Frame::new(Opcode::CONTINUATION, payload)
}

/// What the transport took: first bytes and payload data.
fn left(side: &Side) -> Vec<(u8, Vec<u8>)> {
    let frames = side.frames().into_iter();
    frames.map(|frame| (frame.first, frame.payload)).collect()
}

/// The frame is refused, and the connection is as it was before.
fn refused(side: &mut Side, frame: Frame, error: &SendError) {
    let (sent, state) = (side.sent.len(), side.connection.state());
    let refused = side.connection.send_frame(side.now, frame);
    assert_eq!(refused, Err(error.clone()));
    side.run();
    assert_eq!((side.sent.len(), side.connection.state()), (sent, state));
}
