use actix_web::{HttpRequest, http::header};

use crate::UpgradeError;

/// The pages that may connect.
///
/// A browser lets any page open a WebSocket to any server, with the visitor's
/// cookies; the server has to look at `Origin` ([RFC 6455 §10.2]).
///
/// [RFC 6455 §10.2]: https://www.rfc-editor.org/rfc/rfc6455#section-10.2
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Origins {
    /// Pages of this server, as named by `Host`.
    #[default]
    Same,
    /// Pages of this server, and of these origins.
    Listed(Vec<String>),
    Any,
}

impl Origins {
    /// A request without `Origin` is no page's, and passes.
    pub(crate) fn check(&self, request: &HttpRequest) -> Result<(), UpgradeError> {
        if *self == Self::Any {
            return Ok(());
        }
        let headers = request.headers();
        let mut origins = headers.get_all(header::ORIGIN);
        let Some(origin) = origins.next() else {
            return Ok(());
        };
        let refused = || UpgradeError::Origin(String::from_utf8_lossy(origin.as_bytes()).into());
        let origin = origin.to_str().map_err(|_| refused())?;
        let listed = match self {
            Self::Listed(list) => list.iter().any(|it| it.eq_ignore_ascii_case(origin)),
            Self::Same | Self::Any => false,
        };
        let host = headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok());
        let same = host.is_some_and(|host| is_same_origin(origin, host));
        if origins.next().is_none() && (listed || same) {
            Ok(())
        } else {
            Err(refused())
        }
    }
}

/// The scheme is not compared: behind a proxy that ends TLS the server cannot
/// know it, and whoever can serve a page under this host's name needs no
/// cross-site request.
fn is_same_origin(origin: &str, host: &str) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else {
        return false; // `null`, the origin of sandboxed pages and of files
    };
    let default_port = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => return false,
    };
    let without_default = |name: &'_ str| {
        name.strip_suffix(default_port)
            .unwrap_or(name)
            .to_ascii_lowercase()
    };
    without_default(authority) == without_default(host)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn allows(origins: &Origins, host: &str, origin: &str) -> bool {
        let request = TestRequest::default()
            .insert_header((header::HOST, host))
            .insert_header((header::ORIGIN, origin))
            .to_http_request();
        origins.check(&request).is_ok()
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
            ("example.com", "", false),
        ] {
            assert_eq!(
                allows(&Origins::Same, host, origin),
                same,
                "{host} {origin}"
            );
        }
    }

    #[test]
    fn listed_pages_pass_beside_those_of_the_same_host() {
        let origins = Origins::Listed(vec!["https://app.example.com".to_owned()]);
        assert!(allows(
            &origins,
            "api.example.com",
            "https://app.example.com"
        ));
        assert!(allows(
            &origins,
            "api.example.com",
            "https://api.example.com"
        ));
        assert!(!allows(
            &origins,
            "api.example.com",
            "http://app.example.com"
        ));
        assert!(!allows(
            &origins,
            "api.example.com",
            "https://app.example.com.evil.org"
        ));
    }

    #[test]
    fn programs_that_are_no_browser_pass() {
        let request = TestRequest::default().to_http_request();
        assert_eq!(Origins::Same.check(&request), Ok(()));
    }

    #[test]
    fn two_origins_are_none() {
        let request = TestRequest::default()
            .insert_header((header::HOST, "example.com"))
            .append_header((header::ORIGIN, "http://example.com"))
            .append_header((header::ORIGIN, "http://example.com"))
            .to_http_request();
        assert!(Origins::Same.check(&request).is_err());
    }
}
