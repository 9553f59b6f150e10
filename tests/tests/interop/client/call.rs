//! A session of ours, in the hands of the test.

use actix::Addr;
use actix_rt::task::JoinHandle;
use bytes::Bytes;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use ws_actors::{
    ConnectionHandle, SendError, WsContext,
    client::{Client, ConnectError, Connected, Disconnected, Session},
};
use ws_core::{Outcome, Utf8Bytes};
use ws_tests::wait::within;

use super::caller::{Act, Caller, Heard};
use crate::peer::Kind;

/// A session that runs, and what its actor hears.
#[derive(Debug)]
pub(super) struct Call {
    address: Addr<Caller>,
    handle: ConnectionHandle,
    heard: UnboundedReceiver<Heard>,
    session: JoinHandle<Outcome>,
}

impl Call {
    /// Opens the first connection.
    pub(super) async fn connect(client: &Client<Caller>) -> Result<Self, ConnectError> {
        let (sender, heard) = unbounded_channel();
        let connecting = client.connect(Caller::new(sender));
        let session = within("a connection, or an error", connecting).await?;
        Ok(Self::spawn(session, heard))
    }

    /// Leaves the first connection to the session.
    pub(super) fn start(client: &Client<Caller>) -> Self {
        let (sender, heard) = unbounded_channel();
        Self::spawn(client.session(Caller::new(sender)), heard)
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
        let (heard_kind, data) = heard.into_message();
        assert_eq!((heard_kind, data.len()), (kind, payload.len()));
        // Without the payloads, which may be long.
        assert!(data == payload, "another {kind:?} of the same length");
    }

    /// Waits until it has a connection.
    pub(super) async fn connected(&mut self) -> Connected {
        let heard = self.heard().await;
        let Heard::Connected(connected) = heard else {
            panic!("{heard:?} instead of a connection");
        };
        connected
    }

    /// Waits until it has a connection, after any number of attempts that failed.
    pub(super) async fn reconnected(&mut self) -> Connected {
        loop {
            let heard = self.heard().await;
            if let Heard::Connected(connected) = heard {
                return connected;
            }
            let goes_on = matches!(&heard, Heard::Disconnected(it) if it.retry_in.is_some());
            assert!(goes_on, "{heard:?} instead of a connection");
        }
    }

    /// Waits until a connection is lost, or an attempt has failed.
    pub(super) async fn disconnected(&mut self) -> Disconnected {
        let heard = self.heard().await;
        let Heard::Disconnected(disconnected) = heard else {
            panic!("{heard:?} instead of a loss");
        };
        disconnected
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
        let heard = self.heard().await;
        let Heard::Closed(outcome) = heard else {
            panic!("{heard:?} instead of the end");
        };
        self.over(outcome).await
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
