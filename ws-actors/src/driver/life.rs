use std::{
    mem,
    pin::Pin,
    task::{Context, Poll},
};

use actix::{
    Actor, AsyncContext, Running,
    dev::{EnvelopeProxy, Stream},
};
#[cfg(feature = "client")]
use ws_core::Outcome;
use ws_core::{Cause, CloseCode, ClosePayload, Event};

use crate::{
    Handlers, WsContext,
    context::{Stage, held},
};

mod beside;

use self::beside::Beside;

/// An actor with the futures that run beside it.
pub(super) struct Life<A: Actor> {
    actor: A,
    /// Made when there is something: most connections have nothing of it.
    beside: Option<Box<Beside<A>>>,
    /// The actor is not waited for any more.
    overdue: bool,
    /// The mailbox, if there is one, wakes this task.
    mailbox_polled: bool,
}

/// What a turn left behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Turn {
    /// There is more to do, after others had their turn.
    pub(super) more: bool,
    /// So much was heard that others on the thread are to have theirs, too.
    pub(super) enough: bool,
    /// Frames are left, which have to be heard before more are read.
    pub(super) unheard: bool,
    /// They have to wait for longer, as the actor does.
    pub(super) behind: bool,
    /// The connection has ended, and the actor lives on.
    pub(super) lost: bool,
    /// The actor has stopped.
    pub(super) ended: bool,
}

impl<A: Actor<Context = WsContext<A>>> Life<A> {
    pub(super) const fn new(actor: A) -> Self {
        Self {
            actor,
            beside: None,
            overdue: false,
            mailbox_polled: false,
        }
    }

    /// The bytes of frames that were read ahead.
    pub(super) fn held_bytes(&self) -> usize {
        self.beside.as_ref().map_or(0, |it| it.backlog_bytes)
    }

    /// All futures are to be polled: the task was woken.
    pub(super) fn wake(&mut self) {
        let tasks = self.beside.iter_mut().flat_map(|it| &mut it.tasks);
        tasks.for_each(|task| task.due = true);
    }

    /// The actor has had its time to come out of `ctx.wait()`, or to hear frames
    /// again.
    pub(super) const fn hurry(&mut self) {
        self.overdue = true;
    }

    /// Lets the actor do what there is to do, within a budget.
    pub(super) fn turn(
        &mut self,
        ctx: &mut WsContext<A>,
        handlers: &Handlers<A>,
        cx: &mut Context<'_>,
    ) -> Turn {
        self.start(ctx);
        let was_deaf = ctx.is_deaf();
        let mut budget = Budget::default();
        loop {
            self.adopt(ctx);
            self.stop_if_asked(ctx);
            if self.poll_waits(ctx, cx).is_pending() {
                if ctx.stage != Stage::Running {
                    continue;
                }
                return self.keep_frames(ctx, handlers);
            }
            self.hear_notices(ctx, handlers);
            if let Some(end) = self.hear_frames(ctx, handlers, &mut budget) {
                return end;
            }
            self.hear_letters(ctx, cx, &mut budget.letters);
            self.poll_tasks(ctx, cx);
            budget.rounds -= 1;
            let asked = matches!(ctx.stage, Stage::StopAsked | Stage::Terminated);
            // A mailbox that was made meanwhile does not know its reader yet.
            let new_mailbox = !ctx.waiting() && !self.mailbox_polled && ctx.mailbox().is_some();
            let resumed = mem::take(&mut ctx.resumed) && !ctx.is_deaf();
            let settled =
                ctx.requests.is_none() && !(asked || new_mailbox || resumed || ctx.is_held_up());
            if settled || budget.is_spent() {
                break;
            }
        }
        let kept = match (ctx.is_deaf() && ctx.stage == Stage::Running, was_deaf) {
            (false, _) => Turn::default(),
            // What is written first may change that.
            (true, false) => Turn {
                more: true,
                unheard: true,
                ..Turn::default()
            },
            (true, true) => self.keep_frames(ctx, handlers),
        };
        Turn {
            more: kept.more || budget.is_spent(),
            enough: budget.bytes == 0,
            unheard: !budget.has_frames() || kept.unheard || ctx.spent_until().is_some(),
            ..kept
        }
    }

    fn start(&mut self, ctx: &mut WsContext<A>) {
        if ctx.stage == Stage::Started {
            self.actor.started(ctx);
            if ctx.stage == Stage::Started {
                ctx.stage = Stage::Running;
            }
        }
    }

    fn stop_if_asked(&mut self, ctx: &mut WsContext<A>) {
        if ctx.stage == Stage::StopAsked {
            let running = self.actor.stopping(ctx);
            if ctx.stage == Stage::StopAsked {
                if running == Running::Continue {
                    ctx.stage = Stage::Running;
                } else {
                    ctx.stage = Stage::Stopping;
                    self.drop_tasks();
                    let normal = ClosePayload::new(CloseCode::NORMAL, "");
                    ctx.close_with(normal.unwrap_or_default(), Cause::Local);
                }
            }
        }
        if ctx.stage == Stage::Terminated {
            ctx.stage = Stage::Stopping;
            ctx.connection.abort(ctx.now, Cause::Local);
            self.drop_tasks();
        }
    }

    /// Tells the actor what became of its connection.
    fn hear_notices(&mut self, ctx: &mut WsContext<A>, handlers: &Handlers<A>) {
        while ctx.stage == Stage::Running && !ctx.waiting() {
            let Some(occurrence) = ctx.pop_notice() else {
                ctx.greeting = false;
                return;
            };
            handlers.notify(&mut self.actor, occurrence, ctx);
        }
    }

    /// Hands frames to the actor, and tells when the connection has ended.
    fn hear_frames(
        &mut self,
        ctx: &mut WsContext<A>,
        handlers: &Handlers<A>,
        budget: &mut Budget,
    ) -> Option<Turn> {
        while budget.has_frames() && (ctx.hears_frames() || self.overdue) {
            let event = self.next_event(ctx)?;
            budget.frames -= 1;
            budget.bytes = budget.bytes.saturating_sub(held(&event));
            let closed = matches!(event, Event::Closed(_));
            if closed && ctx.outlives_connection() {
                return Some(Turn {
                    lost: true,
                    ..Turn::default()
                });
            }
            if closed || ctx.stage == Stage::Running && !ctx.is_expired() {
                handlers.dispatch(&mut self.actor, event, ctx);
            }
            if closed {
                self.stop(ctx);
                return Some(Turn {
                    ended: true,
                    ..Turn::default()
                });
            }
        }
        None
    }

    /// Hears of the connection's end at once: nothing more will come of it.
    pub(super) fn end(&mut self, ctx: &mut WsContext<A>, handlers: &Handlers<A>) {
        if matches!(ctx.stage, Stage::Started | Stage::Stopped) {
            return;
        }
        ctx.forget_limit();
        while let Some(event) = self.next_event(ctx) {
            if matches!(event, Event::Closed(_)) {
                handlers.dispatch(&mut self.actor, event, ctx);
            }
        }
        self.stop(ctx);
    }

    /// Hears that its last connection ended like this, and that no other comes.
    #[cfg(feature = "client")]
    pub(super) fn give_up(
        &mut self,
        ctx: &mut WsContext<A>,
        handlers: &Handlers<A>,
        outcome: Outcome,
    ) {
        // The first attempt may have failed before there was a turn.
        self.start(ctx);
        while let Some(occurrence) = ctx.pop_notice() {
            handlers.notify(&mut self.actor, occurrence, ctx);
        }
        let closed = Event::Closed(Box::new(outcome));
        handlers.dispatch(&mut self.actor, closed, ctx);
        self.stop(ctx);
    }

    /// Goes on with another connection.
    #[cfg(feature = "client")]
    pub(super) fn go_on(&mut self) {
        self.overdue = false;
        if let Some(beside) = &mut self.beside {
            beside.backlog.clear();
            beside.backlog_bytes = 0;
        }
    }

    fn stop(&mut self, ctx: &mut WsContext<A>) {
        if ctx.stage != Stage::Stopping {
            ctx.stage = Stage::Stopping;
            // There is nothing left to continue with, whatever it answers.
            let _: Running = self.actor.stopping(ctx);
        }
        ctx.stage = Stage::Stopped;
        self.actor.stopped(ctx);
        ctx.shut();
    }

    /// Hands messages of other actors to the actor.
    fn hear_letters(&mut self, ctx: &mut WsContext<A>, cx: &mut Context<'_>, budget: &mut usize) {
        while *budget > 0 && !ctx.waiting() {
            let Some(mailbox) = ctx.mailbox() else {
                return;
            };
            self.mailbox_polled = true;
            match Pin::new(mailbox).poll_next(cx) {
                Poll::Ready(Some(mut letter)) => {
                    *budget -= 1;
                    letter.handle(&mut self.actor, ctx);
                }
                Poll::Ready(None) | Poll::Pending => return,
            }
        }
    }

    fn next_event(&mut self, ctx: &mut WsContext<A>) -> Option<Event> {
        if let Some(beside) = &mut self.beside
            && let Some(event) = beside.backlog.pop_front()
        {
            beside.backlog_bytes -= held(&event);
            return Some(event);
        }
        ctx.poll_event()
    }

    /// Reads on while the actor waits, so that pings are answered and the
    /// peer's signs of life are seen, but only so much.
    fn keep_frames(&mut self, ctx: &mut WsContext<A>, handlers: &Handlers<A>) -> Turn {
        let beside = self.beside.get_or_insert_with(Box::default);
        while beside.backlog.len() < BACKLOG_EVENTS && beside.backlog_bytes < BACKLOG_BYTES {
            let Some(event) = ctx.poll_event() else {
                return Turn::default();
            };
            if handlers.concerns(&event) {
                beside.backlog_bytes += held(&event);
                beside.backlog.push_back(event);
            }
        }
        Turn {
            unheard: true,
            behind: true,
            ..Turn::default()
        }
    }
}

/// How much an actor may do before the socket and others have their turn.
struct Budget {
    /// Frames heard.
    frames: usize,
    /// What they hold, in bytes: few on the wire may stand for many.
    bytes: usize,
    /// Messages of other actors heard.
    letters: usize,
    /// Rounds, as each may ask for another with what it spawns.
    rounds: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            frames: 256,
            bytes: 256 * 1024,
            letters: 64,
            rounds: 64,
        }
    }
}

impl Budget {
    const fn is_spent(&self) -> bool {
        !self.has_frames() || self.letters == 0 || self.rounds == 0
    }

    const fn has_frames(&self) -> bool {
        self.frames > 0 && self.bytes > 0
    }
}

/// What is read ahead of an actor that waits, in events and bytes.
const BACKLOG_EVENTS: usize = 64;
const BACKLOG_BYTES: usize = 64 * 1024;
