//! Actors that were written for actix-web-actors, on our connections. With the
//! feature `actix-web-actors`.
//!
//! ```
//! use actix::{Actor, ActorContext, StreamHandler};
//! use actix_web::{App, Error, HttpRequest, HttpResponse, web};
//! use ws_server::migrate::ws; // was: use actix_web_actors::ws;
//!
//! struct Echo;
//!
//! impl Actor for Echo {
//!     type Context = ws::WebsocketContext<Self>;
//! }
//!
//! impl StreamHandler<Result<ws::Message, ws::ProtocolError>> for Echo {
//!     fn handle(&mut self, msg: Result<ws::Message, ws::ProtocolError>, ctx: &mut Self::Context) {
//!         match msg {
//!             Ok(ws::Message::Ping(payload)) => ctx.pong(&payload),
//!             Ok(ws::Message::Text(text)) => ctx.text(text),
//!             Ok(ws::Message::Binary(bytes)) => ctx.binary(bytes),
//!             Ok(ws::Message::Close(reason)) => {
//!                 ctx.close(reason);
//!                 ctx.stop();
//!             }
//!             _ => {}
//!         }
//!     }
//! }
//!
//! async fn echo(req: HttpRequest, stream: web::Payload) -> Result<HttpResponse, Error> {
//!     ws::start(Echo, &req, stream)
//! }
//!
//! let app = App::new().route("/echo", web::get().to(echo));
//! ```
//!
//! [`Message`], [`ProtocolError`], [`CloseCode`] and [`CloseReason`] are the very
//! types that actix-web-actors has, which are actix-http's; that crate itself is not
//! needed any more. The context runs the actor with the same code of actix: timers,
//! `ctx.wait`, the mailbox, `stopping` and `stopped` are as they were.
//!
//! # What is otherwise
//!
//! **Pages of other origins are refused**, with 403. The old crate let any page on
//! the web connect in its visitor's name. Programs that are no browser send no
//! origin, and pass. To let others in, put an [`endpoint`] into the app's data:
//!
//! ```
//! # use actix::{Actor, StreamHandler};
//! # use actix_web::App;
//! # use ws_server::migrate::ws;
//! # struct Echo;
//! # impl Actor for Echo { type Context = ws::WebsocketContext<Self>; }
//! # impl StreamHandler<Result<ws::Message, ws::ProtocolError>> for Echo {
//! #     fn handle(&mut self, _: Result<ws::Message, ws::ProtocolError>, _: &mut Self::Context) {}
//! # }
//! let endpoint = ws::endpoint::<Echo>().any_origin().build()?; // or `.origins([…])`
//! let app = App::new().app_data(endpoint);
//! # Ok::<_, ws_server::EndpointError>(())
//! ```
//!
//! | | actix-web-actors | here |
//! | --- | --- | --- |
//! | a peer that stops reading | freezes the actor, timers and all | the actor goes on |
//! | what waits for such a peer | no limit | 16 MiB, then the connection closes with 1013 |
//! | a peer that takes nothing for 30 s | stays | is dropped |
//! | a silent peer | stays, unless the actor has a heartbeat | is pinged after 20 s, and left after 20 s more; the actor hears nothing of these Pongs, and its own heartbeat works on |
//! | Pings | the actor answers | they are answered, also for an actor that waits or forgets; its own answer to the one it hears is not sent twice |
//! | a Close frame of the peer | the actor answers, and stops | the same; if its handler does neither, the frame is answered for it, and the connection ends |
//! | `ctx.close(…)` | the connection stays until the peer ends it | for 5 s at most; what is sent behind it is dropped |
//! | `ctx.stop()`, `ctx.terminate()` without a Close frame | the TCP connection ends without a word (1006) | the peer is told with 1000, behind all that was said |
//! | a frame of more than 64 KiB | the actor hears `Overflow` | the same, once, and then the end; the peer is told with 1009. [`WsResponseBuilder::frame_size`] is the limit here, too |
//! | a message in fragments | no limit | 16 MiB in all its fragments, 120 s from its first byte to its last |
//! | other faults of the peer | the actor hears of one again and again | once, and then the end; the peer is told with 1002 or 1007 |
//! | a peer that is lost | `Err(ProtocolError::Io(_))` and the end, or only the end | the same |
//! | a panic of the actor | ends its task, and may tell nobody | the peer is told with 1011 |
//! | a handshake that is none | 400 or 405 | 400, 405 or 426 |
//!
//! All of it can be set at an [`endpoint`]: limits, deadlines, what happens to slow
//! peers, origins, compression (off, as it was; [`endpoint`] has it one call away)
//! and [`Shutdown`](crate::Shutdown).
//!
//! A message that the actor sends in fragments (`write_raw` with
//! [`Message::Continuation`]) leaves in them, with an empty last one, and Pings go
//! past it. Fragments that come are handed on one by one, as they were; those of a
//! text are checked together, and for the rest as before.
//!
//! Not here: `WsResponseBuilder::codec`, whose size limit nobody can read, so that
//! [`WsResponseBuilder::frame_size`] has to say it; `handshake` and
//! `WebsocketContext::create`, which are for responses made by hand; `HttpContext`,
//! which has nothing to do with WebSockets.
//!
//! # For tests
//!
//! [`Hosted`] is the actor that runs yours. With the feature `test-util` it runs
//! without a server, against a scripted peer: `test::server(Hosted::new(actor),
//! endpoint.handlers())`.

mod builder;
mod context;
mod convert;
mod hosted;
mod inbox;
mod speech;

pub use actix_http::ws::{CloseCode, CloseReason, Item, Message, ProtocolError};

pub use self::{
    builder::{WsResponseBuilder, endpoint, start, start_with_addr, start_with_protocols},
    context::WebsocketContext,
    hosted::Hosted,
};

/// What the actor handles.
type Heard = Result<Message, ProtocolError>;
