//! A client's actor that tells the test what it hears, and does what the test
//! says.

use actix::{Actor, Addr, Handler, Message};
use actix_rt::task::JoinHandle;
use bytes::Bytes;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use ws_actors::{
    Binary, Closed, ConnectionHandle, Flow, Handlers, Ping, Pong, SendError, Text, WsContext,
    client::{Client, ConnectError, Connected, Disconnected, Session},
};
use ws_core::{Outcome, Utf8Bytes};
use ws_tests::wait::within;

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

/// A session that runs, and what its actor hears.
#[derive(Debug)]
pub(super) struct Call {
    address: Addr<Caller>,
    handle: ConnectionHandle,
    heard: UnboundedReceiver<Heard>,
    session: JoinHandle<Outcome>,
}

/// What the actor is to do.
type Deed = Box<dyn FnOnce(&mut WsContext<Caller>) -> Result<(), SendError> + Send>;

#[derive(Message)]
#[rtype(result = "Result<(), SendError>")]
struct Act(Deed);

impl Caller {
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

impl Call {
    /// Opens the first connection.
    pub(super) async fn connect(client: &Client<Caller>) -> Result<Self, ConnectError> {
        let (sender, heard) = unbounded_channel();
        let connecting = client.connect(Caller(sender));
        let session = within("a connection, or an error", connecting).await?;
        Ok(Self::spawn(session, heard))
    }

    /// Leaves the first connection to the session.
    pub(super) fn start(client: &Client<Caller>) -> Self {
        let (sender, heard) = unbounded_channel();
        Self::spawn(client.session(Caller(sender)), heard)
    }

    fn spawn(session: Session<Caller>, heard: UnboundedReceiver<Heard>) -> Self {
        Self {
            address: session.address(),
            handle: session.handle(),
            heard,
            session: actix_rt::spawn(session),
        }
    }

    /// The handle for other threads.
    pub(super) const fn handle(&self) -> &ConnectionHandle {
        &self.handle
    }

    /// Has the actor do this.
    pub(super) async fn act(
        &self,
        deed: impl FnOnce(&mut WsContext<Caller>) -> Result<(), SendError> + Send + 'static,
    ) {
        let done = within("the actor to act", self.address.send(Act(Box::new(deed)))).await;
        done.expect("the actor runs").expect("it can be done");
    }

    /// Has the actor send a message.
    pub(super) async fn say(&self, kind: Kind, payload: &[u8]) {
        let payload = Bytes::copy_from_slice(payload);
        self.act(move |ctx| match kind {
            Kind::Text => ctx.text(Utf8Bytes::try_from(payload).expect("it is UTF-8")),
            Kind::Binary => ctx.binary(payload),
        })
        .await;
    }

    /// Waits for what it hears next.
    pub(super) async fn heard(&mut self) -> Heard {
        let heard = within("the actor to hear something", self.heard.recv()).await;
        heard.expect("the actor lives")
    }

    /// Waits for a Pong.
    pub(super) async fn pong(&mut self) {
        let heard = self.heard().await;
        assert!(
            matches!(heard, Heard::Pong(_)),
            "{heard:?} instead of a Pong"
        );
    }

    /// Waits for the next message, and compares it.
    pub(super) async fn hears(&mut self, kind: Kind, payload: &[u8]) {
        let heard = self.heard().await;
        Self::compare(heard, kind, payload);
    }

    /// The same, after any number of Pongs.
    pub(super) async fn hears_after_pongs(&mut self, kind: Kind, payload: &[u8]) {
        loop {
            let heard = self.heard().await;
            if !matches!(heard, Heard::Pong(_)) {
                return Self::compare(heard, kind, payload);
            }
        }
    }

    fn compare(heard: Heard, kind: Kind, payload: &[u8]) {
        let (heard_kind, data) = match heard {
            Heard::Text(text) => (Kind::Text, text.into_bytes()),
            Heard::Binary(bytes) => (Kind::Binary, bytes),
            other => panic!("{other:?} instead of a message"),
        };
        assert_eq!((heard_kind, data.len()), (kind, payload.len()));
        // Without the payloads, which may be long.
        assert!(data == payload, "another {kind:?} of the same length");
    }

    /// Waits until it has a connection.
    pub(super) async fn connected(&mut self) -> Connected {
        match self.heard().await {
            Heard::Connected(connected) => connected,
            other => panic!("{other:?} instead of a connection"),
        }
    }

    /// Waits until it has a connection, after any number of attempts that failed.
    pub(super) async fn reconnected(&mut self) -> Connected {
        loop {
            match self.heard().await {
                Heard::Connected(connected) => return connected,
                Heard::Disconnected(lost) => assert!(lost.retry_in.is_some(), "{lost:?}"),
                other => panic!("{other:?} instead of a connection"),
            }
        }
    }

    /// Waits until a connection is lost, or an attempt has failed.
    pub(super) async fn disconnected(&mut self) -> Disconnected {
        match self.heard().await {
            Heard::Disconnected(disconnected) => disconnected,
            other => panic!("{other:?} instead of a loss"),
        }
    }

    /// Waits until it is over, whatever it hears before.
    pub(super) async fn closed_after_all(mut self) -> Outcome {
        loop {
            if let Heard::Closed(outcome) = self.heard().await {
                return self.over(outcome).await;
            }
        }
    }

    /// Waits until it is over, and nothing is left of it.
    pub(super) async fn closed(mut self) -> Outcome {
        match self.heard().await {
            Heard::Closed(outcome) => self.over(outcome).await,
            other => panic!("{other:?} instead of the end"),
        }
    }

    async fn over(mut self, outcome: Outcome) -> Outcome {
        assert!(matches!(self.heard().await, Heard::Stopped));
        let ended = within("the session to end", self.session).await;
        // It is as the actor was told.
        assert_eq!(ended.expect("a session never panics"), outcome);
        assert!(!self.handle.is_open());
        outcome
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
