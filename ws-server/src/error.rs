use std::time::Duration;

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
};
use thiserror::Error;
use ws_actors::HandlersError;
use ws_core::{
    Rsv,
    handshake::{FieldError, RequestError},
};

use crate::{Limit, OriginError};

/// A request was not upgraded; as an actix-web error it answers with its status.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum UpgradeError {
    /// The request is no opening handshake: 400, 405, 426 or 431.
    #[error(transparent)]
    Handshake(#[from] RequestError),
    /// A page of another origin asks, in a visitor's browser: 403.
    #[error("origin {0:?} may not connect here")]
    Origin(String),
    /// The server is shutting down: 503.
    #[error("server is shutting down")]
    ShuttingDown,
    /// There are as many connections as there may be: 503.
    #[error("there are as many connections {limit} as there may be")]
    Full {
        /// Where there are so many.
        limit: Limit,
        /// When it is worth another try.
        retry_after: Duration,
    },
}

impl UpgradeError {
    /// What metrics call it.
    pub(crate) const fn reason(&self) -> &'static str {
        match self {
            Self::Handshake(RequestError::HeaderTooLarge { .. }) => "header_too_large",
            Self::Handshake(_) => "handshake",
            Self::Origin(_) => "origin",
            Self::ShuttingDown => "shutting_down",
            Self::Full { limit, .. } => match limit {
                Limit::All => "full_in_all",
                Limit::Endpoint => "full_endpoint",
                Limit::Address => "full_address",
            },
        }
    }
}

impl ResponseError for UpgradeError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Handshake(error) => {
                StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST)
            }
            Self::Origin(_) => StatusCode::FORBIDDEN,
            Self::ShuttingDown | Self::Full { .. } => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let status = self.status_code();
        let mut response = HttpResponse::build(status);
        // The peer may go on as if it had been upgraded, and what it sends
        // then should not be taken for requests.
        response.force_close();
        match self {
            Self::Handshake(error) => {
                for &header in error.headers() {
                    response.insert_header(header);
                }
                if status == StatusCode::UPGRADE_REQUIRED {
                    response.upgrade("websocket");
                }
            }
            Self::ShuttingDown => {
                response.insert_header((header::RETRY_AFTER, "5"));
            }
            Self::Full { retry_after, .. } => {
                // Rounded up, so that nobody comes too early.
                let seconds = retry_after.as_millis().div_ceil(1000).to_string();
                response.insert_header((header::RETRY_AFTER, seconds));
            }
            Self::Origin(_) => {}
        }
        response.content_type("text/plain; charset=utf-8");
        response.body(format!("{self}\n"))
    }
}

/// An endpoint contradicts itself.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// The handlers do not go together, such as two for one kind of frame, or
    /// have an opcode that is not free.
    #[error(transparent)]
    Handlers(#[from] HandlersError),
    /// Those of a subprotocol do not.
    #[error("handlers of the subprotocol {subprotocol:?}: {error}")]
    SubprotocolHandlers {
        /// The subprotocol.
        subprotocol: String,
        /// What is wrong with its handlers.
        error: HandlersError,
    },
    /// A subprotocol's name is not a token (RFC 9110 §5.6.2).
    #[error(transparent)]
    Subprotocol(#[from] FieldError),
    /// A subprotocol is named twice.
    #[error("subprotocol {0:?} is named twice, one has to go")]
    DuplicateSubprotocol(String),
    /// Every client would be refused.
    #[error("a subprotocol is required and none is spoken: name one")]
    NoSubprotocol,
    /// Two extensions, or an extension and the application, own a reserved bit.
    #[error(
        "reserved bits {bits} belong to {first:?} and to {second:?}, one has to go\
         {}", if_deflate(.first, .second)
    )]
    ReservedBits {
        /// The bits.
        bits: Rsv,
        /// An extension, or `Config::claim_rsv`.
        first: String,
        /// Another extension.
        second: String,
    },
    /// An origin is malformed.
    #[error(transparent)]
    Origin(#[from] OriginError),
}

/// Compression is on unless it is turned off, so it may be news.
fn if_deflate(first: &str, second: &str) -> &'static str {
    if [first, second].contains(&"permessage-deflate") {
        ": `compression(None)` turns permessage-deflate off"
    } else {
        ""
    }
}
