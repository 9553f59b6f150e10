//! WebSocket endpoints for [actix-web](actix_web).
//!
//! - [`Endpoint`] says what an actor handles and on which terms it may be
//!   reached, and upgrades a request in an ordinary actix-web handler. Its page
//!   has the first example.
//! - [`WsContext`] is the actor's way to the peer; [`Text`], [`Binary`],
//!   [`Json`], [`Ping`], [`Pong`] and [`Closed`] are what it may handle.
//! - [`WsServer`] serves an app so that its WebSockets have their connections to
//!   themselves.
//! - [`Admission`] bounds how many connections there are; [`Credentials`] closes
//!   those of a user or token.
//! - [`Rooms`] are joined and broadcast to, from any thread.
//! - [`Shutdown`] ends all connections in good order.
//! - [`migrate`] is for who comes from actix-web-actors or actix-ws.
//!
//! # Behind `HttpServer`
//!
//! The same endpoints are served by [`actix_web::HttpServer`]; a connection costs
//! some 10 KiB more there, and one hop more for each message. Tell it three
//! things that suit WebSockets:
//!
//! - `client_disconnect_timeout(Duration::ZERO)`: otherwise actix-http keeps a
//!   TCP connection for a second after its WebSocket is closed.
//! - `tcp_nodelay(true)`: otherwise the system holds small messages back.
//! - `on_connect(ws_server::keep_socket)`: otherwise it keeps the TCP
//!   connection of a peer that stopped reading, though its actor is gone.
//!
//! Some of its bounds on plain HTTP are not as close as those of [`WsServer`], and
//! are not in these crates' hands; a proxy in front of it closes the gaps:
//!
//! - The head of a connection's first request has a deadline, those of later
//!   ones have none. A head may have 128 KiB.
//! - All requests that lie in 128 KiB are taken apart at once, which takes some
//!   20 MiB.
//! - Requests behind a response that closes the connection are done if they came
//!   along with the one before. So a request behind an upgrade that is refused is
//!   done if `Upgrade` names more than `websocket`, or the upgrade has a chunked
//!   body; behind any other it is not, nor are frames taken for requests.
//!
//! # Features
//!
//! - `actix-web-actors`: the module `migrate::ws`, which runs actors that were
//!   written for actix-web-actors.
//! - `msgpack`: messages that hold values of serde types as MessagePack.
//! - `rustls`: [`WsServer`] over TLS.
//! - `http2`: HTTP/2 for the rest of an app, over TLS; WebSockets stay on
//!   HTTP/1.1.
//! - `test-util`: the module `test`, which runs actors against a scripted peer,
//!   in memory and on a paused clock.

mod admission;
pub mod backplane;
mod cluster;
mod credentials;
mod endpoint;
mod error;
mod group;
pub mod metrics;
pub mod migrate;
mod origin;
mod pair;
mod rooms;
mod server;
mod shutdown;
#[cfg(feature = "test-util")]
pub mod test;
mod upgrade;

#[cfg(feature = "msgpack")]
pub use ws_actors::MsgPack;
pub use ws_actors::{
    Binary, Budget, Closed, Closing, ConnectionHandle, Flow, FrameKind, FrameMessage, Handlers,
    HandlersError, Json, Notice, Occurrence, Outbox, Overflow, Part, Ping, Pong, RateLimit,
    Rejection, SendError, Slot, Text, Writable, WsContext,
};
pub use ws_core::{
    Cause, CloseCode, ClosePayload, Config, Event, InvalidUtf8, Message, MessagePart, Opcode,
    Outcome, PreparedMessage, ProtocolError, Registry, Rsv, Timeout, Utf8Bytes, extension,
    extension::PartEnd, extension::deflate::Deflate,
};

pub use self::{
    admission::{Admission, Limit},
    cluster::{Census, Cluster, ClusterBuilder, PublishError, Publisher, Receipt},
    credentials::{Credential, Credentials},
    endpoint::{Endpoint, EndpointBuilder},
    error::{EndpointError, UpgradeError},
    group::{InvalidMemberId, MemberId},
    origin::OriginError,
    rooms::{
        ActorMembership, ActorRooms, BroadcastError, History, JoinError, Member, Members,
        Membership, Presence, Recovery, Room, RoomActor, RoomContext, Rooms, RoomsBuilder, Since,
        TellError,
    },
    server::WsServer,
    shutdown::{Drain, Shutdown},
    upgrade::keep_socket,
};
