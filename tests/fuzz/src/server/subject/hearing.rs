use actix::{Handler, ResponseActFuture};
use ws_actors::{
    Binary, Closed, Closing, FrameMessage, Part, Ping, Pong, Rejection, Text, Writable,
};
use ws_core::{CloseCode, Event, Opcode};

use super::{
    super::{
        command::Command,
        setup::{CONTROL, DATA},
    },
    Context, Subject,
};

/// What others tell the actor, by its mailbox.
#[derive(actix::Message)]
#[rtype(result = "()")]
pub(in super::super) struct Tell(pub(in super::super) Command);

/// Data of an opcode of its own.
#[derive(actix::Message)]
#[rtype(result = "()")]
pub(in super::super) struct Data(bytes::Bytes);

impl FrameMessage for Data {
    const OPCODE: Opcode = DATA;

    fn from_event(event: Event) -> Result<Self, Rejection> {
        let Event::Message(message) = event else {
            panic!("it is no message");
        };
        Ok(Self(message.into_payload()))
    }
}

/// A control frame of an opcode of its own.
#[derive(actix::Message)]
#[rtype(result = "()")]
pub(in super::super) struct Bell;

impl FrameMessage for Bell {
    const OPCODE: Opcode = CONTROL;

    fn from_event(_: Event) -> Result<Self, Rejection> {
        Ok(Self)
    }
}

impl Subject {
    fn whole(&self, opcode: Opcode, payload: &[u8]) {
        let mut ledger = self.ledger.borrow_mut();
        ledger.bytes += payload.len();
        ledger.heard.whole(opcode, payload);
    }
}

impl Handler<Text> for Subject {
    type Result = ResponseActFuture<Self, ()>;

    fn handle(&mut self, Text(text): Text, ctx: &mut Context) -> Self::Result {
        self.whole(Opcode::TEXT, text.as_bytes());
        std::str::from_utf8(text.as_bytes()).expect("a text is UTF-8");
        self.react(ctx);
        self.response()
    }
}

impl Handler<Binary> for Subject {
    type Result = ();

    fn handle(&mut self, Binary(bytes): Binary, ctx: &mut Context) {
        self.whole(Opcode::BINARY, &bytes);
        self.react(ctx);
    }
}

impl Handler<Part> for Subject {
    type Result = ResponseActFuture<Self, ()>;

    fn handle(&mut self, Part(part): Part, ctx: &mut Context) -> Self::Result {
        let mut ledger = self.ledger.borrow_mut();
        ledger.bytes += part.payload.len();
        ledger.heard.part(&part);
        drop(ledger);
        self.react(ctx);
        self.response()
    }
}

impl Handler<Data> for Subject {
    type Result = ();

    fn handle(&mut self, Data(bytes): Data, ctx: &mut Context) {
        self.whole(DATA, &bytes);
        self.react(ctx);
    }
}

impl Handler<Bell> for Subject {
    type Result = ();

    fn handle(&mut self, _: Bell, ctx: &mut Context) {
        self.react(ctx);
    }
}

impl Handler<Ping> for Subject {
    type Result = ();

    fn handle(&mut self, _: Ping, ctx: &mut Context) {
        self.react(ctx);
    }
}

impl Handler<Pong> for Subject {
    type Result = ();

    fn handle(&mut self, _: Pong, ctx: &mut Context) {
        self.react(ctx);
    }
}

impl Handler<Closing> for Subject {
    type Result = ();

    fn handle(&mut self, Closing(payload): Closing, ctx: &mut Context) {
        self.react(ctx);
        let reply = payload.reply();
        if let Some(code) = reply.code() {
            ctx.close(code, reply.reason().clone()).ok();
        } else {
            ctx.close(CloseCode::NORMAL, "").ok();
        }
    }
}

impl Handler<Writable> for Subject {
    type Result = ();

    fn handle(&mut self, _: Writable, ctx: &mut Context) {
        let waiting = ctx.outbox().queued_bytes();
        assert_eq!(waiting, 0, "a peer that is behind has caught up");
        self.next(ctx);
    }
}

impl Handler<Closed> for Subject {
    type Result = ();

    fn handle(&mut self, Closed(outcome): Closed, ctx: &mut Context) {
        self.ledger.borrow_mut().closed.push(outcome);
        if self.restless {
            self.next(ctx);
        }
    }
}

impl Handler<Tell> for Subject {
    type Result = ();

    fn handle(&mut self, Tell(command): Tell, ctx: &mut Context) {
        self.act(command, ctx);
    }
}
