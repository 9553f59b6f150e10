use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
};
use thiserror::Error;
use ws_actors::Slot;
use ws_core::{
    Opcode,
    handshake::{FieldError, RequestError},
};

/// A request was not upgraded; as an actix-web error it answers with its status.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum UpgradeError {
    /// The request is no opening handshake: 400, 405 or 426.
    #[error(transparent)]
    Handshake(#[from] RequestError),
    /// A page of another origin asks, in a visitor's browser: 403.
    #[error("origin {0:?} may not connect here")]
    Origin(String),
    /// The server is shutting down: 503.
    #[error("server is shutting down")]
    ShuttingDown,
}

impl ResponseError for UpgradeError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Handshake(error) => {
                StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST)
            }
            Self::Origin(_) => StatusCode::FORBIDDEN,
            Self::ShuttingDown => StatusCode::SERVICE_UNAVAILABLE,
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
    /// Two handlers are registered for one kind of frame.
    #[error("two handlers are registered for {0}, one has to go")]
    DuplicateHandler(Slot),
    /// Data is wanted in parts and whole as well.
    #[error("data comes in parts or whole: `Part` needs no handler of {0} frames beside it")]
    PartsAndMessages(Opcode),
    /// A subprotocol's name is not a token (RFC 9110 §5.6.2).
    #[error(transparent)]
    Subprotocol(#[from] FieldError),
}
