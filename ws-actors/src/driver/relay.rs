use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Instant,
};

use actix::Actor;
use ws_core::{Cause, Connection, Entropy, Event, Outcome};

use crate::{
    Handlers, Occurrence, Transport, WsContext,
    context::{Reconnects, Stage},
};

use super::{Driver, Sending, now, watch::Watch};

/// An actor that outlives its connections.
impl<A, T> Driver<A, T>
where
    A: Actor<Context = WsContext<A>>,
    T: Transport,
{
    /// An actor whose first connection is still to come.
    pub(crate) fn offline(actor: A, handlers: Arc<Handlers<A>>, reconnects: Reconnects) -> Self {
        let mut driver = Self::unopened(actor, placeholder(now()), None, handlers);
        // It never was one, and its end is not to be told.
        driver.ctx.poll_event();
        driver.ctx.reconnects = reconnects;
        driver
    }

    /// How the connection ended, told once, if the actor is still there.
    pub(crate) fn take_loss(&mut self) -> Option<Outcome> {
        std::mem::take(&mut self.lost)
            .then(|| self.ctx.outcome.as_deref().cloned())
            .flatten()
    }

    /// Whether the actor wants no other connection.
    pub(crate) fn is_leaving(&self) -> bool {
        self.ctx.is_leaving()
    }

    /// Tells the actor something in its next turn.
    pub(crate) fn notify(&mut self, occurrence: Occurrence) {
        self.ctx.push_notice(occurrence);
    }

    /// Goes on with another connection.
    pub(crate) fn attach(&mut self, connection: Connection, transport: T, then: Reconnects) {
        let now = now();
        let label = self.handlers.label();
        self.watch = Watch::new(now, label, connection.subprotocol());
        self.watch.open(self.handlers.meters(), now);
        self.ctx.replace_connection(now, connection);
        self.ctx.reconnects = then;
        self.ctx.greeting = true;
        self.transport = Some(transport);
        self.sending = Sending::Open;
        self.unflushed = false;
        self.eof = false;
        self.unheard = false;
        self.behind = false;
        self.reading_paused = false;
        self.ending = None;
        self.deadline = None;
        if let Some(life) = &mut self.life {
            life.go_on();
        }
    }

    /// Ends the actor, which has no connection, and gets none any more.
    pub(crate) fn give_up(&mut self) -> Outcome {
        self.ctx.now = now();
        let asked = self.ctx.asked_cause();
        let outcome = match (asked, self.ctx.outcome.take()) {
            (None, Some(outcome)) => *outcome,
            (asked, _) => ended(self.ctx.now, asked.unwrap_or(Cause::TransportLost)),
        };
        self.ctx.outcome = Some(Box::new(outcome.clone()));
        if let Some(life) = &mut self.life
            && self.ctx.stage != Stage::Stopped
        {
            let (ctx, handlers, told) = (&mut self.ctx, &*self.handlers, outcome.clone());
            let end = catch_unwind(AssertUnwindSafe(|| life.give_up(ctx, handlers, told)));
            if let Err(panic) = end {
                self.watch.panicked(&*panic);
            }
        }
        self.bury();
        outcome
    }
}

/// A connection that is over before it began.
fn placeholder(now: Instant) -> Connection {
    let mut connection = Connection::client(now, ws_core::Config::new(), Entropy::system());
    connection.abort(now, Cause::TransportLost);
    connection
}

/// The outcome of a connection that never was.
fn ended(now: Instant, cause: Cause) -> Outcome {
    let mut connection = placeholder(now);
    loop {
        if let Some(Event::Closed(mut outcome)) = connection.poll_event() {
            outcome.cause = cause;
            return *outcome;
        }
    }
}
