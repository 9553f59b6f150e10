//! Messages that hold values as JSON.

use std::{cell::RefCell, rc::Rc};

use actix::{Actor, Handler};
use serde::{Deserialize, Serialize};
use ws_actors::{Closed, Handlers, Json, WsContext};
use ws_core::{Cause, Outcome};

use crate::support::{
    frames::{close, text},
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

#[derive(Serialize, Deserialize)]
struct Point {
    x: i64,
    y: i64,
}

/// Sends back each point that it hears of.
#[derive(Clone, Default)]
struct Pen(Rc<RefCell<Vec<Outcome>>>);

fn handlers() -> Handlers<Pen> {
    Handlers::new().on::<Json<Point>>().on::<Closed>()
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

impl Handler<Closed> for Pen {
    type Result = ();

    fn handle(&mut self, Closed(outcome): Closed, _: &mut Self::Context) {
        self.0.borrow_mut().push(outcome);
    }
}
