use std::time::{Duration, SystemTime};

use ws_core::handshake::{OpeningError, Response};

use super::{ConnectError, ProxyError};

impl ConnectError {
    /// The response that refuses the connection: the server's, or the proxy's
    /// if it is [`ConnectError::Proxy`].
    #[must_use]
    pub fn response(&self) -> Option<&Response> {
        match self {
            Self::Refused(response) | Self::Proxy(ProxyError::Refused(response)) => Some(response),
            Self::Resolve { .. }
            | Self::Connect { .. }
            | Self::Proxy(_)
            | Self::TlsUnavailable
            | Self::Request(_)
            | Self::Handlers(_)
            | Self::Opening(_)
            | Self::Redirect(_)
            | Self::Broken { .. }
            | Self::Timeout { .. } => None,
            #[cfg(feature = "rustls")]
            Self::Tls(_) => None,
        }
    }

    /// Whether the same connector may well succeed later.
    ///
    /// What the network does passes: failures to resolve or to connect, lost
    /// connections, timeouts. So do the statuses 408, 425, 429 and 5xx. All
    /// else is final: other statuses, certificates, redirects that lead
    /// nowhere, servers that speak something else.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Resolve { .. }
            | Self::Connect { .. }
            | Self::Broken { .. }
            | Self::Timeout { .. }
            | Self::Opening(OpeningError::Ended | OpeningError::Timeout(_)) => true,
            Self::Refused(response) => passes(response.status),
            Self::Proxy(error) => match error {
                ProxyError::Refused(response) => passes(response.status),
                ProxyError::Ended | ProxyError::Unreachable(_) => true,
                ProxyError::Credentials(_) | ProxyError::Forbidden | ProxyError::Malformed(_) => {
                    false
                }
            },
            #[cfg(feature = "rustls")]
            Self::Tls(error) => error.is_retryable(),
            Self::TlsUnavailable
            | Self::Request(_)
            | Self::Handlers(_)
            | Self::Opening(_)
            | Self::Redirect(_) => false,
        }
    }

    /// How long the server, or the proxy, asks to wait before the next try:
    /// its `Retry-After` ([RFC 9110 §10.2.3]), in seconds or as a date.
    ///
    /// It is as long as they say; whoever waits may want a limit of their own.
    ///
    /// [RFC 9110 §10.2.3]: https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        let value = self.response()?.field("Retry-After")?;
        retry_after(value, SystemTime::now())
    }
}

/// Whether a status tells of what passes (RFC 9110 §15, RFC 6585 §4, RFC 8470 §5.2).
const fn passes(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500..=599)
}

fn retry_after(value: &[u8], now: SystemTime) -> Option<Duration> {
    let value = str::from_utf8(value).ok()?.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return value.parse().ok().map(Duration::from_secs);
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_is_asked_for_in_seconds_or_with_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let after = |value: &str| retry_after(value.as_bytes(), now);
        assert_eq!(after("120"), Some(Duration::from_secs(120)));
        assert_eq!(after(" 0 "), Some(Duration::ZERO));
        let date = "Sun, 06 Nov 1994 08:50:37 GMT";
        assert_eq!(after(date), Some(Duration::from_secs(60)));
        let past = "Sun, 06 Nov 1994 08:00:00 GMT";
        assert_eq!(after(past), Some(Duration::ZERO));
    }

    #[test]
    fn what_asks_for_no_wait_is_passed_over() {
        let now = SystemTime::UNIX_EPOCH;
        for value in [
            "",
            "+5",
            "-5",
            "1.5",
            "soon",
            "99999999999999999999",
            "Sun, 06 Foo 1994 08:49:37 GMT",
        ] {
            assert_eq!(retry_after(value.as_bytes(), now), None, "{value}");
        }
        assert_eq!(retry_after(b"\xff", now), None);
    }

    #[test]
    fn statuses_that_pass_are_tried_again() {
        for (status, expected) in [
            (200, false),
            (301, false),
            (400, false),
            (401, false),
            (403, false),
            (404, false),
            (407, false),
            (408, true),
            (425, true),
            (426, false),
            (429, true),
            (500, true),
            (503, true),
            (599, true),
            (600, false),
        ] {
            let refused = ConnectError::Refused(Box::new(Response::new(status)));
            assert_eq!(refused.is_retryable(), expected, "{status}");
            let refused = ProxyError::Refused(Box::new(Response::new(status)));
            let refused = ConnectError::Proxy(refused);
            assert_eq!(refused.is_retryable(), expected, "{status}");
        }
    }
}
