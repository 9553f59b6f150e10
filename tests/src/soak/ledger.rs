use std::{
    collections::{BTreeMap, VecDeque},
    mem,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
        mpsc::{self, Sender},
    },
    thread,
};

use serde::{Deserialize, Serialize};
use ws_server::{Admission, Cause, ConnectionHandle, Drain, Rooms, Shutdown, metrics as names};

use super::{
    census::Census,
    halls::{Halls, Said},
    member::Errand,
    recorder::Kept,
    stay::Stay,
};

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

/// What the server's process tells of itself.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Account {
    /// What is over and was not told yet.
    pub(super) stays: Vec<Stay>,
    /// What was not as it has to be, and was not told yet.
    pub(super) wrongs: Vec<String>,
    /// What rooms with books were told.
    pub(super) said: Said,
    /// Gauges that are not zero.
    pub(super) gauges: BTreeMap<String, f64>,
    pub(super) meters: Meters,
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

/// What the server's own metrics say, of all endpoints and rooms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Meters {
    /// Messages that members of rooms took, and those that they did not.
    pub(super) deliveries: u64,
    pub(super) refused: u64,
    /// Messages that connections gave up.
    pub(super) given_up: u64,
    /// Of those, messages for members of rooms whose books are kept.
    pub(super) members_given_up: u64,
    /// Actors of rooms that began anew.
    pub(super) restarts: u64,
    /// What actors of rooms took and nobody heard.
    pub(super) unheard: u64,
}

/// Counts for as long as it lives.
#[derive(Debug)]
pub(super) struct Counted(Arc<AtomicUsize>);

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

    pub(super) fn account(&self, (blocks, heap): (usize, usize)) -> Account {
        let inner = &*self.0;
        let runtimes = lock(&inner.runtimes);
        let tasks = runtimes.iter().map(|it| it.metrics().num_alive_tasks());
        let rooms = ROOMS
            .iter()
            .map(|room| inner.rooms.count(&(*room).to_owned()));
        let (members, halls) = inner.halls.members();
        let counter = |name| inner.metrics.counter(name, "");
        let counter_of = |name, label| inner.metrics.counter(name, label);
        let mut gauges = inner.metrics.gauges();
        // The engine in memory has its one node for good.
        gauges.retain(|name, _| {
            !name.starts_with(names::BACKPLANE_CONNECTED)
                && !name.starts_with(names::BACKPLANE_NODES)
        });
        Account {
            stays: mem::take(&mut lock(&inner.stays)),
            wrongs: mem::take(&mut lock(&inner.wrongs)),
            said: inner.halls.said(),
            gauges,
            meters: Meters {
                deliveries: counter(names::DELIVERIES),
                refused: counter(names::DELIVERIES_REFUSED),
                given_up: counter(names::MESSAGES_GIVEN_UP),
                members_given_up: counter_of(names::MESSAGES_GIVEN_UP, MEMBERS),
                restarts: counter(names::ROOM_RESTARTS),
                unheard: counter(names::ROOM_MESSAGES_UNHEARD),
            },
            census: Census {
                actors: inner.alive.load(Ordering::SeqCst),
                connections: inner.shutdown.connections(),
                members: rooms.sum::<usize>() + members,
                rooms: inner.rooms.list().len() + halls,
                places: inner.admission.connections(),
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

/// What metrics call the endpoints of rooms whose books are kept.
pub(super) const MEMBERS: &str = "member";
/// The rooms there are.
pub(super) const ROOMS: [&str; 4] = ["attic", "cellar", "hall", "kitchen"];
/// How many handles are kept beyond their connections.
const HANDLES: usize = 32;
