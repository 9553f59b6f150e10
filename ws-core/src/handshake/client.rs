use std::{sync::Arc, time::Instant};

use crate::{
    Config, Connection, Entropy, Rsv,
    extension::{Agreement, ClientOffer, Params},
};

use super::{
    FieldError, ResponseError,
    field::{check_added, check_subprotocols},
    headers::Fields,
    key::Key,
};

/// A client's side of the opening handshake ([RFC 6455 §4.1]).
///
/// ```
/// use ws_core::{Entropy, handshake::ClientHandshake};
///
/// let handshake = ClientHandshake::new("example.com", Entropy::system())
///     .subprotocols(["chat"])?
///     .header("Authorization", "Bearer mF_9.B5f-4.1JqM")?;
/// // send a GET request of HTTP/1.1 with these header fields
/// let request: Vec<(&str, String)> = handshake.headers().collect();
/// assert_eq!(request[0], ("Host", "example.com".to_owned()));
/// # Ok::<_, ws_core::handshake::FieldError>(())
/// ```
///
/// [RFC 6455 §4.1]: https://www.rfc-editor.org/rfc/rfc6455#section-4.1
#[derive(Debug)]
pub struct ClientHandshake {
    host: String,
    key: Key,
    subprotocols: Vec<String>,
    extensions: Vec<Box<dyn ClientOffer>>,
    claimed_rsv: Rsv,
    added: Vec<(String, String)>,
    entropy: Entropy,
}

impl ClientHandshake {
    /// A handshake with this host, which carries the port unless it is the
    /// scheme's own. The entropy gives the key, and later the masking keys.
    #[must_use]
    pub fn new(host: impl Into<String>, mut entropy: Entropy) -> Self {
        Self {
            host: host.into(),
            key: Key::generate(&mut entropy),
            subprotocols: Vec::new(),
            extensions: Vec::new(),
            claimed_rsv: Rsv::NONE,
            added: Vec::new(),
            entropy,
        }
    }

    /// The subprotocols to offer, the preferred one first ([RFC 6455 §1.9]).
    ///
    /// # Errors
    ///
    /// If one is not a token (§4.1).
    ///
    /// [RFC 6455 §1.9]: https://www.rfc-editor.org/rfc/rfc6455#section-1.9
    pub fn subprotocols(
        mut self,
        subprotocols: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<Self, FieldError> {
        self.subprotocols = check_subprotocols(subprotocols)?;
        Ok(self)
    }

    /// Adds a header field to the request, such as `Authorization`, `Cookie` or
    /// `Origin`.
    ///
    /// # Errors
    ///
    /// If it cannot be written, or the handshake sets it itself.
    pub fn header(
        mut self,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> Result<Self, FieldError> {
        let (name, value) = (name.into(), value.into());
        check_added(&name, &value)?;
        self.added.push((name, value));
        Ok(self)
    }

    /// Offers this extension, after those before ([RFC 6455 §9.1]).
    ///
    /// [RFC 6455 §9.1]: https://www.rfc-editor.org/rfc/rfc6455#section-9.1
    #[must_use]
    pub fn extension(mut self, extension: impl ClientOffer + 'static) -> Self {
        self.extensions.push(Box::new(extension));
        self
    }

    /// Neither offers an extension that owns one of these bits nor opens a
    /// connection with one, because the application owns them
    /// ([`Config::claim_rsv`]).
    #[must_use]
    pub const fn claim_rsv(mut self, bits: Rsv) -> Self {
        self.claimed_rsv = bits;
        self
    }

    /// The header fields of the request, whose method is GET.
    pub fn headers(&self) -> impl Iterator<Item = (&str, String)> {
        let subprotocols = (!self.subprotocols.is_empty()).then(|| self.subprotocols.join(", "));
        // What would be refused is not asked for.
        let extensions = self.extensions.iter();
        let offers = extensions
            .filter(|extension| !extension.rsv().intersects(self.claimed_rsv))
            .flat_map(|extension| extension.offers());
        let offers: Vec<_> = offers.map(|offer| Params::to_string(&offer)).collect();
        let extensions = (!offers.is_empty()).then(|| offers.join(", "));
        [
            ("Host", self.host.clone()),
            ("Upgrade", "websocket".to_owned()),
            ("Connection", "Upgrade".to_owned()),
            ("Sec-WebSocket-Key", self.key.as_str().to_owned()),
            ("Sec-WebSocket-Version", "13".to_owned()),
        ]
        .into_iter()
        .chain(subprotocols.map(|offered| ("Sec-WebSocket-Protocol", offered)))
        .chain(extensions.map(|offered| ("Sec-WebSocket-Extensions", offered)))
        .chain(
            self.added
                .iter()
                .map(|(name, value)| (&**name, value.clone())),
        )
    }

    /// Judges the response, and begins the connection. Bytes that came behind
    /// the response's head are its first input.
    ///
    /// # Errors
    ///
    /// A [`ResponseError`] if the response is not a 101 that answers this
    /// handshake.
    pub fn complete<'a>(
        self,
        status: u16,
        headers: impl IntoIterator<Item = (&'a str, &'a [u8])>,
        now: Instant,
        config: impl Into<Arc<Config>>,
    ) -> Result<Connection, ResponseError> {
        if status != 101 {
            return Err(ResponseError::Status(status));
        }
        let fields = Fields::gather(headers).map_err(ResponseError::Malformed)?;
        // §4.1: it is to match, where a request's is to contain.
        let upgrade = fields.sole_upgrade.value().unwrap_or_default();
        if !upgrade.eq_ignore_ascii_case("websocket") {
            return Err(ResponseError::Upgrade);
        }
        if !fields.connection {
            return Err(ResponseError::Connection);
        }
        if fields.accept.value() != Some(&self.key.accept()) {
            return Err(ResponseError::Accept);
        }
        let agreement = Agreement::agree(&self.extensions, &fields.extensions, self.claimed_rsv)?;
        let subprotocol = match fields.subprotocols[..] {
            [] => None,
            [chosen] if self.subprotocols.iter().any(|offered| offered == chosen) => Some(chosen),
            _ => return Err(ResponseError::Subprotocol),
        };
        Ok(Connection::client(now, config, self.entropy)
            .with_subprotocol(subprotocol)
            .with_extensions(agreement))
    }
}
