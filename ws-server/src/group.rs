//! Connections on any thread that are addressed together.
//!
//! A delivery crosses to another thread once, however many of its connections
//! are in the group; there the thread's [`Hub`] hands it to each outbox.

use std::{
    rc::Rc,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use ws_actors::Outbox;

mod hub;
mod member;
mod parcel;
mod post;

use self::{
    hub::Hub,
    post::{Delivery, Post},
};

pub use self::member::{InvalidMemberId, MemberId};
pub(crate) use self::parcel::{Audience, Parcel};

#[derive(Debug)]
pub(crate) struct Group {
    id: u64,
    counts: Arc<dyn Counts>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The number of deliveries so far: who joins hears only those that follow.
    deliveries: u64,
    /// The threads with members, and how many each has.
    threads: Vec<(Arc<Post>, usize)>,
}

/// Who counts what becomes of a group's deliveries.
pub(crate) trait Counts: std::fmt::Debug + Send + Sync {
    /// Something was handed to members so many times, and taken so many times.
    fn delivered(&self, handed: usize, taken: usize);
}

/// Nobody does.
impl Counts for () {
    fn delivered(&self, _: usize, _: usize) {}
}

/// Another thread is so far behind that it takes no more deliveries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Busy;

impl Group {
    pub(crate) fn new(counts: Arc<dyn Counts>) -> Arc<Self> {
        Arc::new(Self {
            id: next_id(),
            counts,
            state: Mutex::default(),
        })
    }

    /// Makes a connection of this thread a member, until the seat is dropped.
    pub(crate) fn join(self: &Arc<Self>, id: MemberId, outbox: Outbox) -> Seat {
        let hub = Hub::of_this_thread();
        let mut state = self.lock();
        match state.threads.iter_mut().find(|(post, _)| hub.owns(post)) {
            Some((_, members)) => *members += 1,
            None => state.threads.push((hub.post(), 1)),
        }
        hub.seat(self, id, state.deliveries, outbox);
        drop(state);
        Seat {
            group: Arc::clone(self),
            hub,
            id,
        }
    }

    /// Gives a parcel to these members; all of them get the parcels of a group
    /// in the same order.
    ///
    /// # Errors
    ///
    /// If a thread is too far behind; then nobody gets it.
    pub(crate) fn deliver(&self, parcel: &Parcel, audience: &Audience) -> Result<(), Busy> {
        let state = self.lock();
        if state.threads.iter().any(|(post, _)| post.is_full()) {
            return Err(Busy);
        }
        self.push(state, parcel, audience);
        Ok(())
    }

    /// As [`deliver`](Self::deliver), for what must not be lost: there is only
    /// so much of it.
    pub(crate) fn deliver_always(&self, parcel: &Parcel, audience: &Audience) {
        self.push(self.lock(), parcel, audience);
    }

    fn push(&self, mut state: MutexGuard<'_, State>, parcel: &Parcel, audience: &Audience) {
        state.deliveries += 1;
        for (post, _) in &state.threads {
            post.push(Delivery {
                group: self.id,
                number: state.deliveries,
                parcel: parcel.clone(),
                audience: audience.clone(),
            });
        }
    }

    /// The number of members.
    pub(crate) fn len(&self) -> usize {
        self.lock().threads.iter().map(|(_, members)| members).sum()
    }

    fn leave(&self, hub: &Hub, id: MemberId) {
        hub.vacate(self.id, id);
        self.lock().threads.retain_mut(|(post, members)| {
            if hub.owns(post) {
                *members -= 1;
            }
            *members > 0
        });
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is whole after every line above, so a panic elsewhere
        // while it was held breaks nothing.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in a group, given up when dropped. It stays on its thread.
#[derive(Debug)]
pub(crate) struct Seat {
    group: Arc<Group>,
    hub: Rc<Hub>,
    id: MemberId,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.group.leave(&self.hub, self.id);
    }
}

fn next_id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
