//! An actor with its connection, and what has to be left of both in the end.

use std::time::Duration;

use tokio::sync::oneshot;
use ws_core::{Cause, CloseCode, Outcome};
use ws_server::WsContext;
use ws_tests::{raw::End, wait::within, wire::Wire};

use crate::{
    stage::{PATHS, Path, Side, Stage, Terms},
    subject::{Do, Opened, Subject},
};

/// An actor with its open connection.
pub(crate) struct Scene {
    pub(crate) stage: Stage,
    pub(crate) wire: Wire,
    pub(crate) subject: Opened,
}

/// How a connection is to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) cause: Cause,
    /// The codes of the Close frames; 1005 is one without a code.
    pub(crate) sent: Option<CloseCode>,
    pub(crate) received: Option<CloseCode>,
}

impl Expected {
    pub(crate) fn new(cause: Cause, sent: Option<u16>, received: Option<u16>) -> Self {
        Self {
            cause,
            sent: sent.map(CloseCode::new),
            received: received.map(CloseCode::new),
        }
    }

    /// The transport ended, and neither side had sent a Close frame.
    pub(crate) fn lost() -> Self {
        Self::new(Cause::TransportLost, None, None)
    }
}

/// Plays a scene on each way that a connection can take.
pub(crate) async fn on_all_paths<F: Future<Output = ()>>(
    terms: impl Fn() -> Terms,
    play: impl Fn(Scene) -> F,
) {
    for path in PATHS {
        println!("{path:?}");
        play(Scene::open(path, terms()).await).await;
    }
}

impl Scene {
    pub(crate) async fn open(path: Path, terms: Terms) -> Self {
        Self::on(Stage::build(path, terms).await).await
    }

    /// Opens one more connection.
    pub(crate) async fn on(mut stage: Stage) -> Self {
        let (wire, subject) = stage.connect().await;
        Self {
            stage,
            wire,
            subject,
        }
    }

    pub(crate) fn side(&self) -> Side {
        self.stage.path().side
    }

    /// Has the actor do something, in its own time.
    pub(crate) fn tell(
        &self,
        act: impl FnOnce(&mut Subject, &mut WsContext<Subject>) + Send + 'static,
    ) {
        self.subject.address.do_send(Do::new(act));
    }

    /// Has no time pass for the actor from now on but what is waited for.
    pub(crate) async fn let_time_fly(&self) {
        let (tell, told) = oneshot::channel();
        self.tell(|subject, _| {
            subject.let_time_fly();
            tell.send(()).ok();
        });
        let told = within("the actor's clock to be let go", told).await;
        told.expect("the actor lives");
    }

    /// Waits for the end of the connection, in good order; the peer plays the
    /// part of its side.
    pub(crate) async fn see_end(&mut self) {
        if self.side() == Side::Client {
            // §7.1.1: the server is the first to end it.
            self.wire.end_sending().await;
        }
        assert_eq!(self.wire.ended().await, End::Eof);
    }

    /// Checks how the connection ends, and that nothing is left of it.
    pub(crate) async fn ends(mut self, expected: &Expected) -> Outcome {
        let (outcome, _) = self.stage.closed().await;
        assert_eq!(Expected::of(&outcome), *expected);
        drop(self.wire);
        self.stage.is_left_empty(&outcome.cause).await;
        assert!(!self.subject.handle.is_open());
        outcome
    }

    /// As [`ends`](Self::ends), for a peer that lets its connection be, while
    /// time flies: how much has passed when the actor heard of the end.
    pub(crate) async fn ends_in_time(mut self, expected: &Expected) -> Duration {
        let (outcome, after) = self.stage.closed().await;
        assert_eq!(Expected::of(&outcome), *expected);
        self.stage.is_left_empty(&outcome.cause).await;
        drop(self.wire);
        after.expect("time flies")
    }
}

impl Expected {
    pub(crate) fn of(outcome: &Outcome) -> Self {
        let code = |payload: &Option<ws_core::ClosePayload>| {
            let payload = payload.as_ref()?;
            Some(payload.code().unwrap_or(CloseCode::NO_STATUS))
        };
        Self {
            cause: outcome.cause.clone(),
            sent: code(&outcome.sent),
            received: code(&outcome.received),
        }
    }
}
