use std::{
    mem,
    pin::Pin,
    task::{Context, Poll},
};

use actix::{
    ActorState, AsyncContext, Handler, SpawnHandle,
    dev::{EnvelopeProxy, MessageResponse, Stream},
};

use crate::rooms::{Member, Presence};

use super::{
    RoomActor, RoomContext,
    context::Task,
    inbox::{Inbox, Letter},
};

/// The actor of a room with the futures that run beside it.
pub(super) struct Life<R: RoomActor> {
    actor: R,
    ctx: RoomContext<R>,
    /// The youngest is finished first, as in actix.
    waits: Vec<Task<R>>,
    tasks: Vec<Spawned<R>>,
}

struct Spawned<R> {
    handle: SpawnHandle,
    task: Task<R>,
    /// It is to be polled in this turn.
    due: bool,
}

/// What a turn left behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// There is nothing to do until something happens.
    Idle,
    /// There is more to do, after others had their turn.
    More,
    /// The actor has stopped.
    Ended,
}

impl<R: RoomActor> Life<R> {
    pub(super) fn new(actor: R, ctx: RoomContext<R>) -> Self {
        Self {
            actor,
            ctx,
            waits: Vec::new(),
            tasks: Vec::new(),
        }
    }

    pub(super) fn start(&mut self) {
        self.actor.started(&mut self.ctx);
        if self.ctx.state == ActorState::Started {
            self.ctx.state = ActorState::Running;
        }
    }

    /// Tells an actor in another's place what it has to know.
    pub(super) fn catch_up(&mut self, members: &[Member<R::Data>]) {
        for member in members {
            self.hear(Presence::Joined(member.clone()));
        }
        self.actor.restarted(&mut self.ctx);
    }

    fn hear(&mut self, presence: Presence<R::Data>) {
        let response = Handler::handle(&mut self.actor, presence, &mut self.ctx);
        response.handle(&mut self.ctx, None);
    }

    /// Lets the actor do what there is to do, within a budget. `members` are
    /// those that it has heard of.
    pub(super) fn turn(
        &mut self,
        inbox: &Inbox<R>,
        members: &mut Vec<Member<R::Data>>,
        cx: &mut Context<'_>,
    ) -> Turn {
        self.tasks.iter_mut().for_each(|task| task.due = true);
        let mut letters = LETTERS;
        for _ in 0..ROUNDS {
            self.adopt();
            if !self.ctx.state.alive() && self.stop() {
                return Turn::Ended;
            }
            if self.poll_waits(cx).is_pending() {
                return Turn::Idle;
            }
            while letters > 0
                && !self.ctx.waiting()
                && let Some(letter) = inbox.poll(cx.waker())
            {
                letters -= 1;
                self.open(letter, members);
            }
            self.open_mailbox(&mut letters, cx);
            self.poll_tasks(cx);
            if letters == 0 {
                return Turn::More;
            }
            if self.ctx.asked.is_empty() && self.ctx.state.alive() {
                return Turn::Idle;
            }
        }
        Turn::More
    }

    fn open(&mut self, letter: Letter<R>, members: &mut Vec<Member<R::Data>>) {
        match letter {
            Letter::Told(mut envelope) => envelope.handle(&mut self.actor, &mut self.ctx),
            Letter::Presence(presence) => {
                match &presence {
                    Presence::Joined(member) => members.push(member.clone()),
                    Presence::Left(member) => members.retain(|other| other.id() != member.id()),
                }
                self.hear(presence);
            }
        }
    }

    fn open_mailbox(&mut self, letters: &mut usize, cx: &mut Context<'_>) {
        while *letters > 0
            && !self.ctx.waiting()
            && let Some(mailbox) = self.ctx.mailbox()
            && let Poll::Ready(Some(mut envelope)) = Pin::new(mailbox).poll_next(cx)
        {
            *letters -= 1;
            envelope.handle(&mut self.actor, &mut self.ctx);
        }
    }

    fn adopt(&mut self) {
        let asked = mem::take(&mut self.ctx.asked);
        self.waits.extend(asked.wait);
        let spawned = asked.spawn.into_iter();
        self.tasks.extend(spawned.map(|(handle, task)| Spawned {
            handle,
            task,
            due: true,
        }));
        for handle in asked.cancel {
            self.tasks.retain(|task| task.handle != handle);
        }
    }

    fn poll_waits(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while let Some(wait) = self.waits.last_mut() {
            let polled = wait.as_mut().poll(&mut self.actor, &mut self.ctx, cx);
            self.ctx.waiting = polled.is_pending();
            if self.ctx.waiting {
                return Poll::Pending;
            }
            drop(self.waits.pop());
            self.adopt();
        }
        Poll::Ready(())
    }

    /// Polls each future that is due, once.
    fn poll_tasks(&mut self, cx: &mut Context<'_>) {
        let mut index = 0;
        while index < self.tasks.len() && !self.ctx.waiting() {
            let task = &mut self.tasks[index];
            let due = mem::take(&mut task.due);
            if due
                && task
                    .task
                    .as_mut()
                    .poll(&mut self.actor, &mut self.ctx, cx)
                    .is_ready()
            {
                self.tasks.remove(index);
            } else {
                // One that has the actor wait comes back behind the wait.
                self.tasks[index].due = due && self.ctx.waiting();
                index += 1;
            }
        }
    }

    /// Stops the actor, unless it wants to go on.
    fn stop(&mut self) -> bool {
        if self.ctx.state == ActorState::Stopping {
            let running = self.actor.stopping(&mut self.ctx);
            if running == actix::Running::Continue {
                self.ctx.state = ActorState::Running;
                return false;
            }
        }
        self.finish();
        true
    }

    /// The room has ended, or the actor has.
    pub(super) fn finish(&mut self) {
        if self.ctx.state.alive() {
            self.ctx.state = ActorState::Stopping;
            // There is nobody left to go on for, whatever it answers.
            let _: actix::Running = self.actor.stopping(&mut self.ctx);
        }
        self.ctx.state = ActorState::Stopped;
        self.actor.stopped(&mut self.ctx);
    }
}

/// How many messages an actor hears before others have their turn.
const LETTERS: usize = 64;
/// How often it may ask for more of the same turn.
const ROUNDS: usize = 64;
