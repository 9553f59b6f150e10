use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use tokio::{sync::oneshot, time::Instant};

use crate::cluster::Census;

/// The counts of rooms on all nodes that are being made.
#[derive(Default)]
pub(super) struct Censuses(HashMap<u64, Underway>);

struct Underway {
    /// The nodes that have not answered.
    silent: HashSet<u64>,
    rooms: HashMap<String, usize>,
    until: Instant,
    answer: oneshot::Sender<Census>,
}

impl Censuses {
    /// Begins one, with what this node has; the others have been asked with
    /// this number.
    pub(super) fn begin(
        &mut self,
        number: u64,
        nodes: HashSet<u64>,
        here: impl Iterator<Item = (String, usize)>,
        answer: oneshot::Sender<Census>,
        now: Instant,
    ) {
        let underway = Underway {
            silent: nodes,
            rooms: here.collect(),
            until: now + LIMIT,
            answer,
        };
        self.0.insert(number, underway);
        self.settle(now);
    }

    /// A node answers, or a part of it.
    pub(super) fn count(
        &mut self,
        number: u64,
        node: u64,
        rooms: impl Iterator<Item = (String, usize)>,
        more: bool,
        now: Instant,
    ) {
        let Some(underway) = self.0.get_mut(&number) else {
            return;
        };
        for (room, count) in rooms {
            *underway.rooms.entry(room).or_default() += count;
        }
        if !more {
            underway.silent.remove(&node);
        }
        self.settle(now);
    }

    /// Ends those that are complete, or have waited long enough.
    pub(super) fn settle(&mut self, now: Instant) {
        let done = |it: &Underway| it.silent.is_empty() || it.until <= now || it.answer.is_closed();
        for (_, underway) in self.0.extract_if(|_, underway| done(underway)) {
            let census = Census {
                rooms: underway.rooms.into_iter().collect(),
                complete: underway.silent.is_empty(),
            };
            underway.answer.send(census).ok();
        }
    }

    pub(super) fn next_instant(&self) -> Option<Instant> {
        self.0.values().map(|underway| underway.until).min()
    }
}

/// How long it is waited for the other nodes.
const LIMIT: Duration = Duration::from_secs(1);
