use std::{sync::Arc, time::Instant};

use crate::{Config, Connection};

use super::{
    RequestError,
    headers::{Fields, Once, is_token},
    key::Key,
};

/// A server's side of the opening handshake ([RFC 6455 §4.2]).
///
/// It holds what the server offers, so one serves all connections.
///
/// ```
/// use ws_core::handshake::{Request, ServerHandshake};
///
/// let handshake = ServerHandshake::new().subprotocols(["chat.v2", "chat.v1"]);
/// let request = Request::get([
///     ("Host", &b"example.com"[..]),
///     ("Upgrade", b"websocket"),
///     ("Connection", b"keep-alive, Upgrade"),
///     ("Sec-WebSocket-Key", b"dGhlIHNhbXBsZSBub25jZQ=="),
///     ("Sec-WebSocket-Version", b"13"),
///     ("Sec-WebSocket-Protocol", b"chat.v1, chat.v2"),
/// ]);
/// let acceptance = handshake.accept(request)?;
/// assert_eq!(acceptance.subprotocol(), Some("chat.v2"));
/// // answer with status 101 and `acceptance.headers()`, then speak frames
/// # Ok::<_, ws_core::handshake::RequestError>(())
/// ```
///
/// [RFC 6455 §4.2]: https://www.rfc-editor.org/rfc/rfc6455#section-4.2
#[derive(Debug, Clone, Default)]
pub struct ServerHandshake {
    subprotocols: Vec<String>,
}

/// The head of a request, as far as it matters to the handshake.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Request<'a, H> {
    /// The method, such as `GET`.
    pub method: &'a str,
    /// Whether the version is HTTP/1.1 or later.
    pub http_1_1: bool,
    /// The header fields: names in any case, and values.
    pub headers: H,
}

impl<'a, H> Request<'a, H>
where
    H: IntoIterator<Item = (&'a str, &'a [u8])>,
{
    /// A GET request of HTTP/1.1 with these header fields.
    pub const fn get(headers: H) -> Self {
        Self::new("GET", true, headers)
    }

    /// A request with any method, of HTTP/1.1 or later or not.
    pub const fn new(method: &'a str, http_1_1: bool, headers: H) -> Self {
        Self {
            method,
            http_1_1,
            headers,
        }
    }
}

impl ServerHandshake {
    /// A handshake without subprotocols.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            subprotocols: Vec::new(),
        }
    }

    /// The subprotocols that the server speaks, the preferred one first
    /// ([RFC 6455 §1.9]).
    ///
    /// A client that offers none of them is accepted without one.
    ///
    /// [RFC 6455 §1.9]: https://www.rfc-editor.org/rfc/rfc6455#section-1.9
    #[must_use]
    pub fn subprotocols(
        mut self,
        subprotocols: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        self.subprotocols = subprotocols.into_iter().map(Into::into).collect();
        self
    }

    /// Whether a subprotocol may have this name: a token of [RFC 9110 §5.6.2].
    ///
    /// [RFC 9110 §5.6.2]: https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2
    #[must_use]
    pub fn is_subprotocol(name: &str) -> bool {
        is_token(name)
    }

    /// Judges a request.
    ///
    /// # Errors
    ///
    /// A [`RequestError`], which knows the HTTP response to give.
    pub fn accept<'a, H>(&self, request: Request<'a, H>) -> Result<Acceptance, RequestError>
    where
        H: IntoIterator<Item = (&'a str, &'a [u8])>,
    {
        if request.method != "GET" {
            return Err(RequestError::Method);
        }
        if !request.http_1_1 {
            return Err(RequestError::HttpVersion);
        }
        let fields = Fields::gather(request.headers).map_err(RequestError::Malformed)?;
        if !fields.upgrade {
            return Err(RequestError::NotAnUpgrade);
        }
        if !fields.connection {
            return Err(RequestError::Connection);
        }
        if !matches!(fields.host, Once::Value(_)) {
            return Err(RequestError::Host);
        }
        if fields.version != Once::Value("13") {
            return Err(RequestError::Version);
        }
        if fields.body {
            return Err(RequestError::Body);
        }
        let key = fields.key.value().and_then(Key::parse);
        let key = key.ok_or(RequestError::Key)?;
        let mut spoken = self.subprotocols.iter();
        let subprotocol = spoken.find(|&spoken| fields.subprotocols.contains(&spoken.as_str()));
        Ok(Acceptance {
            accept: key.accept(),
            subprotocol: subprotocol.cloned(),
        })
    }
}

/// A request that is accepted, and what was agreed on.
#[derive(Debug, Clone)]
pub struct Acceptance {
    accept: String,
    subprotocol: Option<String>,
}

impl Acceptance {
    /// The header fields of the response, whose status is 101 and which has no
    /// body.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let subprotocol = self.subprotocol();
        [
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Accept", &self.accept),
        ]
        .into_iter()
        .chain(subprotocol.map(|name| ("Sec-WebSocket-Protocol", name)))
    }

    /// The subprotocol agreed on.
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        self.subprotocol.as_deref()
    }

    /// The connection that begins after the response. Bytes that came behind
    /// the request's head are its first input.
    #[must_use]
    pub fn into_connection(self, now: Instant, config: impl Into<Arc<Config>>) -> Connection {
        Connection::server(now, config).with_subprotocol(self.subprotocol)
    }
}
