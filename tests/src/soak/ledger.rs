use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use serde::{Deserialize, Serialize};
use ws_server::{Cause, ConnectionHandle, Rooms, Shutdown};

use super::census::Census;

/// What the server's process knows of itself.
#[derive(Clone, Default)]
pub(super) struct Ledger(Arc<Inner>);

#[derive(Default)]
struct Inner {
    alive: Arc<AtomicUsize>,
    sockets: Arc<AtomicUsize>,
    started: AtomicU64,
    panics: AtomicU64,
    messages: AtomicU64,
    closed: Mutex<BTreeMap<String, u64>>,
    runtimes: Mutex<Vec<tokio::runtime::Handle>>,
    handles: Mutex<VecDeque<ConnectionHandle>>,
    rooms: Rooms<String>,
    shutdown: Shutdown,
}

/// What the server's process tells of itself.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Account {
    pub(super) census: Census,
    /// Actors started.
    pub(super) started: u64,
    /// Actors that panicked before they heard of an end.
    pub(super) panics: u64,
    /// Messages that actors heard.
    pub(super) messages: u64,
    /// The causes of `Closed` that actors heard.
    pub(super) closed: BTreeMap<String, u64>,
}

/// Counts for as long as it lives.
#[derive(Debug)]
pub(super) struct Counted(Arc<AtomicUsize>);

impl Ledger {
    pub(super) fn rooms(&self) -> &Rooms<String> {
        &self.0.rooms
    }

    pub(super) fn shutdown(&self) -> &Shutdown {
        &self.0.shutdown
    }

    /// Something of an actor's lives.
    pub(super) fn alive(&self) -> Counted {
        Counted::new(&self.0.alive)
    }

    /// A TCP connection is held.
    pub(super) fn socket(&self) -> Counted {
        Counted::new(&self.0.sockets)
    }

    pub(super) fn note_started(&self) {
        self.0.started.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn note_panic(&self) {
        self.0.panics.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn note_message(&self) {
        self.0.messages.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn note_closed(&self, cause: &Cause) {
        let cause = format!("{cause:?}");
        // Such as `Protocol(MessageTooBig)`: not the numbers behind it.
        let mut words = cause.split(['(', ')', ' ']);
        let name = match (words.next(), words.next()) {
            (Some(cause), Some(detail)) => format!("{cause}({detail})"),
            _ => cause,
        };
        *lock(&self.0.closed).entry(name).or_default() += 1;
    }

    /// Notes the runtime of this thread.
    pub(super) fn note_runtime(&self) {
        lock(&self.0.runtimes).push(tokio::runtime::Handle::current());
    }

    /// How many threads serve.
    pub(super) fn runtimes(&self) -> usize {
        lock(&self.0.runtimes).len()
    }

    /// Keeps a connection's handle for a while, most likely beyond its end, and
    /// gives back the eldest.
    pub(super) fn swap(&self, handle: ConnectionHandle) -> Option<ConnectionHandle> {
        let mut handles = lock(&self.0.handles);
        handles.push_back(handle);
        (handles.len() > HANDLES)
            .then(|| handles.pop_front())
            .flatten()
    }

    /// Lets go of what was kept on purpose.
    pub(super) fn forget(&self) {
        *lock(&self.0.handles) = VecDeque::new();
    }

    pub(super) fn account(&self, (blocks, heap): (usize, usize)) -> Account {
        let inner = &*self.0;
        let runtimes = lock(&inner.runtimes);
        let tasks = runtimes.iter().map(|it| it.metrics().num_alive_tasks());
        let rooms = ROOMS
            .iter()
            .map(|room| inner.rooms.count(&(*room).to_owned()));
        Account {
            census: Census {
                actors: inner.alive.load(Ordering::SeqCst),
                connections: inner.shutdown.connections(),
                members: rooms.sum(),
                sockets: inner.sockets.load(Ordering::SeqCst),
                tasks: tasks.sum(),
                blocks,
                heap,
                ..Census::default()
            },
            started: inner.started.load(Ordering::Relaxed),
            panics: inner.panics.load(Ordering::Relaxed),
            messages: inner.messages.load(Ordering::Relaxed),
            closed: lock(&inner.closed).clone(),
        }
    }
}

impl Counted {
    pub(super) fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(count))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Actors panic, but not while they hold one.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The rooms there are.
pub(super) const ROOMS: [&str; 4] = ["attic", "cellar", "hall", "kitchen"];
/// How many handles are kept beyond their connections.
const HANDLES: usize = 32;
