//! WebSocket connections as [actix](::actix) actors.
mod context;
mod dispatch;
mod driver;
mod error;
mod messages;
mod outbox;
mod transport;

pub use self::{
    context::WsContext,
    dispatch::Handlers,
    driver::Driver,
    error::SendError,
    messages::{Binary, Closed, FrameMessage, Json, Ping, Pong, Rejection, Text},
    outbox::Outbox,
    transport::{Io, Transport},
};
