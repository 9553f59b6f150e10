//! The actors that frames are sent to.

use std::{cell::Cell, rc::Rc};

use actix::{
    Actor, ActorFutureExt, AtomicResponse, Handler, Message, ResponseActFuture, ResponseFuture,
    WrapFuture,
};
use serde::Deserialize;
use tokio::time::sleep;
use ws_actors::{Binary, FrameMessage, Handlers, Json, Rejection, Text, WsContext};
use ws_core::{CloseCode, Event, Opcode};

use crate::support::seconds;

/// Adds two numbers.
pub(super) struct Adder;

#[derive(Deserialize)]
pub(super) struct Sum {
    left: u32,
    right: u32,
}

impl Adder {
    pub(super) fn handlers() -> Handlers<Self> {
        Handlers::new().on::<Json<Sum>>()
    }
}

impl Actor for Adder {
    type Context = WsContext<Self>;
}

impl Handler<Json<Sum>> for Adder {
    type Result = ();

    fn handle(&mut self, Json(sum): Json<Sum>, ctx: &mut Self::Context) {
        ctx.json(&(sum.left + sum.right)).unwrap();
    }
}

/// Hears numbers, made of texts.
pub(super) struct Counter;

#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct Number(u32);

impl FrameMessage for Number {
    const OPCODE: Opcode = Opcode::TEXT;

    fn from_event(event: Event) -> Result<Self, Rejection> {
        let text = Text::from_event(event)?;
        let number = text.as_str().parse();
        number
            .map(Self)
            .map_err(|_| Rejection::new(CloseCode::new(4000), "no number").unwrap())
    }
}

impl Actor for Counter {
    type Context = WsContext<Self>;
}

impl Handler<Number> for Counter {
    type Result = ();

    fn handle(&mut self, Number(number): Number, ctx: &mut Self::Context) {
        ctx.text((number + 1).to_string()).unwrap();
    }
}

/// Answers after a second, and hears others meanwhile.
pub(super) struct Later;

impl Later {
    pub(super) fn handlers() -> Handlers<Self> {
        Handlers::new().on::<Text>()
    }
}

impl Actor for Later {
    type Context = WsContext<Self>;
}

impl Handler<Text> for Later {
    type Result = ResponseActFuture<Self, ()>;

    fn handle(&mut self, Text(text): Text, ctx: &mut Self::Context) -> Self::Result {
        ctx.text(format!("heard {}", text.as_str())).unwrap();
        let second = sleep(seconds(1)).into_actor(self);
        Box::pin(second.map(move |(), _, ctx| {
            ctx.text(format!("done {}", text.as_str())).unwrap();
        }))
    }
}

/// Answers a text after a second, and hears nothing else meanwhile.
pub(super) struct Atomic;

impl Atomic {
    pub(super) fn handlers() -> Handlers<Self> {
        Handlers::new().on::<Text>().on::<Binary>()
    }
}

impl Actor for Atomic {
    type Context = WsContext<Self>;
}

impl Handler<Text> for Atomic {
    type Result = AtomicResponse<Self, ()>;

    fn handle(&mut self, Text(text): Text, ctx: &mut Self::Context) -> Self::Result {
        ctx.text(format!("heard {}", text.as_str())).unwrap();
        let second = sleep(seconds(1)).into_actor(self);
        AtomicResponse::new(Box::pin(second.map(move |(), _, ctx| {
            ctx.text(format!("done {}", text.as_str())).unwrap();
        })))
    }
}

impl Handler<Binary> for Atomic {
    type Result = ();

    fn handle(&mut self, Binary(bytes): Binary, ctx: &mut Self::Context) {
        let text = str::from_utf8(&bytes).unwrap();
        ctx.text(format!("heard {text}")).unwrap();
    }
}

/// Does something for a second that needs no actor.
pub(super) struct Elsewhere(pub(super) Rc<Cell<bool>>);

impl Actor for Elsewhere {
    type Context = WsContext<Self>;
}

impl Handler<Text> for Elsewhere {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _: Text, _: &mut Self::Context) -> Self::Result {
        let done = Rc::clone(&self.0);
        Box::pin(async move {
            sleep(seconds(1)).await;
            done.set(true);
        })
    }
}
