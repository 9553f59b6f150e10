use thiserror::Error;

/// A message was not queued.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SendError {
    /// The protocol does not allow it, or no longer.
    #[error(transparent)]
    Protocol(#[from] ws_core::SendError),
    /// The peer reads too slowly. What becomes of the connection is said by
    /// [`Flow::overflow`](crate::Flow::overflow).
    #[error(
        "{queued} bytes in {messages} messages wait for a peer that reads too slowly, \
         the limit is {limit} bytes"
    )]
    Full {
        /// How many messages wait already.
        messages: usize,
        /// What waits already, in bytes.
        queued: usize,
        /// [`Flow::max_queued_bytes`](crate::Flow::max_queued_bytes).
        limit: usize,
    },
    /// A client has no connection, and keeps nothing for the next one.
    #[error("client is not connected")]
    Offline,
    /// The value cannot be written as JSON.
    #[error("value cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The value cannot be written as MessagePack.
    #[cfg(feature = "msgpack")]
    #[error("value cannot be written as messagepack: {0}")]
    MsgPack(#[from] rmp_serde::encode::Error),
}

impl SendError {
    pub(crate) const CLOSING: Self = Self::Protocol(ws_core::SendError::Closing);
}
