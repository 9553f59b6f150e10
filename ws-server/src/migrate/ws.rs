//! todo
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
