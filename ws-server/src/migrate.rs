//! Coming from actix-web-actors, or from actix-ws.
//!
//! | from | to | effort |
//! | --- | --- | --- |
//! | actix-web-actors | the module `migrate::ws`, with the feature `actix-web-actors` | one import |
//! | actix-web-actors | handlers, as [below](#from-a-streamhandler-to-handlers) | a `match` becomes a handler for each arm |
//! | actix-ws | handlers, as [below](#from-actix-ws) | a loop becomes an actor |
//!
//! Each route can be moved on its own, in whatever order: they run side by side,
//! behind [`WsServer`](crate::WsServer) and behind actix-web's `HttpServer`.
//!
//! # actix-web-actors: one import
//!
//! ```toml
//! ws-server = { version = "0.1", features = ["actix-web-actors"] }
//! ```
//!
//! ```diff
//! -use actix_web_actors::ws;
//! +use ws_server::migrate::ws;
//! ```
//!
//! The actor, its `ws::WebsocketContext`, its
//! `StreamHandler<Result<ws::Message, ws::ProtocolError>>` and the handler with
//! `ws::start` stay as they are. The page of `migrate::ws` tells what is otherwise
//! then; one thing wants a look: pages of other origins are refused unless you let
//! them in. Then replace `HttpServer` by [`WsServer`](crate::WsServer), when it
//! suits you, and keep the actor for as long as you like.
//!
//! # From a `StreamHandler` to handlers
//!
//! What an actor of our own gains: messages that are whole, typed and parsed
//! ([`Json`](crate::Json)), errors where something is not sent, streams, rooms, and
//! a queue less on the way of each message. Before:
//!
//! ```ignore
//! struct Session { heard: Instant }
//!
//! impl Actor for Session {
//!     type Context = ws::WebsocketContext<Self>;
//!
//!     fn started(&mut self, ctx: &mut Self::Context) {
//!         ctx.run_interval(Duration::from_secs(5), |session, ctx| {
//!             if session.heard.elapsed() > Duration::from_secs(10) {
//!                 ctx.stop();
//!             } else {
//!                 ctx.ping(b"");
//!             }
//!         });
//!     }
//! }
//!
//! impl StreamHandler<Result<ws::Message, ws::ProtocolError>> for Session {
//!     fn handle(&mut self, msg: Result<ws::Message, ws::ProtocolError>, ctx: &mut Self::Context) {
//!         match msg {
//!             Ok(ws::Message::Text(text)) => ctx.text(format!("you said {text}")),
//!             Ok(ws::Message::Ping(payload)) => {
//!                 self.heard = Instant::now();
//!                 ctx.pong(&payload);
//!             }
//!             Ok(ws::Message::Pong(_)) => self.heard = Instant::now(),
//!             Ok(ws::Message::Close(reason)) => {
//!                 ctx.close(reason);
//!                 ctx.stop();
//!             }
//!             _ => ctx.stop(),
//!         }
//!     }
//! }
//!
//! async fn talk(req: HttpRequest, stream: web::Payload) -> Result<HttpResponse, Error> {
//!     ws::start(Session { heard: Instant::now() }, &req, stream)
//! }
//! ```
//!
//! After:
//!
//! ```
//! use std::time::Duration;
//! use actix::{Actor, Handler};
//! use actix_web::{App, HttpRequest, HttpResponse, web};
//! use ws_server::{Config, Endpoint, Text, UpgradeError, WsContext};
//!
//! struct Session;
//!
//! impl Actor for Session {
//!     type Context = WsContext<Self>;
//! }
//!
//! impl Handler<Text> for Session {
//!     type Result = ();
//!
//!     fn handle(&mut self, Text(text): Text, ctx: &mut WsContext<Self>) {
//!         ctx.text(format!("you said {text}")).ok(); // fails only when it is closing
//!     }
//! }
//!
//! async fn talk(
//!     request: HttpRequest,
//!     payload: web::Payload,
//!     endpoint: web::Data<Endpoint<Session>>,
//! ) -> Result<HttpResponse, UpgradeError> {
//!     endpoint.upgrade(&request, payload, Session)
//! }
//!
//! // made once, and refused here if it contradicts itself
//! let endpoint = Endpoint::<Session>::builder()
//!     .on::<Text>()
//!     .config(Config::new().ping_interval(Some(Duration::from_secs(5))))
//!     .build()?;
//! let app = App::new()
//!     .app_data(web::Data::new(endpoint))
//!     .route("/talk", web::get().to(talk));
//! # Ok::<_, ws_server::EndpointError>(())
//! ```
//!
//! | before | after |
//! | --- | --- |
//! | `Ok(ws::Message::Text(text))` | `Handler<Text>`, or `Handler<Json<T>>` for what is JSON |
//! | `Ok(ws::Message::Binary(bytes))` | `Handler<Binary>` |
//! | `Ok(ws::Message::Continuation(item))` | nothing: messages are whole; [`Part`](crate::Part) for those that are too long to be held |
//! | `Ok(ws::Message::Ping(payload))` with `ctx.pong(&payload)` | nothing: it is answered |
//! | a heartbeat of pings on `run_interval` | nothing, or [`Config::ping_interval`](crate::Config::ping_interval) and [`Config::pong_timeout`](crate::Config::pong_timeout) |
//! | `Ok(ws::Message::Close(reason))` with `ctx.close(reason); ctx.stop()` | nothing: it is answered, and the actor stops; [`Closing`](crate::Closing) for a last word |
//! | `Err(error)`, `StreamHandler::finished` | [`Closed`](crate::Closed), which tells the cause of any end |
//! | `ctx.close(reason)` | `ctx.close(code, reason)` |
//! | `ctx.stop()` | the same; it closes with 1000 |
//! | `.frame_size(bytes)` | [`Config::max_message_bytes`](crate::Config::max_message_bytes) |
//! | `.protocols(&[…])` | [`EndpointBuilder::subprotocols`](crate::EndpointBuilder::subprotocols) |
//! | `Addr<Session>` in lists of an actor that broadcasts | [`Rooms`](crate::Rooms) |
//! | `Addr<Session>` for a message of your own | the same |
//!
//! # From actix-ws
//!
//! There, a handler spawns a loop over the messages, and sends through a `Session`.
//! Here, the loop is an actor's: it has the connection's state as fields, and
//! handlers for what it hears. Before:
//!
//! ```ignore
//! async fn count(
//!     req: HttpRequest,
//!     body: web::Payload,
//!     news: web::Data<broadcast::Sender<String>>,
//! ) -> actix_web::Result<HttpResponse> {
//!     let (response, mut session, stream) = actix_ws::handle(&req, body)?;
//!     let mut stream = stream.aggregate_continuations().max_continuation_size(64 * 1024);
//!
//!     // another task that sends
//!     let mut other = session.clone();
//!     let mut news = news.subscribe();
//!     actix_web::rt::spawn(async move {
//!         while let Ok(line) = news.recv().await {
//!             if other.text(line).await.is_err() {
//!                 break;
//!             }
//!         }
//!     });
//!
//!     actix_web::rt::spawn(async move {
//!         let mut words = 0;
//!         while let Some(Ok(msg)) = stream.recv().await {
//!             match msg {
//!                 AggregatedMessage::Text(text) => {
//!                     words += text.split_whitespace().count();
//!                     session.text(format!("{words} words")).await.unwrap();
//!                 }
//!                 AggregatedMessage::Ping(payload) => session.pong(&payload).await.unwrap(),
//!                 AggregatedMessage::Close(_) => break,
//!                 _ => {}
//!             }
//!         }
//!         let _ = session.close(None).await;
//!     });
//!     Ok(response)
//! }
//! ```
//!
//! After:
//!
//! ```
//! use actix::{Actor, Handler};
//! use actix_web::{App, HttpRequest, HttpResponse, web};
//! use tokio::sync::broadcast;
//! use ws_server::{Config, Endpoint, Text, UpgradeError, WsContext};
//!
//! struct Count {
//!     words: usize,
//!     news: broadcast::Receiver<String>,
//! }
//!
//! impl Actor for Count {
//!     type Context = WsContext<Self>;
//!
//!     fn started(&mut self, ctx: &mut WsContext<Self>) {
//!         // another task that sends, on any thread; a clone is the same connection
//!         let other = ctx.handle();
//!         let mut news = self.news.resubscribe();
//!         tokio::spawn(async move {
//!             while let Ok(line) = news.recv().await {
//!                 other.ready().await; // waits while the peer is behind
//!                 if other.send(line).is_err() {
//!                     break;
//!                 }
//!             }
//!         });
//!     }
//! }
//!
//! impl Handler<Text> for Count {
//!     type Result = ();
//!
//!     fn handle(&mut self, Text(text): Text, ctx: &mut WsContext<Self>) {
//!         self.words += text.as_str().split_whitespace().count();
//!         ctx.text(format!("{} words", self.words)).ok();
//!     }
//! }
//!
//! async fn count(
//!     request: HttpRequest,
//!     payload: web::Payload,
//!     endpoint: web::Data<Endpoint<Count>>,
//!     news: web::Data<broadcast::Sender<String>>,
//! ) -> Result<HttpResponse, UpgradeError> {
//!     let news = news.subscribe();
//!     endpoint.upgrade(&request, payload, Count { words: 0, news })
//! }
//!
//! let endpoint = Endpoint::<Count>::builder()
//!     .on::<Text>() // anything but text closes with 1003
//!     .config(Config::new().max_message_bytes(64 * 1024))
//!     .build()?;
//! let (news, _) = broadcast::channel::<String>(16);
//! let app = App::new()
//!     .app_data(web::Data::new(endpoint))
//!     .app_data(web::Data::new(news))
//!     .route("/count", web::get().to(count));
//! # Ok::<_, ws_server::EndpointError>(())
//! ```
//!
//! | before | after |
//! | --- | --- |
//! | `actix_ws::handle(&req, body)` and `spawn` | [`Endpoint::upgrade`](crate::Endpoint::upgrade) with an actor |
//! | `actix_ws::handle_with_protocols` | [`EndpointBuilder::subprotocols`](crate::EndpointBuilder::subprotocols) |
//! | variables of the loop | fields of the actor |
//! | `while let Some(msg) = stream.recv().await` with `match` | a handler for each kind; `.on::<M>()` registers it |
//! | `aggregate_continuations()` | nothing: messages are whole |
//! | `max_continuation_size`, `max_frame_size` | [`Config::max_message_bytes`](crate::Config::max_message_bytes), [`Config::max_frame_bytes`](crate::Config::max_frame_bytes) |
//! | `session.text(…).await` | [`ctx.text(…)`](crate::WsContext::text), which never waits; [`Overflow`](crate::Overflow) says what happens when the peer does not keep up |
//! | `session.ping`, `session.pong`, and a loop for the heartbeat | nothing: pings are answered, and a silent peer is pinged and left |
//! | `session.continuation(item)` | [`ctx.stream(…)`](crate::WsContext::stream) |
//! | `session.close(reason).await` | [`ctx.close(code, reason)`](crate::WsContext::close) |
//! | `session.clone()` for other tasks | [`ConnectionHandle`](crate::ConnectionHandle), from [`ctx.handle()`](crate::WsContext::handle); it works on every thread |
//! | a task and channels that know all sessions | [`Rooms`](crate::Rooms) |
//! | an `await` in the loop | a future that the handler returns, such as `ResponseActFuture`, or `ctx.spawn`; `ctx.wait` for one that holds up what follows |
//! | `tokio::select!` over messages and other sources | `ctx.add_stream` and `ctx.run_interval` beside the handlers |
//! | a codec, `with_codec` | [`Json`](crate::Json), or a [`FrameMessage`](crate::FrameMessage) of your own |
//! | what comes behind the loop | [`Closed`](crate::Closed), or `Actor::stopped` |

#[cfg(feature = "actix-web-actors")]
pub mod ws;
