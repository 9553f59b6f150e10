use std::{fmt, io};

use percent_encoding::percent_decode_str;
use thiserror::Error;
use tokio::net::TcpStream;
use url::{Host, Url};
use ws_core::handshake::{Response, http::HeadError};

use super::{ConnectError, Stage, deadline::Deadline};

mod http;
mod socks5;

/// A proxy through which servers are reached.
///
/// It connects to the server and then passes on bytes, for `ws:` as for
/// `wss:` URLs, whose TLS ends at the server. The server's name is resolved by
/// the proxy.
///
/// ```
/// use ws_actors::client::Proxy;
///
/// let proxy = Proxy::http("proxy.example", 3128).credentials("me", "secret");
/// assert_eq!(proxy, Proxy::parse("http://me:secret@proxy.example:3128")?);
/// assert!(!format!("{proxy:?}").contains("secret"));
/// # Ok::<_, ws_actors::client::ProxyUrlError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    kind: Kind,
    host: String,
    port: u16,
    credentials: Option<Credentials>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Http,
    Socks5,
}

#[derive(Clone, PartialEq, Eq)]
struct Credentials {
    user: String,
    password: String,
}

/// A URL names no proxy.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ProxyUrlError {
    /// It is no URL.
    #[error("URL of a proxy is malformed: {0}")]
    Malformed(#[from] url::ParseError),
    /// The scheme is none that is spoken here.
    #[error("URL of a proxy begins with http://, socks5:// or socks5h://, not with {0}:")]
    Scheme(String),
    /// There is no host in it.
    #[error("URL of a proxy has no host")]
    Host,
    /// The user name or the password is no text in UTF-8.
    #[error("user name and password of a proxy are percent-encoded UTF-8")]
    Credentials,
}

/// A proxy makes no connection to a server.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ProxyError {
    /// The HTTP proxy answered with another status than 2xx; with 407 it wants
    /// [credentials](Proxy::credentials), or others.
    #[error("proxy answered with HTTP status {}", .0.status)]
    Refused(Box<Response>),
    /// The SOCKS proxy wants credentials, or others.
    #[error("proxy does not accept the credentials: {0}")]
    Credentials(&'static str),
    /// The rules of the SOCKS proxy do not allow it.
    #[error("rules of the proxy do not allow the connection")]
    Forbidden,
    /// The SOCKS proxy did not reach the server.
    #[error("proxy did not reach the server: {0}")]
    Unreachable(&'static str),
    /// The proxy closed the connection before it answered.
    #[error("proxy closed the connection before it answered")]
    Ended,
    /// The proxy speaks something else.
    #[error("proxy answered with what is no answer: {0}")]
    Malformed(String),
}

impl Proxy {
    /// An HTTP proxy that knows the method CONNECT ([RFC 9110 §9.3.6]).
    ///
    /// [RFC 9110 §9.3.6]: https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6
    #[must_use]
    pub fn http(host: impl Into<String>, port: u16) -> Self {
        Self::new(Kind::Http, host.into(), port)
    }

    /// A SOCKS proxy of version 5 ([RFC 1928]).
    ///
    /// [RFC 1928]: https://www.rfc-editor.org/rfc/rfc1928
    #[must_use]
    pub fn socks5(host: impl Into<String>, port: u16) -> Self {
        Self::new(Kind::Socks5, host.into(), port)
    }

    /// A proxy as it stands in the environment: `http://host:port`,
    /// `socks5://user:password@host:port`. `socks5h` is the same as `socks5`.
    ///
    /// Without a port it is 80 for HTTP, 1080 for SOCKS.
    ///
    /// # Errors
    ///
    /// If the URL names no proxy.
    pub fn parse(url: &str) -> Result<Self, ProxyUrlError> {
        let url = Url::parse(url)?;
        let (kind, port) = match url.scheme() {
            "http" => (Kind::Http, 80),
            "socks5" | "socks5h" => (Kind::Socks5, 1080),
            other => return Err(ProxyUrlError::Scheme(other.to_owned())),
        };
        let host = match url.host() {
            Some(Host::Ipv6(address)) => address.to_string(),
            Some(host) => host.to_string(),
            None => return Err(ProxyUrlError::Host),
        };
        let proxy = Self::new(kind, host, url.port().unwrap_or(port));
        if url.username().is_empty() && url.password().is_none() {
            return Ok(proxy);
        }
        let decoded = |text| match percent_decode_str(text).decode_utf8() {
            Ok(text) => Ok(text.into_owned()),
            Err(_) => Err(ProxyUrlError::Credentials),
        };
        let user = decoded(url.username())?;
        Ok(proxy.credentials(user, decoded(url.password().unwrap_or_default())?))
    }

    /// Shows these credentials to the proxy: with the Basic scheme over HTTP
    /// ([RFC 7617]), where the user name has no colon in it; as user name and
    /// password over SOCKS ([RFC 1929]), of 1 to 255 bytes each. They go to the
    /// proxy unencrypted.
    ///
    /// [RFC 7617]: https://www.rfc-editor.org/rfc/rfc7617
    /// [RFC 1929]: https://www.rfc-editor.org/rfc/rfc1929
    #[must_use]
    pub fn credentials(mut self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.credentials = Some(Credentials {
            user: user.into(),
            password: password.into(),
        });
        self
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(super) const fn port(&self) -> u16 {
        self.port
    }

    /// Has the proxy at the other end of `stream` connect to a server. What
    /// the server sends is left in the stream, all of it.
    pub(super) async fn ask(
        &self,
        mut stream: TcpStream,
        host: &str,
        port: u16,
        deadline: Deadline,
    ) -> Result<TcpStream, ConnectError> {
        let credentials = self.credentials.as_ref();
        match self.kind {
            Kind::Http => {
                http::connect(&mut stream, host, port, credentials, deadline).await?;
                Ok(stream)
            }
            Kind::Socks5 => {
                let asking = socks5::connect(stream, host, port, credentials);
                deadline.within(Stage::Proxy, asking).await?
            }
        }
    }

    const fn new(kind: Kind, host: String, port: u16) -> Self {
        Self {
            kind,
            host,
            port,
            credentials: None,
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

impl From<HeadError> for ProxyError {
    fn from(error: HeadError) -> Self {
        Self::Malformed(error.to_string())
    }
}

/// The connection to the proxy broke.
fn broken(source: io::Error) -> ConnectError {
    if source.kind() == io::ErrorKind::UnexpectedEof {
        return ProxyError::Ended.into();
    }
    let stage = Stage::Proxy;
    ConnectError::Broken { stage, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_are_taken_apart() {
        for (url, expected) in [
            ("http://a.example:3128", Proxy::http("a.example", 3128)),
            ("http://a.example", Proxy::http("a.example", 80)),
            ("HTTP://a.example:80/", Proxy::http("a.example", 80)),
            ("socks5://a.example", Proxy::socks5("a.example", 1080)),
            ("socks5h://[::1]:9050", Proxy::socks5("::1", 9050)),
            (
                "socks5://me@127.0.0.1:1",
                Proxy::socks5("127.0.0.1", 1).credentials("me", ""),
            ),
            (
                "http://m%40e:p%3Aw%C3%A4@a.example:8080",
                Proxy::http("a.example", 8080).credentials("m@e", "p:wä"),
            ),
        ] {
            assert_eq!(Proxy::parse(url), Ok(expected), "{url}");
        }
    }

    #[test]
    fn what_names_no_proxy_is_refused() {
        let parse = |url| Proxy::parse(url).unwrap_err();
        assert!(matches!(parse("a.example"), ProxyUrlError::Malformed(_)));
        assert_eq!(
            parse("a.example:3128"),
            ProxyUrlError::Scheme("a.example".to_owned())
        );
        assert_eq!(
            parse("https://a.example"),
            ProxyUrlError::Scheme("https".to_owned())
        );
        assert_eq!(parse("socks5:a"), ProxyUrlError::Host);
        assert_eq!(parse("http://%FF@a.example"), ProxyUrlError::Credentials);
    }

    #[test]
    fn printing_a_proxy_tells_no_password() {
        let proxy = Proxy::http("a.example", 1).credentials("me", "hunter2");
        let printed = format!("{proxy:?}");
        assert!(printed.contains("me") && !printed.contains("hunter2"));
    }
}
