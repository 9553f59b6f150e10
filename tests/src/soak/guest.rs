use std::{convert::Infallible, time::Duration};

use actix::{Actor, ActorContext, ActorFutureExt, AsyncContext, Handler, Message, WrapFuture};
use bytes::Bytes;
use futures_util::stream;
use ws_server::{Binary, Closed, Membership, Opcode, Ping, Text, WsContext};

use super::ledger::Ledger;
use crate::counted::Counted;

/// The actor of each connection. It sends back what it hears, or says it to its
/// room if it has one; a text that begins with `!` is a command:
///
/// - `!panic` panics; `!panic later` does so when it hears of the end
/// - `!stop` ends the connection, `!terminate` drops it
/// - `!wait N` hears nothing for N milliseconds
/// - `!flood` is answered with 2 MiB at once, `!stream` with a message without end
/// - `!linger` begins futures that never end
/// - `!letter` takes the way through the actor's own mailbox
/// - `!handle` says something over a handle that was kept, most likely to somebody
///   who is gone
pub(super) struct Guest {
    ledger: Ledger,
    room: Option<String>,
    membership: Option<Membership<String>>,
    panics_later: bool,
    _alive: Counted,
}

#[derive(Message)]
#[rtype(result = "()")]
struct Letter;

impl Guest {
    pub(super) fn new(ledger: &Ledger, room: Option<String>) -> Self {
        Self {
            ledger: ledger.clone(),
            room,
            membership: None,
            panics_later: false,
            _alive: ledger.alive(),
        }
    }

    fn obey(&mut self, command: &str, ctx: &mut WsContext<Self>) {
        match command.split_once(' ').unwrap_or((command, "")) {
            ("panic", "later") => self.panics_later = true,
            ("panic", _) => {
                self.ledger.note_panic();
                panic!("{AS_TOLD}");
            }
            ("stop", _) => ctx.stop(),
            ("terminate", _) => ctx.terminate(),
            ("wait", milliseconds) => {
                let pause = Duration::from_millis(milliseconds.parse().unwrap_or_default());
                ctx.wait(actix_rt::time::sleep(pause).into_actor(self));
            }
            ("flood", _) => {
                for _ in 0..32 {
                    // Its connection may be given up for it.
                    ctx.binary(Bytes::from_static(&[0x55; 64 * 1024])).ok();
                }
            }
            ("stream", _) => {
                let parts = stream::repeat(Bytes::from_static(&[0xaa; 16 * 1024]));
                let alive = self.ledger.alive();
                let parts = futures_util::StreamExt::map(parts, move |part| {
                    let _held = &alive;
                    Ok::<_, Infallible>(part)
                });
                ctx.stream(Opcode::BINARY, parts).ok();
            }
            ("linger", _) => {
                let alive = self.ledger.alive();
                let never = std::future::pending::<()>().into_actor(self);
                ctx.spawn(never.map(move |(), _, _| drop(alive)));
                ctx.run_interval(Duration::from_millis(50), |_, ctx| {
                    ctx.ping("").ok();
                });
                ctx.text("lingering").ok();
            }
            ("letter", _) => ctx.address().do_send(Letter),
            ("handle", _) => {
                if let Some(eldest) = self.ledger.swap(ctx.handle()) {
                    eldest.send("from beyond").ok();
                }
            }
            _ => {
                ctx.text("what?").ok();
            }
        }
    }
}

impl Actor for Guest {
    type Context = WsContext<Self>;

    fn started(&mut self, ctx: &mut WsContext<Self>) {
        self.ledger.note_started();
        if let Some(room) = self.room.take() {
            self.membership = self.ledger.rooms().join(room, (), ctx).ok();
        }
    }
}

impl Handler<Text> for Guest {
    type Result = ();

    fn handle(&mut self, Text(text): Text, ctx: &mut WsContext<Self>) {
        self.ledger.note_message();
        if let Some(command) = text.as_str().strip_prefix('!') {
            self.obey(command, ctx);
        } else if let Some(membership) = &self.membership {
            if text == "leave" {
                self.membership = None;
                ctx.text("left").ok();
            } else {
                membership.broadcast(text).ok();
            }
        } else {
            ctx.text(text).ok();
        }
    }
}

impl Handler<Binary> for Guest {
    type Result = ();

    fn handle(&mut self, Binary(bytes): Binary, ctx: &mut WsContext<Self>) {
        self.ledger.note_message();
        ctx.binary(bytes).ok();
    }
}

impl Handler<Ping> for Guest {
    type Result = ();

    fn handle(&mut self, _: Ping, _: &mut WsContext<Self>) {}
}

impl Handler<Letter> for Guest {
    type Result = ();

    fn handle(&mut self, _: Letter, ctx: &mut WsContext<Self>) {
        ctx.text("letter").ok();
    }
}

impl Handler<Closed> for Guest {
    type Result = ();

    fn handle(&mut self, Closed(outcome): Closed, _: &mut WsContext<Self>) {
        self.ledger.note_closed(&outcome.cause);
        assert!(!self.panics_later, "{AS_TOLD}");
    }
}

/// What actors that were told to panic say.
pub(super) const AS_TOLD: &str = "panics as told";
