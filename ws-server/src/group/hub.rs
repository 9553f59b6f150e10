use std::{
    cell::RefCell,
    collections::HashMap,
    mem,
    rc::Rc,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::sync::Notify;
use ws_actors::Outbox;
use ws_core::Cause;

use super::{MemberId, Parcel};

/// The members of all groups that live on one thread.
///
/// A task hands out what has come once in a turn of the thread's loop, so that
/// each member is woken once for many deliveries.
#[derive(Debug)]
pub(super) struct Hub {
    post: Arc<Post>,
    groups: RefCell<HashMap<u64, Vec<Member>>>,
}

#[derive(Debug)]
struct Member {
    id: MemberId,
    /// The number of the last delivery before it joined.
    joined_after: u64,
    outbox: Outbox,
}

/// Where other threads leave deliveries for a hub.
#[derive(Debug, Default)]
pub(super) struct Post {
    deliveries: Mutex<Vec<Delivery>>,
    bytes: AtomicUsize,
    arrived: Notify,
}

#[derive(Debug, Clone)]
pub(super) struct Delivery {
    pub(super) group: u64,
    pub(super) number: u64,
    pub(super) parcel: Parcel,
    pub(super) except: Option<MemberId>,
}

thread_local! {
    static HUB: RefCell<Option<Rc<Hub>>> = const { RefCell::new(None) };
}

impl Hub {
    /// The hub of this thread, started if there is none.
    pub(super) fn of_this_thread() -> Rc<Self> {
        HUB.with_borrow_mut(|hub| {
            let hub = hub.get_or_insert_with(|| {
                let hub = Rc::new(Self {
                    post: Arc::default(),
                    groups: RefCell::default(),
                });
                let retire = Retire(Rc::clone(&hub));
                actix_rt::spawn(async move {
                    loop {
                        retire.0.post.arrived.notified().await;
                        retire.0.hand_out();
                    }
                });
                hub
            });
            Rc::clone(hub)
        })
    }

    pub(super) fn post(&self) -> Arc<Post> {
        Arc::clone(&self.post)
    }

    pub(super) fn owns(&self, post: &Arc<Post>) -> bool {
        Arc::ptr_eq(&self.post, post)
    }

    pub(super) fn seat(&self, group: u64, id: MemberId, joined_after: u64, outbox: Outbox) {
        let mut groups = self.groups.borrow_mut();
        // Ids only grow, so the list is in their order.
        groups.entry(group).or_default().push(Member {
            id,
            joined_after,
            outbox,
        });
    }

    pub(super) fn vacate(&self, group: u64, id: MemberId) {
        let mut groups = self.groups.borrow_mut();
        let Some(members) = groups.get_mut(&group) else {
            return;
        };
        if let Ok(index) = members.binary_search_by_key(&id, |member| member.id) {
            members.remove(index);
        }
        if members.is_empty() {
            groups.remove(&group);
        }
    }

    fn hand_out(&self) {
        let deliveries = self.post.take();
        let groups = self.groups.borrow();
        for delivery in deliveries {
            let members = groups
                .get(&delivery.group)
                .map_or(&[][..], |members| members);
            for member in members {
                if member.joined_after >= delivery.number || Some(member.id) == delivery.except {
                    continue;
                }
                match &delivery.parcel {
                    // A member that cannot take it is closing, for that or
                    // another reason, and its own report says which.
                    Parcel::Message(message) => {
                        member.outbox.send(message.clone()).ok();
                    }
                    Parcel::Drain(payload) => {
                        let payload = payload.clone();
                        member.outbox.close_because(payload, Cause::Drain);
                    }
                }
            }
        }
    }
}

/// The runtime of this thread has ended: a later one starts a hub of its own.
struct Retire(Rc<Hub>);

impl Drop for Retire {
    fn drop(&mut self) {
        // While the thread itself ends, there may be no such variable any more.
        HUB.try_with(|hub| hub.take()).ok();
    }
}

impl Post {
    pub(super) fn is_full(&self) -> bool {
        self.bytes.load(Ordering::Relaxed) >= FULL
    }

    pub(super) fn push(&self, delivery: Delivery) {
        self.bytes.fetch_add(delivery.len(), Ordering::Relaxed);
        let mut deliveries = self.lock();
        deliveries.push(delivery);
        if deliveries.len() == 1 {
            self.arrived.notify_one();
        }
    }

    fn take(&self) -> Vec<Delivery> {
        let deliveries = mem::take(&mut *self.lock());
        self.bytes.store(0, Ordering::Relaxed);
        deliveries
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Delivery>> {
        self.deliveries
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Delivery {
    fn len(&self) -> usize {
        let message = match &self.parcel {
            Parcel::Message(message) => message.len(),
            Parcel::Drain(_) => 0,
        };
        message + size_of::<Self>()
    }
}

/// How many bytes may wait for a thread. It takes all of them once in a turn
/// of its loop, so this is reached only if the thread is blocked.
const FULL: usize = 16 << 20;
