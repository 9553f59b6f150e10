use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use bytes::BytesMut;
use tokio::sync::{Notify, oneshot};

use crate::{
    backplane::{Keep, MAX_PAYLOAD, Publication, PublicationId, Topic},
    group::MemberId,
};

use super::{Census, Listener, envelope, meters::Meters, receipt::Answer};

/// Where any thread leaves what the [`Bridge`](super::bridge::Bridge) is to do.
#[derive(Debug)]
pub(super) struct Desk {
    /// What names this node.
    pub(super) origin: u64,
    pub(super) meters: Meters,
    /// How many bytes may wait to be published.
    limit: usize,
    state: Mutex<State>,
    arrived: Notify,
}

#[derive(Debug, Default)]
struct State {
    orders: Vec<Order>,
    number: u64,
    bytes: usize,
    left: bool,
    /// Nobody takes orders any more.
    closed: bool,
}

/// Something to do.
pub(super) enum Order {
    /// A room is opened, or one takes the place of another.
    Open(Topic, Opened),
    /// A room has ended.
    Close {
        topic: Topic,
        room: u64,
    },
    Publish(Box<Letter>),
    /// Somebody joined a room, with what it brought along, or left it.
    Presence {
        topic: Topic,
        member: MemberId,
        joined: Option<Vec<u8>>,
    },
    /// The rooms of this name are to be counted on all nodes.
    Census {
        rooms: String,
        answer: oneshot::Sender<Census>,
    },
    /// The node leaves when all is published.
    Leave(Option<oneshot::Sender<()>>),
}

/// A room that was opened.
pub(super) struct Opened {
    /// Names it among those that were open on its topic.
    pub(super) room: u64,
    pub(super) keep: Option<Keep>,
    /// Other nodes are told of its members.
    pub(super) lists: bool,
    pub(super) listener: Arc<dyn Listener>,
}

/// Something on its way to the engine.
#[derive(Debug)]
pub(super) struct Letter {
    pub(super) publication: Publication,
    pub(super) since: Instant,
    /// It was handed to an engine that did not answer.
    pub(super) tried: bool,
    /// What it counts for at the desk, in bytes.
    pub(super) weight: usize,
    pub(super) answer: Option<Answer>,
}

/// Why something is not published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotTaken {
    TooLong { len: usize },
    Behind { limit: usize },
    Left,
}

impl Desk {
    pub(super) fn new(origin: u64, limit: usize, meters: Meters) -> Self {
        Self {
            origin,
            meters,
            limit,
            state: Mutex::default(),
            arrived: Notify::new(),
        }
    }

    /// Has something published behind what was before, for which there
    /// [was room](Self::check): what many have found so at the same time is
    /// taken nevertheless, as members of this node have it already.
    pub(super) fn publish(
        &self,
        topic: &Topic,
        body: BytesMut,
        keep: Option<Keep>,
        answer: Option<Answer>,
    ) -> Result<(), NotTaken> {
        let weight = body.len() + size_of::<Letter>();
        let mut state = self.lock();
        if state.left {
            return Err(NotTaken::Left);
        }
        state.bytes += weight;
        let id = state.next_id(self.origin);
        let publication = Publication {
            topic: topic.clone(),
            payload: envelope::seal(body, id),
            id,
            keep,
        };
        self.meters.queued(state.bytes);
        self.push(
            state,
            Order::Publish(Box::new(Letter {
                publication,
                since: Instant::now(),
                tried: false,
                weight,
                answer,
            })),
        );
        Ok(())
    }

    /// Whether so much more would be taken.
    pub(super) fn check(&self, len: usize) -> Result<(), NotTaken> {
        let state = self.lock();
        if len > MAX_PAYLOAD {
            Err(NotTaken::TooLong { len })
        } else if state.left {
            Err(NotTaken::Left)
        } else if state.bytes >= self.limit {
            Err(NotTaken::Behind { limit: self.limit })
        } else {
            Ok(())
        }
    }

    /// Has something done, for which there is always room: there is only so
    /// much of it.
    pub(super) fn order(&self, order: Order) {
        let mut state = self.lock();
        if matches!(order, Order::Leave(_)) {
            state.left = true;
        }
        self.push(state, order);
    }

    /// The id of something that the bridge publishes by itself.
    pub(super) fn next_id(&self) -> PublicationId {
        self.lock().next_id(self.origin)
    }

    /// Something waits no more.
    pub(super) fn settle(&self, weight: usize) {
        let mut state = self.lock();
        state.bytes -= weight;
        self.meters.queued(state.bytes);
    }

    /// Waits until there may be something to do.
    pub(super) async fn arrival(&self) {
        self.arrived.notified().await;
    }

    /// All there is to do.
    pub(super) fn take(&self) -> Vec<Order> {
        mem::take(&mut self.lock().orders)
    }

    /// Nobody takes orders any more, and those that wait are dropped.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        (state.left, state.closed) = (true, true);
        let orders = mem::take(&mut state.orders);
        drop(state);
        // Rooms go with them, and what their members brought along.
        drop(orders);
    }

    fn push(&self, mut state: MutexGuard<'_, State>, order: Order) {
        if state.closed {
            drop(state);
            return drop(order);
        }
        let first = state.orders.is_empty();
        state.orders.push(order);
        drop(state);
        if first {
            self.arrived.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing in here panics half way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    const fn next_id(&mut self, origin: u64) -> PublicationId {
        self.number += 1;
        PublicationId {
            origin,
            number: self.number,
        }
    }
}

impl std::fmt::Debug for Order {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Open(..) => "Open",
            Self::Close { .. } => "Close",
            Self::Publish(_) => "Publish",
            Self::Presence { .. } => "Presence",
            Self::Census { .. } => "Census",
            Self::Leave(_) => "Leave",
        })
    }
}
