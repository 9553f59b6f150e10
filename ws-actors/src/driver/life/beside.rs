use std::{
    collections::VecDeque,
    mem,
    task::{Context, Poll},
};

use actix::{Actor, AsyncContext, SpawnHandle};
use ws_core::Event;

use crate::{
    WsContext,
    context::{Spawn, Stage, Task},
};

use super::Life;

/// What is under way beside an actor.
pub(super) struct Beside<A> {
    /// Futures of `ctx.wait()`: the youngest is finished first, as in actix.
    pub(super) waits: Vec<Task<A>>,
    pub(super) tasks: Vec<Spawned<A>>,
    /// Events that came while the actor waits.
    pub(super) backlog: VecDeque<Event>,
    pub(super) backlog_bytes: usize,
}

impl<A> Default for Beside<A> {
    fn default() -> Self {
        Self {
            waits: Vec::new(),
            tasks: Vec::new(),
            backlog: VecDeque::new(),
            backlog_bytes: 0,
        }
    }
}

impl<A> Beside<A> {
    fn is_empty(&self) -> bool {
        self.waits.is_empty() && self.tasks.is_empty() && self.backlog.is_empty()
    }

    fn remove_task(&mut self, index: usize, ctx: &mut WsContext<A>)
    where
        A: Actor<Context = WsContext<A>>,
    {
        let task = self.tasks.remove(index);
        if task.response {
            ctx.resumed |= ctx.is_deaf();
            ctx.responses.under_way -= 1;
        }
    }
}

pub(super) struct Spawned<A> {
    handle: SpawnHandle,
    task: Task<A>,
    /// It is what the handler of a frame returned.
    response: bool,
    /// It is to be polled in this turn.
    pub(super) due: bool,
}

/// The futures of an actor.
impl<A: Actor<Context = WsContext<A>>> Life<A> {
    /// Takes over what the actor asked its context for.
    pub(super) fn adopt(&mut self, ctx: &mut WsContext<A>) {
        let Some(mut requests) = ctx.requests.take() else {
            return;
        };
        let beside = self.beside.get_or_insert_with(Box::default);
        beside.waits.append(&mut requests.wait);
        let spawned = requests.spawn.into_iter().map(|spawn| {
            let Spawn {
                handle,
                task,
                response,
            } = spawn;
            Spawned {
                handle,
                task,
                response,
                due: true,
            }
        });
        beside.tasks.extend(spawned);
        for handle in requests.cancel {
            if let Some(index) = beside.tasks.iter().position(|it| it.handle == handle) {
                beside.remove_task(index, ctx);
            }
        }
    }

    pub(super) fn drop_tasks(&mut self) {
        if let Some(beside) = &mut self.beside {
            beside.tasks.clear();
        }
    }

    pub(super) fn poll_waits(&mut self, ctx: &mut WsContext<A>, cx: &mut Context<'_>) -> Poll<()> {
        while let Some(beside) = &mut self.beside
            && let Some(wait) = beside.waits.last_mut()
        {
            if self.overdue || ctx.stage != Stage::Running {
                beside.waits.clear();
                break;
            }
            if wait.as_mut().poll(&mut self.actor, ctx, cx).is_pending() {
                ctx.waiting = true;
                return Poll::Pending;
            }
            drop(beside.waits.pop());
            self.adopt(ctx);
            self.stop_if_asked(ctx);
        }
        // It may be the peer that it waits for.
        ctx.waiting = ctx.stage == Stage::Running && ctx.is_held_up();
        if ctx.waiting {
            return Poll::Pending;
        }
        Poll::Ready(())
    }

    /// Polls each future that is due, once.
    pub(super) fn poll_tasks(&mut self, ctx: &mut WsContext<A>, cx: &mut Context<'_>) {
        let Some(beside) = &mut self.beside else {
            return;
        };
        let mut index = 0;
        while index < beside.tasks.len() && !ctx.waiting() {
            let task = &mut beside.tasks[index];
            if !mem::take(&mut task.due) {
                index += 1;
                continue;
            }
            if task.task.as_mut().poll(&mut self.actor, ctx, cx).is_ready() {
                beside.remove_task(index, ctx);
            } else {
                // A stream that has the actor wait comes back behind the wait.
                task.due = ctx.waiting();
                index += 1;
            }
        }
        if beside.is_empty() {
            self.beside = None;
        }
    }
}
