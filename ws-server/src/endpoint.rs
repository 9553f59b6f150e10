use std::{borrow::Cow, fmt, sync::Arc, time::Instant};

use actix::{Actor, Handler};
use actix_web::{HttpRequest, HttpResponse, web::Payload};
use tracing::{Span, field::display};
use ws_actors::{Driver, Flow, Handlers, Notice, Slot, WsContext};
use ws_core::{
    Config, Entropy,
    extension::{ServerChoice, deflate::Deflate},
    handshake::ServerHandshake,
};

use crate::{
    EndpointError, Shutdown, UpgradeError,
    origin::Origins,
    upgrade::{self, portable},
};

/// A kind of WebSocket connection: what its actor handles, and on which terms.
///
/// Build it once, keep it in the app's data, and call
/// [`upgrade`](Self::upgrade) in an ordinary actix-web handler: routing,
/// middleware, extractors and app data work as for any route. A clone is the
/// same endpoint.
///
/// ```
/// use actix::{Actor, Handler};
/// use actix_web::{App, HttpRequest, HttpResponse, web};
/// use ws_server::{Endpoint, Text, UpgradeError, WsContext};
///
/// struct Echo;
///
/// impl Actor for Echo {
///     type Context = WsContext<Self>;
/// }
///
/// impl Handler<Text> for Echo {
///     type Result = ();
///
///     fn handle(&mut self, Text(text): Text, ctx: &mut WsContext<Self>) {
///         ctx.text(text).ok(); // fails only when the connection is closing
///     }
/// }
///
/// async fn echo(
///     request: HttpRequest,
///     payload: web::Payload,
///     endpoint: web::Data<Endpoint<Echo>>,
/// ) -> Result<HttpResponse, UpgradeError> {
///     endpoint.upgrade(&request, payload, Echo)
/// }
///
/// let endpoint = Endpoint::<Echo>::builder().on::<Text>().build()?;
/// let app = App::new()
///     .app_data(web::Data::new(endpoint))
///     .route("/echo", web::get().to(echo));
/// # Ok::<_, ws_server::EndpointError>(())
/// ```
pub struct Endpoint<A: Actor>(Arc<Inner<A>>);

struct Inner<A: Actor> {
    handlers: Arc<Handlers<A>>,
    handshake: ServerHandshake,
    origins: Origins,
    shutdown: Shutdown,
}

impl<A: Actor<Context = WsContext<A>>> Endpoint<A> {
    /// Begins to describe an endpoint.
    #[must_use]
    pub fn builder() -> EndpointBuilder<A> {
        EndpointBuilder {
            handlers: Handlers::new(),
            handshake: ServerHandshake::new(),
            compression: Some(Deflate::new()),
            subprotocols: Vec::new(),
            origins: Origins::default(),
            shutdown: Shutdown::default(),
            duplicate: None,
        }
    }

    /// What the endpoint registers and allows, for a test that runs its actor
    /// [without a server](crate::test). With the feature `test-util`.
    #[cfg(feature = "test-util")]
    #[must_use]
    pub fn handlers(&self) -> Arc<Handlers<A>> {
        Arc::clone(&self.0.handlers)
    }

    /// Answers a request with 101 and runs `actor` on the connection.
    ///
    /// # Errors
    ///
    /// If the request is no opening handshake, comes from the page of an origin
    /// that may not connect, or the server is shutting down. The error is the
    /// response to give.
    pub fn upgrade(
        &self,
        request: &HttpRequest,
        payload: Payload,
        actor: A,
    ) -> Result<HttpResponse, UpgradeError> {
        let endpoint = &*self.0;
        let acceptance = upgrade::accept(request, &endpoint.handshake)?;
        endpoint.origins.check(request)?;
        if endpoint.shutdown.has_begun() {
            return Err(UpgradeError::ShuttingDown);
        }
        let mut response = upgrade::switching_protocols(&acceptance);
        let (transport, body) = portable::channel(request, payload);
        let handlers = Arc::clone(&endpoint.handlers);
        let connection = acceptance
            .into_connection(Instant::now(), handlers.protocol())
            .with_jitter(&mut Entropy::system());
        let driver = Driver::new(actor, connection, transport, handlers);
        note_request(driver.span(), request);
        let seat = endpoint.shutdown.seat(driver.outbox());
        actix_rt::spawn(async move {
            driver.await;
            drop(seat);
        });
        Ok(response.body(body))
    }
}

/// Has the logs tell whose connection it is.
fn note_request(span: &Span, request: &HttpRequest) {
    if span.is_disabled() {
        return;
    }
    if let Some(peer) = request.peer_addr() {
        span.record("peer", display(peer));
    }
    span.record("path", request.path());
}

impl<A: Actor> Clone for Endpoint<A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<A: Actor> fmt::Debug for Endpoint<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("handlers", &self.0.handlers)
            .field("handshake", &self.0.handshake)
            .field("origins", &self.0.origins)
            .finish_non_exhaustive()
    }
}

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
