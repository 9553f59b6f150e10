//! A test kit for actors: an actor runs against a scripted [`Peer`], in memory
//! and on a paused clock. With the feature `test-util`.
//!
//! ```
//! use actix::{Actor, Handler};
//! use ws_actors::{Handlers, Text, WsContext, test};
//!
//! struct Echo;
//!
//! impl Actor for Echo {
//!     type Context = WsContext<Self>;
//! }
//!
//! impl Handler<Text> for Echo {
//!     type Result = ();
//!
//!     fn handle(&mut self, Text(text): Text, ctx: &mut WsContext<Self>) {
//!         ctx.text(text).ok();
//!     }
//! }
//!
//! // #[test]
//! fn the_server_echoes_text() {
//!     test::run(async {
//!         let handlers = Handlers::new().on::<Text>();
//!         let mut client = test::server(Echo, handlers).connect();
//!         client.send_text("hello");
//!         client.expect_text("hello").await;
//!         client.close().await;
//!     });
//! }
//! # the_server_echoes_text();
//! ```
//!
//! No port, thread or second is spent on it: all but the bytes' way is what
//! runs in production. The peer reads what the actor sends and answers its
//! Pings; all else is the script's. An expectation that fails names its line,
//! and tells what came:
//!
//! ```text
//! tests/echo.rs:28:16: expected text "hello", but text "HELLO" came
//! the last frames that came:
//!      0.000 s  text "HELLO"
//! ```
//!
//! # Time
//!
//! [`run`] pauses the clock: a test of what happens after hours takes no time.
//! Here is a peer that has died:
//!
//! ```
//! # use actix::Actor;
//! # use ws_actors::{Handlers, WsContext, test};
//! # struct Quiet;
//! # impl Actor for Quiet { type Context = WsContext<Self>; }
//! use std::time::Duration;
//!
//! test::run(async {
//!     let mut client = test::server(Quiet, Handlers::new()).connect();
//!     client.ignore_pings();
//!     client.expect_ping().await;
//!     assert_eq!(client.elapsed(), Duration::from_secs(20));
//!     let close = client.expect_close(1011).await;
//!     assert_eq!(close.reason(), "no pong came in time");
//!     assert_eq!(client.elapsed(), Duration::from_secs(40));
//!     // It does not end its side of the transport either.
//!     test::advance(Duration::from_millis(4_999)).await;
//!     assert!(!client.is_over());
//!     test::advance(Duration::from_millis(1)).await;
//!     assert!(client.is_over());
//! });
//! ```
//!
//! # Peers that misbehave
//!
//! This one never reads, so what the actor says waits, is bounded, and is given
//! up:
//!
//! ```
//! # use actix::{Actor, AsyncContext};
//! # use ws_actors::{Handlers, WsContext, test};
//! # use std::time::Duration;
//! use ws_core::{Cause, Timeout};
//!
//! struct Ticker;
//!
//! impl Actor for Ticker {
//!     type Context = WsContext<Self>;
//!
//!     fn started(&mut self, ctx: &mut WsContext<Self>) {
//!         ctx.run_interval(Duration::from_secs(1), |_, ctx| {
//!             ctx.binary(vec![0; 1000]).ok();
//!         });
//!     }
//! }
//!
//! test::run(async {
//!     let mut client = test::server(Ticker, Handlers::new()).connect();
//!     client.stop_reading();
//!     test::advance(Duration::from_secs(10)).await;
//!     assert_eq!(client.queued_bytes(), 10 * 1004);
//!     // No byte leaves for 30 s: then the transport is dropped.
//!     let outcome = client.expect_end().await;
//!     assert_eq!(outcome.cause, Cause::Timeout(Timeout::Write));
//! });
//! ```
//!
//! Others [read a little](Peer::read_only), [send byte by byte](Peer::trickle),
//! [end their side](Peer::half_close), [vanish](Peer::reset), or
//! [send](Peer::send_frame) [nonsense](Peer::send_raw):
//!
//! ```
//! # use actix::Actor;
//! # use ws_actors::{Handlers, WsContext, test};
//! # struct Quiet;
//! # impl Actor for Quiet { type Context = WsContext<Self>; }
//! test::run(async {
//!     let mut client = test::server(Quiet, Handlers::new()).connect();
//!     client.send_raw("\x01\x02hi"); // a client's frames are masked
//!     client.expect_close(1002).await;
//!     client.expect_end().await;
//! });
//! ```
//!
//! # In other runtimes
//!
//! [`run`] suits an ordinary `#[test]`. A peer also runs where a test has its
//! own runtime, which should be of one thread and paused; actors need a
//! [`LocalSet`](tokio::task::LocalSet):
//!
//! ```no_run
//! # use actix::Actor;
//! # use tokio::task::LocalSet;
//! # use ws_actors::{Handlers, WsContext, test};
//! # struct Quiet;
//! # impl Actor for Quiet { type Context = WsContext<Self>; }
//! #[tokio::test(start_paused = true)]
//! async fn the_server_answers_pings() {
//!     let scenario = async {
//!         let mut client = test::server(Quiet, Handlers::new()).connect();
//!         client.send_ping("there?");
//!         client.expect_pong("there?").await;
//!     };
//!     LocalSet::new().run_until(scenario).await;
//! }
//! ```
//!
//! On a clock that runs, an expectation that is not met waits for a day.
//!
//! # Endpoints and handshakes
//!
//! `ws_server::test` is this module, for `ws_server`'s users, and shows how an
//! actor runs with what its endpoint registers and allows.
//!
//! What a handshake would have agreed on is said by
//! [`subprotocol`](Setup::subprotocol), [`compression`](Setup::compression) and
//! [`extension`](Setup::extension).

mod clock;
mod peer;
mod protocol;
mod received;
mod setup;
mod wire;

pub use ws_core::{Fin, Frame, Header, Opcode, Role, Rsv};

pub use self::{
    clock::{advance, run, settle},
    peer::Peer,
    received::Received,
    setup::{Setup, client, server},
};
