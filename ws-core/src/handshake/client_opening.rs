use std::{sync::Arc, time::Instant};

use bytes::{Bytes, BytesMut};

use crate::{Config, Connection};

use super::{
    ClientHandshake, FieldError, OpeningError, Response, WebSocketUrl,
    http::{BodyReader, HeadReader, ResponseHead, write_request},
};

/// A client's opening handshake over a stream of bytes, for those who have no
/// HTTP library at hand.
///
/// Send [`request`](Self::request), then give it what comes until it answers.
///
/// ```
/// use std::time::Instant;
/// use bytes::{Bytes, BytesMut};
/// use ws_core::{Config, Entropy};
/// use ws_core::handshake::{Answer, ClientHandshake, ClientOpening, WebSocketUrl};
///
/// let url = WebSocketUrl::parse("ws://example.com/chat")?;
/// let handshake = ClientHandshake::new(url.host_header(), Entropy::system());
/// let now = Instant::now();
/// let mut opening = ClientOpening::new(now, &url, handshake, Config::new())?;
/// assert!(opening.request().starts_with(b"GET /chat HTTP/1.1\r\n"));
///
/// let mut input = BytesMut::from("HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno");
/// match opening.handle_input(now, &mut input)? {
///     Some(Answer::Open(connection)) => drop(connection), // `input` is its first input
///     Some(Answer::Refused(response)) => assert_eq!(&response.body[..], b"no"),
///     None => {} // more has to come
/// }
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ClientOpening {
    handshake: Option<ClientHandshake>,
    config: Arc<Config>,
    request: Bytes,
    deadline: Option<Instant>,
    reader: HeadReader,
    /// A response other than 101, whose body is under way.
    refusal: Option<(ResponseHead, BodyReader)>,
    /// Of the response that opened the connection.
    headers: Vec<(String, Bytes)>,
}

/// What became of an opening handshake.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one for each connection"
)]
#[expect(clippy::exhaustive_enums, reason = "the RFC knows no third")]
pub enum Answer {
    /// The connection is open. Bytes left in the input belong to it.
    Open(Connection),
    /// The server answers in plain HTTP: to authenticate, to redirect, to refuse.
    Refused(Response),
}

impl ClientOpening {
    /// Begins the handshake; it has [`Config::handshake_timeout`] from now on.
    ///
    /// # Errors
    ///
    /// If a header field of the handshake cannot be written.
    pub fn new(
        now: Instant,
        url: &WebSocketUrl,
        handshake: ClientHandshake,
        config: impl Into<Arc<Config>>,
    ) -> Result<Self, FieldError> {
        let config = config.into();
        Ok(Self {
            request: write_request(url.target(), handshake.headers())?,
            handshake: Some(handshake),
            deadline: now.checked_add(config.handshake_timeout),
            config,
            reader: HeadReader::new(),
            refusal: None,
            headers: Vec::new(),
        })
    }

    /// The request to send.
    #[must_use]
    pub const fn request(&self) -> &Bytes {
        &self.request
    }

    /// The header fields of the response that opened the connection; none
    /// before. What a server sets, such as `Set-Cookie`, stands there.
    #[must_use]
    pub fn headers(&self) -> &[(String, Bytes)] {
        &self.headers
    }

    /// When the handshake has taken too long.
    #[must_use]
    pub const fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Bytes came. `None` asks for more of them.
    ///
    /// # Errors
    ///
    /// If the response is no answer to the handshake, or too late.
    pub fn handle_input(
        &mut self,
        now: Instant,
        input: &mut BytesMut,
    ) -> Result<Option<Answer>, OpeningError> {
        self.handle_timeout(now)?;
        if self.refusal.is_none() {
            let Some(head) = self.reader.answer(input)? else {
                return Ok(None);
            };
            if head.status == 101 {
                let handshake = self.handshake.take().ok_or(OpeningError::Ended)?;
                let headers = head.headers.iter();
                let headers = headers.map(|(name, value)| (&**name, &**value));
                let config = Arc::clone(&self.config);
                let connection = handshake.complete(head.status, headers, now, config)?;
                self.headers = head.headers;
                return Ok(Some(Answer::Open(connection)));
            }
            let body = BodyReader::new(&head);
            self.refusal = Some((head, body));
        }
        let Some((_, body)) = &mut self.refusal else {
            return Ok(None);
        };
        if body.read(input) {
            Ok(self.refused())
        } else {
            Ok(None)
        }
    }

    /// The server ended the stream, which can be the end of a body.
    ///
    /// # Errors
    ///
    /// If the response's head was not whole.
    pub fn handle_eof(&mut self) -> Result<Answer, OpeningError> {
        self.refused().ok_or(OpeningError::Ended)
    }

    /// Time has passed.
    ///
    /// # Errors
    ///
    /// If the deadline is there.
    pub fn handle_timeout(&mut self, now: Instant) -> Result<(), OpeningError> {
        OpeningError::check(now, self.deadline, &self.config)
    }

    fn refused(&mut self) -> Option<Answer> {
        let (head, body) = self.refusal.take()?;
        Some(Answer::Refused(Response {
            status: head.status,
            headers: head.headers,
            body: body.into_bytes(),
        }))
    }
}
