//! A test kit for actors and endpoints, in memory and on a paused clock: that of
//! [`ws_actors::test`], where it is explained. With the feature `test-util`.
//!
//! An actor runs with what its endpoint registers and allows; no server, port
//! or handshake is needed:
//!
//! ```
//! use actix::{Actor, Handler};
//! use ws_server::{Config, Endpoint, EndpointError, Membership, Rooms, Text, WsContext, test};
//!
//! struct Chat {
//!     rooms: Rooms<String>,
//!     room: Option<Membership<String>>,
//! }
//!
//! impl Actor for Chat {
//!     type Context = WsContext<Self>;
//!
//!     fn started(&mut self, ctx: &mut WsContext<Self>) {
//!         self.room = self.rooms.join("lobby".to_owned(), (), ctx).ok();
//!     }
//! }
//!
//! impl Handler<Text> for Chat {
//!     type Result = ();
//!
//!     fn handle(&mut self, Text(text): Text, _: &mut WsContext<Self>) {
//!         if let Some(room) = &self.room {
//!             room.broadcast_to_others(text).ok();
//!         }
//!     }
//! }
//!
//! fn chat_endpoint() -> Result<Endpoint<Chat>, EndpointError> {
//!     let config = Config::new().max_message_bytes(1000);
//!     Endpoint::builder().on::<Text>().config(config).build()
//! }
//!
//! # fn main() -> Result<(), EndpointError> {
//! let endpoint = chat_endpoint()?;
//! test::run(async {
//!     let rooms = Rooms::new();
//!     let join = || {
//!         let actor = Chat { rooms: rooms.clone(), room: None };
//!         test::server(actor, endpoint.handlers()).connect()
//!     };
//!     let (mut ada, mut ben) = (join(), join());
//!     test::settle().await; // both have joined
//!     ada.send_text("hello");
//!     ben.expect_text("hello").await;
//!     ben.send_text("x".repeat(1001));
//!     ben.expect_close(1009).await;
//!     ben.expect_end().await;
//!     assert_eq!(rooms.count(&"lobby".to_owned()), 1);
//! });
//! # Ok(())
//! # }
//! ```
//!
//! What the request decides is not part of it: origins, and what the handshake
//! agrees on, which [`Setup`] is told of instead.

pub use ws_actors::{Handlers, test::*};
