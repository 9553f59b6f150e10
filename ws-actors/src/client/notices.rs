use std::{sync::Arc, time::Duration};

use actix::Message;
use bytes::Bytes;
use ws_core::{Outcome, handshake::WebSocketUrl};

use crate::{Notice, Occurrence, Rejection, Slot};

use super::ConnectError;

/// A client has a connection; the first, or another one after
/// [`Disconnected`].
///
/// What was queued meanwhile leaves right behind what its handler sends.
#[derive(Debug, Clone, PartialEq, Eq, Message)]
#[rtype(result = "()")]
#[non_exhaustive]
pub struct Connected {
    /// How many connections there were before.
    pub before: u32,
    /// The URL that was connected to: where redirects led, if there were any.
    pub url: WebSocketUrl,
    /// The header fields of the server's response.
    pub headers: Vec<(String, Bytes)>,
}

/// A client that reconnects has lost its connection, or a client did not get
/// one.
///
/// If no other is tried, [`Closed`](crate::Closed) follows. What the client
/// closes itself, and the end of the only connection of one that does not
/// reconnect, is told by [`Closed`](crate::Closed) alone.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
#[non_exhaustive]
pub struct Disconnected {
    /// What became of the connection.
    pub loss: Loss,
    /// When the next one is tried; `None` for never.
    pub retry_in: Option<Duration>,
}

/// What became of a connection.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Loss {
    /// It was open, and ended like this.
    Ended(Outcome),
    /// It could not be opened.
    Failed(Arc<ConnectError>),
}

impl Notice for Connected {
    const SLOT: Slot = Slot::CONNECTED;

    fn notice(occurrence: Occurrence) -> Result<Self, Rejection> {
        if let Occurrence::Connected(connected) = occurrence {
            Ok(connected)
        } else {
            Err(Rejection::unsupported())
        }
    }
}

impl Notice for Disconnected {
    const SLOT: Slot = Slot::DISCONNECTED;

    fn notice(occurrence: Occurrence) -> Result<Self, Rejection> {
        if let Occurrence::Disconnected(disconnected) = occurrence {
            Ok(disconnected)
        } else {
            Err(Rejection::unsupported())
        }
    }
}
