use std::{collections::BTreeMap, mem, sync::atomic::Ordering};

use serde::{Deserialize, Serialize};
use ws_server::metrics as names;

use super::{Ledger, MEMBERS, ROOMS, lock};
use crate::soak::{census::Census, halls::Said, stay::Stay};

/// What the server's process tells of itself.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(in super::super) struct Account {
    /// What is over and was not told yet.
    pub(in super::super) stays: Vec<Stay>,
    /// What was not as it has to be, and was not told yet.
    pub(in super::super) wrongs: Vec<String>,
    /// What rooms with books were told.
    pub(in super::super) said: Said,
    /// Gauges that are not zero.
    pub(in super::super) gauges: BTreeMap<String, f64>,
    pub(in super::super) meters: Meters,
    pub(in super::super) census: Census,
    /// Actors started.
    pub(in super::super) started: u64,
    /// Actors that panicked before they heard of an end.
    pub(in super::super) panics: u64,
    /// Messages that actors heard.
    pub(in super::super) messages: u64,
    /// The causes of `Closed` that actors heard.
    pub(in super::super) closed: BTreeMap<String, u64>,
}

/// What the server's own metrics say, of all endpoints and rooms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(in super::super) struct Meters {
    /// Messages that members of rooms took, and those that they did not.
    pub(in super::super) deliveries: u64,
    pub(in super::super) refused: u64,
    /// Messages that connections gave up.
    pub(in super::super) given_up: u64,
    /// Of those, messages for members of rooms whose books are kept.
    pub(in super::super) members_given_up: u64,
    /// Actors of rooms that began anew.
    pub(in super::super) restarts: u64,
    /// What actors of rooms took and nobody heard.
    pub(in super::super) unheard: u64,
}

impl Ledger {
    /// What there is now, and what was noted since the last time; so many blocks
    /// and bytes of the heap are in use.
    pub(in super::super) fn account(&self, (blocks, heap): (usize, usize)) -> Account {
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
