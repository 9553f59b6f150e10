use std::fmt;

use thiserror::Error;
use url::{Host, Url};

/// A `ws:` or `wss:` URL, taken apart for a client ([RFC 6455 §3]).
///
/// ```
/// use ws_core::handshake::WebSocketUrl;
///
/// let url = WebSocketUrl::parse("wss://bücher.example:8443/chat?room=7")?;
/// assert!(url.is_secure());
/// assert_eq!(url.host(), "xn--bcher-kva.example"); // for the resolver
/// assert_eq!(url.port(), 8443);
/// assert_eq!(url.host_header(), "xn--bcher-kva.example:8443");
/// assert_eq!(url.target(), "/chat?room=7");
/// # Ok::<_, ws_core::handshake::UrlError>(())
/// ```
///
/// [RFC 6455 §3]: https://www.rfc-editor.org/rfc/rfc6455#section-3
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebSocketUrl {
    secure: bool,
    host: String,
    port: u16,
    host_header: String,
    target: String,
}

/// A URL names no WebSocket.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum UrlError {
    /// It is no URL.
    #[error("{0:?} is no URL: {1}")]
    Malformed(String, url::ParseError),
    /// The scheme is neither `ws` nor `wss`.
    #[error("a websocket URL begins with ws:// or wss://, not with {0}:")]
    Scheme(String),
    /// It has a fragment, which means nothing here (§3).
    #[error("a websocket URL has no fragment: write # as %23")]
    Fragment,
    /// It has a user name or a password, which would be sent nowhere.
    #[error("a websocket URL has no user name: send an `Authorization` header instead")]
    Credentials,
}

impl WebSocketUrl {
    /// Takes a URL apart.
    ///
    /// # Errors
    ///
    /// If it names no WebSocket.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let url = Url::parse(text).map_err(|error| UrlError::Malformed(text.to_owned(), error))?;
        Self::take_apart(&url)
    }

    /// Where a redirect leads: the value of `Location` in a response from this
    /// URL (RFC 9110 §10.2.2), which may be relative to it.
    ///
    /// Servers redirect in terms of HTTP: `http:` counts as `ws:`, `https:` as
    /// `wss:`, and a fragment is passed over.
    ///
    /// ```
    /// use ws_core::handshake::WebSocketUrl;
    ///
    /// let url = WebSocketUrl::parse("ws://example.com/chat/?room=7")?;
    /// assert_eq!(url.join("eu")?.target(), "/chat/eu");
    /// let moved = url.join("https://eu.example.com/chat")?;
    /// assert_eq!(moved, WebSocketUrl::parse("wss://eu.example.com/chat")?);
    /// # Ok::<_, ws_core::handshake::UrlError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If it leads to no WebSocket.
    pub fn join(&self, location: &str) -> Result<Self, UrlError> {
        let malformed = |error| UrlError::Malformed(location.to_owned(), error);
        let base = Url::parse(&self.to_string()).map_err(malformed)?;
        let mut url = base.join(location).map_err(malformed)?;
        let scheme = match url.scheme() {
            "http" | "ws" => "ws",
            "https" | "wss" => "wss",
            other => return Err(UrlError::Scheme(other.to_owned())),
        };
        url.set_scheme(scheme)
            .map_err(|()| UrlError::Scheme(scheme.to_owned()))?;
        url.set_fragment(None);
        Self::take_apart(&url)
    }

    fn take_apart(url: &Url) -> Result<Self, UrlError> {
        let secure = match url.scheme() {
            "ws" => false,
            "wss" => true,
            other => return Err(UrlError::Scheme(other.to_owned())),
        };
        if url.fragment().is_some() {
            return Err(UrlError::Fragment);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UrlError::Credentials);
        }
        let host = match url.host() {
            Some(Host::Ipv6(address)) => address.to_string(),
            Some(host) => host.to_string(),
            None => String::new(),
        };
        let name = url.host_str().unwrap_or_default();
        Ok(Self {
            secure,
            host,
            port: url
                .port_or_known_default()
                .unwrap_or(if secure { 443 } else { 80 }),
            host_header: match url.port() {
                Some(port) => format!("{name}:{port}"),
                None => name.to_owned(),
            },
            target: match url.query() {
                Some(query) => format!("{}?{query}", url.path()),
                None => url.path().to_owned(),
            },
        })
    }

    /// Whether the connection is to be made over TLS.
    #[must_use]
    pub const fn is_secure(&self) -> bool {
        self.secure
    }

    /// The host to connect to: a name in ASCII, or an address without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The TCP port to connect to.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The value of `Host`, with the port unless it is the scheme's own.
    #[must_use]
    pub fn host_header(&self) -> &str {
        &self.host_header
    }

    /// The target of the request: path and query.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }
}

impl fmt::Display for WebSocketUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "wss" } else { "ws" };
        write!(f, "{scheme}://{}{}", self.host_header, self.target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_taken_apart() {
        for (text, secure, host, port, header, target) in [
            ("ws://a.example", false, "a.example", 80, "a.example", "/"),
            (
                "WS://A.Example:80/",
                false,
                "a.example",
                80,
                "a.example",
                "/",
            ),
            (
                "wss://a.example/b?c=d%20e",
                true,
                "a.example",
                443,
                "a.example",
                "/b?c=d%20e",
            ),
            (
                "ws://[::1]:9001/x y",
                false,
                "::1",
                9001,
                "[::1]:9001",
                "/x%20y",
            ),
            (
                "ws://127.0.0.1:443?q",
                false,
                "127.0.0.1",
                443,
                "127.0.0.1:443",
                "/?q",
            ),
        ] {
            let url = WebSocketUrl::parse(text).unwrap();
            assert_eq!(url.is_secure(), secure, "{text}");
            assert_eq!(
                (url.host(), url.port(), url.host_header(), url.target()),
                (host, port, header, target)
            );
        }
    }

    #[test]
    fn what_names_no_websocket_is_refused() {
        let parse = |text| WebSocketUrl::parse(text).unwrap_err();
        assert!(matches!(parse("a.example"), UrlError::Malformed(..)));
        assert!(matches!(parse("ws://"), UrlError::Malformed(..)));
        assert_eq!(
            parse("http://a.example"),
            UrlError::Scheme("http".to_owned())
        );
        assert_eq!(parse("ws://a.example/#b"), UrlError::Fragment);
        for url in [
            "ws://me:pw@a.example",
            "ws://me@a.example",
            "ws://:pw@a.example",
        ] {
            assert_eq!(parse(url), UrlError::Credentials);
        }
    }

    #[test]
    fn locations_are_resolved() {
        let base = WebSocketUrl::parse("wss://a.example:8443/b/c?d").unwrap();
        for (location, expected) in [
            ("e", "wss://a.example:8443/b/e"),
            ("/e?f#g", "wss://a.example:8443/e?f"),
            ("?f", "wss://a.example:8443/b/c?f"),
            ("", "wss://a.example:8443/b/c?d"),
            ("//b.example/c", "wss://b.example/c"),
            ("https://b.example:443/", "wss://b.example/"),
            ("https://b.example:80", "wss://b.example:80/"),
            ("http://b.example:443", "ws://b.example:443/"),
            ("ws://[::1]:9001/", "ws://[::1]:9001/"),
        ] {
            let joined = base.join(location).unwrap();
            assert_eq!(joined, WebSocketUrl::parse(expected).unwrap(), "{location}");
            assert_eq!(joined.to_string(), expected);
        }
    }

    #[test]
    fn locations_without_a_websocket_are_refused() {
        let base = WebSocketUrl::parse("ws://a.example/").unwrap();
        let join = |location| base.join(location).unwrap_err();
        assert_eq!(join("ftp://b"), UrlError::Scheme("ftp".to_owned()));
        assert_eq!(join("data:,b"), UrlError::Scheme("data".to_owned()));
        assert_eq!(join("//me:pw@b.example"), UrlError::Credentials);
        assert!(matches!(join("http://"), UrlError::Malformed(..)));
    }

    #[test]
    fn line_breaks_do_not_reach_the_head() {
        let url = WebSocketUrl::parse("ws://a.example/b\r\nX: y").unwrap();
        assert!(!url.target().contains(['\r', '\n', ' ']));
    }
}
