use std::{fmt, io, net::SocketAddr, time::Duration};

use thiserror::Error;
use ws_core::handshake::{FieldError, OpeningError, Response, UrlError};

use crate::HandlersError;

use super::proxy::ProxyError;
#[cfg(feature = "rustls")]
use super::tls::TlsError;

/// No connection was opened.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The host's name was not resolved.
    #[error("address of {host:?} was not found: {source}")]
    Resolve {
        /// The host: the server's, or the proxy's.
        host: String,
        /// What the resolver says.
        source: io::Error,
    },
    /// No address of the host takes a connection.
    #[error("no connection to {address}: {source}")]
    Connect {
        /// The address whose failure tells most.
        address: SocketAddr,
        /// Why it failed.
        source: io::Error,
    },
    /// The proxy makes no connection to the server.
    #[error(transparent)]
    Proxy(#[from] ProxyError),
    /// The URL begins with `wss:`, and this program is built without TLS.
    #[error("wss:// needs the feature `rustls` of the crate ws-actors")]
    TlsUnavailable,
    /// No TLS could be agreed on with the server.
    #[cfg(feature = "rustls")]
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The request cannot be written, because of what an extension offers.
    #[error("request cannot be written: {0}")]
    Request(#[from] FieldError),
    /// The handlers contradict themselves
    /// ([`Handlers::check`](crate::Handlers::check)).
    #[error(transparent)]
    Handlers(#[from] HandlersError),
    /// What the server sends is no answer to the opening handshake.
    #[error(transparent)]
    Opening(OpeningError),
    /// The server answered in plain HTTP, with another status than 101.
    #[error("server answered with HTTP status {} instead of 101", .0.status)]
    Refused(Box<Response>),
    /// A redirect was not followed.
    #[error(transparent)]
    Redirect(#[from] RedirectError),
    /// The connection broke before it was open.
    #[error("connection broke during the {stage}: {source}")]
    Broken {
        /// What was under way.
        stage: Stage,
        /// How it broke.
        source: io::Error,
    },
    /// It took too long.
    #[error("{stage} was not done within {limit:?}")]
    Timeout {
        /// What was under way.
        stage: Stage,
        /// The time that was allowed:
        /// [`Connector::connect_timeout`](super::Connector::connect_timeout)
        /// for all stages up to TLS together,
        /// [`Config::handshake_timeout`](ws_core::Config::handshake_timeout)
        /// for the opening handshake.
        limit: Duration,
    },
}

/// The steps to an open connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// The host's name is resolved.
    Resolve,
    /// A TCP connection is made.
    Connect,
    /// The proxy is asked for a connection to the server.
    Proxy,
    /// TLS is agreed on.
    Tls,
    /// The opening handshake ([RFC 6455 §4.1]).
    ///
    /// [RFC 6455 §4.1]: https://www.rfc-editor.org/rfc/rfc6455#section-4.1
    Opening,
}

/// A redirect was not followed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RedirectError {
    /// There were more than
    /// [`Connector::max_redirects`](super::Connector::max_redirects).
    #[error("server redirects more than {limit} times")]
    TooMany {
        /// The limit.
        limit: usize,
    },
    /// It leads from `wss:` to `ws:`, where all can be read on the way.
    #[error("server redirects from wss:// to ws://, which is not encrypted")]
    Insecure,
    /// The field `Location` is no text.
    #[error("`Location` of the redirect is no text")]
    Malformed,
    /// It leads to no WebSocket.
    #[error("server redirects to what names no websocket: {0}")]
    Url(#[from] UrlError),
}

impl From<OpeningError> for ConnectError {
    fn from(error: OpeningError) -> Self {
        if let OpeningError::Timeout(limit) = error {
            let stage = Stage::Opening;
            return Self::Timeout { stage, limit };
        }
        Self::Opening(error)
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resolve => "name resolution",
            Self::Connect => "TCP handshake",
            Self::Proxy => "negotiation with the proxy",
            Self::Tls => "TLS handshake",
            Self::Opening => "opening handshake",
        })
    }
}
