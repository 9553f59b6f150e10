use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use serde::{Deserialize, Serialize};
use ws_server::Room;

use crate::soak::stay::{ROOMS, RoomName, Sort, body, key};

/// The books of all rooms.
#[derive(Default)]
pub(super) struct Books {
    pages: [[Mutex<Page>; ROOMS]; Sort::ALL.len()],
    /// What the actors of rooms were told, and what they heard of it.
    pub(super) told: AtomicU64,
    pub(super) heard: AtomicU64,
    pub(super) dropped: AtomicU64,
    pub(super) untold: AtomicU64,
    refused: AtomicU64,
}

/// Whoever joins, leaves or says something holds it, so that numbers are in the
/// order of the room.
#[derive(Default)]
pub(super) struct Page {
    pub(super) said: u64,
    pub(super) at_drain: Option<u64>,
}

/// What the books say of all rooms.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(in super::super) struct Said {
    /// Messages that rooms accepted.
    pub(in super::super) said: u64,
    /// Those that they refused, and told who said them.
    pub(in super::super) refused: u64,
    /// What actors of rooms were told, what they heard of it, what was refused,
    /// which those who told it know, and what nobody heard, those among it.
    pub(in super::super) told: u64,
    pub(in super::super) heard: u64,
    pub(in super::super) untold: u64,
    pub(in super::super) dropped: u64,
}

impl Books {
    pub(super) fn page(&self, room: RoomName) -> MutexGuard<'_, Page> {
        lock(&self.pages[room.sort as usize][room.number])
    }

    /// The number of the next message, which nobody may refuse.
    pub(super) fn next(&self, room: RoomName) -> u64 {
        let mut page = self.page(room);
        page.said += 1;
        page.said
    }

    /// Says the next message, unless the room refuses it.
    pub(super) fn say(&self, page: &mut Page, name: RoomName, room: &Room<String>) {
        let number = page.said + 1;
        let text = format!("b {number} {}", body(number));
        let said = match name.sort {
            Sort::Latest => room.broadcast_latest(key(number), text),
            Sort::Plain | Sort::Kept | Sort::Hosted => room.broadcast(text),
        };
        match said {
            Ok(()) => page.said = number,
            Err(_) => _ = self.refused.fetch_add(1, Ordering::SeqCst),
        }
    }

    /// Notes where all rooms are, as the server begins to drain.
    pub(super) fn note_drain(&self) {
        for page in self.pages.iter().flatten() {
            let mut page = lock(page);
            page.at_drain = Some(page.said);
        }
    }

    pub(super) fn said(&self) -> Said {
        Said {
            said: self.pages.iter().flatten().map(|it| lock(it).said).sum(),
            refused: self.refused.load(Ordering::SeqCst),
            told: self.told.load(Ordering::SeqCst),
            heard: self.heard.load(Ordering::SeqCst),
            untold: self.untold.load(Ordering::SeqCst),
            dropped: self.dropped.load(Ordering::SeqCst),
        }
    }
}

fn lock(page: &Mutex<Page>) -> MutexGuard<'_, Page> {
    // Nobody panics while it is held.
    page.lock().unwrap_or_else(PoisonError::into_inner)
}
