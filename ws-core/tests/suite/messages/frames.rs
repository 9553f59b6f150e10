//! Single data frames in the hands of the application, with all that is to be
//! known of them.

use ws_core::{
    Cause, CloseCode, Config, Delivery, Event, Fin, Frame, Message, Opcode, ProtocolError, Rsv,
    State, extension::PartEnd,
};

use crate::support::{
    ROLES,
    cuts::every_cut,
    deflate::{self, TEXT as COMPRESSED, deflated, widest},
    frames::{BINARY, BINARY_BEGINS, CONTINUED, ENDED, PING, TEXT, TEXT_BEGINS, frame, stream},
    millis, opcodes,
    pieces::parts,
    seconds,
    side::Side,
};

#[test]
fn each_frame_is_told_once_with_all_its_facts_however_it_is_cut() {
    let custom = opcodes::DATA[4];
    let frames = [
        (TEXT, "grüezi".as_bytes()),
        (BINARY_BEGINS | 0x20, b"first"),
        (CONTINUED, b""),
        (PING, b"between"),
        (CONTINUED | 0x30, b"second"),
        (ENDED | 0x10, b"\xff"),
        (0xF7, b"custom"),
        (TEXT, b""),
    ];
    let both = Rsv::RSV2.union(Rsv::RSV3);
    let expected = [
        Frame::new(Opcode::TEXT, "grüezi"),
        Frame::new(Opcode::BINARY, "first")
            .fin(Fin::More)
            .rsv(Rsv::RSV2),
        Frame::new(Opcode::CONTINUATION, "").fin(Fin::More),
        Frame::new(Opcode::CONTINUATION, "second")
            .fin(Fin::More)
            .rsv(both),
        Frame::new(Opcode::CONTINUATION, &b"\xff"[..]).rsv(Rsv::RSV3),
        Frame::new(custom, "custom").rsv(Rsv::RSV1.union(both)),
        Frame::new(Opcode::TEXT, ""),
    ];
    let config = in_frames()
        .claim_rsv(Rsv::RSV1.union(both))
        .opcodes(opcodes::registry([custom]));
    for role in ROLES {
        every_cut(role, &config, &stream(role.peer(), &frames), |side| {
            assert_eq!(told(&side.events), expected);
            assert_eq!(side.events.len(), frames.len());
            assert_eq!(side.events[3], Event::Ping("between".into()));
        });
    }
}

#[test]
fn a_frame_arrives_with_its_last_byte() {
    for role in ROLES {
        let mut side = Side::new(role, in_frames());
        let bytes = frame(role.peer(), TEXT, b"slow");
        for byte in &bytes {
            side.elapse(millis(300));
            side.feed(&[*byte]);
        }
        let last = side.now;
        side.elapse(millis(300));
        side.feed(&frame(role.peer(), TEXT, b"fast"));
        assert_eq!(arrivals(&side.events), [last, last + millis(300)]);
    }
}

#[test]
fn a_frame_that_is_looked_at_later_arrived_when_it_came() {
    for role in ROLES {
        let mut side = Side::new(role, in_frames());
        let came = side.now;
        side.unread(TEXT, b"waits for the application");
        side.now += seconds(3);
        side.run();
        assert_eq!(arrivals(&side.events), [came]);
    }
}

#[test]
fn text_is_checked_over_the_frames_of_a_message() {
    let table: [(&[(u8, &[u8])], usize); 4] = [
        (&[(TEXT, b"\xff")], 0),
        (&[(TEXT_BEGINS, b"good\xc3"), (ENDED, b"x")], 1),
        (
            &[(TEXT_BEGINS, b"\xe2\x82"), (CONTINUED, b""), (ENDED, b"")],
            2,
        ),
        (&[(TEXT_BEGINS, b"\xc3"), (CONTINUED, b"\xbc\xff")], 1),
    ];
    for role in ROLES {
        for (frames, good) in table {
            every_cut(role, &in_frames(), &stream(role.peer(), frames), |side| {
                assert_eq!(told(&side.events).len(), good);
                assert_eq!(*side.cause(), Cause::Protocol(ProtocolError::InvalidUtf8));
                assert_eq!(side.sent_code(), Some(CloseCode::INVALID_PAYLOAD));
            });
        }
        let cut = [(TEXT_BEGINS, &b"\xc3"[..]), (ENDED, b"\xbc")];
        every_cut(role, &in_frames(), &stream(role.peer(), &cut), |side| {
            assert_eq!(told(&side.events).len(), 2);
            assert_eq!(side.connection.state(), State::Open);
        });
    }
}

#[test]
fn a_bit_that_nobody_claimed_fails() {
    for role in ROLES {
        let config = in_frames().claim_rsv(Rsv::RSV3);
        for bits in [0x20, 0x30, 0x40, 0x70] {
            let bytes = frame(role.peer(), TEXT | bits, b"");
            every_cut(role, &config, &bytes, |side| {
                let bits = side.cause();
                let unclaimed = matches!(
                    bits,
                    Cause::Protocol(ProtocolError::ReservedBits(bits))
                        if !bits.is_empty() && !bits.contains(Rsv::RSV3)
                );
                assert!(unclaimed, "{bits:?}");
            });
        }
    }
}

#[test]
fn a_claimed_bit_is_read_on_parts_and_passed_over_on_messages() {
    let frames = [
        (TEXT_BEGINS | 0x10, &b"Hel"[..]),
        (CONTINUED, b"l"),
        (ENDED | 0x10, b"o"),
    ];
    for role in ROLES {
        let bytes = stream(role.peer(), &frames);
        let config = Config::new().claim_rsv(Rsv::RSV3);
        every_cut(role, &config, &bytes, |side| {
            assert_eq!(side.messages(), [Message::text("Hello")]);
        });
        let mut side = Side::new(role, config.delivery(Delivery::Parts));
        side.feed(&bytes);
        let told = parts(&side.events).into_iter();
        let told: Vec<_> = told.map(|part| (part.rsv, part.end)).collect();
        let expected = [
            (Rsv::RSV3, PartEnd::Frame),
            (Rsv::NONE, PartEnd::Frame),
            (Rsv::RSV3, PartEnd::Message),
        ];
        assert_eq!(told, expected);
    }
}

#[test]
fn frames_are_told_as_they_were_before_the_extensions() {
    for role in ROLES {
        let config = in_frames().claim_rsv(Rsv::RSV1.union(Rsv::RSV2));
        let mut side = deflate::side(role, &config, &widest());
        let compressed = deflated(b"Hello");
        let (head, tail) = compressed.split_at(3);
        side.feed_frame(COMPRESSED, &compressed);
        side.feed_frame(0x61, head);
        side.feed_frame(ENDED, tail);
        side.feed_frame(BINARY, b"plain");
        let told = told(&side.events);
        // RSV1 is the extension's, though the application claims it as well.
        assert_eq!(told[0], Frame::new(Opcode::TEXT, "Hello"));
        assert_eq!((told[1].rsv, told[1].fin), (Rsv::RSV2, Fin::More));
        let text = [&told[1].payload[..], &told[2].payload].concat();
        assert_eq!(text, b"Hello");
        assert_eq!(told[3], Frame::new(Opcode::BINARY, "plain"));
    }
}

fn in_frames() -> Config {
    Config::new().delivery(Delivery::Frames)
}

fn told(events: &[Event]) -> Vec<Frame> {
    let mut frames = Vec::new();
    for event in events {
        if let Event::Frame { frame, .. } = event {
            frames.push(frame.clone());
        }
    }
    frames
}

fn arrivals(events: &[Event]) -> Vec<std::time::Instant> {
    let mut arrivals = Vec::new();
    for event in events {
        if let Event::Frame { arrived, .. } = event {
            arrivals.push(*arrived);
        }
    }
    arrivals
}
