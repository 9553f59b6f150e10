use std::{cell::RefCell, rc::Rc, time::Duration};

use actix::{Actor, ActorContext, AsyncContext, Handler, Message};
use ws_actors::{
    Binary, Closed, Text, WsContext,
    client::{Connected, Disconnected, Loss},
};
use ws_core::CloseCode;

use super::{
    order::{Answer, Deed},
    words::{describe, explain},
};

/// The actor of a client.
pub(super) struct Guest {
    pub(super) deed: Deed,
    /// How many losses are enough.
    pub(super) until: usize,
    pub(super) notes: Rc<RefCell<Answer>>,
}

/// It is time to go.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct Leave;

impl Guest {
    fn flood(&mut self, ctx: &mut WsContext<Self>) {
        // Far more than may wait, in many turns.
        for _ in 0..8 {
            if ctx.binary(vec![0; 64 * 1024]).is_err() {
                return;
            }
            self.notes.borrow_mut().accepted += 1;
        }
        ctx.run_later(Duration::ZERO, Self::flood);
    }

    fn count(&self, bytes: usize) {
        let mut notes = self.notes.borrow_mut();
        notes.messages += 1;
        notes.bytes += bytes;
    }
}

impl Actor for Guest {
    type Context = WsContext<Self>;
}

impl Handler<Connected> for Guest {
    type Result = ();

    fn handle(&mut self, _: Connected, ctx: &mut WsContext<Self>) {
        match self.deed {
            Deed::Listen | Deed::Echo | Deed::SayOffline(_) => {}
            Deed::Flood | Deed::FloodAndWait => self.flood(ctx),
            Deed::Say(messages) => {
                for number in 0..messages {
                    if ctx.text(format!("message {number}")).is_ok() {
                        self.notes.borrow_mut().accepted += 1;
                    }
                }
            }
            Deed::Close => {
                ctx.close(CloseCode::NORMAL, "").ok();
            }
        }
    }
}

impl Handler<Disconnected> for Guest {
    type Result = ();

    fn handle(&mut self, lost: Disconnected, ctx: &mut WsContext<Self>) {
        let why = match &lost.loss {
            Loss::Ended(outcome) => describe(outcome),
            Loss::Failed(error) => explain(error),
            other => format!("{other:?}"),
        };
        let mut notes = self.notes.borrow_mut();
        notes.losses.push((why, lost.retry_in));
        if notes.losses.len() >= self.until {
            ctx.terminate();
        }
    }
}

impl Handler<Text> for Guest {
    type Result = ();

    fn handle(&mut self, Text(text): Text, ctx: &mut WsContext<Self>) {
        self.count(text.len());
        let mut notes = self.notes.borrow_mut();
        if notes.texts.len() < 8 {
            notes.texts.push(text.as_str().chars().take(200).collect());
        }
        if self.deed == Deed::Echo {
            ctx.text(text).ok();
        }
    }
}

impl Handler<Binary> for Guest {
    type Result = ();

    fn handle(&mut self, Binary(bytes): Binary, ctx: &mut WsContext<Self>) {
        self.count(bytes.len());
        if self.deed == Deed::Echo {
            ctx.binary(bytes).ok();
        }
    }
}

impl Handler<Closed> for Guest {
    type Result = ();

    fn handle(&mut self, _: Closed, _: &mut WsContext<Self>) {}
}

impl Handler<Leave> for Guest {
    type Result = ();

    fn handle(&mut self, _: Leave, ctx: &mut WsContext<Self>) {
        ctx.terminate();
    }
}
