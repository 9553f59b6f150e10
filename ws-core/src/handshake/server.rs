use std::{fmt, sync::Arc, time::Instant};

use crate::{
    Config, Connection, Rsv,
    extension::{Agreement, Params, ServerChoice},
};

use super::{
    FieldError, RequestError, Response,
    field::check_subprotocols,
    headers::{Fields, Once},
    key::Key,
};

/// A server's side of the opening handshake ([RFC 6455 §4.2]).
///
/// It holds what the server offers, so one serves all connections.
///
/// ```
/// use ws_core::handshake::{Request, ServerHandshake};
///
/// let handshake = ServerHandshake::new().subprotocols(["chat.v2", "chat.v1"])?;
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
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
///
/// [RFC 6455 §4.2]: https://www.rfc-editor.org/rfc/rfc6455#section-4.2
#[derive(Debug, Clone)]
pub struct ServerHandshake {
    subprotocols: Subprotocols,
    extensions: Vec<Arc<dyn ServerChoice>>,
    claimed_rsv: Rsv,
    subprotocol_required: bool,
    max_header_bytes: usize,
    max_header_fields: usize,
}

/// How the server chooses among the subprotocols that a client offers.
#[derive(Clone)]
enum Subprotocols {
    /// The first of these that is offered.
    Preferred(Vec<String>),
    Selected(Arc<Select>),
}

type Select = dyn Fn(&[&str]) -> Option<String> + Send + Sync;

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
            subprotocols: Subprotocols::Preferred(Vec::new()),
            extensions: Vec::new(),
            claimed_rsv: Rsv::NONE,
            subprotocol_required: false,
            max_header_bytes: 16 * 1024,
            max_header_fields: 100,
        }
    }

    /// The subprotocols that the server speaks, the preferred one first
    /// ([RFC 6455 §1.9]).
    ///
    /// A client that offers none of them is accepted without one.
    ///
    /// # Errors
    ///
    /// If one is not a token, which no client could offer.
    ///
    /// [RFC 6455 §1.9]: https://www.rfc-editor.org/rfc/rfc6455#section-1.9
    pub fn subprotocols(
        mut self,
        subprotocols: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<Self, FieldError> {
        self.subprotocols = Subprotocols::Preferred(check_subprotocols(subprotocols)?);
        Ok(self)
    }

    /// Chooses the subprotocol with a function that gets what the client
    /// offers, in the client's order. An answer that was not offered counts as
    /// none.
    #[must_use]
    pub fn select_subprotocol(
        mut self,
        select: impl Fn(&[&str]) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.subprotocols = Subprotocols::Selected(Arc::new(select));
        self
    }

    /// Refuses a client with whom no subprotocol is agreed on.
    ///
    /// Default: it is accepted without one, as [RFC 6455 §4.2.2] has it.
    ///
    /// [RFC 6455 §4.2.2]: https://www.rfc-editor.org/rfc/rfc6455#section-4.2.2
    #[must_use]
    pub const fn require_subprotocol(mut self) -> Self {
        self.subprotocol_required = true;
        self
    }

    /// Agrees on this extension if a client offers it ([RFC 6455 §9.1]).
    ///
    /// The client's offers are looked at in their order; for each, the first
    /// extension of its name that accepts it.
    ///
    /// [RFC 6455 §9.1]: https://www.rfc-editor.org/rfc/rfc6455#section-9.1
    #[must_use]
    pub fn extension(mut self, extension: impl ServerChoice + 'static) -> Self {
        self.extensions.push(Arc::new(extension));
        self
    }

    /// Agrees on no extension that owns one of these bits, because the
    /// application does ([`Config::claim_rsv`]).
    #[must_use]
    pub const fn claim_rsv(mut self, bits: Rsv) -> Self {
        self.claimed_rsv = bits;
        self
    }

    /// The longest header to accept, in bytes of names and values.
    ///
    /// Default: 16 KiB, as much as common servers take, cookies and tokens
    /// included. Whoever reads the request has a limit of its own, which may be
    /// larger. More is refused with 431.
    #[must_use]
    pub const fn max_header_bytes(mut self, limit: usize) -> Self {
        self.max_header_bytes = limit;
        self
    }

    /// The most header fields to accept.
    ///
    /// Default: 100, as common servers do. More are refused with 431.
    #[must_use]
    pub const fn max_header_fields(mut self, limit: usize) -> Self {
        self.max_header_fields = limit;
        self
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
        let (mut bytes, mut count) = (0_usize, 0);
        let headers = request.headers.into_iter().inspect(|(name, value)| {
            bytes += name.len() + value.len();
            count += 1;
        });
        let fields = Fields::gather(headers).map_err(RequestError::Malformed)?;
        let (max_bytes, max_fields) = (self.max_header_bytes, self.max_header_fields);
        if bytes > max_bytes || count > max_fields {
            return Err(RequestError::HeaderTooLarge {
                max_bytes,
                max_fields,
            });
        }
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
        let offered = &fields.subprotocols[..];
        let subprotocol = match &self.subprotocols {
            Subprotocols::Preferred(spoken) => {
                let mut spoken = spoken.iter();
                spoken.find(|&spoken| offered.contains(&&**spoken)).cloned()
            }
            Subprotocols::Selected(select) => {
                select(offered).filter(|chosen| offered.contains(&&**chosen))
            }
        };
        if subprotocol.is_none() && self.subprotocol_required {
            return Err(RequestError::Subprotocol);
        }
        let agreement = Agreement::choose(&self.extensions, &fields.extensions, self.claimed_rsv);
        let answers = agreement.params().iter().map(Params::to_string);
        Ok(Acceptance {
            accept: key.accept(),
            subprotocol,
            extensions: answers.collect::<Vec<_>>().join(", "),
            agreement,
        })
    }
}

/// A request that is accepted, and what was agreed on.
#[derive(Debug)]
pub struct Acceptance {
    accept: String,
    subprotocol: Option<String>,
    /// The value of `Sec-WebSocket-Extensions`.
    extensions: String,
    agreement: Agreement,
}

impl Acceptance {
    /// The header fields of the response, whose status is 101 and which has no
    /// body.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let subprotocol = self.subprotocol();
        let extensions = Some(&*self.extensions).filter(|value| !value.is_empty());
        [
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Accept", &self.accept),
        ]
        .into_iter()
        .chain(subprotocol.map(|name| ("Sec-WebSocket-Protocol", name)))
        .chain(extensions.map(|value| ("Sec-WebSocket-Extensions", value)))
    }

    /// The response itself, for those who have no HTTP library at hand.
    #[must_use]
    pub fn response(&self) -> Response {
        let headers = self.headers().map(|(name, value)| (name, value.to_owned()));
        headers.fold(Response::new(101), |response, (name, value)| {
            response.header(name, value)
        })
    }

    /// The extensions agreed on, in order.
    #[must_use]
    pub fn extensions(&self) -> &[Params] {
        self.agreement.params()
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
        Connection::server(now, config)
            .with_subprotocol(self.subprotocol)
            .with_extensions(self.agreement)
    }
}

impl Default for ServerHandshake {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Subprotocols {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Preferred(names) => names.fmt(f),
            Self::Selected(_) => f.write_str("selected by a function"),
        }
    }
}
