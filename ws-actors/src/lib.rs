//! WebSocket connections as [actix](https://docs.rs/actix) actors.
//!
//! An ordinary actor gets a [`WsContext`] as its context. Frames reach it as
//! typed messages through [`actix::Handler`]: [`Text`], [`Binary`], [`Json`],
//! [`Part`], [`Ping`], [`Pong`], [`Closing`], [`Closed`], [`Writable`]. Which of them,
//! and within which limits, is said once in [`Handlers`].
//!
//! A [`Driver`] is the connection as one future, over any [`Transport`]:
//!
//! ```
//! use std::{sync::Arc, time::Instant};
//! use actix::{Actor, Handler};
//! use ws_actors::{Driver, Handlers, Io, Text, WsContext};
//! use ws_core::Connection;
//!
//! struct Shout;
//!
//! impl Actor for Shout {
//!     type Context = WsContext<Self>;
//! }
//!
//! impl Handler<Text> for Shout {
//!     type Result = ();
//!
//!     fn handle(&mut self, Text(text): Text, ctx: &mut WsContext<Self>) {
//!         ctx.text(text.as_str().to_uppercase()).ok();
//!     }
//! }
//!
//! # #[actix::main]
//! # async fn main() {
//! # let (stream, mut peer) = tokio::io::duplex(1024);
//! # use tokio::io::{AsyncReadExt, AsyncWriteExt};
//! // `stream` is any tokio stream whose opening handshake is done
//! let handlers = Arc::new(Handlers::new().on::<Text>());
//! let connection = Connection::server(Instant::now(), handlers.protocol());
//! actix::spawn(Driver::new(Shout, connection, Io(stream), handlers));
//! # peer.write_all(b"\x81\x82\0\0\0\0hi").await.unwrap();
//! # let mut answer = [0; 4];
//! # peer.read_exact(&mut answer).await.unwrap();
//! # assert_eq!(&answer, b"\x81\x02HI");
//! # }
//! ```
//!
//! # What is looked after
//!
//! - Pings and Close frames are answered; a silent peer is pinged, and closed
//!   when it stays silent. None of it depends on the actor or on the peer's
//!   reading.
//! - What waits for a slow peer is bounded, and [`Flow`] says what happens
//!   beyond; a peer that asks and does not listen is not read from.
//! - What all connections hold together is bounded by a [`Budget`].
//! - An actor in `ctx.wait()` gets no messages, but its pings are answered and
//!   its deadlines hold.
//! - A handler that panics closes its own connection with 1011.
//! - [`Closed`] comes last and once; then the actor stops.
//!
//! # Features
//!
//! - `client` (default): the module `client`, for actors that connect to servers.
//! - `rustls` (default): TLS for clients.
//! - `msgpack`: messages that hold values of serde types as MessagePack.
//! - `test-util`: the module `test`, which runs actors against a scripted peer,
//!   in memory and on a paused clock.

mod budget;
#[cfg(feature = "client")]
pub mod client;
mod context;
mod dispatch;
mod driver;
mod error;
mod flow;
mod handle;
mod messages;
pub mod metrics;
mod outbox;
mod rate;
#[cfg(feature = "test-util")]
pub mod test;
mod transport;

#[cfg(feature = "msgpack")]
pub use self::messages::MsgPack;
pub use self::{
    budget::Budget,
    context::WsContext,
    dispatch::{FrameKind, Handlers, HandlersError, OpcodeUse},
    driver::Driver,
    error::SendError,
    flow::{Flow, Overflow},
    handle::ConnectionHandle,
    messages::{
        Binary, Closed, Closing, FrameMessage, Json, Notice, Occurrence, Part, Ping, Pong,
        Rejection, Slot, Text, Writable,
    },
    outbox::Outbox,
    rate::RateLimit,
    transport::{Io, Transport},
};
