//! WebSocket endpoints for [actix-web](actix_web).
//!
//! - [`Endpoint`] says what an actor handles and on which terms it may be
//!   reached, and upgrades a request in an ordinary actix-web handler. Its page
//!   has the first example.
//! - [`WsContext`] is the actor's way to the peer; [`Text`], [`Binary`],
//!   [`Json`], [`Ping`], [`Pong`] and [`Closed`] are what it may handle.
//! - [`Rooms`] are joined and broadcast to, from any thread.
//! - [`Shutdown`] ends all connections in good order.
//!
//! # Behind `HttpServer`
//!
//! Tell it `client_disconnect_timeout(Duration::ZERO)`: otherwise actix-http
//! keeps a TCP connection for a second after its WebSocket is closed. And
//! `tcp_nodelay(true)`, as small messages are sent at once.

mod endpoint;
mod error;
mod group;
mod origin;
mod rooms;
mod shutdown;
mod upgrade;

pub use ws_actors::{
    Binary, Closed, FrameMessage, Json, Outbox, Ping, Pong, Rejection, SendError, Text, WsContext,
};
pub use ws_core::{
    Cause, CloseCode, ClosePayload, Config, InvalidUtf8, Message, Opcode, Outcome, PreparedMessage,
    ProtocolError, Timeout, Utf8Bytes, extension::deflate::Deflate,
};

pub use self::{
    endpoint::{Endpoint, EndpointBuilder},
    error::{EndpointError, UpgradeError},
    group::MemberId,
    rooms::{BroadcastError, Membership, Rooms},
    shutdown::Shutdown,
};
