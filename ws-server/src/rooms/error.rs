use thiserror::Error;

/// A broadcast reached nobody, because a thread of the server is blocked and
/// the messages for its connections pile up. Try again later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a thread of the server is blocked and takes no more broadcasts; try again later")]
#[non_exhaustive]
pub struct BroadcastError;

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
    /// The connection is in as many rooms as it may be.
    #[error("connection is in {limit} rooms already; it has to leave one")]
    TooManyRooms {
        /// The most it may be in.
        limit: usize,
    },
}
