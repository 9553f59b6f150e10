use std::{fmt, future::Future, sync::Arc};

use actix::Actor;
use tokio::{task::spawn_local, time::Instant};
use ws_core::{
    Connection, Entropy, Outcome, Role,
    extension::{Agreement, Extension, Params, deflate::Deflate},
};

use super::{
    peer::Peer,
    protocol::Protocol,
    wire::{Driven, wire},
};
use crate::{Driver, Handlers, WsContext};

/// An actor that is the server; its [`Peer`] is a client.
///
/// Limits and deadlines are those of the handlers, without jitter.
pub fn server<A>(actor: A, handlers: impl Into<Arc<Handlers<A>>>) -> Setup<A>
where
    A: Actor<Context = WsContext<A>>,
{
    Setup::new(Role::Server, actor, handlers.into())
}

/// An actor that is the client; its [`Peer`] is a server.
///
/// Limits and deadlines are those of the handlers, without jitter. Masking keys are the same in
/// each run.
pub fn client<A>(actor: A, handlers: impl Into<Arc<Handlers<A>>>) -> Setup<A>
where
    A: Actor<Context = WsContext<A>>,
{
    Setup::new(Role::Client, actor, handlers.into())
}

/// An actor and what its opening handshake would have agreed on.
#[must_use = "nothing runs before `connect`"]
pub struct Setup<A: Actor> {
    role: Role,
    actor: A,
    handlers: Arc<Handlers<A>>,
    subprotocol: Option<String>,
    /// What the actor runs, and its peer.
    extensions: [Agreement; 2],
}

impl<A: Actor<Context = WsContext<A>>> Setup<A> {
    fn new(role: Role, actor: A, handlers: Arc<Handlers<A>>) -> Self {
        Self {
            role,
            actor,
            handlers,
            subprotocol: None,
            extensions: [Agreement::new(), Agreement::new()],
        }
    }

    /// The subprotocol that was agreed on. Default: none.
    pub fn subprotocol(mut self, subprotocol: impl Into<String>) -> Self {
        self.subprotocol = Some(subprotocol.into());
        self
    }

    /// permessage-deflate was agreed on, with these terms as they are.
    /// Default: it was not, so that messages are seen as they are.
    ///
    /// # Panics
    ///
    /// If another extension owns its reserved bit.
    pub fn compression(self, terms: &Deflate) -> Self {
        self.extension(|role| terms.agreed(role))
    }

    /// An extension was agreed on, behind those before it: `make` is called
    /// for each side, with its role.
    ///
    /// # Panics
    ///
    /// If another extension owns one of its reserved bits.
    pub fn extension(mut self, make: impl Fn(Role) -> Box<dyn Extension>) -> Self {
        let roles = [self.role, self.role.peer()];
        for (agreement, role) in self.extensions.iter_mut().zip(roles) {
            let extension = make(role);
            let params = Params::new(extension.name());
            agreement
                .add(params, extension)
                .expect("each extension owns reserved bits of its own");
        }
        self
    }

    /// Opens the connection: the actor starts when the scenario waits for the
    /// first time.
    ///
    /// # Panics
    ///
    /// Outside of a [`LocalSet`](tokio::task::LocalSet), which
    /// [`run`](super::run) provides.
    #[must_use = "the connection breaks when its peer is dropped"]
    pub fn connect(self) -> Peer<A> {
        let [extensions, peers_extensions] = self.extensions;
        let config = self.handlers.protocol();
        let protocol = Protocol::new(self.role.peer(), &config, peers_extensions);
        let now = Instant::now().into_std();
        let connection = match self.role {
            Role::Server => Connection::server(now, config),
            Role::Client => Connection::client(now, config, Entropy::seeded(1)),
        }
        .with_extensions(extensions)
        .with_subprotocol(self.subprotocol);
        let (wire, driven, state) = wire(protocol);
        let driver = Driver::new(self.actor, connection, wire, self.handlers);
        let (address, outbox) = (driver.address(), driver.outbox());
        spawn_local(drive(driver, driven));
        Peer::new(self.role.peer(), state, address, outbox)
    }
}

async fn drive(driver: impl Future<Output = Outcome>, driven: Driven) {
    driven.with(driver.await);
}

impl<A: Actor> fmt::Debug for Setup<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setup")
            .field("role", &self.role)
            .field("handlers", &self.handlers)
            .field("subprotocol", &self.subprotocol)
            .finish_non_exhaustive()
    }
}
