use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use thiserror::Error;
use tokio::sync::oneshot;

use crate::backplane::Position;

/// Tells what became of a message that was [published](crate::Room::publish).
///
/// Whoever drops it does not take the message back.
#[must_use = "a receipt tells nothing until it is awaited"]
pub struct Receipt(State);

enum State {
    Done,
    Waiting(oneshot::Receiver<Result<Option<Position>, PublishError>>),
}

/// A message was not published, or nobody knows whether it was.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PublishError {
    /// It was given up without having been handed to the engine: no other node
    /// has it.
    #[error(
        "not published within {patience:?}, as the backplane is not reached or is slow; send it again"
    )]
    Expired {
        /// How long it waited.
        patience: Duration,
    },
    /// It was handed to the engine, whose answer did not come.
    #[error(
        "the connection to the backplane was lost before it answered; the message may have been published"
    )]
    Unknown,
    /// The engine does not take it.
    #[error("the backplane refused the message: {reason}")]
    Refused {
        /// What the engine says.
        reason: String,
    },
    /// The node has left the cluster.
    #[error("this node has left the cluster")]
    Left,
}

pub(super) type Answer = oneshot::Sender<Result<Option<Position>, PublishError>>;

impl Receipt {
    /// Of something that is done as there is nobody to wait for.
    pub(crate) const fn done() -> Self {
        Self(State::Done)
    }

    pub(super) fn new() -> (Answer, Self) {
        let (answer, waiting) = oneshot::channel();
        (answer, Self(State::Waiting(waiting)))
    }
}

impl Future for Receipt {
    /// The position, if the room keeps a record and it is known.
    type Output = Result<Option<Position>, PublishError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.get_mut().0 {
            State::Done => Poll::Ready(Ok(None)),
            State::Waiting(waiting) => {
                let answer = Pin::new(waiting).poll(cx);
                answer.map(|answer| answer.unwrap_or(Err(PublishError::Left)))
            }
        }
    }
}

impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receipt").finish_non_exhaustive()
    }
}
