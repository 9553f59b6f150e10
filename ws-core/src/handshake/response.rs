use bytes::{BufMut, Bytes, BytesMut};

use super::{FieldError, RequestError, http::HeadError, http::write_response};

/// A response of plain HTTP: what a server answers with, or a client is given
/// instead of a connection.
///
/// ```
/// use ws_core::handshake::Response;
///
/// let response = Response::new(401)
///     .header("WWW-Authenticate", "Basic realm=\"chat\"")
///     .body("who are you?");
/// let bytes = response.encode()?;
/// assert!(bytes.starts_with(b"HTTP/1.1 401 Unauthorized\r\n"));
/// assert!(bytes.ends_with(b"\r\n\r\nwho are you?"));
/// # Ok::<_, ws_core::handshake::FieldError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The header fields.
    pub headers: Vec<(String, Bytes)>,
    /// The body; of a response received, up to 64 KiB of it.
    pub body: Bytes,
}

impl Response {
    /// A response without fields and body.
    #[must_use]
    pub const fn new(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Bytes::new(),
        }
    }

    /// The response with one field more.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<Bytes>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The response with this body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// The value of the first field of this name, in any case.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&[u8]> {
        let mut fields = self.headers.iter();
        let (_, value) = fields.find(|(other, _)| other.eq_ignore_ascii_case(name))?;
        Some(value)
    }

    /// The bytes of the response, in HTTP/1.1. One that refuses says where its
    /// body ends, and that nothing comes behind it, unless its fields do.
    ///
    /// # Errors
    ///
    /// If a field cannot be written.
    pub fn encode(&self) -> Result<Bytes, FieldError> {
        let own = self.headers.iter();
        let own = own.map(|(name, value)| (&**name, &**value));
        let length = self.body.len().to_string();
        let missing = |name: &str| self.field(name).is_none();
        let framed = self.status >= 200 && self.status != 204 && missing("Transfer-Encoding");
        let length =
            (framed && missing("Content-Length")).then_some(("Content-Length", length.as_bytes()));
        let close =
            (self.status >= 200 && missing("Connection")).then_some(("Connection", &b"close"[..]));
        let head = write_response(self.status, own.chain(length).chain(close))?;
        let mut bytes = BytesMut::with_capacity(head.len() + self.body.len());
        bytes.put_slice(&head);
        bytes.put_slice(&self.body);
        Ok(bytes.freeze())
    }

    fn refusal(status: u16, reason: &impl ToString) -> Self {
        Self::new(status)
            .header("Content-Type", "text/plain; charset=utf-8")
            .body(reason.to_string())
    }
}

impl From<&RequestError> for Response {
    /// The response that refuses such a request, and says why.
    fn from(error: &RequestError) -> Self {
        let fields = error.headers().iter();
        fields.fold(
            Self::refusal(error.status(), error),
            |response, &(name, value)| response.header(name, value),
        )
    }
}

impl From<&HeadError> for Response {
    /// The response that refuses such a request, and says why.
    fn from(error: &HeadError) -> Self {
        Self::refusal(error.status(), error)
    }
}
