//! A stream for `ctx.stream` whose parts the test gives.

use std::{
    cell::RefCell,
    collections::VecDeque,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use futures_core::Stream;

/// The stream.
pub(crate) struct Source(Rc<RefCell<State>>);

/// The test's end of it.
#[derive(Clone)]
pub(crate) struct Feed(Rc<RefCell<State>>);

#[derive(Default)]
struct State {
    steps: VecDeque<Step>,
    /// A part that comes again and again.
    endless: Option<Bytes>,
    taken: usize,
    polls: usize,
    dropped: bool,
    reader: Option<Waker>,
}

enum Step {
    Part(Bytes),
    Fail(&'static str),
    Panic,
    End,
}

/// A stream without parts, until the test gives some.
pub(crate) fn source() -> (Source, Feed) {
    let state = Rc::new(RefCell::default());
    (Source(Rc::clone(&state)), Feed(state))
}

impl Feed {
    pub(crate) fn part(&self, part: impl Into<Bytes>) {
        self.step(Step::Part(part.into()));
    }

    pub(crate) fn fail(&self, error: &'static str) {
        self.step(Step::Fail(error));
    }

    pub(crate) fn panic(&self) {
        self.step(Step::Panic);
    }

    pub(crate) fn end(&self) {
        self.step(Step::End);
    }

    /// The same part comes again and again.
    pub(crate) fn forever(&self, part: impl Into<Bytes>) {
        self.0.borrow_mut().endless = Some(part.into());
        self.wake();
    }

    /// How many parts were taken.
    pub(crate) fn taken(&self) -> usize {
        self.0.borrow().taken
    }

    /// How often somebody asked for a part.
    pub(crate) fn polls(&self) -> usize {
        self.0.borrow().polls
    }

    pub(crate) fn is_dropped(&self) -> bool {
        self.0.borrow().dropped
    }

    fn step(&self, step: Step) {
        self.0.borrow_mut().steps.push_back(step);
        self.wake();
    }

    fn wake(&self) {
        let reader = self.0.borrow_mut().reader.take();
        if let Some(waker) = reader {
            waker.wake();
        }
    }
}

impl Stream for Source {
    type Item = Result<Bytes, &'static str>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut state = self.0.borrow_mut();
        state.polls += 1;
        let endless = state.endless.clone().map(Step::Part);
        match state.steps.pop_front().or(endless) {
            Some(Step::Part(part)) => {
                state.taken += 1;
                Poll::Ready(Some(Ok(part)))
            }
            Some(Step::Fail(error)) => Poll::Ready(Some(Err(error))),
            Some(Step::Panic) => panic!("as the test wants"),
            Some(Step::End) => Poll::Ready(None),
            None => {
                state.reader = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.0.borrow_mut().dropped = true;
    }
}
