//! What handlers of frames return.

use actix::{
    Actor, ActorFutureExt, AsyncContext, Handler, Message, dev::MessageResponse, fut::wrap_future,
};
use tokio::sync::oneshot::{self, error::TryRecvError};

use super::WsContext;

/// The futures that handlers of frames returned.
#[derive(Debug, Default)]
pub(crate) struct Responses {
    /// What is spawned now is one.
    pub(super) expected: bool,
    pub(crate) under_way: usize,
}

impl<A: Actor<Context = Self>> WsContext<A> {
    /// Drives what a handler returned as the mailbox would, and counts it as long
    /// as it is under way.
    pub(crate) fn respond<M>(&mut self, response: <A as Handler<M>>::Result)
    where
        M: Message,
        A: Handler<M>,
    {
        // What has no size is no future.
        if size_of_val(&response) == 0 {
            return response.handle(self, None);
        }
        let (done, mut waiting) = oneshot::channel();
        let before = self.asked();
        self.responses.expected = true;
        response.handle(self, Some(done));
        // A `ResponseFuture` is a task of its own, which the context hears nothing
        // of but its end.
        if self.asked() == before
            && waiting
                .try_recv()
                .is_err_and(|it| it == TryRecvError::Empty)
        {
            self.spawn(wrap_future(waiting).map(|_, _, _| ()));
        }
        self.responses.expected = false;
    }

    /// What the actor's futures of handlers, and its waits, come to.
    fn asked(&self) -> (usize, usize) {
        let waits = self.requests.as_ref().map_or(0, |it| it.wait.len());
        (self.responses.under_way, waits)
    }
}
