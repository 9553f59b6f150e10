//! The context as actix knows it.

use actix::{
    Actor, ActorContext, ActorFuture, ActorState, Addr, AsyncContext, Handler, Message,
    SpawnHandle,
    dev::{Envelope, OneshotSender, ToEnvelope, channel::channel},
};

use super::{Spawn, Stage, WsContext};

impl<A: Actor<Context = Self>> ActorContext for WsContext<A> {
    /// Begins to close the connection with 1000; the actor stops when it is
    /// closed. Until then it hears nothing but [`Closed`](crate::Closed).
    fn stop(&mut self) {
        if matches!(self.stage, Stage::Started | Stage::Running) {
            self.stage = Stage::StopAsked;
        }
    }

    /// Drops the transport without a closing handshake.
    fn terminate(&mut self) {
        self.terminated = true;
        if self.stage != Stage::Stopped {
            self.stage = Stage::Terminated;
        }
    }

    fn state(&self) -> ActorState {
        match self.stage {
            Stage::Started => ActorState::Started,
            Stage::Running => ActorState::Running,
            Stage::StopAsked | Stage::Stopping => ActorState::Stopping,
            Stage::Terminated | Stage::Stopped => ActorState::Stopped,
        }
    }
}

impl<A: Actor<Context = Self>> AsyncContext<A> for WsContext<A> {
    fn address(&self) -> Addr<A> {
        let mailbox = self.mailbox.get_or_init(|| channel(MAILBOX).1);
        Addr::new(mailbox.sender())
    }

    fn spawn<F>(&mut self, future: F) -> SpawnHandle
    where
        F: ActorFuture<A, Output = ()> + 'static,
    {
        self.last_handle = self.last_handle.next();
        let handle = self.last_handle;
        let response = self.responses.expected;
        if response {
            self.responses.under_way += 1;
            let limit = self.outbox.flow().max_responses;
            self.tally.too_many_responses += u32::from(self.responses.under_way == limit);
        }
        self.requests().spawn.push(Spawn {
            handle,
            task: Box::pin(future),
            response,
        });
        handle
    }

    fn wait<F>(&mut self, future: F)
    where
        F: ActorFuture<A, Output = ()> + 'static,
    {
        self.requests().wait.push(Box::pin(future));
    }

    fn waiting(&self) -> bool {
        self.waiting
            || self.requests.as_ref().is_some_and(|it| !it.wait.is_empty())
            || !matches!(self.stage, Stage::Started | Stage::Running)
            || self.is_held_up()
    }

    fn cancel_future(&mut self, handle: SpawnHandle) -> bool {
        self.requests().cancel.push(handle);
        true
    }
}

impl<A, M> ToEnvelope<A, M> for WsContext<A>
where
    A: Actor<Context = Self> + Handler<M>,
    M: Message + Send + 'static,
    M::Result: Send,
{
    fn pack(message: M, tx: Option<OneshotSender<M::Result>>) -> Envelope<A> {
        Envelope::new(message, tx)
    }
}

/// actix's own mailbox capacity.
const MAILBOX: usize = 16;
