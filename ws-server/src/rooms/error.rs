use thiserror::Error;

use crate::{backplane::MAX_PAYLOAD, cluster::NotTaken};

/// A broadcast did not reach all that it was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BroadcastError {
    /// A thread of this server is blocked, and the messages for its connections
    /// pile up. Nobody got it.
    #[error("a thread of the server is blocked and takes no more broadcasts; try again later")]
    Blocked,
    /// The backplane is away or slow, and as much waits to be published as may.
    /// Nobody got it.
    #[error(
        "{limit} bytes wait to be published, as the backplane is away or slow; try again later"
    )]
    Behind {
        /// How many bytes may wait.
        limit: usize,
    },
    /// It is longer than what goes from node to node. Nobody got it.
    #[error(
        "message of {len} bytes is longer than the {MAX_PAYLOAD} bytes that go from node to node; send it in parts"
    )]
    TooLong {
        /// Its length with what goes along, in bytes.
        len: usize,
    },
    /// This node has [left](crate::Cluster::leave) the cluster.
    #[error("this node has left the cluster, and broadcasts no more")]
    Left,
}

impl From<NotTaken> for BroadcastError {
    fn from(error: NotTaken) -> Self {
        match error {
            NotTaken::TooLong { len } => Self::TooLong { len },
            NotTaken::Behind { limit } => Self::Behind { limit },
            NotTaken::Left => Self::Left,
        }
    }
}

/// A connection did not become a member of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum JoinError {
    /// The room has as many members as it may have.
    #[error("room has its {limit} members already")]
    RoomFull {
        /// The most it may have.
        limit: usize,
    },
    /// The room's actor has not heard yet of many who came and went.
    #[error("actor of the room is {limit} comings and goings behind; try again later")]
    ActorBehind {
        /// Of how many it may not have heard: 16384, and one for each member.
        limit: usize,
    },
    /// The connection is in as many rooms as it may be.
    #[error("connection is in {limit} rooms already; it has to leave one")]
    TooManyRooms {
        /// The most it may be in.
        limit: usize,
    },
}
