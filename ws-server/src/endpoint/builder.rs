use std::{borrow::Cow, fmt, sync::Arc};

use actix::{Actor, Handler};
use ws_actors::{Flow, Handlers, Notice, Slot, WsContext};
use ws_core::{
    Config,
    extension::{ServerChoice, deflate::Deflate},
    handshake::ServerHandshake,
};

use crate::{EndpointError, Shutdown, origin::Origins};

use super::{Endpoint, Inner};

/// Describes an [`Endpoint`].
pub struct EndpointBuilder<A: Actor> {
    handlers: Handlers<A>,
    handshake: ServerHandshake,
    compression: Option<Deflate>,
    subprotocols: Vec<String>,
    origins: Origins,
    shutdown: Shutdown,
    duplicate: Option<Slot>,
}

impl<A: Actor<Context = WsContext<A>>> EndpointBuilder<A> {
    pub(super) fn new() -> Self {
        Self {
            handlers: Handlers::new(),
            handshake: ServerHandshake::new(),
            compression: Some(Deflate::new()),
            subprotocols: Vec::new(),
            origins: Origins::default(),
            shutdown: Shutdown::default(),
            duplicate: None,
        }
    }

    /// Registers a kind of frame, or of change of the connection, that the actor
    /// handles.
    ///
    /// A data message of a kind that is not registered closes the connection
    /// with 1003.
    #[must_use]
    pub fn on<M>(mut self) -> Self
    where
        M: Notice,
        A: Handler<M>,
    {
        if self.handlers.has(M::SLOT) {
            self.duplicate = Some(M::SLOT);
        }
        self.handlers = self.handlers.on::<M>();
        self
    }

    /// The limits and deadlines of the protocol; safe by default.
    #[must_use]
    pub fn config(mut self, config: Config) -> Self {
        self.handlers = self.handlers.config(config);
        self
    }

    /// How much may be under way in each direction, and what happens beyond it;
    /// safe by default.
    #[must_use]
    pub fn flow(mut self, flow: Flow) -> Self {
        self.handlers = self.handlers.flow(flow);
        self
    }

    /// What logs and metrics call the endpoint. Default: the name of the actor's
    /// type.
    #[must_use]
    pub fn name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.handlers = self.handlers.name(name);
        self
    }

    /// The subprotocols that the endpoint speaks, the preferred one first.
    ///
    /// A client that offers none of them connects without one;
    /// [`WsContext::subprotocol`] tells.
    #[must_use]
    pub fn subprotocols(
        mut self,
        subprotocols: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        self.subprotocols = subprotocols.into_iter().map(Into::into).collect();
        self
    }

    /// The terms on which messages are compressed, or `None` for not at all.
    ///
    /// Default: [`Deflate::new`], for clients that offer permessage-deflate.
    #[must_use]
    pub fn compression(mut self, terms: impl Into<Option<Deflate>>) -> Self {
        self.compression = terms.into();
        self
    }

    /// Agrees on an extension of your own, before compression.
    #[must_use]
    pub fn extension(mut self, extension: impl ServerChoice + 'static) -> Self {
        self.handshake = self.handshake.extension(extension);
        self
    }

    /// Lets pages of these origins connect too, such as `https://example.com`.
    ///
    /// By default only pages of the server itself may, as a browser would
    /// connect any page in its visitor's name.
    #[must_use]
    pub fn origins(mut self, origins: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.origins = Origins::Listed(origins.into_iter().map(Into::into).collect());
        self
    }

    /// Lets the pages of all origins connect: for endpoints that neither look
    /// at cookies nor trust the network they are in.
    #[must_use]
    pub fn any_origin(mut self) -> Self {
        self.origins = Origins::Any;
        self
    }

    /// Ends the endpoint's connections with this shutdown.
    #[must_use]
    pub fn shutdown(mut self, shutdown: &Shutdown) -> Self {
        self.shutdown = shutdown.clone();
        self
    }

    /// Finishes the description.
    ///
    /// # Errors
    ///
    /// If it contradicts itself.
    pub fn build(self) -> Result<Endpoint<A>, EndpointError> {
        if let Some(slot) = self.duplicate {
            return Err(EndpointError::DuplicateHandler(slot));
        }
        if let Some(opcode) = self.handlers.beside_parts() {
            return Err(EndpointError::PartsAndMessages(opcode));
        }
        let mut handshake = self.handshake.subprotocols(self.subprotocols)?;
        if let Some(deflate) = self.compression {
            handshake = handshake.extension(deflate);
        }
        Ok(Endpoint(Arc::new(Inner {
            handlers: Arc::new(self.handlers),
            handshake,
            origins: self.origins,
            shutdown: self.shutdown,
        })))
    }
}

impl<A: Actor> fmt::Debug for EndpointBuilder<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EndpointBuilder")
            .field("handlers", &self.handlers)
            .field("subprotocols", &self.subprotocols)
            .field("origins", &self.origins)
            .finish_non_exhaustive()
    }
}
