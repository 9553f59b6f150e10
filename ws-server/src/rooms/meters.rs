use metrics::{Counter, Gauge, counter, gauge};

use crate::{group::Counts, metrics as names};

/// The metrics of a set of rooms, looked up once.
#[derive(Debug)]
pub(super) struct Meters {
    rooms: Gauge,
    members: Gauge,
    broadcasts: Counter,
    refused_broadcasts: Counter,
    deliveries: Counter,
    refused_deliveries: Counter,
    restarts: Counter,
    unheard: Counter,
}

impl Meters {
    pub(super) fn new(name: &str) -> Self {
        let labels = [("rooms", name.to_owned())];
        Self {
            rooms: gauge!(names::ROOMS, &labels),
            members: gauge!(names::ROOM_MEMBERS, &labels),
            broadcasts: counter!(names::BROADCASTS, &labels),
            refused_broadcasts: counter!(names::BROADCASTS_REFUSED, &labels),
            deliveries: counter!(names::DELIVERIES, &labels),
            refused_deliveries: counter!(names::DELIVERIES_REFUSED, &labels),
            restarts: counter!(names::ROOM_RESTARTS, &labels),
            unheard: counter!(names::ROOM_MESSAGES_UNHEARD, &labels),
        }
    }

    pub(super) fn opened(&self) {
        self.rooms.increment(1);
    }

    pub(super) fn closed(&self) {
        self.rooms.decrement(1);
    }

    pub(super) fn joined(&self) {
        self.members.increment(1);
    }

    pub(super) fn left(&self) {
        self.members.decrement(1);
    }

    pub(super) fn restarted(&self) {
        self.restarts.increment(1);
    }

    pub(super) fn unheard(&self, messages: usize) {
        if messages > 0 {
            self.unheard.increment(messages as u64);
        }
    }

    pub(super) fn broadcast(&self, accepted: bool) {
        let counter = if accepted {
            &self.broadcasts
        } else {
            &self.refused_broadcasts
        };
        counter.increment(1);
    }
}

impl Counts for Meters {
    fn delivered(&self, handed: usize, taken: usize) {
        self.deliveries.increment(taken as u64);
        if handed > taken {
            self.refused_deliveries.increment((handed - taken) as u64);
        }
    }
}
