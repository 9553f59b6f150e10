use actix_web::{HttpRequest, http::header};
use thiserror::Error;

use crate::UpgradeError;

mod pattern;

use self::pattern::{Origin, Pattern};

/// The pages that may connect.
///
/// A browser lets any page open a WebSocket to any server, with the visitor's
/// cookies; the server has to look at `Origin` ([RFC 6455 §10.2]).
///
/// [RFC 6455 §10.2]: https://www.rfc-editor.org/rfc/rfc6455#section-10.2
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origins {
    /// Pages of these origins.
    Listed {
        patterns: Vec<Pattern>,
        /// And those of this server, as named by `Host`.
        own: bool,
    },
    Any,
}

/// What was given as an origin is none.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum OriginError {
    /// There is no scheme.
    #[error("origin {0:?} begins with no scheme: write it like `https://example.com`")]
    Scheme(String),
    /// Something follows the port, if only a slash.
    #[error("origin {0:?} ends with a path, which origins do not have: write {1:?}")]
    Path(String, String),
    /// The host is none.
    #[error("origin {0:?} has no host as browsers send it: letters, digits, `-` and `.` in ASCII")]
    Host(String),
    /// A `*` stands where it has no meaning.
    #[error(
        "`*` in the origin {0:?} stands for subdomains in front, as in `https://*.example.com`, \
         or for the port, as in `http://localhost:*`"
    )]
    Wildcard(String),
    /// The port is none.
    #[error("origin {0:?} has a port that is neither a number from 1 to 65535 nor `*`")]
    Port(String),
    /// The origin of sandboxed pages, which everybody can have.
    #[error("any page can have the origin `null`: say `any_origin` if all may connect")]
    Null,
}

impl Origins {
    /// Pages of these origins, and of this server if `own` is so.
    pub(crate) fn listed<'a>(
        patterns: impl IntoIterator<Item = &'a str>,
        own: bool,
    ) -> Result<Self, OriginError> {
        let patterns = patterns.into_iter().map(Pattern::parse);
        let patterns = patterns.collect::<Result<_, _>>()?;
        Ok(Self::Listed { patterns, own })
    }

    /// A request without `Origin` is no page's, and passes.
    pub(crate) fn check(&self, request: &HttpRequest) -> Result<(), UpgradeError> {
        let Self::Listed { patterns, own } = self else {
            return Ok(());
        };
        let headers = request.headers();
        let mut origins = headers.get_all(header::ORIGIN);
        let Some(field) = origins.next() else {
            return Ok(());
        };
        let host = headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok());
        let passes = |origin: Origin<'_>| {
            let same = host.is_some_and(|host| origin.is_at(host));
            *own && same || patterns.iter().any(|pattern| pattern.matches(&origin))
        };
        let origin = field.to_str().ok().and_then(Origin::parse);
        if origins.next().is_none() && origin.is_some_and(passes) {
            Ok(())
        } else {
            let origin = String::from_utf8_lossy(field.as_bytes());
            Err(UpgradeError::Origin(origin.into()))
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn allows(patterns: &[&str], host: &str, origin: &str) -> bool {
        let request = TestRequest::default()
            .insert_header((header::HOST, host))
            .insert_header((header::ORIGIN, origin))
            .to_http_request();
        let origins = Origins::listed(patterns.iter().copied(), true);
        origins.unwrap().check(&request).is_ok()
    }

    #[test]
    fn pages_of_the_same_host_and_port_pass() {
        for (host, origin, same) in [
            ("example.com", "http://example.com", true),
            ("example.com", "https://example.com", true),
            ("Example.com:80", "http://example.com", true),
            ("example.com", "https://example.com:443", true),
            ("127.0.0.1:8080", "http://127.0.0.1:8080", true),
            ("[::1]:8080", "http://[::1]:8080", true),
            ("example.com", "http://example.com.evil.org", false),
            ("example.com", "http://evil-example.com", false),
            ("example.com", "http://sub.example.com", false),
            ("example.com:8080", "http://example.com:8081", false),
            ("example.com:8080", "http://example.com", false),
            ("example.com", "null", false),
            ("example.com", "example.com", false),
            ("example.com", "ftp://example.com", false),
            ("example.com", "http://user@example.com", false),
            ("example.com", "http://example.com/", false),
            ("*", "http://example.com", false),
            ("", "http://", false),
            ("example.com", "", false),
        ] {
            assert_eq!(allows(&[], host, origin), same, "{host} {origin}");
        }
    }

    #[test]
    fn listed_pages_pass_beside_those_of_the_same_host() {
        for (origin, passes) in [
            ("https://app.example.com", true),
            ("https://APP.example.com:443", true),
            ("https://api.example.com", true),
            ("http://app.example.com", false),
            ("https://app.example.com:8443", false),
            ("https://app.example.com.evil.org", false),
        ] {
            let listed = ["https://app.example.com"];
            assert_eq!(
                allows(&listed, "api.example.com", origin),
                passes,
                "{origin}"
            );
        }
    }

    #[test]
    fn programs_that_are_no_browser_pass() {
        let request = TestRequest::default().to_http_request();
        for own in [true, false] {
            assert_eq!(Origins::listed([], own).unwrap().check(&request), Ok(()));
        }
    }

    #[test]
    fn pages_of_the_same_host_do_not_pass_where_only_others_may() {
        let only = Origins::listed(["http://localhost:8080"], false).unwrap();
        for (host, origin, passes) in [
            ("localhost:8080", "http://localhost:8080", true),
            // A name that somebody has had point here.
            ("rebound.example:8080", "http://rebound.example:8080", false),
            ("rebound.example:8080", "http://localhost:8080", true),
        ] {
            let request = TestRequest::default()
                .insert_header((header::HOST, host))
                .insert_header((header::ORIGIN, origin))
                .to_http_request();
            assert_eq!(only.check(&request).is_ok(), passes, "{host} {origin}");
        }
    }

    #[test]
    fn two_origins_are_none() {
        let request = TestRequest::default()
            .insert_header((header::HOST, "example.com"))
            .append_header((header::ORIGIN, "http://example.com"))
            .append_header((header::ORIGIN, "http://example.com"))
            .to_http_request();
        let own = Origins::listed([], true).unwrap();
        assert!(own.check(&request).is_err());
        assert!(Origins::Any.check(&request).is_ok());
    }
}
