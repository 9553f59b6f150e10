//! What is shown of a second.

use std::{collections::BTreeMap, time::Instant};

use serde::Serialize;

use super::figures::{Figures, Joining, Watched};
use crate::chat::{protocol::milliseconds_since_1970, rooms::ChatRooms};

/// What was so in a second, for the charts.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Sample {
    /// Milliseconds since 1970.
    at: u128,
    connections: f64,
    rooms: usize,
    /// Bytes that wait for pages.
    queued: f64,
    /// Connections that do not keep up.
    behind: f64,
    /// Messages a second.
    received: f64,
    sent: f64,
    /// Bytes a second, over the wire.
    bytes_received: f64,
    bytes_sent: f64,
    /// Connections closed in it, by cause.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    closed: BTreeMap<String, u64>,
}

/// All that is shown now.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Snapshot {
    pub(crate) sample: Sample,
    totals: Totals,
    /// The largest rooms, the largest first.
    rooms: Vec<RoomSize>,
    /// There if there are other nodes to be joined.
    #[serde(skip_serializing_if = "Option::is_none")]
    backplane: Option<Joining>,
}

/// What was counted since the start.
#[derive(Debug, Clone, Serialize)]
struct Totals {
    opened: u64,
    received: u64,
    sent: u64,
    bytes_received: u64,
    bytes_sent: u64,
    given_up: u64,
    broadcasts: u64,
    broadcasts_refused: u64,
    closed: BTreeMap<String, u64>,
}

#[derive(Debug, Clone, Serialize)]
struct RoomSize {
    name: String,
    /// On all nodes.
    members: usize,
    /// On this one.
    here: usize,
}

/// Makes snapshots, one after another.
pub(crate) struct Sampler {
    figures: Figures,
    rooms: ChatRooms,
    /// When it did so last, and what there was then.
    last: (Instant, Watched),
}

impl Sampler {
    pub(crate) fn new(figures: Figures, rooms: ChatRooms) -> Self {
        let last = (Instant::now(), figures.read());
        Self {
            figures,
            rooms,
            last,
        }
    }

    pub(crate) fn take(&mut self) -> Snapshot {
        let (now, watched) = (Instant::now(), self.figures.read());
        let (then, before) = std::mem::replace(&mut self.last, (now, watched.clone()));
        let seconds = now.saturating_duration_since(then).as_secs_f64().max(0.001);
        let rate = |now: u64, before: u64| {
            let tenths = (now - before.min(now)) as f64 / seconds * 10.0;
            tenths.round() / 10.0
        };
        let closed = watched.closed.iter().filter_map(|(cause, &count)| {
            let new = count - before.closed.get(cause).copied().unwrap_or_default();
            (new > 0).then(|| (cause.clone(), new))
        });
        let mut rooms = self.rooms.list();
        let count = rooms.len();
        rooms.sort_by(|(one, few), (other, many)| many.cmp(few).then_with(|| one.cmp(other)));
        rooms.truncate(ROOMS);
        let rooms = rooms.into_iter();
        let here = |name: &String| self.rooms.get(name).map_or(0, |room| room.count_here());
        Snapshot {
            backplane: watched.backplane,
            sample: Sample {
                at: milliseconds_since_1970(),
                connections: watched.connections,
                rooms: count,
                queued: watched.queued,
                behind: watched.behind,
                received: rate(watched.messages_received, before.messages_received),
                sent: rate(watched.messages_sent, before.messages_sent),
                bytes_received: rate(watched.bytes_received, before.bytes_received),
                bytes_sent: rate(watched.bytes_sent, before.bytes_sent),
                closed: closed.collect(),
            },
            rooms: rooms
                .map(|(name, members)| RoomSize {
                    here: here(&name),
                    name,
                    members,
                })
                .collect(),
            totals: Totals {
                opened: watched.opened,
                received: watched.messages_received,
                sent: watched.messages_sent,
                bytes_received: watched.bytes_received,
                bytes_sent: watched.bytes_sent,
                given_up: watched.given_up,
                broadcasts: watched.broadcasts,
                broadcasts_refused: watched.broadcasts_refused,
                closed: watched.closed,
            },
        }
    }
}

/// How many rooms are named.
const ROOMS: usize = 100;
