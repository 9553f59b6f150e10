use std::{
    fmt,
    future::Future,
    mem,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use actix::{
    Actor, ActorContext, ActorFuture, Addr, AsyncContext, Handler, StreamHandler,
    dev::{ContextFut, Mailbox},
};
use ws_actors::{Closed, Closing, Part, Ping, Pong, WsContext};
use ws_core::ClosePayload;

use super::{Heard, Message, WebsocketContext, convert, inbox::Inbox, speech::Speech};

/// An actor that was written for actix-web-actors, as an actor of our own.
///
/// It is a host: it hears the frames of our connection, hands them to the actor
/// as the stream that it handles, and sends what the actor says.
pub struct Hosted<A: Actor<Context = WebsocketContext<A>>> {
    life: Life<A>,
    inbox: Inbox,
    speech: Speech,
    /// The actor is behind, so no more frames are heard.
    behind: bool,
    /// The Close frame of the peer that is not answered yet.
    unanswered: Option<ClosePayload>,
    /// The peer's Close frame was told.
    closing: bool,
    waker: Option<Waker>,
}

enum Life<A: Actor<Context = WebsocketContext<A>>> {
    /// An actor that never starts, as its handshake fails, never hears of it.
    Before(Box<(A, WebsocketContext<A>, Mailbox<A>)>),
    Begun(Box<ContextFut<A, WebsocketContext<A>>>),
    Over,
}

impl<A> Hosted<A>
where
    A: Actor<Context = WebsocketContext<A>> + StreamHandler<Heard>,
{
    /// Takes an actor in, which starts with its connection.
    #[must_use]
    pub fn new(actor: A) -> Self {
        let inbox = Inbox::default();
        let mailbox = Mailbox::default();
        let mut ctx = WebsocketContext::new(&mailbox);
        ctx.add_stream(inbox.stream());
        Self {
            life: Life::Before(Box::new((actor, ctx, mailbox))),
            inbox,
            speech: Speech::default(),
            behind: false,
            unanswered: None,
            closing: false,
            waker: None,
        }
    }

    /// The address of the actor, if it has not stopped.
    #[must_use]
    pub fn address(&self) -> Option<Addr<A>> {
        match &self.life {
            Life::Before(before) => Some(before.1.address()),
            Life::Begun(life) => Some(life.address()),
            Life::Over => None,
        }
    }

    /// Lets the actor act.
    fn run(&mut self, ctx: &mut WsContext<Self>, cx: &mut Context<'_>) {
        let Life::Begun(life) = &mut self.life else {
            return;
        };
        let over = Pin::new(&mut **life).poll(cx).is_ready();
        while let Some(message) = life.ctx().next_message() {
            if matches!(message, Message::Close(_)) {
                self.unanswered = None;
            }
            self.speech.say(message, &self.inbox, ctx);
        }
        self.inbox.forget_pings();
        if over {
            self.life = Life::Over;
        }
        let behind = !over && self.inbox.len() > 0;
        if !behind && let Some(payload) = self.unanswered.take() {
            // It heard of it and said nothing.
            ctx.outbox().close(payload.reply());
        }
        if over {
            ctx.stop();
        }
        if mem::replace(&mut self.behind, behind) != behind {
            if behind {
                ctx.pause_reading();
            } else {
                ctx.resume_reading();
            }
        }
    }

    /// Lets the actor act outside its turn; it is the same task that is woken.
    fn run_now(&mut self, ctx: &mut WsContext<Self>) {
        let waker = self.waker.take();
        let mut cx = Context::from_waker(waker.as_ref().unwrap_or(Waker::noop()));
        self.run(ctx, &mut cx);
        self.waker = waker;
    }

    fn hear(&mut self, heard: Heard, ctx: &mut WsContext<Self>) {
        self.inbox.push(heard);
        self.run_now(ctx);
    }
}

impl<A> Actor for Hosted<A>
where
    A: Actor<Context = WebsocketContext<A>> + StreamHandler<Heard>,
{
    type Context = WsContext<Self>;

    fn started(&mut self, ctx: &mut WsContext<Self>) {
        self.life = match mem::replace(&mut self.life, Life::Over) {
            Life::Before(before) => {
                let (actor, context, mailbox) = *before;
                Life::Begun(Box::new(ContextFut::new(context, actor, mailbox)))
            }
            life @ (Life::Begun(_) | Life::Over) => life,
        };
        ctx.spawn(Turns);
    }
}

impl<A> Handler<Part> for Hosted<A>
where
    A: Actor<Context = WebsocketContext<A>> + StreamHandler<Heard>,
{
    type Result = ();

    fn handle(&mut self, Part(part): Part, ctx: &mut WsContext<Self>) {
        self.inbox.push_part(part);
        if self.inbox.len() > 0 {
            self.run_now(ctx);
        }
    }
}

impl<A> Handler<Ping> for Hosted<A>
where
    A: Actor<Context = WebsocketContext<A>> + StreamHandler<Heard>,
{
    type Result = ();

    fn handle(&mut self, Ping(payload): Ping, ctx: &mut WsContext<Self>) {
        self.hear(Ok(Message::Ping(payload)), ctx);
    }
}

impl<A> Handler<Pong> for Hosted<A>
where
    A: Actor<Context = WebsocketContext<A>> + StreamHandler<Heard>,
{
    type Result = ();

    fn handle(&mut self, pong: Pong, ctx: &mut WsContext<Self>) {
        // What answers our heartbeat is none of the actor's business.
        if pong.round_trip.is_none() {
            self.hear(Ok(Message::Pong(pong.payload)), ctx);
        }
    }
}

impl<A> Handler<Closing> for Hosted<A>
where
    A: Actor<Context = WebsocketContext<A>> + StreamHandler<Heard>,
{
    type Result = ();

    fn handle(&mut self, Closing(payload): Closing, ctx: &mut WsContext<Self>) {
        self.closing = true;
        let reason = convert::reason(&payload);
        self.unanswered = Some(payload);
        self.hear(Ok(Message::Close(reason)), ctx);
    }
}

impl<A> Handler<Closed> for Hosted<A>
where
    A: Actor<Context = WebsocketContext<A>> + StreamHandler<Heard>,
{
    type Result = ();

    /// Nothing comes after it: the actor has its last turns now.
    fn handle(&mut self, Closed(outcome): Closed, ctx: &mut WsContext<Self>) {
        if let Some(payload) = &outcome.received {
            if !self.closing {
                let reason = convert::reason(payload);
                self.inbox.push(Ok(Message::Close(reason)));
            }
        } else if let Some(fault) = convert::end(&outcome.cause) {
            self.inbox.push(Err(fault));
        }
        self.inbox.end();
        loop {
            let waiting = self.inbox.len();
            self.run_now(ctx);
            if self.inbox.len() == waiting {
                break;
            }
        }
        // One that waits for something else is stopped by that.
        self.life = Life::Over;
    }
}

/// The turns of the actor: whenever its task is woken.
struct Turns;

impl<A> ActorFuture<Hosted<A>> for Turns
where
    A: Actor<Context = WebsocketContext<A>> + StreamHandler<Heard>,
{
    type Output = ();

    fn poll(
        self: Pin<&mut Self>,
        host: &mut Hosted<A>,
        ctx: &mut WsContext<Hosted<A>>,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        match &mut host.waker {
            Some(waker) => waker.clone_from(cx.waker()),
            None => host.waker = Some(cx.waker().clone()),
        }
        host.run(ctx, cx);
        if matches!(host.life, Life::Over) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

impl<A: Actor<Context = WebsocketContext<A>>> fmt::Debug for Hosted<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hosted")
            .field("inbox", &self.inbox)
            .finish_non_exhaustive()
    }
}
