//! A client's actor that tells the test what it hears, and does what the test
//! says.

use actix::{Actor, Handler, Message};
use bytes::Bytes;
use tokio::sync::mpsc::UnboundedSender;
use ws_actors::{
    Binary, Closed, Flow, Handlers, Ping, Pong, SendError, Text, WsContext,
    client::{Connected, Disconnected},
};
use ws_core::{Outcome, Utf8Bytes};

use crate::{
    material::{LARGEST, patient},
    peer::Kind,
};

/// The actor.
#[derive(Debug)]
pub(super) struct Caller(UnboundedSender<Heard>);

/// What it hears.
#[derive(Debug)]
pub(super) enum Heard {
    Connected(Connected),
    Disconnected(Disconnected),
    Text(Utf8Bytes),
    Binary(Bytes),
    Ping(Bytes),
    Pong(Bytes),
    Closed(Outcome),
    Stopped,
}

/// What the actor is to do.
pub(super) type Deed = Box<dyn FnOnce(&mut WsContext<Caller>) -> Result<(), SendError> + Send>;

#[derive(Message)]
#[rtype(result = "Result<(), SendError>")]
pub(super) struct Act(pub(super) Deed);

impl Heard {
    /// The message that it is.
    pub(super) fn into_message(self) -> (Kind, Bytes) {
        match self {
            Self::Text(text) => (Kind::Text, text.into_bytes()),
            Self::Binary(bytes) => (Kind::Binary, bytes),
            Self::Connected(_)
            | Self::Disconnected(_)
            | Self::Ping(_)
            | Self::Pong(_)
            | Self::Closed(_)
            | Self::Stopped => panic!("{self:?} instead of a message"),
        }
    }
}

impl Caller {
    pub(super) const fn new(reports: UnboundedSender<Heard>) -> Self {
        Self(reports)
    }

    /// It hears all there is.
    pub(super) fn handlers() -> Handlers<Self> {
        let handlers = Self::texts_only().on::<Binary>().on::<Ping>().on::<Pong>();
        handlers.flow(Flow::new().max_queued_bytes(2 * LARGEST))
    }

    /// It hears nothing but texts, and what becomes of the connection.
    pub(super) fn texts_only() -> Handlers<Self> {
        Handlers::new()
            .on::<Connected>()
            .on::<Disconnected>()
            .on::<Text>()
            .on::<Closed>()
            .config(patient())
    }

    fn hear(&self, heard: Heard) {
        // A test that is over does not care.
        self.0.send(heard).ok();
    }
}

impl Actor for Caller {
    type Context = WsContext<Self>;

    fn stopped(&mut self, _: &mut WsContext<Self>) {
        self.hear(Heard::Stopped);
    }
}

impl Handler<Act> for Caller {
    type Result = Result<(), SendError>;

    fn handle(&mut self, Act(deed): Act, ctx: &mut WsContext<Self>) -> Result<(), SendError> {
        deed(ctx)
    }
}

/// Handlers that tell what came.
macro_rules! hear {
    ($($message:ty: $pattern:pat => $heard:expr;)*) => {$(
        impl Handler<$message> for Caller {
            type Result = ();

            fn handle(&mut self, $pattern: $message, _: &mut WsContext<Self>) {
                self.hear($heard);
            }
        }
    )*};
}

hear! {
    Connected: connected => Heard::Connected(connected);
    Disconnected: disconnected => Heard::Disconnected(disconnected);
    Text: Text(text) => Heard::Text(text);
    Binary: Binary(bytes) => Heard::Binary(bytes);
    Ping: Ping(payload) => Heard::Ping(payload);
    Pong: pong => Heard::Pong(pong.payload);
    Closed: Closed(outcome) => Heard::Closed(outcome);
}
