//! The opening handshake ([RFC 6455 §4]) over HTTP heads of any library: a
//! header section is a sequence of name and value pairs.
//!
//! [RFC 6455 §4]: https://www.rfc-editor.org/rfc/rfc6455#section-4

use std::time::{Duration, Instant};

use thiserror::Error;

use crate::{Config, extension::NegotiationError};

mod body;
mod client;
mod client_opening;
mod field;
mod headers;
pub mod http;
mod key;
mod response;
mod server;
mod server_opening;
mod url;

use self::http::HeadError;
pub use self::{
    client::ClientHandshake,
    client_opening::{Answer, ClientOpening},
    field::FieldError,
    response::Response,
    server::{Acceptance, Request, ServerHandshake},
    server_opening::ServerOpening,
    url::{UrlError, WebSocketUrl},
};
pub(crate) use self::{field::is_token, headers::trim};

/// Why a server refuses a request to upgrade ([RFC 6455 §4.2.1]).
///
/// [RFC 6455 §4.2.1]: https://www.rfc-editor.org/rfc/rfc6455#section-4.2.1
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The method is not GET.
    #[error("a websocket is opened with GET")]
    Method,
    /// The request is older than HTTP/1.1.
    #[error("a websocket is opened over HTTP/1.1 or later")]
    HttpVersion,
    /// The request does not ask for a WebSocket.
    #[error("this resource is a websocket: ask for it with `Upgrade: websocket`")]
    NotAnUpgrade,
    /// `Connection` does not name the `Upgrade` field, so it may be a leftover
    /// of another hop.
    #[error("`Connection` has no `upgrade` in it")]
    Connection,
    /// `Sec-WebSocket-Version` is not 13.
    #[error("only version 13 of the websocket protocol is spoken here")]
    Version,
    /// `Sec-WebSocket-Key` is not 16 bytes in base64, once.
    #[error("`Sec-WebSocket-Key` is not 16 bytes in base64, given once")]
    Key,
    /// `Host` is missing or repeated.
    #[error("`Host` is not given exactly once")]
    Host,
    /// The request has a body, which the peer could mean as frames.
    #[error("a request to upgrade has no body")]
    Body,
    /// The client offers no subprotocol that is spoken, and one is required.
    #[error("none of the subprotocols spoken here is in `Sec-WebSocket-Protocol`")]
    Subprotocol,
    /// A header field is not of its grammar.
    #[error("`{0}` is malformed")]
    Malformed(&'static str),
    /// The header is longer, or has more fields, than allowed.
    #[error("the header exceeds the limit of {max_bytes} bytes or of {max_fields} fields")]
    HeaderTooLarge {
        /// [`ServerHandshake::max_header_bytes`].
        max_bytes: usize,
        /// [`ServerHandshake::max_header_fields`].
        max_fields: usize,
    },
}

impl RequestError {
    /// The HTTP status to answer with.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Method => 405,
            Self::NotAnUpgrade | Self::Version => 426,
            Self::HeaderTooLarge { .. } => 431,
            Self::HttpVersion
            | Self::Connection
            | Self::Key
            | Self::Host
            | Self::Body
            | Self::Subprotocol
            | Self::Malformed(_) => 400,
        }
    }

    /// The header fields that go with the status.
    #[must_use]
    pub const fn headers(&self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Method => &[("Allow", "GET")],
            // §4.4: a server says which versions it speaks.
            Self::NotAnUpgrade | Self::Version => &[
                ("Upgrade", "websocket"),
                ("Connection", "Upgrade"),
                ("Sec-WebSocket-Version", "13"),
            ],
            Self::HttpVersion
            | Self::Connection
            | Self::Key
            | Self::Host
            | Self::Body
            | Self::Subprotocol
            | Self::Malformed(_)
            | Self::HeaderTooLarge { .. } => &[],
        }
    }
}

/// Why a client does not take a response for the start of a WebSocket
/// ([RFC 6455 §4.1]).
///
/// [RFC 6455 §4.1]: https://www.rfc-editor.org/rfc/rfc6455#section-4.1
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ResponseError {
    /// The status is not 101: the server answers in plain HTTP.
    #[error("server answered with HTTP status {0} instead of 101")]
    Status(u16),
    /// `Upgrade` is not `websocket`.
    #[error("server switches to another protocol than websocket")]
    Upgrade,
    /// `Connection` does not name the `Upgrade` field.
    #[error("`Connection` of the response has no `upgrade` in it")]
    Connection,
    /// `Sec-WebSocket-Accept` does not match the key.
    #[error("`Sec-WebSocket-Accept` does not match the key sent")]
    Accept,
    /// The server chose a subprotocol that was not offered, or several.
    #[error("server chose a subprotocol that was not offered")]
    Subprotocol,
    /// The server's answer about extensions is none to what was offered.
    #[error(transparent)]
    Extension(#[from] NegotiationError),
    /// A header field is not of its grammar.
    #[error("`{0}` of the response is malformed")]
    Malformed(&'static str),
}

/// An opening handshake over bytes failed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum OpeningError {
    /// The peer's head cannot be read.
    #[error(transparent)]
    Head(#[from] HeadError),
    /// The server's response is no answer to the handshake.
    #[error(transparent)]
    Response(#[from] ResponseError),
    /// The peer ended the stream before the handshake was done.
    #[error("peer closed the connection before the opening handshake was done")]
    Ended,
    /// The handshake took too long.
    #[error("opening handshake was not done within {0:?}")]
    Timeout(Duration),
}

impl OpeningError {
    /// What a server answers with before it closes the stream; `None` if there
    /// is nobody to answer.
    #[must_use]
    pub fn response(&self) -> Option<Response> {
        match self {
            Self::Head(error) => Some(error.into()),
            Self::Timeout(_) => Some(Response::new(408)),
            Self::Response(_) | Self::Ended => None,
        }
    }

    fn check(now: Instant, deadline: Option<Instant>, config: &Config) -> Result<(), Self> {
        match deadline {
            Some(deadline) if deadline <= now => Err(Self::Timeout(config.handshake_timeout)),
            _ => Ok(()),
        }
    }
}
