use std::{fmt, hash::Hash, ops::Deref};

use ws_core::PreparedMessage;

use crate::group::{MemberId, Seat};

use super::{BroadcastError, Member, Room, place::Place};

/// A connection's place in a [`Room`], which it leaves when this is dropped.
#[must_use = "a membership ends when it is dropped"]
pub struct Membership<K: Clone + Eq + Hash, D = ()> {
    room: Room<K, D>,
    member: Member<D>,
    seat: Option<Seat>,
    _place: Place,
}

impl<K: Clone + Eq + Hash, D> Membership<K, D> {
    pub(super) const fn new(room: Room<K, D>, member: Member<D>, seat: Seat, place: Place) -> Self {
        Self {
            room,
            member,
            seat: Some(seat),
            _place: place,
        }
    }

    /// The room.
    #[must_use]
    pub const fn room(&self) -> &Room<K, D> {
        &self.room
    }

    /// The member's name among all members of all rooms.
    #[must_use]
    pub const fn id(&self) -> MemberId {
        self.member.id()
    }

    /// What the member brought along.
    #[must_use]
    pub fn data(&self) -> &D {
        self.member.data()
    }

    /// Sends a message to all other members.
    ///
    /// # Errors
    ///
    /// As for [`Room::broadcast`].
    pub fn broadcast_to_others(
        &self,
        message: impl Into<PreparedMessage>,
    ) -> Result<(), BroadcastError> {
        self.room.broadcast_except(message, [self.id()])
    }
}

/// A member may do what anybody may that knows the room.
impl<K: Clone + Eq + Hash, D> Deref for Membership<K, D> {
    type Target = Room<K, D>;

    fn deref(&self) -> &Room<K, D> {
        &self.room
    }
}

impl<K: Clone + Eq + Hash, D> Drop for Membership<K, D> {
    fn drop(&mut self) {
        if let Some(seat) = self.seat.take() {
            self.room.release(&self.member, seat);
        }
    }
}

impl<K: Clone + Eq + Hash + fmt::Debug, D> fmt::Debug for Membership<K, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Membership")
            .field("room", self.key())
            .field("id", &self.id())
            .finish_non_exhaustive()
    }
}
