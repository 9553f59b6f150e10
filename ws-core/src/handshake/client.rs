use std::{sync::Arc, time::Instant};

use crate::{
    Config, Connection, Entropy, Rsv,
    extension::{Agreement, ClientOffer, Params},
};

use super::{ResponseError, headers::Fields, key::Key};

/// A client's side of the opening handshake ([RFC 6455 §4.1]).
///
/// ```
/// use ws_core::{Entropy, handshake::ClientHandshake};
///
/// let handshake = ClientHandshake::new("example.com", Entropy::system()).subprotocols(["chat"]);
/// // send a GET request of HTTP/1.1 with these header fields
/// let request: Vec<(&str, String)> = handshake.headers().collect();
/// assert_eq!(request[0], ("Host", "example.com".to_owned()));
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
            entropy,
        }
    }

    /// The subprotocols to offer, the preferred one first ([RFC 6455 §1.9]).
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

    /// Offers this extension, after those before ([RFC 6455 §9.1]).
    ///
    /// [RFC 6455 §9.1]: https://www.rfc-editor.org/rfc/rfc6455#section-9.1
    #[must_use]
    pub fn extension(mut self, extension: impl ClientOffer + 'static) -> Self {
        self.extensions.push(Box::new(extension));
        self
    }

    /// Opens no connection with an extension that owns one of these bits,
    /// because the application does ([`Config::claim_rsv`]).
    #[must_use]
    pub const fn claim_rsv(mut self, bits: Rsv) -> Self {
        self.claimed_rsv = bits;
        self
    }

    /// The header fields of the request, whose method is GET.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, String)> {
        let subprotocols = (!self.subprotocols.is_empty()).then(|| self.subprotocols.join(", "));
        let offers = self
            .extensions
            .iter()
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
        if !fields.upgrade_only {
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
