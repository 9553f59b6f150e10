use std::sync::Arc;

use metrics::{Counter, Gauge, counter, gauge};

use crate::{group::Counts, metrics as names};

use super::{JoinError, TellError};

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
    untold: Counter,
    full: Counter,
    behind: Counter,
    too_many: Counter,
    history: Gauge,
}

impl Meters {
    pub(super) fn new(name: &str) -> Self {
        let labels = [("rooms", name.to_owned())];
        let refused = |limit: &'static str| counter!(names::JOINS_REFUSED, "rooms" => name.to_owned(), "limit" => limit);
        Self {
            rooms: gauge!(names::ROOMS, &labels),
            members: gauge!(names::ROOM_MEMBERS, &labels),
            broadcasts: counter!(names::BROADCASTS, &labels),
            refused_broadcasts: counter!(names::BROADCASTS_REFUSED, &labels),
            deliveries: counter!(names::DELIVERIES, &labels),
            refused_deliveries: counter!(names::DELIVERIES_REFUSED, &labels),
            restarts: counter!(names::ROOM_RESTARTS, &labels),
            unheard: counter!(names::ROOM_MESSAGES_UNHEARD, &labels),
            untold: counter!(names::ROOM_MESSAGES_REFUSED, &labels),
            full: refused("max_members"),
            behind: refused("actor_behind"),
            too_many: refused("max_rooms_per_connection"),
            history: gauge!(names::HISTORY, &labels),
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

    pub(super) fn refused(&self, error: &JoinError) {
        let counter = match error {
            JoinError::RoomFull { .. } => &self.full,
            JoinError::ActorBehind { .. } => &self.behind,
            JoinError::TooManyRooms { .. } => &self.too_many,
        };
        counter.increment(1);
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

    /// The actor of a room was told something, or could not be.
    pub(super) fn told(&self, told: Result<(), TellError>) {
        if let Err(TellError::Full { .. }) = told {
            self.untold.increment(1);
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

/// The bytes that a room keeps of its messages, as the gauge knows them.
pub(super) struct Kept {
    bytes: usize,
    meters: Arc<Meters>,
}

impl Kept {
    pub(super) const fn new(meters: Arc<Meters>) -> Self {
        Self { bytes: 0, meters }
    }

    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn set(&mut self, bytes: usize) {
        let before = std::mem::replace(&mut self.bytes, bytes);
        self.meters.history.increment(bytes as f64 - before as f64);
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.set(0);
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
