use std::{
    any::Any,
    collections::VecDeque,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Waker,
};

use actix::{Handler, Message, dev::Envelope};
use thiserror::Error;

use super::{Presence, RoomActor};

/// What waits for the actor of a room, in one order.
pub(super) struct Inbox<R: RoomActor>(Mutex<State<R>>);

struct State<R: RoomActor> {
    letters: VecDeque<Letter<R>>,
    /// How many of them somebody told; the others are of who came and went.
    told: usize,
    reader: Option<Waker>,
    /// Nobody will read any more.
    closed: bool,
}

pub(super) enum Letter<R: RoomActor> {
    Presence(Presence<R::Data>),
    Told(Envelope<R>),
}

/// The actor of a room was not told something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TellError {
    /// It is too far behind.
    #[error("actor of the room is {limit} messages behind; try again later")]
    Full {
        /// The most that wait for it.
        limit: usize,
    },
    /// The room has no members, or its actor has stopped by itself.
    #[error("room has no actor any more")]
    Gone,
}

/// What a room knows of its actor.
pub(in crate::rooms) trait Host<D>: Send + Sync {
    /// Tells it who has come or gone.
    fn tell(&self, presence: Presence<D>);

    /// How often it was told that and has not heard it yet.
    fn unheard(&self) -> usize;

    /// To reach it by what kind of actor it is.
    fn as_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

impl<R: RoomActor> Inbox<R> {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(State {
            letters: VecDeque::new(),
            told: 0,
            reader: None,
            closed: false,
        })))
    }

    pub(super) fn tell<M>(&self, message: M) -> Result<(), TellError>
    where
        R: Handler<M>,
        M: Message + Send + 'static,
        M::Result: Send,
    {
        let mut state = self.lock();
        if state.closed {
            return Err(TellError::Gone);
        }
        if state.told >= FULL {
            return Err(TellError::Full { limit: FULL });
        }
        state.told += 1;
        Self::put(state, Letter::Told(Envelope::new(message, None)));
        Ok(())
    }

    fn put(mut state: MutexGuard<'_, State<R>>, letter: Letter<R>) {
        state.letters.push_back(letter);
        let reader = state.reader.take();
        drop(state);
        if let Some(reader) = reader {
            reader.wake();
        }
    }

    /// The next letter; if there is none, `reader` is woken by the next that
    /// comes.
    pub(super) fn poll(&self, reader: &Waker) -> Option<Letter<R>> {
        let mut state = self.lock();
        let letter = state.letters.pop_front();
        match &letter {
            Some(Letter::Told(_)) => state.told -= 1,
            Some(Letter::Presence(_)) => {}
            None => state.reader = Some(reader.clone()),
        }
        letter
    }

    /// Takes nothing more; tells how much of what was told nobody has heard.
    pub(super) fn close(&self) -> usize {
        let mut state = self.lock();
        state.closed = true;
        state.reader = None;
        let (letters, told) = (mem::take(&mut state.letters), mem::take(&mut state.told));
        drop(state);
        // Their destructors are anybody's.
        drop(letters);
        told
    }

    fn lock(&self) -> MutexGuard<'_, State<R>> {
        // Nothing in here panics half way.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<R: RoomActor> Host<R::Data> for Inbox<R> {
    fn tell(&self, presence: Presence<R::Data>) {
        let state = self.lock();
        if !state.closed {
            Self::put(state, Letter::Presence(presence));
        }
    }

    fn unheard(&self) -> usize {
        let state = self.lock();
        state.letters.len() - state.told
    }

    fn as_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

/// How many messages may wait for the actor of a room. Comings and goings are
/// not counted: who goes is always told, and who comes is not let in before.
const FULL: usize = 1 << 14;
