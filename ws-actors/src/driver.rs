use std::{
    cell::RefCell,
    fmt,
    future::Future,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker, ready},
    time::{Duration, Instant},
};

use actix::{Actor, Addr, AsyncContext};
use bytes::BytesMut;
use tracing::Span;
use ws_core::{Cause, CloseCode, ClosePayload, Connection, Outcome, Output};

use crate::{ConnectionHandle, Handlers, Outbox, Transport, WsContext};

mod alarm;
mod life;
#[cfg(feature = "client")]
mod relay;
mod watch;

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
    /// When the transport is dropped, though it holds back bytes it took.
    drop_by: Option<Instant>,
    /// When an actor that waits is stopped, once the connection is closed.
    grace: Option<Instant>,
    alarm: Alarm,
    /// The earliest instant at which something is due.
    deadline: Option<Instant>,
    waker: Option<Waker>,
    /// The connection has ended, and the actor has not.
    lost: bool,
    watch: Watch,
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
        let now = now();
        Self {
            watch: Watch::new(now, handlers.label(), connection.subprotocol()),
            life: Some(Life::new(actor)),
            ctx: WsContext::new(now, connection, handlers.flow),
            handlers,
            transport,
            sending: Sending::Open,
            unflushed: false,
            eof: false,
            unheard: false,
            behind: false,
            reading_paused: false,
            drop_by: None,
            grace: None,
            alarm: Alarm::default(),
            deadline: None,
            waker: None,
            lost: false,
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
    pub const fn span(&self) -> &Span {
        &self.watch.span
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

    /// Whether the actor keeps up with the peer, and the peer with the actor.
    fn may_read(&self) -> bool {
        !self.eof && !self.unheard && self.ctx.has_room() && self.ctx.spent_until().is_none()
    }

    /// Reads once; true if something came.
    fn read(&mut self, cx: &mut Context<'_>) -> bool {
        if !self.may_read() {
            return false;
        }
        let Some(transport) = &mut self.transport else {
            return false;
        };
        if let Some(place) = self.ctx.connection.read_buffer() {
            let read = transport.poll_read(cx, place);
            if let Poll::Ready(Ok(1..)) = read {
                self.ctx.connection.handle_read(self.ctx.now);
            }
            return self.has_read(read);
        }
        let read = READ_BUFFER.with_borrow_mut(|buffer| {
            // Whatever a transport that broke has left here is nobody's.
            buffer.clear();
            // Slices of it may be with the actor: then use up what is left.
            if !buffer.try_reclaim(READ) && buffer.capacity() < READ / 8 {
                buffer.reserve(READ);
            }
            let read = transport.poll_read(cx, buffer);
            if let Poll::Ready(Ok(1..)) = read {
                self.ctx.connection.handle_input(self.ctx.now, buffer);
            }
            read
        });
        self.has_read(read)
    }

    /// Tells the protocol of the transport's end; true if something came.
    fn has_read(&mut self, read: Poll<io::Result<usize>>) -> bool {
        match read {
            Poll::Pending => return false,
            Poll::Ready(Ok(bytes @ 1..)) => self.ctx.count_read(bytes),
            Poll::Ready(Ok(0)) => {
                self.eof = true;
                self.ctx.connection.handle_eof(self.ctx.now);
            }
            Poll::Ready(Err(_)) => self.lose(),
        }
        true
    }

    /// Lets the actor act; true if it has more to do at once.
    fn turn(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(life) = &mut self.life else {
            while self.ctx.poll_event().is_some() {}
            return false;
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
        turn.more
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

    /// Tells the protocol when nothing is read, so that it expects no Pong.
    fn note_pause(&mut self) {
        let paused = self.behind || !self.ctx.has_room() || self.ctx.spent_until().is_some();
        if paused != self.reading_paused {
            self.reading_paused = paused;
            if paused {
                self.ctx.connection.pause_reading(self.ctx.now);
            } else {
                self.ctx.connection.resume_reading(self.ctx.now);
            }
        }
    }

    /// The transport broke. An actor that waits has some time to hear of it.
    fn lose(&mut self) {
        self.eof = true;
        self.unflushed = false;
        self.ctx.connection.handle_lost(self.ctx.now);
        self.give_grace();
    }

    fn give_grace(&mut self) {
        if self.life.is_some() && self.grace.is_none() {
            self.grace = Some(self.ctx.now + GRACE);
        }
    }

    /// Writes until nothing is left or the transport takes no more; true if it
    /// took so much that others have their turn first.
    fn write(&mut self, cx: &mut Context<'_>) -> io::Result<bool> {
        let more = self.write_queue(cx)?;
        if self.unflushed
            && let Some(transport) = &mut self.transport
            && let Poll::Ready(result) = transport.poll_flush(cx)
        {
            self.unflushed = false;
            result?;
        }
        Ok(more)
    }

    fn write_queue(&mut self, cx: &mut Context<'_>) -> io::Result<bool> {
        for _ in 0..WRITES {
            self.ctx.drain_outbox(cx);
            let Some(transport) = &mut self.transport else {
                return Ok(false);
            };
            let queue = self.ctx.connection.transmit();
            if queue.is_empty() {
                return Ok(false);
            }
            match transport.poll_write(cx, queue) {
                Poll::Pending => return Ok(false),
                Poll::Ready(Ok(0)) => return Err(io::ErrorKind::WriteZero.into()),
                Poll::Ready(Ok(bytes)) => {
                    self.ctx.tally.sent.bytes += bytes as u64;
                    self.unflushed = true;
                }
                Poll::Ready(Err(error)) => return Err(error),
            }
        }
        Ok(true)
    }

    /// Does what the protocol wants of the transport's end.
    fn end(&mut self, cx: &mut Context<'_>) -> Option<Instant> {
        loop {
            match self.ctx.connection.poll_end(self.ctx.now) {
                Output::Shutdown => self.sending = Sending::ShuttingDown,
                Output::Disconnect => {
                    self.drop_by = Some(self.ctx.now + GRACE);
                    self.give_grace();
                }
                Output::Wait(deadline) => {
                    if self.sending == Sending::ShuttingDown {
                        self.shut_down(cx);
                    }
                    let now = self.ctx.now;
                    if self.drop_by.is_some_and(|by| !self.unflushed || by <= now) {
                        self.drop_by = None;
                        self.transport = None;
                    }
                    let (spent, cut) = (self.ctx.spent_until(), self.ctx.cut_at());
                    let deadlines = [deadline, self.grace, self.drop_by, spent, cut];
                    return deadlines.into_iter().flatten().min();
                }
                Output::Event(_) | Output::Transmit(_) => return Some(self.ctx.now),
            }
        }
    }

    fn shut_down(&mut self, cx: &mut Context<'_>) {
        let Some(transport) = &mut self.transport else {
            return;
        };
        if let Poll::Ready(result) = transport.poll_shutdown(cx) {
            self.sending = Sending::Ended;
            if result.is_err() {
                self.lose();
            }
        }
    }

    fn ring(&mut self) {
        let now = self.ctx.now;
        self.ctx.connection.handle_timeout(now);
        if self.grace.is_some_and(|grace| grace <= now) {
            self.grace = None;
            if let Some(life) = &mut self.life {
                life.hurry();
            }
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
        let waker_changed = this
            .waker
            .as_ref()
            .is_none_or(|it| !it.will_wake(cx.waker()));
        if waker_changed {
            this.ctx.set_waker(cx.waker());
            this.waker = Some(cx.waker().clone());
        }
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
        let span = this.watch.span.clone();
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
        for _ in 0..ROUNDS {
            let could_read = self.may_read();
            let mut again = self.read(cx);
            again |= self.turn(cx);
            match self.write(cx) {
                Ok(more) => again |= more,
                Err(_) => {
                    self.lose();
                    again = true;
                }
            }
            again |= self.ctx.note_congestion();
            self.note_pause();
            // What was written, or heard, may have made room for more.
            again |= !could_read && self.may_read();
            self.deadline = self.end(cx);
            if self.transport.is_none() && self.life.is_none() {
                return Poll::Ready(self.outcome());
            }
            if !again {
                let Some(deadline) = self.deadline else {
                    return Poll::Pending;
                };
                ready!(self.alarm.poll(cx, deadline, waker_changed));
                self.ctx.now = now();
                self.ring();
            }
        }
        // Others on this thread have their turn first.
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl<A: Actor<Context = WsContext<A>>, T> Driver<A, T> {
    /// Tells operators what has changed.
    fn count(&mut self) {
        let (ctx, meters) = (&mut self.ctx, self.handlers.meters());
        ctx.tally.tell(meters, ctx.given_up());
        if let Some(outcome) = &ctx.outcome {
            let extended = ctx.connection.has_extensions();
            self.watch
                .close(meters, outcome, ctx.now, &ctx.tally, extended);
        }
    }

    /// How the connection ended, which it has.
    fn outcome(&mut self) -> Outcome {
        self.ctx
            .connection
            .abort(self.ctx.now, Cause::TransportLost);
        loop {
            if let Some(outcome) = &self.ctx.outcome {
                return outcome.clone();
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
            catch_unwind(AssertUnwindSafe(|| self.ctx.shut())).ok();
        }
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

thread_local! {
    /// All connections of a thread read into one buffer, so that idle ones
    /// hold none.
    static READ_BUFFER: RefCell<BytesMut> = RefCell::new(BytesMut::new());
}

/// The most that is read at once, in bytes.
const READ: usize = 64 * 1024;
/// How often it is written at once: some MiB of a stream that never ends.
const WRITES: usize = 32;
/// How often a connection may go round before others on its thread do.
const ROUNDS: usize = 16;
/// How long an actor may still wait for something after its connection ended,
/// and the transport hold back its last bytes: as the default close timeout.
const GRACE: Duration = Duration::from_secs(5);
