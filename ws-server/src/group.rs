//! Connections on any thread that are addressed together.
//!
//! A delivery crosses to another thread once, however many of its connections
//! are in the group; there the thread's [`Hub`] hands it to each outbox.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use ws_actors::Outbox;
use ws_core::{ClosePayload, PreparedMessage};

mod hub;

use self::hub::{Hub, Post};

#[derive(Debug)]
pub(crate) struct Group {
    id: u64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The number of deliveries so far: who joins hears only those that follow.
    deliveries: u64,
    /// The threads with members, and how many each has.
    threads: Vec<(Arc<Post>, usize)>,
}

/// What the members of a group are given.
#[derive(Debug, Clone)]
pub(crate) enum Parcel {
    Message(PreparedMessage),
    /// A Close frame, as all connections are closed.
    Drain(ClosePayload),
}

/// Names a member of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberId(u64);

impl MemberId {
    /// The number, which no other member of this process has had.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// Another thread is so far behind that it takes no more deliveries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Busy;

impl Group {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            id: next_id(),
            state: Mutex::default(),
        })
    }

    /// Makes a connection of this thread a member, until the seat is dropped.
    pub(crate) fn join(self: &Arc<Self>, outbox: Outbox) -> Seat {
        let hub = Hub::of_this_thread();
        let id = MemberId(next_id());
        let mut state = self.lock();
        match state.threads.iter_mut().find(|(post, _)| hub.owns(post)) {
            Some((_, members)) => *members += 1,
            None => state.threads.push((hub.post(), 1)),
        }
        hub.seat(self.id, id, state.deliveries, outbox);
        drop(state);
        Seat {
            group: Arc::clone(self),
            hub,
            id,
        }
    }

    /// Gives a parcel to all members but one; all of them get the parcels of a
    /// group in the same order.
    ///
    /// # Errors
    ///
    /// If a thread is too far behind; then nobody gets it.
    pub(crate) fn deliver(&self, parcel: &Parcel, except: Option<MemberId>) -> Result<(), Busy> {
        let mut state = self.lock();
        if state.threads.iter().any(|(post, _)| post.is_full()) {
            return Err(Busy);
        }
        state.deliveries += 1;
        for (post, _) in &state.threads {
            post.push(hub::Delivery {
                group: self.id,
                number: state.deliveries,
                parcel: parcel.clone(),
                except,
            });
        }
        Ok(())
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
    hub: std::rc::Rc<Hub>,
    id: MemberId,
}

impl Seat {
    pub(crate) const fn id(&self) -> MemberId {
        self.id
    }
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
