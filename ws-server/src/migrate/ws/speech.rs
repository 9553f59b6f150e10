//! What the actor says, on its way to our connection.

use std::{
    cell::Cell,
    convert::Infallible,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use actix::Actor;
use actix_http::ws::Item;
use bytes::Bytes;
use futures_core::Stream;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use ws_actors::WsContext;
use ws_core::{Cause, CloseCode, ClosePayload, Opcode, Utf8Bytes};

use super::{Message, builder::QUEUE, convert, inbox::Inbox};

/// The way of what the actor says.
#[derive(Debug, Default)]
pub(super) struct Speech {
    /// The message that the actor sends in fragments.
    fragments: Option<Fragments>,
}

impl Speech {
    /// Sends a message.
    pub(super) fn say<A>(&mut self, message: Message, inbox: &Inbox, ctx: &mut WsContext<A>)
    where
        A: Actor<Context = WsContext<A>>,
    {
        let said = match message {
            // It is looked at once more: what vouches for it is not ours.
            Message::Text(text) => match Utf8Bytes::try_from(text.into_bytes()) {
                Ok(text) => ctx.text(text),
                Err(_) => return,
            },
            Message::Binary(bytes) => ctx.binary(bytes),
            Message::Ping(payload) => ctx.ping(payload),
            Message::Pong(payload) if inbox.is_answer(&payload) => return,
            Message::Pong(payload) => ctx.pong(payload),
            Message::Close(reason) => {
                self.fragments = None;
                return ctx.outbox().close(convert::payload(reason));
            }
            Message::Continuation(item) => return self.go_on(item, ctx),
            Message::Nop => return,
        };
        if let Err(error) = said {
            tracing::debug!(%error, "what an actor said is not sent");
        }
    }

    fn go_on<A>(&mut self, item: Item, ctx: &mut WsContext<A>)
    where
        A: Actor<Context = WsContext<A>>,
    {
        let (begins, payload, last) = match item {
            Item::FirstText(payload) => (Some(Opcode::TEXT), payload, false),
            Item::FirstBinary(payload) => (Some(Opcode::BINARY), payload, false),
            Item::Continue(payload) => (None, payload, false),
            Item::Last(payload) => (None, payload, true),
        };
        if begins.is_some() == self.fragments.is_some() {
            tracing::error!("fragments in an order that makes no message: closing with 1011");
            self.fragments = None;
            return close(ctx, CloseCode::INTERNAL_ERROR, Cause::StreamFailed);
        }
        if let Some(opcode) = begins {
            let (fragments, stream) = Fragments::new();
            if ctx.stream(opcode, stream).is_err() {
                return;
            }
            self.fragments = Some(fragments);
        }
        let in_time = self.fragments.as_ref().is_none_or(|it| it.push(payload));
        if last || !in_time {
            self.fragments = None;
        }
        if !in_time {
            close(ctx, CloseCode::TRY_AGAIN_LATER, Cause::SlowPeer);
        }
    }
}

fn close<A: Actor<Context = WsContext<A>>>(ctx: &WsContext<A>, code: CloseCode, cause: Cause) {
    let payload = ClosePayload::new(code, "").unwrap_or_default();
    ctx.outbox().close_because(payload, cause);
}

/// A message under way.
#[derive(Debug)]
struct Fragments {
    sender: UnboundedSender<Bytes>,
    waiting: Rc<Cell<usize>>,
}

impl Fragments {
    fn new() -> (Self, Rest) {
        let (sender, receiver) = unbounded_channel();
        let waiting = Rc::new(Cell::new(0));
        let rest = Rest {
            receiver,
            waiting: Rc::clone(&waiting),
        };
        (Self { sender, waiting }, rest)
    }

    /// Whether the peer keeps up.
    fn push(&self, payload: Bytes) -> bool {
        self.waiting.set(self.waiting.get() + cost(&payload));
        // A connection that is closing takes none.
        self.sender.send(payload).ok();
        self.waiting.get() <= QUEUE
    }
}

/// What of it is to leave.
struct Rest {
    receiver: UnboundedReceiver<Bytes>,
    waiting: Rc<Cell<usize>>,
}

impl Stream for Rest {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        self.receiver.poll_recv(cx).map(|payload| {
            let payload = payload?;
            self.waiting.set(self.waiting.get() - cost(&payload));
            Some(Ok(payload))
        })
    }
}

/// Empty fragments take memory too.
const fn cost(payload: &Bytes) -> usize {
    payload.len() + 64
}
