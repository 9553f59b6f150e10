//! The actor whose ends are looked at, of a server or of a client.

use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use actix::{Actor, Addr, AsyncContext, Handler, Message, Running, WrapFuture};
use actix_web::{HttpRequest, HttpResponse, web};
use tokio::{sync::mpsc::UnboundedSender, time::Instant};
use ws_core::Outcome;
use ws_server::{
    Closed, ConnectionHandle, Endpoint, Membership, Rooms, Text, UpgradeError, WsContext,
};

/// Echoes texts, and does what a [`Do`] says. It holds on to all that an actor
/// may hold on to.
pub(crate) struct Subject {
    brings: Brings,
    held: Held,
    membership: Option<Membership<(), Held>>,
    clock: Option<Instant>,
}

/// What an actor comes with.
#[derive(Clone)]
pub(crate) struct Brings {
    pub(crate) reporter: UnboundedSender<Report>,
    /// Where it joins a room.
    pub(crate) rooms: Option<Rooms<(), Held>>,
    /// What all that it leaves somewhere has a share in.
    pub(crate) held: Weak<()>,
    /// Where it panics.
    pub(crate) trap: Trap,
}

/// Something that has to be dropped in the end.
#[derive(Debug, Clone, Default)]
pub(crate) struct Held {
    _share: Arc<()>,
}

/// What the test hears of the actor.
pub(crate) enum Report {
    Started(Opened),
    /// How its connection ended, and how long after its clock was let go.
    Closed(Outcome, Option<Duration>),
}

/// The ways to an actor.
#[derive(Clone)]
pub(crate) struct Opened {
    pub(crate) address: Addr<Subject>,
    pub(crate) handle: ConnectionHandle,
}

/// Has the actor do something.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Do(Act);

type Act = Box<dyn FnOnce(&mut Subject, &mut WsContext<Subject>) + Send>;

/// The one place where an actor panics, if there is one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trap(Arc<AtomicU8>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Place {
    Started = 1,
    Text,
    Stopping,
    Stopped,
    Closed,
    Dropped,
}

impl Subject {
    pub(crate) fn new(brings: Brings) -> Self {
        let held = brings.held.upgrade().expect("the test goes on");
        Self {
            brings,
            held: Held { _share: held },
            membership: None,
            clock: None,
        }
    }

    /// Has no time pass on this thread but what is waited for.
    pub(crate) fn let_time_fly(&mut self) {
        tokio::time::pause();
        self.clock = Some(Instant::now());
    }

    fn step_on(&self, place: Place) {
        self.brings.trap.step_on(place);
    }
}

impl Do {
    pub(crate) fn new(
        act: impl FnOnce(&mut Subject, &mut WsContext<Subject>) + Send + 'static,
    ) -> Self {
        Self(Box::new(act))
    }
}

impl Trap {
    pub(crate) fn lay(&self, place: Place) {
        self.0.store(place as u8, Ordering::SeqCst);
    }

    fn step_on(&self, place: Place) {
        let laid = self
            .0
            .compare_exchange(place as u8, 0, Ordering::SeqCst, Ordering::SeqCst);
        assert!(laid.is_err(), "as the test wants");
    }
}

impl Actor for Subject {
    type Context = WsContext<Self>;

    fn started(&mut self, ctx: &mut WsContext<Self>) {
        let rooms = self.brings.rooms.as_ref();
        self.membership = rooms.map(|rooms| {
            let joined = rooms.join((), self.held.clone(), ctx);
            joined.expect("the room has room")
        });
        let held = self.held.clone();
        let never = async move {
            let _held = held;
            std::future::pending::<()>().await;
        };
        ctx.spawn(never.into_actor(self));
        let opened = Opened {
            address: ctx.address(),
            handle: ctx.handle(),
        };
        self.brings.reporter.send(Report::Started(opened)).ok();
        self.step_on(Place::Started);
    }

    fn stopping(&mut self, _: &mut WsContext<Self>) -> Running {
        self.step_on(Place::Stopping);
        Running::Stop
    }

    fn stopped(&mut self, _: &mut WsContext<Self>) {
        self.step_on(Place::Stopped);
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        self.step_on(Place::Dropped);
    }
}

impl Handler<Text> for Subject {
    type Result = ();

    fn handle(&mut self, Text(text): Text, ctx: &mut WsContext<Self>) {
        self.step_on(Place::Text);
        // It fails only when the connection is closing.
        ctx.text(text).ok();
    }
}

impl Handler<Do> for Subject {
    type Result = ();

    fn handle(&mut self, Do(act): Do, ctx: &mut WsContext<Self>) {
        act(self, ctx);
    }
}

impl Handler<Closed> for Subject {
    type Result = ();

    fn handle(&mut self, Closed(outcome): Closed, _: &mut WsContext<Self>) {
        let after = self.clock.map(|begun| begun.elapsed());
        let report = Report::Closed(outcome, after);
        self.brings.reporter.send(report).ok();
        self.step_on(Place::Closed);
    }
}

pub(crate) async fn upgrade(
    request: HttpRequest,
    payload: web::Payload,
    endpoint: web::Data<Endpoint<Subject>>,
    brings: web::Data<Brings>,
) -> Result<HttpResponse, UpgradeError> {
    let subject = Subject::new(Brings::clone(&brings));
    endpoint.upgrade(&request, payload, subject)
}
