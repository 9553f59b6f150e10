//! Messages that an actor is given in parts, as they arrive.

use actix::{Actor, Handler};
use ws_actors::{Handlers, Part, Text, WsContext};
use ws_core::{Config, Opcode, extension::PartEnd};

use crate::support::{
    frames::{BINARY, PING, close, frame},
    play,
    scene::open_wire,
    settle,
};

/// Tells its peer of every part.
struct Parts;

impl Actor for Parts {
    type Context = WsContext<Self>;
}

impl Handler<Part> for Parts {
    type Result = ();

    fn handle(&mut self, part: Part, ctx: &mut WsContext<Self>) {
        let kind = if part.opcode == Opcode::TEXT {
            "text"
        } else {
            "bytes"
        };
        let end = match part.end {
            PartEnd::Part => "",
            PartEnd::Frame => ", frame ends",
            PartEnd::Message => ", message ends",
        };
        let len = part.payload.len();
        ctx.text(format!("{len} of {kind}{end}")).unwrap();
    }
}

impl Handler<Text> for Parts {
    type Result = ();

    fn handle(&mut self, _: Text, _: &mut WsContext<Self>) {
        unreachable!("data comes in parts");
    }
}

fn handlers() -> Handlers<Parts> {
    // The order does not matter.
    Handlers::new().on::<Part>().config(Config::new())
}

#[test]
fn parts_are_heard_as_they_arrive() {
    play(async {
        let (peer, task) = open_wire(Parts, handlers());
        let first = frame(BINARY & 0x0F, "0123456789");
        let (begin, rest) = first.split_at(first.len() - 4);
        for (bytes, said) in [
            (begin, "6 of bytes"),
            (rest, "4 of bytes, frame ends"),
            (&frame(0x00, "")[..], "0 of bytes, frame ends"),
            (&frame(0x80, "end"), "3 of bytes, message ends"),
            (&frame(0x81, "short"), "5 of text, message ends"),
        ] {
            peer.send(bytes.to_vec());
            settle().await;
            let frames = peer.frames();
            let said: Vec<u8> = said.bytes().collect();
            assert_eq!(
                frames.last().map(|frame| &frame.payload[..]),
                Some(&said[..])
            );
        }
        peer.send(close(1000));
        settle().await;
        assert!(task.is_finished());
    });
}

#[test]
fn parts_count_as_one_message() {
    play(async {
        let small = handlers().config(Config::new().max_message_bytes(10));
        let (peer, _task) = open_wire(Parts, small);
        peer.send(frame(0x02, "012345"));
        peer.send(frame(0x80, "56789"));
        settle().await;
        assert_eq!(peer.close_code(), Some(1009));
    });
}

#[test]
fn pings_between_parts_are_answered() {
    play(async {
        let (peer, _task) = open_wire(Parts, handlers());
        peer.send(frame(0x02, "begin"));
        peer.send(frame(PING, "?"));
        settle().await;
        let frames = peer.frames();
        assert!(frames.iter().any(|frame| frame.payload == b"?"));
    });
}

#[test]
fn handlers_tell_what_would_never_be_heard() {
    assert_eq!(handlers().beside_parts(), None);
    assert_eq!(Handlers::<Parts>::new().on::<Text>().beside_parts(), None);
    let both = handlers().on::<Text>();
    assert_eq!(both.beside_parts(), Some(Opcode::TEXT));
}
