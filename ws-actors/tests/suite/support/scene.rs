//! An actor on a transport, and all that a test looks at.

use std::{sync::Arc, time::Duration};

use actix::{Actor, Addr};
use tokio::{
    task::{JoinHandle, spawn_local},
    time::{Instant, sleep_until},
};
use ws_actors::{ConnectionHandle, Driver, Flow, Handlers, Outbox, Transport, WsContext};
use ws_core::{
    Config, Connection, Entropy, Outcome, Role,
    extension::{Agreement, Params, deflate::Deflate},
};

use super::{
    probe::{Heard, Journal, Probe, React},
    settle,
    wire::{Peer, Wire, wire},
};

/// How a probe comes to its connection.
pub(crate) struct Setup {
    react: React,
    continues: u32,
    handlers: Handlers<Probe>,
    role: Role,
    room: usize,
    compressed: bool,
}

/// A probe whose reactions the test gives.
pub(crate) fn probe(react: impl FnMut(&Heard, &mut WsContext<Probe>) + 'static) -> Setup {
    Setup {
        react: Box::new(react),
        continues: 0,
        handlers: Probe::handlers(),
        role: Role::Server,
        room: usize::MAX,
        compressed: false,
    }
}

/// Does something as it starts; an assertion that fails there shows, too.
pub(crate) fn once(act: impl FnOnce(&mut WsContext<Probe>) + 'static) -> Setup {
    let mut act = Some(act);
    probe(move |_, ctx| {
        if let Some(act) = act.take() {
            act(ctx);
        }
    })
}

/// A probe that only listens.
pub(crate) fn listener() -> Setup {
    probe(|_, _| {})
}

impl Setup {
    /// It answers `stopping` with `Continue` so often.
    pub(crate) fn continuing(mut self, times: u32) -> Self {
        self.continues = times;
        self
    }

    pub(crate) fn config(mut self, config: Config) -> Self {
        self.handlers = self.handlers.config(config);
        self
    }

    pub(crate) fn handlers(mut self, handlers: Handlers<Probe>) -> Self {
        self.handlers = handlers;
        self
    }

    pub(crate) fn max_queued_bytes(self, limit: usize) -> Self {
        self.flow(Flow::new().max_queued_bytes(limit))
    }

    pub(crate) fn flow(mut self, flow: Flow) -> Self {
        self.handlers = self.handlers.flow(flow);
        self
    }

    pub(crate) fn client(mut self) -> Self {
        self.role = Role::Client;
        self
    }

    /// permessage-deflate was agreed on.
    pub(crate) fn compressed(mut self) -> Self {
        self.compressed = true;
        self
    }

    /// The transport takes so many bytes, then it jams.
    pub(crate) fn room(mut self, bytes: usize) -> Self {
        self.room = bytes;
        self
    }

    /// Opens the connection, with what else is wanted of it.
    fn launch<T>(self, want: impl FnOnce(&Driver<Probe, Wire>) -> T) -> (Scene, T) {
        let (wire, peer) = wire();
        peer.jam(self.room);
        let actor = Probe::new(self.react, self.continues);
        let journal = actor.journal.clone();
        let mut connection = connection(self.role, &self.handlers);
        if self.compressed {
            connection = connection.with_extensions(deflate(self.role));
        }
        let driver = Driver::new(actor, connection, wire, Arc::new(self.handlers));
        let wanted = want(&driver);
        let scene = Scene {
            start: Instant::now(),
            peer,
            journal,
            outbox: driver.outbox(),
            task: spawn_local(driver),
        };
        (scene, wanted)
    }

    /// Opens the connection of an actor that nobody has the address of.
    pub(crate) fn open(self) -> Scene {
        self.launch(|_| ()).0
    }

    /// Opens the connection of an actor that others write to.
    pub(crate) fn open_addressed(self) -> (Scene, Addr<Probe>) {
        self.launch(Driver::address)
    }

    /// Opens the connection of an actor that any thread sends to.
    pub(crate) fn open_handled(self) -> (Scene, ConnectionHandle) {
        self.launch(Driver::handle)
    }

    /// Opens the connection over a transport of the test's own.
    pub(crate) fn open_on(self, transport: impl Transport) -> (Journal, JoinHandle<Outcome>) {
        let actor = Probe::new(self.react, self.continues);
        let journal = actor.journal.clone();
        let connection = connection(self.role, &self.handlers);
        (journal, open(actor, connection, transport, self.handlers))
    }
}

/// A probe, its peer, and the clock.
pub(crate) struct Scene {
    start: Instant,
    pub(crate) peer: Peer,
    pub(crate) journal: Journal,
    pub(crate) outbox: Outbox,
    pub(crate) task: JoinHandle<Outcome>,
}

impl Scene {
    /// The time since the connection was opened.
    pub(crate) fn time(&self) -> Duration {
        self.start.elapsed()
    }

    /// Waits for this time since the connection was opened, and for all that
    /// happens then.
    pub(crate) async fn reach(&self, time: Duration) {
        sleep_until(self.start + time).await;
        settle().await;
    }

    /// Waits for the driver's end.
    pub(crate) async fn end(self) -> (Peer, Journal) {
        self.task.await.expect("a driver never panics");
        (self.peer, self.journal)
    }

    /// Whether the driver has ended.
    pub(crate) fn is_over(&self) -> bool {
        self.task.is_finished()
    }
}

/// Opens the connection of any actor on a wire.
pub(crate) fn open_wire<A>(actor: A, handlers: Handlers<A>) -> (Peer, JoinHandle<Outcome>)
where
    A: Actor<Context = WsContext<A>>,
{
    let (wire, peer) = wire();
    let connection = connection(Role::Server, &handlers);
    (peer, open(actor, connection, wire, handlers))
}

/// Opens the connection of any actor over any transport.
pub(crate) fn open<A>(
    actor: A,
    connection: Connection,
    transport: impl Transport,
    handlers: Handlers<A>,
) -> JoinHandle<Outcome>
where
    A: Actor<Context = WsContext<A>>,
{
    spawn_local(Driver::new(
        actor,
        connection,
        transport,
        Arc::new(handlers),
    ))
}

/// permessage-deflate on its default terms.
pub(crate) fn deflate(role: Role) -> Agreement {
    let deflate = Deflate::new().agreed(role);
    let mut agreement = Agreement::new();
    let params = Params::new(deflate.name());
    agreement.add(params, deflate).expect("it is the only one");
    agreement
}

/// A connection on the paused clock.
pub(crate) fn connection<A>(role: Role, handlers: &Handlers<A>) -> Connection
where
    A: Actor<Context = WsContext<A>>,
{
    let now = Instant::now().into_std();
    match role {
        Role::Server => Connection::server(now, handlers.protocol()),
        Role::Client => Connection::client(now, handlers.protocol(), Entropy::seeded(6455)),
    }
}
