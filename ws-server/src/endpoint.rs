use std::{fmt, sync::Arc, time::Instant};

use ::metrics::counter;
use actix::Actor;
use actix_web::{HttpRequest, HttpResponse, web::Payload};
use ws_actors::{Driver, Handlers, WsContext};
use ws_core::{
    Entropy,
    handshake::{Acceptance, ServerHandshake},
};

use crate::{
    Admission, Shutdown, UpgradeError,
    admission::{Cap, Place},
    metrics,
    origin::Origins,
    server::stream::Carrier,
    shutdown::Coming,
    upgrade::{
        self, portable,
        seated::{Caller, Seated},
        takeover::Lease,
    },
};

mod build;
mod builder;

pub use self::builder::EndpointBuilder;

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
///
/// # Who comes in
///
/// The app's own middleware and extractors come before the upgrade; what they
/// find out is handed to the actor. Whoever they refuse gets their response:
///
/// ```
/// use std::future::{Ready, ready};
/// use actix::Actor;
/// use actix_web::{
///     Error, FromRequest, HttpRequest, HttpResponse, dev, error::ErrorUnauthorized,
///     http::header::AUTHORIZATION, web,
/// };
/// use ws_server::{Endpoint, WsContext};
///
/// struct User(String);
///
/// impl FromRequest for User {
///     type Error = Error;
///     type Future = Ready<Result<Self, Error>>;
///
///     fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
///         let token = request.headers().get(AUTHORIZATION);
///         ready(token.and_then(|token| user_of(token.as_bytes())).ok_or_else(|| {
///             ErrorUnauthorized("a token is needed")
///         }))
///     }
/// }
/// # fn user_of(token: &[u8]) -> Option<User> {
/// #     (token == b"Bearer 7").then(|| User("Ada".to_owned()))
/// # }
///
/// struct Session {
///     user: User,
/// }
///
/// impl Actor for Session {
///     type Context = WsContext<Self>;
///
///     fn started(&mut self, ctx: &mut WsContext<Self>) {
///         ctx.text(format!("hello {}", self.user.0)).ok();
///     }
/// }
///
/// async fn connect(
///     request: HttpRequest,
///     payload: web::Payload,
///     user: User,
///     endpoint: web::Data<Endpoint<Session>>,
/// ) -> Result<HttpResponse, Error> {
///     Ok(endpoint.upgrade(&request, payload, Session { user })?)
/// }
/// ```
///
/// [`WsContext::expire_at`] closes a connection when its token ends, and
/// [`Credentials`](crate::Credentials) those of a user who logs out;
/// [`Admission`] bounds how many there are.
pub struct Endpoint<A: Actor>(Arc<Inner<A>>);

struct Inner<A: Actor> {
    handlers: Arc<Handlers<A>>,
    /// Those of subprotocols that have their own.
    others: Vec<(String, Arc<Handlers<A>>)>,
    handshake: ServerHandshake,
    origins: Origins,
    shutdown: Shutdown,
    admission: Admission,
    cap: Option<Arc<Cap>>,
}

impl<A: Actor<Context = WsContext<A>>> Endpoint<A> {
    /// Begins to describe an endpoint.
    #[must_use]
    pub fn builder() -> EndpointBuilder<A> {
        EndpointBuilder::new()
    }

    /// What the endpoint registers and allows, for a test that runs its actor
    /// [without a server](crate::test). With the feature `test-util`.
    #[cfg(feature = "test-util")]
    #[must_use]
    pub fn handlers(&self) -> Arc<Handlers<A>> {
        Arc::clone(&self.0.handlers)
    }

    /// As [`handlers`](Self::handlers), for connections that speak this
    /// subprotocol. With the feature `test-util`.
    #[cfg(feature = "test-util")]
    #[must_use]
    pub fn handlers_of(&self, subprotocol: &str) -> Arc<Handlers<A>> {
        Arc::clone(self.0.handlers_of(Some(subprotocol)))
    }

    /// Answers a request with 101 and runs `actor` on the connection.
    ///
    /// # Errors
    ///
    /// If the request is no opening handshake, comes from the page of an origin
    /// that may not connect, the server is shutting down, or there are as many
    /// connections as there may be. The error is the response to give.
    pub fn upgrade(
        &self,
        request: &HttpRequest,
        payload: Payload,
        actor: A,
    ) -> Result<HttpResponse, UpgradeError> {
        let endpoint = &*self.0;
        let admitted = endpoint.admit(request);
        let (acceptance, place, coming) = admitted.inspect_err(|error| {
            let endpoint = endpoint.handlers.label().to_owned();
            let labels = [
                ("endpoint", endpoint),
                ("reason", error.reason().to_owned()),
            ];
            counter!(metrics::REFUSED, &labels).increment(1);
        })?;
        let mut response = upgrade::switching_protocols(&acceptance);
        let handlers = Arc::clone(endpoint.handlers_of(acceptance.subprotocol()));
        let connection = acceptance
            .into_connection(Instant::now(), handlers.protocol())
            .with_jitter(&mut Entropy::system());
        let caller = Caller::of(request);
        if let Some(lease) = Lease::of(request) {
            let body = lease.promise(payload, move |stream, mut input| {
                let mut connection = connection;
                connection.handle_input(Instant::now(), &mut input);
                let driver = Driver::new(actor, connection, Carrier::from(stream), handlers);
                Box::pin(Seated::new(driver, coming, place, &caller))
            });
            return Ok(response.body(body));
        }
        let (transport, body) = portable::channel(request, payload);
        let driver = Driver::new(actor, connection, transport, handlers);
        actix_rt::spawn(Seated::new(driver, coming, place, &caller));
        Ok(response.body(body))
    }
}

impl<A: Actor<Context = WsContext<A>>> Inner<A> {
    /// Judges a request, and takes a place for the connection that it asks for.
    fn admit(&self, request: &HttpRequest) -> Result<(Acceptance, Place, Coming), UpgradeError> {
        let acceptance = upgrade::accept(request, &self.handshake)?;
        self.origins.check(request)?;
        let coming = self.shutdown.announce().ok_or(UpgradeError::ShuttingDown)?;
        let place = self.admission.admit(request, self.cap.as_ref())?;
        Ok((acceptance, place, coming))
    }

    /// What serves connections that agreed on this subprotocol.
    fn handlers_of(&self, subprotocol: Option<&str>) -> &Arc<Handlers<A>> {
        let mut others = self.others.iter();
        let own = others.find(|(name, _)| subprotocol == Some(name));
        own.map_or(&self.handlers, |(_, handlers)| handlers)
    }
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
            .field("admission", &self.0.admission)
            .finish_non_exhaustive()
    }
}
