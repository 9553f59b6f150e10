//! What hangs there for all who look on.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde::Serialize;
use ws_server::{JoinError, Rooms, WsContext};

use super::{
    sample::{Sample, Snapshot},
    watcher::{Place, Watcher},
};
use crate::chat::protocol::milliseconds_since_1970;

/// The last minutes, and those who hear of every new second.
pub(crate) struct Board {
    started: u128,
    shown: Mutex<Shown>,
    watchers: Rooms<()>,
}

#[derive(Default)]
struct Shown {
    history: VecDeque<Sample>,
    latest: Option<Snapshot>,
}

/// What a page is told.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum ToPage<'a> {
    /// Comes first.
    History {
        /// Milliseconds since 1970.
        started: u128,
        samples: &'a VecDeque<Sample>,
    },
    Now(&'a Snapshot),
}

impl Board {
    pub(crate) fn new() -> Self {
        Self {
            started: milliseconds_since_1970(),
            shown: Mutex::default(),
            watchers: Rooms::builder().name("watchers").build(),
        }
    }

    /// A second has passed.
    pub(crate) fn put(&self, snapshot: Snapshot) {
        if let Ok(text) = serde_json::to_string(&ToPage::Now(&snapshot)) {
            // A thread that is blocked hears of the next second.
            self.watchers.broadcast(&(), text).ok();
        }
        let mut shown = self.lock();
        shown.history.push_back(snapshot.sample.clone());
        if shown.history.len() > SECONDS {
            shown.history.pop_front();
        }
        shown.latest = Some(snapshot);
    }

    /// Somebody looks on from now on, and is told what was so far.
    pub(crate) fn welcome(&self, ctx: &mut WsContext<Watcher>) -> Result<Place, JoinError> {
        // First of all, so that no second is missing: one may come twice.
        let place = self.watchers.join((), (), ctx)?;
        let shown = self.lock();
        let history = ToPage::History {
            started: self.started,
            samples: &shown.history,
        };
        // It fails only if the page has left already.
        ctx.json(&history).ok();
        if let Some(latest) = &shown.latest {
            ctx.json(&ToPage::Now(latest)).ok();
        }
        Ok(place)
    }

    fn lock(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How much is remembered.
const SECONDS: usize = 15 * 60;
