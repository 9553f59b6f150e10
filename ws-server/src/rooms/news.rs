use std::{
    collections::HashSet,
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use tokio::{
    runtime::Handle,
    time::{Instant, sleep},
};
use ws_core::PreparedMessage;

use super::{Members, Presence, Room};

/// How members are told who comes and goes.
pub(super) enum Announcer<K, D> {
    /// One by one, as it happens.
    Each(Box<Each<K, D>>),
    /// In one message, for all that happened in a while.
    Together(Together<K, D>),
}

type Each<K, D> = dyn Fn(&K, &Presence<D>) -> Option<PreparedMessage> + Send + Sync;
type Make<K, D> = dyn Fn(&K, &[Presence<D>]) -> Option<PreparedMessage> + Send + Sync;

pub(super) struct Together<K, D> {
    every: Duration,
    make: Box<Make<K, D>>,
    /// Has a room tell later; kept for those who do not know that it may.
    later: fn(&Room<K, D>, Duration),
}

/// What members of a room have not been told yet.
pub(super) struct News<D> {
    changes: Vec<Presence<D>>,
    /// Who was there when they were told last.
    told: Members<D>,
    /// They are told then.
    due: Option<Instant>,
}

impl<K, D> Together<K, D>
where
    K: Send + Sync + 'static,
    D: Send + Sync + 'static,
{
    pub(super) fn new(every: Duration, make: Box<Make<K, D>>) -> Self {
        Self {
            every,
            make,
            later: |room, every| {
                let room = room.clone();
                if let Ok(runtime) = Handle::try_current() {
                    runtime.spawn(async move {
                        sleep(every).await;
                        room.tell_news();
                    });
                }
            },
        }
    }
}

impl<K, D> Together<K, D> {
    /// Notes what has happened, to be told with what else does.
    pub(super) fn note(
        &self,
        room: &Room<K, D>,
        news: &mut News<D>,
        changes: impl IntoIterator<Item = Presence<D>>,
    ) {
        news.changes.extend(changes);
        let now = Instant::now();
        // A thread that was to tell may have ended.
        if news.due.is_none_or(|due| now > due + self.every) {
            news.due = Some(now + self.every);
            (self.later)(room, self.every);
        }
    }

    pub(super) fn make(&self, key: &K, changes: &[Presence<D>]) -> Option<PreparedMessage> {
        let made = catch_unwind(AssertUnwindSafe(|| (self.make)(key, changes)));
        made.unwrap_or_else(|_| {
            tracing::error!("announcing members panicked: the others are not told");
            None
        })
    }
}

impl<D> News<D> {
    /// Those who know all that was told before, and will be told the rest.
    pub(super) fn told(&self) -> Members<D> {
        self.told.clone()
    }

    /// What is to be told; who came and went meanwhile is left out.
    pub(super) fn take(&mut self) -> Vec<Presence<D>> {
        let mut changes = mem::take(&mut self.changes);
        let ids = |joined: bool| -> HashSet<_> {
            let such = changes.iter().filter(|it| it.is_joining() == joined);
            such.map(|it| it.member().id()).collect()
        };
        let (came, went) = (ids(true), ids(false));
        changes.retain(|it| {
            let id = it.member().id();
            !(came.contains(&id) && went.contains(&id))
        });
        changes
    }

    /// All have been told who is there; tells whether there is more by now.
    pub(super) fn set_told(&mut self, told: Members<D>) -> bool {
        self.told = told;
        self.due = None;
        !self.changes.is_empty()
    }
}

impl<D> Default for News<D> {
    fn default() -> Self {
        Self {
            changes: Vec::new(),
            told: Members::default(),
            due: None,
        }
    }
}
