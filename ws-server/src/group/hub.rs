use std::{cell::RefCell, collections::HashMap, mem, rc::Rc, sync::Arc};

use ws_actors::Outbox;
use ws_core::{PreparedBatch, PreparedMessage};

use super::{Audience, Counts, Delivery, Group, MemberId, Parcel, Post};

/// The members of all groups that live on one thread.
///
/// A task hands out what has come once in a turn of the thread's loop, so that
/// each member is woken once for many deliveries.
#[derive(Debug)]
pub(super) struct Hub {
    post: Arc<Post>,
    /// Shared with who hands out.
    groups: RefCell<HashMap<u64, Rc<Company>>>,
}

/// The members of one group.
#[derive(Debug, Clone)]
struct Company {
    counts: Arc<dyn Counts>,
    members: Vec<Member>,
}

#[derive(Debug, Clone)]
struct Member {
    id: MemberId,
    /// The number of the last delivery before it joined.
    joined_after: u64,
    outbox: Outbox,
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
                    let mut storage = Vec::new();
                    loop {
                        retire.0.post.arrival().await;
                        if retire.0.is_for_many() {
                            // Who is about to say something too goes first: then
                            // all of it leaves in one write to each.
                            tokio::task::yield_now().await;
                        }
                        storage = retire.0.hand_out(storage);
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

    pub(super) fn seat(&self, group: &Group, id: MemberId, joined_after: u64, outbox: Outbox) {
        let mut groups = self.groups.borrow_mut();
        let company = groups.entry(group.id).or_insert_with(|| {
            let counts = Arc::clone(&group.counts);
            let members = Vec::new();
            Rc::new(Company { counts, members })
        });
        let members = &mut Rc::make_mut(company).members;
        let member = Member {
            id,
            joined_after,
            outbox,
        };
        // An id is nearly always the highest so far.
        let place = members.partition_point(|other| other.id < id);
        members.insert(place, member);
    }

    pub(super) fn vacate(&self, group: u64, id: MemberId) {
        let mut groups = self.groups.borrow_mut();
        let Some(company) = groups.get_mut(&group) else {
            return;
        };
        let members = &mut Rc::make_mut(company).members;
        let index = members.binary_search_by_key(&id, |member| member.id);
        let gone = index.ok().map(|index| members.remove(index));
        if members.is_empty() {
            groups.remove(&group);
        }
        drop(groups);
        // What waits in its outbox may be anybody's code.
        drop(gone);
    }

    /// Whether something has come for a large group.
    fn is_for_many(&self) -> bool {
        let groups = self.groups.borrow();
        let members = |group| groups.get(&group).map_or(0, |it| it.members.len());
        self.post.has_for(|group| members(group) >= MANY)
    }

    /// Gives members what has come; gives back the emptied storage.
    fn hand_out(&self, storage: Vec<Delivery>) -> Vec<Delivery> {
        let mut deliveries = self.post.take(storage);
        for run in deliveries.chunk_by(|one, other| one.group == other.group) {
            // Nothing stays borrowed: an outbox that is given up drops streams,
            // which may be anybody's code, and may join and leave.
            let company = self.groups.borrow().get(&run[0].group).cloned();
            if let Some(company) = company {
                company.take(run);
            }
        }
        deliveries.clear();
        if deliveries.capacity() > STORAGE {
            mem::take(&mut deliveries);
        }
        deliveries
    }
}

impl Company {
    fn take(&self, deliveries: &[Delivery]) {
        let (mut meant, mut taken) = (0, 0);
        let mut hand = |member: &Member, delivery: &Delivery| {
            if member.may_have(delivery) {
                let handed = delivery.parcel.hand_to(&member.outbox);
                (meant, taken) = (meant + 1, taken + usize::from(handed.is_ok()));
            }
        };
        let (mut meant_together, mut taken_together) = (0, 0);
        let wide = |delivery: &Delivery| self.few(delivery).is_none();
        for run in deliveries.chunk_by(|one, other| wide(one) && wide(other)) {
            if let Some(list) = self.few(&run[0]) {
                for id in list {
                    let index = self.members.binary_search_by_key(id, |member| member.id);
                    if let Ok(index) = index {
                        hand(&self.members[index], &run[0]);
                    }
                }
                continue;
            }
            let batch = self.batch(run);
            // All messages go to a member while it is at hand.
            for member in &self.members {
                match &batch {
                    Some(batch) if run.iter().all(|delivery| member.may_have(delivery)) => {
                        meant_together += run.len();
                        taken_together += member.outbox.send_batch(batch);
                    }
                    Some(_) | None => run.iter().for_each(|delivery| hand(member, delivery)),
                }
            }
        }
        self.counts
            .delivered(meant + meant_together, taken + taken_together);
    }

    /// The messages of several deliveries joined, if it is worth it.
    fn batch(&self, deliveries: &[Delivery]) -> Option<PreparedBatch> {
        if deliveries.len() < 2 || self.members.len() < FEW {
            return None;
        }
        let messages = deliveries.iter().map(|delivery| match &delivery.parcel {
            Parcel::Message(message) => Some(message.clone()),
            Parcel::Latest(..) | Parcel::Close(_) => None,
        });
        let messages: Vec<_> = messages.collect::<Option<_>>()?;
        let len: usize = messages.iter().map(PreparedMessage::len).sum();
        (len <= BATCH).then(|| PreparedBatch::new(messages))
    }

    /// For whom a delivery is, if they are few among the members.
    fn few<'a>(&self, delivery: &'a Delivery) -> Option<&'a [MemberId]> {
        match &delivery.audience {
            Audience::Only(list) if list.len() < self.members.len() / 8 => Some(list),
            Audience::All
            | Audience::Others(_)
            | Audience::AllBut(_)
            | Audience::Only(_)
            | Audience::Part(..) => None,
        }
    }
}

impl Member {
    /// Whether it was there when something was sent, and is meant.
    fn may_have(&self, delivery: &Delivery) -> bool {
        self.joined_after < delivery.number && delivery.audience.has(self.id)
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

/// How many deliveries storage is kept for.
const STORAGE: usize = 1024;
/// From so many members on it is worth a look at the sockets to have more to
/// hand out at once.
const MANY: usize = 64;
/// For fewer members, messages are not joined.
const FEW: usize = 4;
/// The most that is joined, in bytes: what a connection takes before messages
/// wait.
const BATCH: usize = 64 * 1024;
