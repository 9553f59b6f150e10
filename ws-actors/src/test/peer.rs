use std::{cell::RefCell, collections::VecDeque, fmt, rc::Rc, time::Duration};

use actix::{Actor, Addr};
use ws_core::{Outcome, Role};

use super::{received::Received, wire::State};
use crate::Outbox;

mod expecting;
mod misbehaving;
mod sending;
mod waiting;

/// The other side of an actor's connection: it does what the test says.
///
/// It reads all that the actor sends, as it is sent, and answers Pings, so that
/// the heartbeat is content; both can be changed. All else it is told to do:
/// Close frames are answered with [`send_close`](Self::send_close), and nothing
/// keeps it from sending what is wrong.
///
/// When it is dropped the transport breaks, as after [`reset`](Self::reset).
pub struct Peer<A: Actor> {
    role: Role,
    state: Rc<RefCell<State>>,
    address: Addr<A>,
    outbox: Outbox,
    /// The last frames that were looked at.
    recent: VecDeque<Received>,
}

/// # Looking at the actor
impl<A: Actor> Peer<A> {
    pub(super) const fn new(
        role: Role,
        state: Rc<RefCell<State>>,
        address: Addr<A>,
        outbox: Outbox,
    ) -> Self {
        Self {
            role,
            state,
            address,
            outbox,
            recent: VecDeque::new(),
        }
    }

    /// The side that this peer plays.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }

    /// The address of the actor, for the messages of other actors.
    #[must_use]
    pub fn address(&self) -> Addr<A> {
        self.address.clone()
    }

    /// The time since the connection was opened.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.state.borrow().elapsed()
    }

    /// Whether the actor has stopped and dropped its transport.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.state.borrow().over
    }

    /// How the connection ended for the actor's side, once that is over.
    #[must_use]
    pub fn outcome(&self) -> Option<Outcome> {
        self.state.borrow().outcome.clone()
    }

    /// The number of bytes that wait on the actor's side, since the peer
    /// does not read them.
    #[must_use]
    pub fn queued_bytes(&self) -> usize {
        self.state.borrow().held_back + self.outbox.queued_bytes()
    }
}

impl<A: Actor> Drop for Peer<A> {
    fn drop(&mut self) {
        // The test may be failing.
        if let Ok(mut state) = self.state.try_borrow_mut() {
            state.reset();
        }
    }
}

impl<A: Actor> fmt::Debug for Peer<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Peer")
            .field("role", &self.role)
            .field("elapsed", &self.elapsed())
            .field("is_over", &self.is_over())
            .field("recent", &self.recent)
            .finish_non_exhaustive()
    }
}
