use std::{
    cell::OnceCell,
    collections::VecDeque,
    fmt,
    pin::Pin,
    sync::Arc,
    task::Waker,
    time::{Duration, Instant},
};

use actix::{Actor, ActorContext, ActorFuture, SpawnHandle, dev::channel::AddressReceiver};
use ws_core::{Cause, Connection, Outcome};

use crate::{
    ConnectionHandle, Flow, Occurrence,
    handle::{Content, Letter},
    metrics::Tally,
    outbox::{Outbox, Outgoing, Parts},
    rate::Meter,
};

mod actor;
mod expiry;
mod incoming;
mod outgoing;
mod responses;
mod sending;

pub(crate) use self::incoming::held;
use self::{expiry::Expiry, responses::Responses};

/// The actix context of a connection actor.
///
/// It is an ordinary [`AsyncContext`](actix::AsyncContext), and the way to the
/// peer: text, binary, JSON, streams, pings, and the closing handshake. Sending
/// never waits: a message is queued, or the error says why not.
pub struct WsContext<A: Actor<Context = Self>> {
    pub(crate) connection: Connection,
    pub(crate) now: Instant,
    pub(crate) stage: Stage,
    /// A future of [`AsyncContext::wait`](actix::AsyncContext::wait) is under
    /// way, or the peer is waited for.
    pub(crate) waiting: bool,
    /// `terminate` was called.
    pub(crate) terminated: bool,
    /// Made when it asks for something, and taken by the driver.
    pub(crate) requests: Option<Box<Requests<A>>>,
    pub(crate) responses: Responses,
    pub(crate) round_trip: Option<Duration>,
    /// How the connection ended, once it did.
    pub(crate) outcome: Option<Box<Outcome>>,
    /// The actor wants to hear no frames for now.
    pub(crate) reading_paused: bool,
    /// Frames may be heard again.
    pub(crate) resumed: bool,
    /// More waits for the peer than it keeps up with.
    congested: bool,
    /// Another connection will take the place of one that ends.
    pub(crate) reconnects: Reconnects,
    /// What the actor is to be told before the next frame.
    #[expect(clippy::box_collection, reason = "most connections have none")]
    notices: Option<Box<VecDeque<Occurrence>>>,
    /// The actor is to hear of a new connection before what waits leaves.
    pub(crate) greeting: bool,
    pub(crate) tally: Tally,
    meter: Option<Box<Meter>>,
    outbox: Outbox,
    /// A message of which fragments have left already.
    under_way: Option<Box<Parts>>,
    /// When a message under way is cut short, once the connection is to close.
    cut_at: Option<Box<Instant>>,
    /// Made when the peer may not stay for ever.
    expiry: Option<Box<Expiry>>,
    /// Made when somebody asks for the address: most actors need none.
    mailbox: OnceCell<AddressReceiver<A>>,
    /// As little.
    remote: OnceCell<ConnectionHandle>,
    last_handle: SpawnHandle,
}

/// A future that runs beside an actor.
pub(crate) type Task<A> = Pin<Box<dyn ActorFuture<A, Output = ()>>>;

/// What the actor asked of its runtime in one call.
pub(crate) struct Requests<A> {
    pub(crate) spawn: Vec<Spawn<A>>,
    pub(crate) wait: Vec<Task<A>>,
    pub(crate) cancel: Vec<SpawnHandle>,
}

pub(crate) struct Spawn<A> {
    pub(crate) handle: SpawnHandle,
    pub(crate) task: Task<A>,
    /// It is what the handler of a frame returned.
    pub(crate) response: bool,
}

impl<A> Default for Requests<A> {
    fn default() -> Self {
        Self {
            spawn: Vec::new(),
            wait: Vec::new(),
            cancel: Vec::new(),
        }
    }
}

/// Whether the connection is one of several, and what becomes of messages while
/// there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "client"),
    expect(dead_code, reason = "servers wait for clients")
)]
pub(crate) enum Reconnects {
    No,
    Refusing,
    Keeping,
}

/// Where the actor is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Started,
    Running,
    /// `stop` was called: the actor is to be asked.
    StopAsked,
    /// The closing handshake is under way; only `Closed` is still delivered.
    Stopping,
    /// `terminate` was called: the transport is to be dropped.
    Terminated,
    Stopped,
}

impl<A: Actor<Context = Self>> WsContext<A> {
    pub(crate) fn new(now: Instant, connection: Connection, flow: Arc<Flow>) -> Self {
        let tally = Tally::new(connection.has_extensions());
        Self {
            connection,
            now,
            stage: Stage::Started,
            waiting: false,
            terminated: false,
            requests: None,
            responses: Responses::default(),
            round_trip: None,
            outcome: None,
            reading_paused: false,
            resumed: false,
            congested: false,
            reconnects: Reconnects::No,
            notices: None,
            greeting: false,
            tally,
            meter: flow.rate_limit.map(|it| Box::new(Meter::new(it, now))),
            outbox: Outbox::new(flow),
            under_way: None,
            cut_at: None,
            expiry: None,
            mailbox: OnceCell::new(),
            remote: OnceCell::new(),
            last_handle: SpawnHandle::default(),
        }
    }

    /// Whether the end of its connection is not the actor's.
    pub(crate) fn outlives_connection(&self) -> bool {
        self.reconnects != Reconnects::No && !self.is_leaving()
    }

    /// Whether this side wants no connection any more.
    pub(crate) fn is_leaving(&self) -> bool {
        self.outbox.is_closed() || !matches!(self.stage, Stage::Started | Stage::Running)
    }

    /// Why this side wants no connection any more.
    #[cfg(feature = "client")]
    pub(crate) fn asked_cause(&self) -> Option<Cause> {
        let asked = self.outbox.take_close().map(|(_, cause)| cause);
        asked.or_else(|| self.is_leaving().then_some(Cause::Local))
    }

    /// Goes on with another connection.
    #[cfg(feature = "client")]
    pub(crate) fn replace_connection(&mut self, now: Instant, connection: Connection) {
        self.now = now;
        self.connection = connection;
        self.round_trip = None;
        self.outcome = None;
        self.congested = false;
        self.expiry = None;
        self.tally = self.tally.next(self.connection.has_extensions());
        let limit = self.outbox.flow().rate_limit;
        self.meter = limit.map(|it| Box::new(Meter::new(it, now)));
    }

    /// Has the actor told of something before the next frame.
    pub(crate) fn push_notice(&mut self, occurrence: Occurrence) {
        let notices = self.notices.get_or_insert_default();
        // An actor that waits for long need not be told the same again and again.
        let told = |last: &Occurrence| matches!(last, Occurrence::Writable);
        if !(told(&occurrence) && notices.back().is_some_and(told)) {
            notices.push_back(occurrence);
        }
    }

    pub(crate) fn pop_notice(&mut self) -> Option<Occurrence> {
        let next = self.notices.as_mut()?.pop_front();
        if next.is_none() {
            self.notices = None;
        }
        next
    }

    fn requests(&mut self) -> &mut Requests<A> {
        self.requests.get_or_insert_with(Box::default)
    }

    /// Takes over the waker of the task, and tells whether it is another one.
    pub(crate) fn set_waker(&self, waker: &Waker) -> bool {
        if self.outbox.has_waker(waker) {
            return false;
        }
        self.outbox.set_waker(waker);
        if let Some(remote) = self.remote.get() {
            remote.set_waker(waker);
        }
        true
    }

    /// Takes over what other threads asked for.
    pub(crate) fn open_post(&mut self) {
        let Some(post) = self.remote.get().and_then(ConnectionHandle::take) else {
            return;
        };
        let most = self.outbox.flow().fragment_bytes;
        self.outbox.count_given_up(post.given_up);
        for Letter { content, key } in post.letters {
            let outgoing = match content {
                // A handle knows nothing of opcodes; a message under way that is
                // refused would cost the connection.
                Content::Message(message) if self.connection.check_message(&message).is_err() => {
                    self.outbox.count_given_up(1);
                    continue;
                }
                Content::Message(message) => Outgoing::message(message, most),
                Content::Prepared(prepared) => Outgoing::Prepared(prepared),
            };
            self.outbox.admit(outgoing, key);
        }
        if let Some(code) = post.slow {
            self.outbox.give_up(code);
        }
        if let Some(deadline) = post.expire {
            self.expire_at(deadline);
        }
        if let Some(payload) = post.close {
            self.close_with(payload, Cause::Local);
        }
        if post.stop {
            self.stop();
        }
    }

    /// Tells other threads how much waits.
    pub(crate) fn publish(&self) {
        if let Some(remote) = self.remote.get() {
            self.publish_to(remote);
        }
    }

    fn publish_to(&self, remote: &ConnectionHandle) {
        let waiting = (self.outbox.queued_bytes(), self.outbox.queued_messages());
        remote.publish(self.queued_bytes(), waiting, !self.outbox.is_closed());
    }

    pub(crate) fn mailbox(&mut self) -> Option<&mut AddressReceiver<A>> {
        self.mailbox.get_mut()
    }

    /// The actor has stopped: nothing reaches it any more.
    pub(crate) fn shut(&mut self) {
        self.stage = Stage::Stopped;
        self.outbox.shut();
        self.mailbox.take();
        if let Some(remote) = self.remote.get() {
            let given_up = remote.shut();
            self.outbox.count_given_up(given_up);
        }
        // Destructors are anybody's: by now there is nothing to disturb.
        self.cut_short();
        drop(self.requests.take());
    }
}

impl<A: Actor<Context = Self>> fmt::Debug for WsContext<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WsContext")
            .field("stage", &self.stage)
            .field("connection", &self.connection)
            .finish_non_exhaustive()
    }
}
