use std::{
    any::{Any, TypeId, type_name},
    cell::RefCell,
    collections::HashMap,
    fmt,
    pin::Pin,
};

use actix::{Actor, Addr, StreamHandler};
use actix_web::{
    Error, FromRequest, HttpRequest, HttpResponse,
    dev::Payload,
    error::{ErrorInternalServerError, PayloadError},
    http::header,
    web,
};
use bytes::Bytes;
use futures_core::Stream;
use ws_actors::{Closed, Closing, Flow, Part, Ping, Pong};
use ws_core::Config;

use crate::{Endpoint, EndpointBuilder};

use super::{Heard, Hosted, WebsocketContext};

/// Answers an opening handshake and starts an actor on the connection.
///
/// ```
/// # use actix::{Actor, StreamHandler};
/// # use actix_web::{Error, HttpRequest, HttpResponse, web};
/// # use ws_server::migrate::ws;
/// # struct MyWs;
/// # impl Actor for MyWs { type Context = ws::WebsocketContext<Self>; }
/// # impl StreamHandler<Result<ws::Message, ws::ProtocolError>> for MyWs {
/// #     fn handle(&mut self, _: Result<ws::Message, ws::ProtocolError>, _: &mut Self::Context) {}
/// # }
/// async fn talk(req: HttpRequest, stream: web::Payload) -> Result<HttpResponse, Error> {
///     ws::WsResponseBuilder::new(MyWs, &req, stream)
///         .protocols(&["chat.v2", "chat.v1"])
///         .frame_size(16_384)
///         .endpoint(|it| it.any_origin()) // new: the old crate looked at no origin
///         .start()
/// }
/// ```
pub struct WsResponseBuilder<'a, A, T>
where
    A: Actor<Context = WebsocketContext<A>> + StreamHandler<Heard>,
{
    actor: A,
    request: &'a HttpRequest,
    stream: T,
    /// Made when it is told something.
    endpoint: Option<EndpointBuilder<Hosted<A>>>,
}

impl<'a, A, T> WsResponseBuilder<'a, A, T>
where
    A: Actor<Context = WebsocketContext<A>> + StreamHandler<Heard>,
    T: Stream<Item = Result<Bytes, PayloadError>> + 'static,
{
    /// An actor for the connection that a request asks for, and the request's
    /// payload.
    #[must_use]
    pub const fn new(actor: A, req: &'a HttpRequest, stream: T) -> Self {
        Self {
            actor,
            request: req,
            stream,
            endpoint: None,
        }
    }

    /// The subprotocols to choose from. The first that the client names of them is
    /// taken.
    #[must_use]
    pub fn protocols(self, protocols: &[&str]) -> Self {
        let headers = self.request.headers();
        let fields = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL);
        let chosen = fields
            .filter_map(|field| field.to_str().ok())
            .flat_map(|field| field.split(',').map(str::trim))
            .find(|name| protocols.contains(name));
        self.endpoint(|it| it.subprotocols(chosen))
    }

    /// The largest frame to accept, in bytes. Default: 64 KiB.
    #[must_use]
    pub fn frame_size(self, frame_size: usize) -> Self {
        self.endpoint(|it| it.config(config(frame_size)))
    }

    /// All else that an endpoint can be told, such as the origins that may
    /// connect.
    ///
    /// An [`endpoint`] in the app's data is not looked at then, as this
    /// connection has one of its own.
    #[must_use]
    pub fn endpoint(
        mut self,
        change: impl FnOnce(EndpointBuilder<Hosted<A>>) -> EndpointBuilder<Hosted<A>>,
    ) -> Self {
        let endpoint = self.endpoint.take().unwrap_or_else(endpoint);
        self.endpoint = Some(change(endpoint));
        self
    }

    /// Answers the request and starts the actor.
    ///
    /// # Errors
    ///
    /// If the request is no opening handshake, or comes from the page of an
    /// origin that may not connect; the error is the response to give.
    pub fn start(self) -> Result<HttpResponse, Error> {
        self.start_with_addr().map(|(_, response)| response)
    }

    /// As [`start`](Self::start), with the address of the actor.
    ///
    /// # Errors
    ///
    /// As for [`start`](Self::start).
    pub fn start_with_addr(self) -> Result<(Addr<A>, HttpResponse), Error> {
        let endpoint = match self.endpoint {
            Some(endpoint) => endpoint.build().map_err(ErrorInternalServerError)?,
            None => endpoint_of(self.request)?,
        };
        let stream: BoxedPayload = Box::pin(self.stream);
        let mut payload = Payload::from(stream);
        let payload = web::Payload::from_request(self.request, &mut payload).into_inner()?;
        let hosted = Hosted::new(self.actor);
        let address = hosted.address();
        let response = endpoint.upgrade(self.request, payload, hosted)?;
        // It has one, as it has not even started.
        let address = address.ok_or_else(|| ErrorInternalServerError("actor has stopped"))?;
        Ok((address, response))
    }
}

impl<A, T> fmt::Debug for WsResponseBuilder<'_, A, T>
where
    A: Actor<Context = WebsocketContext<A>> + StreamHandler<Heard>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WsResponseBuilder")
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

/// Answers an opening handshake and starts an actor on the connection.
///
/// # Errors
///
/// As for [`WsResponseBuilder::start`].
pub fn start<A, T>(actor: A, req: &HttpRequest, stream: T) -> Result<HttpResponse, Error>
where
    A: Actor<Context = WebsocketContext<A>> + StreamHandler<Heard>,
    T: Stream<Item = Result<Bytes, PayloadError>> + 'static,
{
    WsResponseBuilder::new(actor, req, stream).start()
}

/// As [`start`], with the address of the actor.
///
/// # Errors
///
/// As for [`WsResponseBuilder::start`].
pub fn start_with_addr<A, T>(
    actor: A,
    req: &HttpRequest,
    stream: T,
) -> Result<(Addr<A>, HttpResponse), Error>
where
    A: Actor<Context = WebsocketContext<A>> + StreamHandler<Heard>,
    T: Stream<Item = Result<Bytes, PayloadError>> + 'static,
{
    WsResponseBuilder::new(actor, req, stream).start_with_addr()
}

/// As [`start`], with subprotocols to choose from.
///
/// # Errors
///
/// As for [`WsResponseBuilder::start`].
pub fn start_with_protocols<A, T>(
    actor: A,
    protocols: &[&str],
    req: &HttpRequest,
    stream: T,
) -> Result<HttpResponse, Error>
where
    A: Actor<Context = WebsocketContext<A>> + StreamHandler<Heard>,
    T: Stream<Item = Result<Bytes, PayloadError>> + 'static,
{
    WsResponseBuilder::new(actor, req, stream)
        .protocols(protocols)
        .start()
}

/// Begins to describe the endpoint of an actor that was written for
/// actix-web-actors, with the limits that it had there.
///
/// Built and put into the app's data, it is what [`start`] starts the actor on.
///
/// ```
/// # use actix::{Actor, StreamHandler};
/// # use actix_web::{App, Error, HttpRequest, HttpResponse, web};
/// # use ws_server::{Shutdown, migrate::ws};
/// # struct MyWs;
/// # impl Actor for MyWs { type Context = ws::WebsocketContext<Self>; }
/// # impl StreamHandler<Result<ws::Message, ws::ProtocolError>> for MyWs {
/// #     fn handle(&mut self, _: Result<ws::Message, ws::ProtocolError>, _: &mut Self::Context) {}
/// # }
/// async fn talk(req: HttpRequest, stream: web::Payload) -> Result<HttpResponse, Error> {
///     ws::start(MyWs, &req, stream)
/// }
///
/// # let shutdown = Shutdown::new();
/// let endpoint = ws::endpoint::<MyWs>()
///     .origins(["https://example.com"])
///     .shutdown(&shutdown)
///     .build()?;
/// let app = App::new()
///     .app_data(endpoint)
///     .route("/talk", web::get().to(talk));
/// # Ok::<_, ws_server::EndpointError>(())
/// ```
#[must_use]
pub fn endpoint<A>() -> EndpointBuilder<Hosted<A>>
where
    A: Actor<Context = WebsocketContext<A>> + StreamHandler<Heard>,
{
    let flow = Flow::new()
        .max_queued_bytes(QUEUE)
        .max_queued_messages(QUEUE / 64);
    Endpoint::builder()
        .on::<Part>()
        .on::<Ping>()
        .on::<Pong>()
        .on::<Closing>()
        .on::<Closed>()
        .config(config(FRAME))
        .flow(flow)
        .compression(None)
        .name(short_name::<A>())
}

type BoxedPayload = Pin<Box<dyn Stream<Item = Result<Bytes, PayloadError>>>>;

/// The limits of the old crate. It had none for messages in fragments.
fn config(frame_size: usize) -> Config {
    Config::new()
        .max_frame_bytes(frame_size)
        .max_message_bytes(MESSAGE.max(frame_size))
}

/// The endpoint that the app has for the actor, or else one like any other.
fn endpoint_of<A>(request: &HttpRequest) -> Result<Endpoint<Hosted<A>>, Error>
where
    A: Actor<Context = WebsocketContext<A>> + StreamHandler<Heard>,
{
    let own = request.app_data::<Endpoint<Hosted<A>>>();
    let shared = request.app_data::<web::Data<Endpoint<Hosted<A>>>>();
    if let Some(endpoint) = own.or_else(|| shared.map(|it| &***it)) {
        return Ok(endpoint.clone());
    }
    ENDPOINTS.with_borrow_mut(|endpoints| {
        let known = endpoints.get(&TypeId::of::<A>());
        if let Some(endpoint) = known.and_then(|it| it.downcast_ref::<Endpoint<Hosted<A>>>()) {
            return Ok(endpoint.clone());
        }
        let endpoint = endpoint::<A>().build().map_err(ErrorInternalServerError)?;
        endpoints.insert(TypeId::of::<A>(), Box::new(endpoint.clone()));
        Ok(endpoint)
    })
}

/// The name of a type without the modules that it is in.
fn short_name<A>() -> &'static str {
    let bare = type_name::<A>().split('<').next().unwrap_or_default();
    bare.rsplit("::").next().unwrap_or(bare)
}

thread_local! {
    /// What the actors run on that were told nothing, one for each type.
    static ENDPOINTS: RefCell<HashMap<TypeId, Box<dyn Any>>> = RefCell::default();
}

/// The largest frame, in bytes: what the old crate accepts.
const FRAME: usize = 64 * 1024;
/// The largest message in all its frames, in bytes: the old crate counts none,
/// but what may be sent should be bounded, should it be compressed above all.
const MESSAGE: usize = 16 << 20;
/// The most that may wait for a slow peer, in bytes: the old crate has no limit,
/// so its actors may have much to say at once.
pub(super) const QUEUE: usize = 16 << 20;
