//! What carries rooms from one process to another.
//!
//! Rooms of one process need none of this. Those of several are given an engine,
//! in one line, and are the same rooms everywhere from then on:
//!
//! ```
//! use ws_server::{Rooms, backplane::Memory};
//!
//! let rooms: Rooms<String> = Rooms::builder().backplane(Memory::new()).build();
//! ```
//!
//! [`Memory`] joins nodes of one process, `Redis` (feature `redis`) and `Nats`
//! (feature `nats`) those of many machines. [`Cluster`](crate::Cluster) has the
//! limits, [`History`](crate::History) has rooms keep their messages, and
//! [`Publisher`](crate::Publisher) speaks from outside.
//!
//! # What is delivered
//!
//! In rooms without a history, members on the node of who speaks get a message
//! at once, and those on other nodes when it has come there: at most once, and
//! those of one node in their order. In rooms with a history the engine numbers
//! the messages; all members get all of them once, in that one order, and who
//! was away gets what it missed.
//!
//! | what happens | without a history | with a history | how one knows |
//! | --- | --- | --- | --- |
//! | the engine is not there at the start | members of each node hear each other | messages wait, nobody gets them | [`Cluster::connected`](crate::Cluster::connected) fails; go on or do not |
//! | it is lost, and comes back | what one node says meanwhile waits for the others, for the [patience](crate::ClusterBuilder::patience); what nodes published that others were cut off from is lost to those | the same, and what was published meanwhile is fetched: nothing is missing, nothing comes twice | [`Cluster::is_connected`](crate::Cluster::is_connected), [`BACKPLANE_LOST`](crate::metrics::BACKPLANE_LOST) |
//! | it is killed while messages are published | they are published again; nodes drop what they had | they are recorded once | a [`Receipt`](crate::Receipt) |
//! | it comes back without its memory | nothing is different | a new epoch begins: what was recorded and had not been delivered is lost | members are told of an incomplete [`Recovery`](crate::Recovery); [`BACKPLANE_GAPS`](crate::metrics::BACKPLANE_GAPS) |
//! | it is slow | messages wait, then are refused | the same | [`BroadcastError::Behind`](crate::BroadcastError::Behind), [`BACKPLANE_QUEUED_BYTES`](crate::metrics::BACKPLANE_QUEUED_BYTES) |
//! | it stays away | what has waited too long is given up | the same | the receipt; [`BACKPLANE_GIVEN_UP`](crate::metrics::BACKPLANE_GIVEN_UP) |
//! | a node takes too slowly what arrives | its connection is cut; what it missed is lost to it | its connection is cut; what it missed is fetched | [`BACKPLANE_LOST`](crate::metrics::BACKPLANE_LOST) |
//! | a node is killed | what it had not published yet is lost | the same | who spoke has no receipt |
//! | two nodes are cut off from each other | each is alone with its members | the one that reaches the engine goes on; the other's messages wait | members of the other are gone after the [timeout](crate::ClusterBuilder::node_timeout), and back when it is |
//! | a client was away for longer than is kept | | it gets what is kept | an incomplete [`Recovery`](crate::Recovery) |
//!
//! Nothing comes twice to a member. A client that comes back after an incomplete
//! [`Recovery`](crate::Recovery) is given all that is kept, and may have seen some
//! of it; their positions tell, if the epoch is the one it knows.
//!
//! Members of a node that dies are gone for the others after the
//! [timeout](crate::ClusterBuilder::node_timeout), 6 s unless told otherwise;
//! those of one that [leaves](crate::Cluster::leave), at once.
//!
//! # Other engines
//!
//! A [`Backplane`] says where an engine is found; a [`Link`] is the connection
//! to it. An engine knows topics and payloads and nothing of rooms: it carries
//! what is published to who has subscribed, and of what is to be recorded it
//! keeps the newest, numbered in the one order in which all get it. Implement
//! the two traits, and run the suite `backplane` of the project's tests over it.

use std::{error::Error, fmt, pin::Pin, time::Duration};

use bytes::Bytes;
use thiserror::Error;

mod inbox;
mod memory;
#[cfg(feature = "nats")]
mod nats;
mod position;
#[cfg(feature = "redis")]
mod redis;
mod topic;

#[cfg(feature = "nats")]
pub use self::nats::{Nats, Storage};
#[cfg(feature = "redis")]
pub use self::redis::Redis;
pub use self::{
    inbox::{Arrival, Arrivals, Inbox, Overrun, Place},
    memory::Memory,
    position::{InvalidPosition, Position},
    topic::Topic,
};

/// What an engine has begun to do.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = Result<T, BackplaneError>> + Send + 'a>>;

/// An engine, and how it is reached.
pub trait Backplane: fmt::Debug + Send + Sync + 'static {
    /// What errors and logs call the engine, such as `Redis`.
    fn name(&self) -> &'static str;

    /// Connects. Called anew after every loss, with another inbox.
    ///
    /// What arrives on subscribed topics goes to the inbox, the loss of the
    /// connection too.
    ///
    /// # Errors
    ///
    /// If the engine cannot be reached, or cannot do what is needed.
    fn connect(&self, inbox: Inbox) -> Pending<'_, Box<dyn Link>>;
}

/// A connection to an engine.
///
/// An error of any of these means that the link is lost: it is dropped, and
/// the engine is connected to anew.
pub trait Link: Send + Sync {
    /// Begins to take what is published on these topics: what is published
    /// after this has ended arrives.
    fn subscribe<'a>(&'a self, topics: &'a [Topic]) -> Pending<'a, ()>;

    /// Ceases to take it. What is on its way may arrive still.
    fn unsubscribe<'a>(&'a self, topics: &'a [Topic]) -> Pending<'a, ()>;

    /// Publishes all of these, in this order, and tells for each what became
    /// of it.
    ///
    /// What was recorded has a position. If the whole fails, nobody knows how
    /// many of them the engine has: they are published again, and the engine
    /// takes a recorded one whose [id](Publication::id) it has seen lately no
    /// second time, though it may tell no position then.
    fn publish<'a>(&'a self, batch: &'a [Publication]) -> Pending<'a, Vec<Published>>;

    /// The oldest `limit` of what is kept of a topic behind this offset, or of
    /// all that is kept.
    fn read<'a>(
        &'a self,
        topic: &'a Topic,
        keep: Keep,
        after: Option<u64>,
        limit: usize,
    ) -> Pending<'a, Page>;
}

/// What became of one publication: its position, if it was recorded.
pub type Published = Result<Option<Position>, BackplaneError>;

/// Something to be published.
#[derive(Debug, Clone)]
#[expect(clippy::exhaustive_structs, reason = "engines of others read it")]
pub struct Publication {
    /// Where.
    pub topic: Topic,
    /// What, at most [`MAX_PAYLOAD`] bytes.
    pub payload: Bytes,
    /// Names it among all publications of all nodes.
    pub id: PublicationId,
    /// How much of the topic is to be kept with it, if it is to be recorded.
    pub keep: Option<Keep>,
}

/// Names a publication: who publishes, and a number that this one has not
/// used before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "engines of others read it")]
pub struct PublicationId {
    /// Who: a number by chance.
    pub origin: u64,
    /// The how manieth, in the order of publishing.
    pub number: u64,
}

/// How much of a topic is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "engines of others read it")]
pub struct Keep {
    /// The number of messages.
    pub messages: usize,
    /// The most bytes of their payloads, but for the newest, which is kept
    /// anyway. An engine that cannot count them for a topic has a limit of its
    /// own for all of them.
    pub bytes: usize,
    /// For how long, if time counts too.
    pub age: Option<Duration>,
}

/// A part of what is kept of a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "engines of others make it")]
pub struct Page {
    /// In which epoch the offsets count.
    pub epoch: u64,
    /// Everything behind this offset is still kept: the lowest of which that is
    /// known, or the one that was asked about.
    pub start: u64,
    /// The newest offset that has been given, kept or not.
    pub last: u64,
    /// What was asked for, oldest first. An empty payload is nobody's message.
    pub entries: Vec<(u64, Bytes)>,
    /// There is more behind the last of them.
    pub more: bool,
}

/// An engine, or the way to it, fails.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BackplaneError {
    /// What was given as its URL is none.
    #[error("not a URL of {engine}: {reason}")]
    InvalidUrl {
        /// Which engine.
        engine: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// It cannot be reached.
    #[error("cannot reach {engine} at {address}: {source}; is it running there?")]
    Unreachable {
        /// Which engine.
        engine: &'static str,
        /// Where, without secrets.
        address: String,
        /// Why.
        source: Box<dyn Error + Send + Sync>,
    },
    /// It is there, and cannot do what is needed.
    #[error("{engine} cannot {what}: {remedy}")]
    Unsupported {
        /// Which engine.
        engine: &'static str,
        /// What it should do.
        what: &'static str,
        /// What to do about it.
        remedy: &'static str,
    },
    /// The connection is gone.
    #[error("connection to {engine} lost: {source}")]
    Lost {
        /// Which engine.
        engine: &'static str,
        /// Why.
        source: Box<dyn Error + Send + Sync>,
    },
    /// It took nothing, and would not if asked again.
    #[error("{engine} refuses a message: {reason}")]
    Refused {
        /// Which engine.
        engine: &'static str,
        /// What it says.
        reason: String,
    },
}

/// The longest payload that is given to an engine, in bytes: what NATS takes
/// unless it is told otherwise (1 MiB), without 8 KiB for what goes along.
pub const MAX_PAYLOAD: usize = (1 << 20) - (8 << 10);
