//! What the bench and its nodes say to each other: a line of JSON each.

use serde::{Deserialize, Serialize};

/// What a node is: the first line that it is told.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Terms {
    /// What carries its rooms to other nodes.
    pub(crate) carrier: Carrier,
    /// Its rooms are the same as those of other nodes with this name.
    pub(crate) rooms: String,
    /// How many messages each room keeps, if any.
    pub(crate) history: Option<usize>,
    /// How often members are told together who came and went, in milliseconds.
    pub(crate) announce_every: Option<u64>,
    /// What goes to the engine is counted.
    pub(crate) counts: bool,
}

/// What carries rooms from a node to others.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) enum Carrier {
    /// There are no others.
    #[default]
    Nothing,
    /// Nodes of the same process: there are no others either.
    Memory,
    Redis(String),
    Nats(String),
}

/// What a node is to do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Order {
    /// Publishes to a room without members, for a while.
    Publish {
        bytes: usize,
        at_a_time: usize,
        milliseconds: u64,
    },
    /// Has so many connections, in memory, that are in no room.
    Seat(usize),
    /// All of them join.
    Join(Where),
    /// Answers when it is so.
    Await(Condition),
    /// Tells its counts.
    Count,
}

/// Where connections go.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Where {
    /// To one room.
    Together(String),
    /// Each to a room of its own.
    Apart,
}

/// What is waited for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Condition {
    /// A room has so many members, on all nodes.
    Members(String, usize),
    /// So many connections are in a room, on this node.
    Seated(usize),
    /// The engine has been connected to so many times.
    Linked(usize),
    /// The engine was told of so many topics since it was connected to, beside
    /// the node's own.
    Subscribed(usize),
    /// So many records were read since.
    Read(usize),
    /// Nothing has gone to the engine for a while.
    Quiet,
}

/// What a node answers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Answer {
    Done,
    Published(Published),
    Counts(Counts),
    Failed(String),
}

/// What was published.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Published {
    pub(crate) messages: u64,
    pub(crate) seconds: f64,
    /// From publishing to the receipt, in microseconds.
    pub(crate) median: f64,
    pub(crate) p99: f64,
}

/// What has gone to the engine, and what members were told.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct Counts {
    /// How often the engine was connected to.
    pub(crate) links: usize,
    /// Topics subscribed to since the engine was connected to, beside the
    /// node's own.
    pub(crate) subscribed: usize,
    /// Records read since.
    pub(crate) read: usize,
    /// Messages published, from the start on.
    pub(crate) published: usize,
    /// Their payloads, in bytes.
    pub(crate) bytes: usize,
    /// How often a room's members were told who came and went.
    pub(crate) announced: usize,
}
