//! What all expectations share: waiting for frames, and telling what came instead.

use std::{
    fmt::{self, Write as _},
    future::poll_fn,
    panic::Location,
    task::{Context, Poll},
    time::Duration,
};

use actix::Actor;
use tokio::time::timeout;
use ws_core::{Joiner, Message, Opcode, Outcome};

use super::Peer;
use crate::test::received::{Payload, Received};

/// What a test expects, and where it says so.
pub(super) struct Expected {
    what: String,
    place: &'static Location<'static>,
}

impl Expected {
    #[track_caller]
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            place: Location::caller(),
        }
    }
}

/// What there is instead.
pub(super) enum Instead {
    Frame(Received),
    Message(Message),
    NoSuchJson(Message, serde_json::Error),
    /// The actor sent what is wrong.
    Fault(String),
    End,
    /// The driver never came to its end.
    Panic,
    Nothing,
}

/// Whether Pings that are answered count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pings {
    Count,
    PassedOver,
}

impl<A: Actor> Peer<A> {
    /// The next message, joined of its frames.
    pub(super) async fn message(&mut self) -> Result<Message, Instead> {
        let mut joiner = Joiner::new();
        loop {
            let frame = self.frame(Pings::PassedOver).await?;
            if frame.opcode().is_control() {
                return Err(Instead::Frame(frame));
            }
            match joiner.push(frame.into_frame()) {
                Ok(Some(message)) => return Ok(message),
                Ok(None) => {}
                Err(fault) => return Err(Instead::Fault(fault.to_string())),
            }
        }
    }

    /// The next frame.
    pub(super) async fn frame(&mut self, pings: Pings) -> Result<Received, Instead> {
        let next = poll_fn(|cx| match self.take(pings) {
            Some(next) => Poll::Ready(next),
            None => self.wait(cx),
        });
        let next = timeout(PATIENCE, next).await;
        next.unwrap_or(Err(Instead::Nothing))
    }

    /// The end of the connection, to which the peer does its part.
    pub(super) async fn end(&mut self) -> Result<Outcome, Instead> {
        let end = poll_fn(|cx| match self.take(Pings::PassedOver) {
            Some(Ok(frame)) => Poll::Ready(Err(Instead::Frame(frame))),
            Some(Err(Instead::End)) if self.is_over() => {
                Poll::Ready(self.outcome().ok_or(Instead::Panic))
            }
            Some(Err(Instead::End)) | None => {
                self.end_own_side();
                self.wait(cx)
            }
            Some(Err(instead)) => Poll::Ready(Err(instead)),
        });
        let end = timeout(PATIENCE, end).await;
        end.unwrap_or(Err(Instead::Nothing))
    }

    /// What there is already.
    pub(super) fn take(&mut self, pings: Pings) -> Option<Result<Received, Instead>> {
        let mut state = self.state.borrow_mut();
        while let Some(frame) = state.frames.pop_front() {
            if self.recent.len() == RECENT {
                self.recent.pop_front();
            }
            self.recent.push_back(frame.clone());
            if pings == Pings::Count || !frame.answered {
                return Some(Ok(frame));
            }
        }
        if let Some(fault) = &state.fault {
            return Some(Err(Instead::Fault(fault.clone())));
        }
        state.shut_down.then_some(Err(Instead::End))
    }

    fn wait<T>(&self, cx: &Context<'_>) -> Poll<T> {
        self.state.borrow_mut().looker = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Ends this side if it is its turn.
    fn end_own_side(&self) {
        let mut state = self.state.borrow_mut();
        let closed = state.close_sent && state.close_received;
        if !state.ended && (state.shut_down || closed) {
            state.end();
        }
    }

    pub(super) fn met<T>(&self, expected: &Expected, result: Result<T, Instead>) -> T {
        match result {
            Ok(met) => met,
            Err(instead) => self.fail(expected, &instead),
        }
    }

    #[cold]
    fn fail(&self, Expected { what, place }: &Expected, instead: &Instead) -> ! {
        let mut text = format!("{place}: expected {what}, but {instead}");
        if !self.recent.is_empty() {
            text.push_str("\nthe last frames that came:");
        }
        for frame in &self.recent {
            write!(text, "\n{:>10.3} s  {frame:?}", frame.at.as_secs_f64()).ok();
        }
        panic!("{text}");
    }
}

impl fmt::Display for Instead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Frame(frame) => write!(f, "{frame:?} came"),
            Self::Message(message) => write!(f, "{} came", shown(message)),
            Self::NoSuchJson(message, error) => write!(f, "{} came: {error}", shown(message)),
            Self::Fault(fault) => write!(f, "the actor's side broke the protocol: {fault}"),
            Self::End => f.write_str("the actor's side ended the connection"),
            Self::Panic => f.write_str("the actor's side panicked"),
            Self::Nothing => f.write_str("nothing came in a day"),
        }
    }
}

pub(super) fn shown(message: &Message) -> String {
    let payload = message.payload();
    match message.opcode() {
        Opcode::BINARY => Payload::Bytes(payload).to_string(),
        opcode => format!("{opcode} {}", Payload::Text(payload)),
    }
}

/// A day in which the heartbeat's Pings are answered takes no time worth
/// mentioning, and is longer than most deadlines.
const PATIENCE: Duration = Duration::from_secs(24 * 3600);
/// How many frames are shown when an expectation fails.
const RECENT: usize = 8;
