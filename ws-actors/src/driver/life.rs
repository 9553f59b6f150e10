use std::{
    collections::VecDeque,
    mem,
    pin::Pin,
    task::{Context, Poll},
};

use actix::{
    Actor, AsyncContext, Running, SpawnHandle,
    dev::{EnvelopeProxy, Stream},
};
use ws_core::{CloseCode, ClosePayload, Event, Message};

use crate::{
    Handlers, WsContext,
    context::{Stage, Task},
};

/// An actor with the futures that run beside it.
pub(super) struct Life<A: Actor> {
    actor: A,
    /// Futures of `ctx.wait()`: the youngest is finished first, as in actix.
    waits: Vec<Task<A>>,
    tasks: Vec<Spawned<A>>,
    /// Events that came while the actor waits.
    backlog: VecDeque<Event>,
    backlog_bytes: usize,
    /// The actor is not waited for any more.
    overdue: bool,
}

struct Spawned<A> {
    handle: SpawnHandle,
    task: Task<A>,
    /// It is to be polled in this turn.
    due: bool,
}

/// What a turn left behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// Nothing: the actor waits for the world.
    Idle,
    /// More work, which has to give way to the socket first.
    More,
    /// Frames that the actor has no time for now.
    Behind,
    /// The actor has stopped.
    Ended,
}

impl<A: Actor<Context = WsContext<A>>> Life<A> {
    pub(super) const fn new(actor: A) -> Self {
        Self {
            actor,
            waits: Vec::new(),
            tasks: Vec::new(),
            backlog: VecDeque::new(),
            backlog_bytes: 0,
            overdue: false,
        }
    }

    /// All futures are to be polled: the task was woken.
    pub(super) fn wake(&mut self) {
        for task in &mut self.tasks {
            task.due = true;
        }
    }

    /// The actor has had its time to come out of `ctx.wait()`.
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
        if ctx.stage == Stage::Started {
            self.actor.started(ctx);
            if ctx.stage == Stage::Started {
                ctx.stage = Stage::Running;
            }
        }
        let mut frames = FRAMES;
        let mut letters = LETTERS;
        loop {
            self.adopt(ctx);
            if self.poll_waits(ctx, cx).is_pending() {
                return self.keep_frames(ctx);
            }
            if let Some(turn) = self.stop_if_asked(ctx) {
                return turn;
            }
            if self.hear_frames(ctx, handlers, &mut frames) {
                return Turn::Ended;
            }
            self.hear_letters(ctx, cx, &mut letters);
            self.poll_tasks(ctx, cx);
            let asked = !matches!(ctx.stage, Stage::Running | Stage::Stopping);
            if ctx.requests.is_empty() && !asked {
                break;
            }
        }
        if frames == 0 || letters == 0 {
            Turn::More
        } else {
            Turn::Idle
        }
    }

    /// Takes over what the actor asked its context for.
    fn adopt(&mut self, ctx: &mut WsContext<A>) {
        let requests = &mut ctx.requests;
        self.waits.append(&mut requests.wait);
        let spawned = requests.spawn.drain(..).map(|(handle, task)| Spawned {
            handle,
            task,
            due: true,
        });
        self.tasks.extend(spawned);
        for handle in mem::take(&mut requests.cancel) {
            self.tasks.retain(|task| task.handle != handle);
        }
    }

    fn poll_waits(&mut self, ctx: &mut WsContext<A>, cx: &mut Context<'_>) -> Poll<()> {
        while let Some(last) = self.waits.len().checked_sub(1) {
            if self.overdue || ctx.stage != Stage::Running {
                self.waits.clear();
                break;
            }
            if self.waits[last]
                .as_mut()
                .poll(&mut self.actor, ctx, cx)
                .is_pending()
            {
                ctx.waiting = true;
                return Poll::Pending;
            }
            drop(self.waits.remove(last));
            self.adopt(ctx);
        }
        ctx.waiting = false;
        Poll::Ready(())
    }

    fn stop_if_asked(&mut self, ctx: &mut WsContext<A>) -> Option<Turn> {
        match ctx.stage {
            Stage::StopAsked => {
                if self.actor.stopping(ctx) == Running::Continue {
                    ctx.stage = Stage::Running;
                } else {
                    ctx.stage = Stage::Stopping;
                    self.tasks.clear();
                    let normal = ClosePayload::new(CloseCode::NORMAL, "");
                    ctx.close_with(normal.unwrap_or_default());
                }
                None
            }
            Stage::Terminated => {
                ctx.connection.handle_lost(ctx.now);
                ctx.stage = Stage::Stopping;
                self.tasks.clear();
                None
            }
            Stage::Stopped => Some(Turn::Ended),
            Stage::Started | Stage::Running | Stage::Stopping => None,
        }
    }

    /// Hands frames to the actor; true when it has ended.
    fn hear_frames(
        &mut self,
        ctx: &mut WsContext<A>,
        handlers: &Handlers<A>,
        budget: &mut usize,
    ) -> bool {
        while *budget > 0 && (!ctx.waiting() || ctx.stage == Stage::Stopping) {
            let event = self.backlog.pop_front();
            let Some(event) = event.or_else(|| ctx.connection.poll_event()) else {
                self.backlog_bytes = 0;
                return false;
            };
            *budget -= 1;
            if let Event::Pong {
                round_trip: Some(round_trip),
                ..
            } = event
            {
                ctx.round_trip = Some(round_trip);
            }
            let closed = matches!(event, Event::Closed(_));
            if closed || ctx.stage == Stage::Running {
                handlers.dispatch(&mut self.actor, event, ctx);
            }
            if closed {
                self.stop(ctx);
                return true;
            }
        }
        false
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
            match Pin::new(mailbox).poll_next(cx) {
                Poll::Ready(Some(mut letter)) => {
                    *budget -= 1;
                    letter.handle(&mut self.actor, ctx);
                }
                Poll::Ready(None) | Poll::Pending => return,
            }
        }
    }

    fn poll_tasks(&mut self, ctx: &mut WsContext<A>, cx: &mut Context<'_>) {
        let mut index = 0;
        while index < self.tasks.len() && !ctx.waiting() {
            let task = &mut self.tasks[index];
            if !mem::take(&mut task.due)
                || task
                    .task
                    .as_mut()
                    .poll(&mut self.actor, ctx, cx)
                    .is_pending()
            {
                index += 1;
            } else {
                drop(self.tasks.remove(index));
            }
        }
    }

    /// Reads on while the actor waits, so that pings are answered and the
    /// peer's signs of life are seen, but only so much.
    fn keep_frames(&mut self, ctx: &mut WsContext<A>) -> Turn {
        while self.backlog.len() < BACKLOG_EVENTS && self.backlog_bytes < BACKLOG_BYTES {
            let Some(event) = ctx.connection.poll_event() else {
                return Turn::Idle;
            };
            if let Event::Message(message) = &event {
                self.backlog_bytes += Message::payload(message).len();
            }
            self.backlog.push_back(event);
        }
        Turn::Behind
    }
}

/// Frames that are heard before mailbox, futures and socket get their turn.
const FRAMES: usize = 256;
/// Messages of other actors that are heard before frames get their turn.
const LETTERS: usize = 64;
/// What is read ahead of an actor that waits, in events and bytes.
const BACKLOG_EVENTS: usize = 64;
const BACKLOG_BYTES: usize = 64 * 1024;
