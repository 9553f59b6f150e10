use std::sync::{Arc, atomic::Ordering};

use ws_server::{ActorMembership, Membership};

use super::{
    Halls,
    host::{Host, Say},
};
use crate::soak::stay::RoomName;

/// A connection's place in a room.
pub(in super::super) struct Place {
    pub(super) seat: Option<Seat>,
    pub(super) room: RoomName,
    pub(in super::super) joined: u64,
    pub(super) halls: Halls,
}

pub(super) enum Seat {
    Own(Membership<String>),
    Hosted(ActorMembership<Host>),
}

impl Seat {
    fn membership(&self) -> &Membership<String> {
        match self {
            Self::Own(membership) => membership,
            Self::Hosted(membership) => membership,
        }
    }
}

impl Place {
    /// Says something, or has the room's actor say it.
    pub(in super::super) fn say(&self, panics: bool) {
        let books = &self.halls.0.books;
        match &self.seat {
            Some(Seat::Own(membership)) => {
                books.say(&mut books.page(self.room), self.room, membership);
            }
            Some(Seat::Hosted(membership)) => {
                books.told.fetch_add(1, Ordering::SeqCst);
                let told = membership.tell(Say {
                    room: self.room,
                    panics,
                    unheard: Some(Arc::clone(books)),
                });
                // Then it was dropped, too.
                if told.is_err() {
                    books.untold.fetch_add(1, Ordering::SeqCst);
                }
            }
            None => {}
        }
    }

    /// Sends this member something, behind what was said; `make` is told how
    /// much that is. `false` if it was refused.
    pub(in super::super) fn send_to_self(&self, make: impl FnOnce(u64) -> String) -> bool {
        let Some(seat) = &self.seat else {
            return false;
        };
        let page = self.halls.0.books.page(self.room);
        let membership = seat.membership();
        membership
            .send_to([membership.id()], make(page.said))
            .is_ok()
    }

    /// The number of messages that the room has accepted.
    pub(in super::super) fn said(&self) -> u64 {
        self.halls.0.books.page(self.room).said
    }

    /// Leaves the room, and tells how much was said by then, and when the server
    /// began to drain.
    pub(in super::super) fn leave(mut self) -> (u64, Option<u64>) {
        let page = self.halls.0.books.page(self.room);
        drop(self.seat.take());
        (page.said, page.at_drain)
    }
}
