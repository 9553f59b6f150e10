//! Origins ([RFC 6454 §6.2]) and patterns of them: a scheme, a host and a port,
//! each compared as a whole.
//!
//! [RFC 6454 §6.2]: https://www.rfc-editor.org/rfc/rfc6454#section-6.2

use super::OriginError;

/// An origin as a browser writes it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin<'a> {
    scheme: &'a str,
    host: &'a str,
    /// `None` for schemes that have none.
    port: Option<u16>,
}

/// Origins that may connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    scheme: String,
    host: Host,
    port: Port,
}

/// In lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Host {
    Exactly(String),
    /// What ends with a dot and this, and is longer.
    Below(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Port {
    Exactly(Option<u16>),
    Any,
}

impl<'a> Origin<'a> {
    /// Takes it apart; `None` if it is none that stands for a host.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let (scheme, authority) = text.split_once("://")?;
        let (host, port) = split_port(authority);
        let port = match port {
            Some(port) => Some(parse_port(port)?),
            None => default_port(scheme),
        };
        (is_scheme(scheme) && is_host(host)).then_some(Self { scheme, host, port })
    }

    /// Whether its pages are those of the host that a request names.
    ///
    /// The scheme is not compared: behind a proxy that ends TLS the server
    /// cannot know it, and whoever can serve a page under this host's name needs
    /// no cross-site request.
    pub(super) fn is_at(&self, host: &str) -> bool {
        let Some(default) = default_port(self.scheme) else {
            return false;
        };
        let (host, port) = split_port(host);
        let port = port.map_or(Some(default), parse_port);
        host.eq_ignore_ascii_case(self.host) && port == self.port
    }
}

impl Pattern {
    pub(super) fn parse(text: &str) -> Result<Self, OriginError> {
        let wrong = |error: fn(String) -> OriginError| error(text.to_owned());
        if text.eq_ignore_ascii_case("null") {
            return Err(OriginError::Null);
        }
        let scheme = text.split_once("://");
        let Some((scheme, rest)) = scheme.filter(|(scheme, _)| is_scheme(scheme)) else {
            return Err(wrong(OriginError::Scheme));
        };
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        if !path.is_empty() {
            let without = text[..text.len() - path.len()].to_owned();
            return Err(OriginError::Path(text.to_owned(), without));
        }
        let (host, port) = split_port(authority);
        let port = match port {
            Some("*") => Port::Any,
            Some(port) => {
                let port = parse_port(port);
                Port::Exactly(Some(port.ok_or_else(|| wrong(OriginError::Port))?))
            }
            None => Port::Exactly(default_port(scheme)),
        };
        let below = host.strip_prefix("*.");
        let name = below.unwrap_or(host);
        if name.contains('*') {
            return Err(wrong(OriginError::Wildcard));
        }
        // Addresses have nothing below them.
        if !is_host(name) || below.is_some() && (name.starts_with(['.', '[']) || is_ipv4(name)) {
            return Err(wrong(OriginError::Host));
        }
        let name = name.to_ascii_lowercase();
        Ok(Self {
            scheme: scheme.to_ascii_lowercase(),
            host: match below {
                Some(_) => Host::Below(name),
                None => Host::Exactly(name),
            },
            port,
        })
    }

    pub(super) fn matches(&self, origin: &Origin<'_>) -> bool {
        let port = match self.port {
            Port::Exactly(port) => port == origin.port,
            Port::Any => true,
        };
        port && self.scheme.eq_ignore_ascii_case(origin.scheme) && self.host.matches(origin.host)
    }
}

impl Host {
    fn matches(&self, host: &str) -> bool {
        match self {
            Self::Exactly(name) => host.eq_ignore_ascii_case(name),
            Self::Below(name) => {
                let host = host.to_ascii_lowercase();
                // The dot is what `evilexample.com` lacks, and the end what
                // `example.com.evil.org` does.
                host.strip_suffix(name.as_str())
                    .and_then(|labels| labels.strip_suffix('.'))
                    .is_some_and(|labels| !labels.is_empty())
            }
        }
    }
}

/// Parts host and port; an IPv6 address has its colons within brackets.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

fn parse_port(text: &str) -> Option<u16> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits
        .then(|| text.parse().ok())
        .flatten()
        .filter(|&port| port != 0)
}

fn default_port(scheme: &str) -> Option<u16> {
    [("http", 80), ("https", 443)]
        .into_iter()
        .find_map(|(name, port)| name.eq_ignore_ascii_case(scheme).then_some(port))
}

fn is_scheme(text: &str) -> bool {
    let rest = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    text.starts_with(|first: char| first.is_ascii_alphabetic()) && text.bytes().all(rest)
}

/// Whether this is a name, in the ASCII form that browsers send, or an address.
fn is_host(text: &str) -> bool {
    let address = text.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    if let Some(address) = address {
        return address.parse::<std::net::Ipv6Addr>().is_ok();
    }
    let is_named = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    !text.is_empty() && text.bytes().all(is_named)
}

fn is_ipv4(text: &str) -> bool {
    text.parse::<std::net::Ipv4Addr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_its_own_origins_and_no_others() {
        let table: [(&str, &[&str], &[&str]); 6] = [
            (
                "https://*.example.com",
                &[
                    "https://app.example.com",
                    "https://a.b.example.com",
                    "HTTPS://App.Example.Com:443",
                ],
                &[
                    "https://example.com",
                    "https://evilexample.com",
                    "https://.example.com",
                    "https://example.com.evil.org",
                    "https://app.example.com.evil.org",
                    "https://app.example.com.",
                    "https://app.example.com:8443",
                    "http://app.example.com",
                    "https://app.example.com/",
                    "https://evil.org/app.example.com",
                    "https://evil.org?.example.com",
                    "https://evil.org#.example.com",
                    "https://evil.org\\.example.com",
                    "https://evil.org@app.example.com",
                    "https://evil.org:443@app.example.com",
                    "https://evil.org%00.example.com",
                    "https://app.example.com:",
                    "https://*.example.com",
                    "null",
                    "",
                ],
            ),
            (
                "http://localhost:*",
                &[
                    "http://localhost",
                    "http://localhost:3000",
                    "http://LOCALHOST:80",
                ],
                &[
                    "https://localhost",
                    "http://localhost:*",
                    "http://localhost:0",
                    "http://localhost:65536",
                    "http://localhost:80:80",
                    "http://localhost.evil.org:80",
                    "http://evil.org:80#localhost:80",
                    "http://a.localhost",
                ],
            ),
            (
                "http://*.localhost:*",
                &["http://a.localhost:5173"],
                &["http://localhost:5173"],
            ),
            (
                "https://example.com:8443",
                &["https://example.com:8443"],
                &["https://example.com", "https://example.com:443"],
            ),
            (
                "http://[::1]:*",
                &["http://[::1]", "http://[::1]:8080"],
                &["http://::1", "http://[::2]", "http://[::1]evil"],
            ),
            (
                "chrome-extension://abcdefghijklmnop",
                &["chrome-extension://abcdefghijklmnop"],
                &["https://abcdefghijklmnop", "chrome-extension://other"],
            ),
        ];
        for (pattern, own, others) in table {
            let parsed = Pattern::parse(pattern).unwrap();
            let matches = |text| Origin::parse(text).is_some_and(|it| parsed.matches(&it));
            for text in own {
                assert!(matches(text), "{pattern} {text}");
            }
            for text in others {
                assert!(!matches(text), "{pattern} {text}");
            }
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused_with_what_to_write() {
        type Wrong = fn(String) -> OriginError;
        let table: [(Wrong, &[&str]); 4] = [
            (
                OriginError::Scheme,
                &[
                    "",
                    "example.com",
                    "*",
                    "*://example.com",
                    "://example.com",
                    "localhost:80",
                ],
            ),
            (
                OriginError::Wildcard,
                &[
                    "https://*",
                    "https://*example.com",
                    "https://app.*.com",
                    "https://**.example.com",
                    "https://*.*.example.com",
                    "https://example.*",
                ],
            ),
            (
                OriginError::Port,
                &[
                    "https://example.com:",
                    "https://example.com:0",
                    "https://example.com:65536",
                    "https://example.com:+80",
                    "https://example.com:8*",
                ],
            ),
            (
                OriginError::Host,
                &[
                    "https://",
                    "https://:443",
                    "https://bücher.example",
                    "https://user@example.com",
                    "https://exa mple.com",
                    "https://*.",
                    "https://*..example.com",
                    "https://*.127.0.0.1",
                    "https://*.[::1]",
                    "https://[example]",
                ],
            ),
        ];
        for (wrong, texts) in table {
            for &text in texts {
                assert_eq!(Pattern::parse(text), Err(wrong(text.to_owned())), "{text}");
            }
        }
        for (text, without) in [
            ("https://example.com/", "https://example.com"),
            ("https://example.com:8443/chat", "https://example.com:8443"),
            ("https://*.example.com?", "https://*.example.com"),
        ] {
            let error = OriginError::Path(text.to_owned(), without.to_owned());
            assert_eq!(Pattern::parse(text), Err(error.clone()));
            assert!(error.to_string().contains(&format!("write {without:?}")));
        }
        assert_eq!(Pattern::parse("null"), Err(OriginError::Null));
    }
}
