//! WebSocket endpoints for actix-web.
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
pub use ws_core::{CloseCode, ClosePayload, Config, Message, PreparedMessage, Utf8Bytes};

pub use self::{
    endpoint::{Endpoint, EndpointBuilder},
    error::{EndpointError, UpgradeError},
    group::MemberId,
    rooms::{BroadcastError, Membership, Rooms},
    shutdown::Shutdown,
};
