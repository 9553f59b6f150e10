use std::{sync::Arc, time::Instant};

use bytes::BytesMut;

use crate::{Config, Connection};

use super::{
    Acceptance, OpeningError, Response,
    http::{HeadReader, RequestHead},
};

/// A server's opening handshake over a stream of bytes, for those who have no
/// HTTP library at hand.
///
/// Give it what comes until it has a request, then open a connection for it or
/// refuse it.
///
/// ```
/// use std::time::Instant;
/// use bytes::BytesMut;
/// use ws_core::{Config, handshake::{Response, ServerHandshake, ServerOpening}};
///
/// let handshake = ServerHandshake::new(); // one for all
///
/// let now = Instant::now();
/// let mut opening = ServerOpening::new(now, Config::new());
/// let mut input = BytesMut::from("GET /chat HTTP/1.1\r\nHost: a\r\n\r\n");
/// let answer = match opening.handle_input(now, &mut input) {
///     Ok(None) => None, // more has to come, before `opening.deadline()`
///     Ok(Some(head)) => match handshake.accept(head.to_request()) {
///         Ok(acceptance) => {
///             let (response, connection) = opening.open(now, acceptance);
///             drop(connection); // what is left in `input` is its first input
///             Some(response)
///         }
///         Err(error) => Some(Response::from(&error)),
///     },
///     Err(error) => error.response(),
/// };
/// assert_eq!(answer.map(|response| response.status), Some(426)); // it did not ask for one
/// ```
#[derive(Debug)]
pub struct ServerOpening {
    config: Arc<Config>,
    deadline: Option<Instant>,
    reader: HeadReader,
}

impl ServerOpening {
    /// Waits for a request; it has [`Config::handshake_timeout`] from now on.
    #[must_use]
    pub fn new(now: Instant, config: impl Into<Arc<Config>>) -> Self {
        let config = config.into();
        Self {
            deadline: now.checked_add(config.handshake_timeout),
            config,
            reader: HeadReader::new(),
        }
    }

    /// Reads the request's head with this reader, which has limits of its own.
    #[must_use]
    pub const fn head_reader(mut self, reader: HeadReader) -> Self {
        self.reader = reader;
        self
    }

    /// When the handshake has taken too long.
    #[must_use]
    pub const fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Bytes came. `None` asks for more of them. What follows the head stays in
    /// the input: it belongs to the connection.
    ///
    /// # Errors
    ///
    /// If the head cannot be read, or is too late.
    pub fn handle_input(
        &mut self,
        now: Instant,
        input: &mut BytesMut,
    ) -> Result<Option<RequestHead>, OpeningError> {
        self.handle_timeout(now)?;
        Ok(self.reader.request(input)?)
    }

    /// Time has passed.
    ///
    /// # Errors
    ///
    /// If the deadline is there.
    pub fn handle_timeout(&mut self, now: Instant) -> Result<(), OpeningError> {
        OpeningError::check(now, self.deadline, &self.config)
    }

    /// Opens the connection: the response to send first, and the side of the
    /// server.
    #[must_use]
    pub fn open(self, now: Instant, acceptance: Acceptance) -> (Response, Connection) {
        (
            acceptance.response(),
            acceptance.into_connection(now, self.config),
        )
    }
}
