use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
        mpsc::{self, Sender},
    },
    thread,
};

use ws_server::{Admission, Cause, ConnectionHandle, Drain, Rooms, Shutdown};

use super::{halls::Halls, member::Errand, recorder::Kept, stay::Stay};
use crate::counted::Counted;

mod account;

pub(super) use self::account::Account;

/// What the server's process knows of itself.
#[derive(Clone)]
pub(super) struct Ledger(Arc<Inner>);

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
    halls: Halls,
    stays: Mutex<Vec<Stay>>,
    wrongs: Mutex<Vec<String>>,
    errands: Sender<Errand>,
    metrics: Kept,
    admission: Admission,
    shutdown: Shutdown,
}

impl Ledger {
    pub(super) fn new(metrics: Kept) -> Self {
        let (errands, work) = mpsc::channel();
        thread::spawn(move || work.into_iter().for_each(Errand::run));
        Self(Arc::new(Inner {
            alive: Arc::default(),
            sockets: Arc::default(),
            started: AtomicU64::default(),
            panics: AtomicU64::default(),
            messages: AtomicU64::default(),
            closed: Mutex::default(),
            runtimes: Mutex::default(),
            handles: Mutex::default(),
            rooms: Rooms::new(),
            halls: Halls::new(),
            stays: Mutex::default(),
            wrongs: Mutex::default(),
            errands,
            metrics,
            admission: Admission::new(),
            shutdown: Shutdown::new(),
        }))
    }

    pub(super) fn rooms(&self) -> &Rooms<String> {
        &self.0.rooms
    }

    /// The rooms whose books are kept.
    pub(super) fn halls(&self) -> &Halls {
        &self.0.halls
    }

    pub(super) fn admission(&self) -> &Admission {
        &self.0.admission
    }

    pub(super) fn shutdown(&self) -> &Shutdown {
        &self.0.shutdown
    }

    /// Begins to end all connections.
    pub(super) fn drain(&self) {
        self.halls().note_drain();
        let shutdown = self.0.shutdown.clone();
        let drain = async move { shutdown.drain(&Drain::new()).await };
        if let Some(runtime) = lock(&self.0.runtimes).first() {
            runtime.spawn(drain);
        }
    }

    /// Has another thread do something.
    pub(super) fn send_out(&self, errand: Errand) {
        self.0.errands.send(errand).ok();
    }

    pub(super) fn note_stay(&self, stay: Stay) {
        lock(&self.0.stays).push(stay);
    }

    pub(super) fn note_wrong(&self, wrong: String) {
        lock(&self.0.wrongs).push(wrong);
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
        *lock(&self.0.closed).entry(name_of(cause)).or_default() += 1;
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
}

/// What a cause is called.
pub(super) fn name_of(cause: &Cause) -> String {
    let cause = format!("{cause:?}");
    // Such as `Protocol(MessageTooBig)`: not the numbers behind it.
    let mut words = cause.split(['(', ')', ' ']);
    match (words.next(), words.next()) {
        (Some(cause), Some(detail)) => format!("{cause}({detail})"),
        _ => cause,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Actors panic, but not while they hold one.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What metrics call the endpoints of rooms whose books are kept.
pub(super) const MEMBERS: &str = "member";
/// The rooms there are.
pub(super) const ROOMS: [&str; 4] = ["attic", "cellar", "hall", "kitchen"];
/// How many handles are kept beyond their connections.
const HANDLES: usize = 32;
