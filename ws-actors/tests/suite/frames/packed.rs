//! Messages that hold values as MessagePack.

use actix::{Actor, Handler};
use serde::{Deserialize, Serialize};
use ws_actors::{Handlers, MsgPack, SendError, WsContext};
use ws_core::Cause;

use crate::support::{
    frames::{BINARY, close, frame},
    play,
    scene::{once, open_wire},
    settle,
};

#[test]
fn values_go_both_ways_as_messagepack() {
    play(async {
        let (peer, _task) = open_wire(Pen, handlers());
        let point = Point { x: -7, y: 1 << 40 };
        peer.send(frame(BINARY, packed(&point)));
        settle().await;
        let answer = peer.frames().pop().unwrap();
        assert!(answer.is(BINARY));
        assert_eq!(answer.payload, packed(&point));
        // A map of one-letter names: 0x82, then "x".
        assert_eq!(answer.payload[..3], [0x82, 0xA1, b'x']);
    });
}

#[test]
fn bytes_that_are_not_the_messagepack_expected_close_with_1007() {
    let wrong: [&[u8]; 4] = [b"", b"\xC1", b"\x82\xA1x", b"\x92\xA1x\xA1y"];
    for wrong in wrong {
        play(async {
            let (peer, task) = open_wire(Pen, handlers());
            peer.send(frame(BINARY, wrong));
            settle().await;
            assert_eq!(peer.close_code(), Some(1007), "{wrong:?}");
            let reason = peer.frames().pop().unwrap();
            assert_eq!(reason.reason(), "message is not the MessagePack expected");
            peer.send(close(1007));
            assert_eq!(task.await.unwrap().cause, Cause::Rejected);
        });
    }
}

#[test]
fn a_declared_length_takes_no_memory() {
    play(async {
        // An array, a text and a map of 4 GiB each.
        for head in [0xDD, 0xDB, 0xDF] {
            let (peer, _task) = open_wire(Pen, handlers());
            peer.send(frame(BINARY, [head, 0xFF, 0xFF, 0xFF, 0xFF]));
            settle().await;
            assert_eq!(peer.close_code(), Some(1007));
        }
    });
}

#[test]
fn a_value_that_cannot_be_written_is_an_error_and_changes_nothing() {
    struct Never;

    impl Serialize for Never {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("as the test wants"))
        }
    }

    play(async {
        let scene = once(|ctx| {
            let error = ctx.msgpack(&Never);
            assert!(matches!(error, Err(SendError::MsgPack(_))));
            ctx.msgpack(&[1, 2]).unwrap();
        })
        .open();
        settle().await;
        assert_eq!(scene.peer.frames()[0].payload, [0x92, 1, 2]);
    });
}

#[derive(Serialize, Deserialize)]
struct Point {
    x: i64,
    y: i64,
}

/// Sends back each point that it hears of.
struct Pen;

fn handlers() -> Handlers<Pen> {
    Handlers::new().on::<MsgPack<Point>>()
}

impl Actor for Pen {
    type Context = WsContext<Self>;
}

impl Handler<MsgPack<Point>> for Pen {
    type Result = ();

    fn handle(&mut self, MsgPack(point): MsgPack<Point>, ctx: &mut Self::Context) {
        ctx.msgpack(&point).unwrap();
    }
}

fn packed(point: &Point) -> Vec<u8> {
    // {"x": .., "y": ..}, both as 64-bit integers where they are long.
    let mut bytes = vec![0x82, 0xA1, b'x'];
    bytes.extend(number(point.x));
    bytes.extend([0xA1, b'y']);
    bytes.extend(number(point.y));
    bytes
}

fn number(number: i64) -> Vec<u8> {
    match i8::try_from(number) {
        Ok(small) => vec![small as u8],
        Err(_) => [&[0xCF][..], &number.to_be_bytes()].concat(),
    }
}
