use thiserror::Error;

/// A message was not queued.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SendError {
    /// The protocol does not allow it, or no longer.
    #[error(transparent)]
    Protocol(#[from] ws_core::SendError),
    /// The peer reads too slowly. For messages, the connection closes with 1013.
    #[error(
        "{queued} bytes in {messages} messages wait for a peer that reads too slowly, \
         the limit is {limit} bytes"
    )]
    Full {
        /// How many messages wait already.
        messages: usize,
        /// What waits already, in bytes.
        queued: usize,
        /// [`Handlers::max_queued_bytes`](crate::Handlers::max_queued_bytes).
        limit: usize,
    },
    /// The value cannot be written as JSON.
    #[error("value cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl SendError {
    pub(crate) const CLOSING: Self = Self::Protocol(ws_core::SendError::Closing);
}
