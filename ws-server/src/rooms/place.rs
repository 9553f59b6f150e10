use std::{
    cell::RefCell,
    collections::{HashMap, hash_map::Entry},
};

use ws_actors::Outbox;

use super::JoinError;

thread_local! {
    /// How many rooms of a set the connections of this thread are in.
    static PLACES: RefCell<HashMap<Key, usize>> = RefCell::default();
}

/// One of the places that a connection has in rooms.
#[derive(Debug)]
pub(super) struct Place {
    outbox: Outbox,
    set: usize,
}

/// A connection, by its outbox, and a set of rooms.
type Key = (usize, usize);

impl Place {
    /// Takes a place in this set of rooms, unless the connection has so many
    /// there already.
    pub(super) fn take(outbox: Outbox, set: usize, limit: usize) -> Result<Self, JoinError> {
        let place = Self { outbox, set };
        let taken = PLACES.with_borrow_mut(|places| {
            let taken = places.entry(place.key()).or_default();
            *taken += 1;
            *taken
        });
        if taken > limit {
            // Dropping it gives it back.
            return Err(JoinError::TooManyRooms { limit });
        }
        Ok(place)
    }

    pub(super) fn outbox(&self) -> Outbox {
        self.outbox.clone()
    }

    fn key(&self) -> Key {
        (self.outbox.id(), self.set)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // While the thread itself ends, there may be no such variable any more.
        let given_back = PLACES.try_with(|places| {
            if let Entry::Occupied(mut taken) = places.borrow_mut().entry(self.key()) {
                *taken.get_mut() -= 1;
                if *taken.get() == 0 {
                    taken.remove();
                }
            }
        });
        given_back.ok();
    }
}
