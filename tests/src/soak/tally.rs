use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, HashMap},
    sync::{Arc, atomic::AtomicUsize},
    time::Duration,
};

use super::{receipt::Page, visit::Kind};

/// What clients did and saw. All of them share one thread.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) visits: RefCell<BTreeMap<Kind, Visits>>,
    pub(super) live: Cell<usize>,
    /// Messages that clients sent and wanted back, and those that came back.
    pub(super) sent: Cell<u64>,
    pub(super) returned: Cell<u64>,
    /// Messages of witnesses, which are among those.
    pub(super) witnessed: Cell<u64>,
    pub(super) round_trips: RefCell<Vec<Duration>>,
    /// Actors of client sessions.
    pub(super) callers: Arc<AtomicUsize>,
    pub(super) connections: Cell<u64>,
    /// Visitors whom the server was too busy to let in.
    pub(super) late: Cell<u64>,
    /// The server shows everybody out.
    pub(super) drains: Cell<bool>,
    /// What members of rooms received, by their names.
    pages: RefCell<HashMap<u64, Page>>,
    wrongs: RefCell<Vec<String>>,
    wrong: Cell<u64>,
}

/// Visits of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Visits {
    /// How many there were.
    pub count: u64,
    /// How long the longest took: what a visitor waits for is in it.
    pub longest: Duration,
}

impl Tally {
    pub(super) fn begin(&self) {
        self.live.set(self.live.get() + 1);
    }

    pub(super) fn end(&self, kind: Kind, took: Duration) {
        self.live.set(self.live.get() - 1);
        let mut visits = self.visits.borrow_mut();
        let visits = visits.entry(kind).or_default();
        visits.count += 1;
        visits.longest = visits.longest.max(took);
    }

    pub(super) fn note_connection(&self) {
        self.connections.set(self.connections.get() + 1);
    }

    pub(super) fn note_late(&self) {
        self.late.set(self.late.get() + 1);
    }

    pub(super) fn note_page(&self, id: u64, page: Page) {
        self.pages.borrow_mut().insert(id, page);
    }

    /// What members received whose time is over by now.
    pub(super) fn take_pages(&self) -> HashMap<u64, Page> {
        self.pages.take()
    }

    pub(super) fn note_sent(&self) {
        self.sent.set(self.sent.get() + 1);
    }

    pub(super) fn note_returned(&self) {
        self.returned.set(self.returned.get() + 1);
    }

    pub(super) fn note_round_trip(&self, took: Duration) {
        self.witnessed.set(self.witnessed.get() + 1);
        self.round_trips.borrow_mut().push(took);
    }

    /// Something was not as it has to be.
    pub(super) fn note_wrong(&self, what: String) {
        self.wrong.set(self.wrong.get() + 1);
        let mut wrongs = self.wrongs.borrow_mut();
        if wrongs.len() < WRONGS {
            wrongs.push(what);
        }
    }

    /// What was not as it has to be; the first few in full.
    pub(super) fn wrongs(&self) -> Vec<String> {
        let mut wrongs = self.wrongs.borrow().clone();
        let others = self.wrong.get() - wrongs.len() as u64;
        if others > 0 {
            wrongs.push(format!("and {others} more like these"));
        }
        wrongs
    }

    /// The median of the round trips, and the 99th percentile.
    pub(super) fn percentiles(&self) -> Option<(Duration, Duration)> {
        let mut round_trips = self.round_trips.borrow_mut();
        round_trips.sort_unstable();
        let at = |percent: usize| round_trips.get(round_trips.len() * percent / 100).copied();
        Some((at(50)?, at(99)?))
    }
}

/// How many wrongs are kept in full.
const WRONGS: usize = 20;
