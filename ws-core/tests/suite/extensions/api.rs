//! Extensions of anybody's own: agreed on, and run one behind the other
//! (RFC 6455 §9).

use bytes::{Bytes, BytesMut};
use ws_core::{
    Cause, Config, Delivery, Event, Fin, Frame, Message, Opcode, ProtocolError, Role, Rsv,
    extension::{Agreement, Extension, NegotiationError, Params},
    handshake::ServerHandshake,
};

use crate::support::{
    ROLES, agreed,
    cuts::every_cut_of,
    deflate::{TAIL, deflated, widest},
    extensions::{CHECKSUM, Checksum, RunLength, XOR, Xor, checked, running, xor},
    frames::{ENDED, PING, TEXT, TEXT_BEGINS, frame, stream},
    inflate::Inflated,
    pair::Pair,
    pieces::joined,
    side::Side,
};

#[test]
fn an_extension_is_agreed_on_and_runs() {
    let server = ServerHandshake::new().extension(XOR);
    for role in ROLES {
        let client = agreed::client().extension(XOR);
        let (mut pair, answer) = agreed::open(client, &server, &Config::new());
        assert_eq!(answer.as_deref(), Some("x-xor"));
        let side = pair.side(role);
        assert!(side.connection.has_extensions());
        side.send("grüezi");
        side.send_frame(Frame::new(Opcode::BINARY, "Hel").fin(Fin::More));
        side.connection.ping("ping").unwrap();
        side.send_frame(Frame::new(Opcode::CONTINUATION, "lo"));
        let frames = side.frames();
        let firsts: Vec<_> = frames.iter().map(|frame| frame.first).collect();
        assert_eq!(firsts, [0xA1, 0x22, 0xA9, 0xA0]);
        assert_eq!(frames[0].payload, xor("grüezi".as_bytes()));
        assert_eq!(frames[2].payload, xor(b"ping"));
        pair.exchange();
        let expected = [
            Event::Message(Message::text("grüezi")),
            Event::Ping(Bytes::from_static(b"ping")),
            Event::Message(Message::binary("Hello")),
        ];
        assert_eq!(pair.side(role.peer()).events, expected);
    }
}

#[test]
fn frames_are_decoded_as_they_arrive_however_they_are_cut() {
    let (first, last) = (xor("gr\u{fc}e".as_bytes()), xor(b"zi"));
    let ping = xor(b"ping");
    let frames = [
        (TEXT_BEGINS | 0x20, &first[..]),
        (PING | 0x20, &ping),
        (PING, b"plain"),
        (ENDED | 0x20, &last),
        (TEXT, b"plain"),
    ];
    let pings = ["ping", "plain"].map(|text| Event::Ping(Bytes::from(text)));
    for role in ROLES {
        let bytes = stream(role.peer(), &frames);
        let make = |delivery| {
            let config = Config::new().delivery(delivery);
            move || running(role, config.clone(), vec![Box::new(Xor)])
        };
        every_cut_of(make(Delivery::Messages), &bytes, |side| {
            assert_eq!(side.events[..2], pings);
            let texts = ["grüezi", "plain"].map(Message::text);
            assert_eq!(side.messages(), texts);
        });
        every_cut_of(make(Delivery::Parts), &bytes, |side| {
            let pieces = joined(&side.events);
            let payloads: Vec<_> = pieces.iter().map(|piece| &piece.payload[..]).collect();
            assert_eq!(payloads, ["grüe".as_bytes(), b"zi", b"plain"]);
            assert!(pieces.iter().all(|piece| piece.rsv.is_empty()));
        });
    }
}

#[test]
fn extensions_run_in_the_order_agreed_on_and_back_in_reverse() {
    let text = "the same again, the same again";
    let deflate_first = xor(&deflated(text.as_bytes()));
    let xor_first = deflated(&xor(text.as_bytes()));
    assert_ne!(deflate_first, xor_first);
    for (order, wire) in [
        ("permessage-deflate, x-xor", deflate_first),
        ("x-xor, permessage-deflate", xor_first),
    ] {
        for role in ROLES {
            let mut pair = in_order(order);
            pair.side(role).send(text);
            let frames = pair.side(role).frames();
            assert_eq!((frames[0].first, &frames[0].payload), (0xE1, &wire));
            pair.exchange();
            assert_eq!(pair.side(role.peer()).messages(), [Message::text(text)]);
            let bytes = frame(role.peer(), 0xE1, &wire);
            let make =
                || std::mem::replace(in_order(order).side(role), Side::new(role, Config::new()));
            every_cut_of(make, &bytes, |side| {
                assert_eq!(side.messages(), [Message::text(text)]);
            });
        }
    }
}

#[test]
fn a_checksum_of_each_frame_goes_inside_or_outside_of_compression() {
    let texts = ["", "x", "the same again, the same again"];
    for role in ROLES {
        let mut pair = in_order("x-checksum, permessage-deflate");
        texts.iter().for_each(|text| pair.side(role).send(*text));
        let mut sent = Inflated::default();
        for frame in pair.side(role).frames() {
            sent.read(&[&frame.payload[..], &TAIL].concat());
        }
        let expected = texts.map(|text| checked(text.as_bytes()));
        assert_eq!(sent.bytes, expected.concat());
        pair.exchange();
        assert_eq!(pair.side(role.peer()).messages(), texts.map(Message::text));

        let mut pair = in_order("permessage-deflate, x-checksum");
        let side = pair.side(role);
        side.send_frame(Frame::new(Opcode::TEXT, "two ").fin(Fin::More));
        side.send_frame(Frame::new(Opcode::CONTINUATION, "frames"));
        for frame in side.frames() {
            let (bytes, _) = frame.payload.split_at(frame.payload.len() - 4);
            assert_eq!(frame.payload, checked(bytes));
        }
        pair.exchange();
        let expected = [Message::text("two frames")];
        assert_eq!(pair.side(role.peer()).messages(), expected);
    }
}

#[test]
fn what_all_extensions_let_pass_is_not_copied() {
    let extensions: Vec<Box<dyn Extension>> = vec![Box::new(RunLength::default())];
    let side = running(Role::Server, Config::new(), extensions);
    let (mut server, now) = (side.connection, side.now);
    let mut buffer = BytesMut::from(&frame(Role::Client, TEXT, &[b'x'; 2000])[..]);
    let storage = buffer.as_ptr_range();
    server.handle_input(now, &mut buffer);
    let Some(Event::Message(message)) = server.poll_event() else {
        panic!("no message");
    };
    assert!(storage.contains(&message.payload().as_ptr()));
}

#[test]
fn an_agreement_needs_no_handshake_and_gives_each_bit_once() {
    let mut agreement = Agreement::new();
    let params = |name: &str| Params::new(name);
    agreement.add(params("x-xor"), Box::new(Xor)).unwrap();
    let clash = agreement.add(params("x-other"), Box::new(Xor));
    let error = NegotiationError::ReservedBits("x-other".to_owned());
    assert_eq!(clash, Err(error));
    let checksum = Box::new(Checksum::default());
    agreement.add(params("x-checksum"), checksum).unwrap();
    let deflate = widest().agreed(Role::Server);
    agreement
        .add(params("permessage-deflate"), deflate)
        .unwrap();
    let names: Vec<_> = agreement.params().iter().map(Params::name).collect();
    assert_eq!(names, ["x-xor", "x-checksum", "permessage-deflate"]);
    assert!(Agreement::new().params().is_empty());

    // What was refused does not run, and what nobody owns still fails.
    let mut server = Side::extended(Role::Server, Config::new(), agreement);
    server.feed_frame(0xE1, &deflated(&checked(&xor(b"Hello"))));
    assert_eq!(server.messages(), [Message::text("Hello")]);
    server.feed_frame(0x91, b"");
    let error = ProtocolError::ReservedBits(Rsv::RSV3);
    assert_eq!(*server.cause(), Cause::Protocol(error));
}

/// Both sides of a connection that agreed on these extensions in this order.
fn in_order(order: &str) -> Pair {
    let server = ServerHandshake::new();
    let server = server
        .extension(widest())
        .extension(XOR)
        .extension(CHECKSUM);
    let client = order
        .split(", ")
        .fold(agreed::client(), |client, name| match name {
            "x-xor" => client.extension(XOR),
            "x-checksum" => client.extension(CHECKSUM),
            _ => client.extension(widest()),
        });
    let (pair, answer) = agreed::open(client, &server, &Config::new());
    let answer = answer.unwrap_or_default();
    let names = Params::parse_list(&answer).expect("the answer is of the grammar");
    let names: Vec<_> = names.iter().map(Params::name).collect();
    assert_eq!(names.join(", "), order);
    pair
}
