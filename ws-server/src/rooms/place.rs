use std::{
    cell::RefCell,
    collections::{HashMap, hash_map::Entry},
};

use ws_actors::Outbox;

use super::JoinError;

thread_local! {
    /// How many rooms the connections of this thread are in, by their outbox.
    static PLACES: RefCell<HashMap<usize, usize>> = RefCell::default();
}

/// One of the places that a connection has in rooms.
#[derive(Debug)]
pub(super) struct Place(Outbox);

impl Place {
    /// Takes a place, unless the connection has so many already.
    pub(super) fn take(outbox: Outbox, limit: usize) -> Result<Self, JoinError> {
        PLACES.with_borrow_mut(|places| {
            let taken = places.get(&outbox.id()).copied().unwrap_or_default();
            if taken >= limit {
                return Err(JoinError::TooManyRooms { limit });
            }
            places.insert(outbox.id(), taken + 1);
            Ok(Self(outbox))
        })
    }

    pub(super) fn outbox(&self) -> Outbox {
        self.0.clone()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // While the thread itself ends, there may be no such variable any more.
        let given_back = PLACES.try_with(|places| {
            if let Entry::Occupied(mut taken) = places.borrow_mut().entry(self.0.id()) {
                *taken.get_mut() -= 1;
                if *taken.get() == 0 {
                    taken.remove();
                }
            }
        });
        given_back.ok();
    }
}
