use std::{
    fmt,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use actix::{Actor, Addr, AsyncContext};
use tokio::task::yield_now;
use tracing::Span;
use ws_core::{Cause, CloseCode, ClosePayload, Connection, Outcome};

use crate::{ConnectionHandle, Handlers, Outbox, Transport, WsContext, budget::Share};

mod alarm;
mod life;
mod reading;
#[cfg(feature = "client")]
mod relay;
mod watch;
mod writing;

use self::{
    alarm::Alarm,
    life::{Life, Turn},
    watch::Watch,
};

/// A connection actor as a future: transport, protocol and actor in one task.
///
/// Spawn it with [`actix::spawn`], and never poll it from a response body: it
/// has to run on while the peer does not read. It completes when the transport
/// is closed and the actor has stopped, with how the connection ended.
///
/// A handler that panics costs its own connection only, which closes with 1011.
/// A driver that is dropped before its end drops the transport, and the actor
/// hears of it as of any end.
pub struct Driver<A: Actor<Context = WsContext<A>>, T> {
    life: Option<Life<A>>,
    ctx: WsContext<A>,
    handlers: Arc<Handlers<A>>,
    transport: Option<T>,
    sending: Sending,
    /// The transport may hold back some of what it took.
    unflushed: bool,
    /// The peer's side of the transport has ended.
    eof: bool,
    /// Frames wait for the actor, so no more are read.
    unheard: bool,
    /// They will wait for long.
    behind: bool,
    /// The protocol was told that nothing is read.
    reading_paused: bool,
    /// Made when the connection ends.
    ending: Option<Box<Ending>>,
    alarm: Alarm,
    /// The earliest instant at which something is due.
    deadline: Option<Instant>,
    /// The connection has ended, and the actor has not.
    lost: bool,
    share: Share,
    watch: Watch,
}

/// Until when others are waited for, once the connection ends.
#[derive(Debug, Default)]
struct Ending {
    /// When the transport is dropped, though it holds back bytes it took.
    drop_by: Option<Instant>,
    /// When an actor that waits is stopped.
    grace: Option<Instant>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sending {
    Open,
    ShuttingDown,
    Ended,
}

impl<A, T> Driver<A, T>
where
    A: Actor<Context = WsContext<A>>,
    T: Transport,
{
    /// Joins an actor to a connection whose opening handshake is done.
    pub fn new(actor: A, connection: Connection, transport: T, handlers: Arc<Handlers<A>>) -> Self {
        let mut driver = Self::unopened(actor, connection, Some(transport), handlers);
        let (now, meters) = (driver.ctx.now, driver.handlers.meters());
        driver.watch.open(meters, now);
        driver
    }

    fn unopened(
        actor: A,
        connection: Connection,
        transport: Option<T>,
        handlers: Arc<Handlers<A>>,
    ) -> Self {
        let (now, share) = (now(), handlers.share());
        Self {
            watch: Watch::new(now, handlers.label(), connection.subprotocol()),
            life: Some(Life::new(actor)),
            ctx: WsContext::new(now, connection, Arc::clone(&handlers.flow)),
            handlers,
            transport,
            sending: Sending::Open,
            unflushed: false,
            eof: false,
            unheard: false,
            behind: false,
            reading_paused: false,
            ending: None,
            alarm: Alarm::default(),
            deadline: None,
            lost: false,
            share,
        }
    }

    /// A handle for others on any thread that send to the connection.
    #[must_use]
    pub fn handle(&self) -> ConnectionHandle {
        self.ctx.handle()
    }

    /// The span that everything about this connection is logged in: its fields
    /// `peer` and `path` are there to be recorded.
    #[must_use]
    pub fn span(&self) -> &Span {
        self.watch.span()
    }

    /// The address of the actor.
    #[must_use]
    pub fn address(&self) -> Addr<A> {
        self.ctx.address()
    }

    /// The messages that wait for the connection.
    #[must_use]
    pub fn outbox(&self) -> Outbox {
        self.ctx.outbox()
    }

    /// Lets the actor act; tells whether it has more to do at once, and whether
    /// others on the thread come first.
    fn turn(&mut self, cx: &mut Context<'_>) -> (bool, bool) {
        let Some(life) = &mut self.life else {
            while self.ctx.poll_event().is_some() {}
            return (false, false);
        };
        let (ctx, handlers) = (&mut self.ctx, &*self.handlers);
        let turn = catch_unwind(AssertUnwindSafe(|| life.turn(ctx, handlers, cx)));
        let turn = turn.unwrap_or_else(|panic| {
            self.watch.panicked(&*panic);
            let payload = ClosePayload::new(CloseCode::INTERNAL_ERROR, "internal error");
            self.ctx
                .close_with(payload.unwrap_or_default(), Cause::Panic);
            Turn {
                ended: true,
                ..Turn::default()
            }
        });
        self.unheard = turn.unheard;
        self.behind = turn.behind;
        self.lost |= turn.lost;
        if turn.ended {
            self.bury();
        }
        (turn.more, turn.enough)
    }

    /// Drops the actor and all it left; destructors may panic as well.
    fn bury(&mut self) {
        let life = self.life.take();
        catch_unwind(AssertUnwindSafe(|| drop(life))).ok();
        let ctx = &mut self.ctx;
        catch_unwind(AssertUnwindSafe(|| ctx.shut())).ok();
        if self.ctx.terminated {
            self.ctx.connection.abort(self.ctx.now, Cause::Local);
        }
    }

    /// The transport broke. An actor that waits has some time to hear of it.
    fn lose(&mut self) {
        self.eof = true;
        self.unflushed = false;
        self.ctx.connection.handle_lost(self.ctx.now);
        self.give_grace();
    }

    /// Fails the connection if it holds more than it may; true if it was open.
    fn keep_to_share(&mut self) -> bool {
        let read_ahead = self.life.as_ref().map_or(0, Life::held_bytes);
        let held = read_ahead + self.ctx.held_bytes();
        !self.share.hold(held) && self.ctx.fail_for_memory()
    }

    fn give_grace(&mut self) {
        if self.life.is_some() {
            let ending = self.ending.get_or_insert_default();
            ending.grace.get_or_insert(self.ctx.now + GRACE);
        }
    }

    fn ring(&mut self) {
        let now = self.ctx.now;
        self.ctx.connection.handle_timeout(now);
        self.ctx.heed_expiry();
        if let Some(ending) = &mut self.ending
            && ending.grace.take_if(|grace| *grace <= now).is_some()
            && let Some(life) = &mut self.life
        {
            life.hurry();
        }
    }
}

impl<A, T> Future for Driver<A, T>
where
    A: Actor<Context = WsContext<A>>,
    T: Transport,
{
    type Output = Outcome;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Outcome> {
        let this = self.get_mut();
        let waker_changed = this.ctx.set_waker(cx.waker());
        this.ctx.now = now();
        this.ctx.open_post();
        if let Some(life) = &mut this.life {
            life.wake();
        }
        // Not only when the alarm rings: there may be no time to look at it.
        if this
            .deadline
            .is_some_and(|deadline| deadline <= this.ctx.now)
        {
            this.ring();
        }
        let span = this.watch.span().clone();
        let entered = span.enter();
        let polled = this.go_round(cx, waker_changed);
        drop(entered);
        this.ctx.publish();
        this.count();
        polled
    }
}

impl<A, T> Driver<A, T>
where
    A: Actor<Context = WsContext<A>>,
    T: Transport,
{
    fn go_round(&mut self, cx: &mut Context<'_>, waker_changed: bool) -> Poll<Outcome> {
        let mut ahead = false;
        for _ in 0..ROUNDS {
            let (could_read, swamped) = (self.may_read(), self.ctx.is_swamped());
            let came = ahead || self.read(cx);
            let (mut again, mut enough) = self.turn(cx);
            match self.write(cx) {
                Ok(more) => enough |= more,
                Err(_) => {
                    self.lose();
                    again = true;
                }
            }
            again |= self.ctx.note_congestion();
            again |= self.keep_to_share();
            self.note_pause();
            // What was written, or heard, may have made room for more.
            again |= !could_read && self.may_read();
            again |= swamped && !self.ctx.is_swamped();
            // Mostly nothing has come meanwhile, and the round is the last.
            ahead = came && self.read(cx);
            again |= ahead;
            self.deadline = self.end(cx);
            if self.transport.is_none() && self.life.is_none() {
                return Poll::Ready(self.outcome());
            }
            if enough {
                break;
            }
            if !again {
                let Some(deadline) = self.deadline else {
                    return Poll::Pending;
                };
                ready!(self.alarm.poll(cx, self.ctx.now, deadline, waker_changed));
                self.ctx.now = now();
                self.ring();
            }
        }
        // Others on this thread have their turn first, also those for whom
        // something has come that the runtime has not looked at yet: woken by
        // itself, this task would run some sixty times before it does.
        let yielding: Poll<()> = pin!(yield_now()).poll(cx);
        debug_assert!(yielding.is_pending(), "nobody yields in no time");
        Poll::Pending
    }
}

impl<A: Actor<Context = WsContext<A>>, T> Driver<A, T> {
    /// Tells operators what has changed.
    fn count(&mut self) {
        let (ctx, meters) = (&mut self.ctx, self.handlers.meters());
        let waiting = ctx.waiting_bytes();
        ctx.tally.tell(meters, ctx.given_up(), waiting);
        if let Some(outcome) = &ctx.outcome {
            self.watch.close(meters, outcome, ctx.now, &ctx.tally);
        }
    }

    /// How the connection ended, which it has.
    fn outcome(&mut self) -> Outcome {
        self.ctx
            .connection
            .abort(self.ctx.now, Cause::TransportLost);
        loop {
            if let Some(outcome) = &self.ctx.outcome {
                return Outcome::clone(outcome);
            }
            self.ctx.poll_event();
        }
    }
}

impl<A: Actor<Context = WsContext<A>>, T> Drop for Driver<A, T> {
    /// An actor that still lives hears of the end, as in actix's own contexts.
    fn drop(&mut self) {
        if let Some(mut life) = self.life.take() {
            let (ctx, handlers) = (&mut self.ctx, &*self.handlers);
            ctx.connection.handle_lost(ctx.now);
            catch_unwind(AssertUnwindSafe(|| life.end(ctx, handlers))).ok();
            catch_unwind(AssertUnwindSafe(|| drop(life))).ok();
        }
        // An actor that is gone already may have left bytes that still left.
        catch_unwind(AssertUnwindSafe(|| self.ctx.shut())).ok();
        self.outcome();
        self.count();
    }
}

impl<A: Actor<Context = WsContext<A>>, T> fmt::Debug for Driver<A, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver")
            .field("ctx", &self.ctx)
            .finish_non_exhaustive()
    }
}

/// tokio's clock, which tests can pause.
fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// How often a connection may go round before others on its thread do.
const ROUNDS: usize = 16;
/// How long an actor may still wait for something after its connection ended,
/// and the transport hold back its last bytes: as the default close timeout.
const GRACE: Duration = Duration::from_secs(5);
