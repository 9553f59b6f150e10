//! Messages that hold values.

use std::{cell::RefCell, rc::Rc};

use actix::{Actor, Handler};
use serde::{Deserialize, Serialize};
#[cfg(feature = "msgpack")]
use ws_actors::MsgPack;
use ws_actors::{Closed, Handlers, Json, WsContext};
use ws_core::{Cause, Outcome};

use crate::support::{
    frames::{BINARY, close, frame, text},
    play,
    scene::open_wire,
    settle,
};

#[test]
fn text_that_is_not_the_json_expected_closes_with_1007_and_tells_nothing_of_it() {
    for wrong in ["", "{", "[1]", r#"{"x": 1}"#, r#"{"x": "secret", "y": 2}"#] {
        play(async {
            let pen = Pen::default();
            let (peer, task) = open_wire(pen.clone(), handlers());
            peer.send(text(r#"{"x": 1, "y": 2}"#));
            peer.send(text(wrong));
            peer.send(text(r#"{"x": 3, "y": 4}"#));
            settle().await;
            assert_eq!(peer.texts(), [r#"{"x":1,"y":2}"#], "{wrong}");
            assert_eq!(peer.close_code(), Some(1007), "{wrong}");
            let reason = peer.frames().pop().unwrap();
            assert_eq!(reason.reason(), "text is not the JSON expected");
            peer.send(close(1007));
            let outcome = task.await.unwrap();
            assert_eq!(outcome.cause, Cause::Rejected);
            assert_eq!(*pen.0.borrow(), [outcome]);
        });
    }
}

#[cfg(feature = "msgpack")]
#[test]
fn values_go_both_ways_as_messagepack() {
    play(async {
        let (peer, _task) = open_wire(Pen::default(), handlers());
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

#[cfg(feature = "msgpack")]
#[test]
fn bytes_that_are_not_the_messagepack_expected_close_with_1007() {
    let wrong: [&[u8]; 4] = [b"", b"\xC1", b"\x82\xA1x", b"\x92\xA1x\xA1y"];
    for wrong in wrong {
        play(async {
            let (peer, task) = open_wire(Pen::default(), handlers());
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

#[cfg(feature = "msgpack")]
#[test]
fn a_declared_length_takes_no_memory() {
    play(async {
        let (peer, _task) = open_wire(Pen::default(), handlers());
        // An array, a text and a map of 4 GiB each.
        for head in [0xDD, 0xDB, 0xDF] {
            let (peer, _task) = open_wire(Pen::default(), handlers());
            peer.send(frame(BINARY, [head, 0xFF, 0xFF, 0xFF, 0xFF]));
            settle().await;
            assert_eq!(peer.close_code(), Some(1007));
        }
        assert_eq!(peer.taken(), 0);
    });
}

#[cfg(feature = "msgpack")]
#[test]
fn a_value_that_cannot_be_written_is_an_error_and_changes_nothing() {
    struct Never;

    impl Serialize for Never {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("as the test wants"))
        }
    }

    play(async {
        let scene = crate::support::scene::once(|ctx| {
            let error = ctx.msgpack(&Never);
            assert!(matches!(error, Err(ws_actors::SendError::MsgPack(_))));
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
#[derive(Clone, Default)]
struct Pen(Rc<RefCell<Vec<Outcome>>>);

fn handlers() -> Handlers<Pen> {
    let handlers = Handlers::new().on::<Json<Point>>().on::<Closed>();
    #[cfg(feature = "msgpack")]
    let handlers = handlers.on::<MsgPack<Point>>();
    handlers
}

impl Actor for Pen {
    type Context = WsContext<Self>;
}

impl Handler<Json<Point>> for Pen {
    type Result = ();

    fn handle(&mut self, Json(point): Json<Point>, ctx: &mut Self::Context) {
        // What comes behind a rejection finds the connection closing.
        ctx.json(&point).ok();
    }
}

#[cfg(feature = "msgpack")]
impl Handler<MsgPack<Point>> for Pen {
    type Result = ();

    fn handle(&mut self, MsgPack(point): MsgPack<Point>, ctx: &mut Self::Context) {
        ctx.msgpack(&point).unwrap();
    }
}

impl Handler<Closed> for Pen {
    type Result = ();

    fn handle(&mut self, Closed(outcome): Closed, _: &mut Self::Context) {
        self.0.borrow_mut().push(outcome);
    }
}

#[cfg(feature = "msgpack")]
fn packed(point: &Point) -> Vec<u8> {
    // {"x": .., "y": ..}, both as 64-bit integers where they are long.
    let mut bytes = vec![0x82, 0xA1, b'x'];
    bytes.extend(number(point.x));
    bytes.extend([0xA1, b'y']);
    bytes.extend(number(point.y));
    bytes
}

#[cfg(feature = "msgpack")]
fn number(number: i64) -> Vec<u8> {
    match i8::try_from(number) {
        Ok(small) => vec![small as u8],
        Err(_) => [&[0xCF][..], &number.to_be_bytes()].concat(),
    }
}
