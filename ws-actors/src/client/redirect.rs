//! Where redirects lead (RFC 9110 §15.4).

use ws_core::handshake::{Response, WebSocketUrl};

use super::{ConnectError, RedirectError};

/// The way of one attempt from server to server.
#[derive(Debug)]
pub(super) struct Trail {
    url: WebSocketUrl,
    followed: usize,
    limit: usize,
    left_origin: bool,
}

impl Trail {
    pub(super) const fn new(url: WebSocketUrl, limit: usize) -> Self {
        Self {
            url,
            followed: 0,
            limit,
            left_origin: false,
        }
    }

    /// Whom to ask now.
    pub(super) const fn url(&self) -> &WebSocketUrl {
        &self.url
    }

    /// Whether a header field may be shown to whom is asked now.
    ///
    /// Credentials were given for the origin of the first URL. Once a redirect
    /// has led away from it, they are kept, also if another leads back: the
    /// stranger has chosen what is asked for there. `Origin` stays, since it
    /// says who asks, and who does not say it may be trusted more.
    pub(super) fn shows(&self, field: &str) -> bool {
        let mut credentials = CREDENTIALS.iter();
        !self.left_origin || !credentials.any(|name| name.eq_ignore_ascii_case(field))
    }

    /// Goes on to where the server redirects, if it does, and if redirects are
    /// followed at all. Every other error is final.
    pub(super) fn follow(&mut self, error: ConnectError) -> Result<(), ConnectError> {
        let ConnectError::Refused(response) = &error else {
            return Err(error);
        };
        let Some(location) = location(response).filter(|_| self.limit > 0) else {
            return Err(error);
        };
        Ok(self.go(location)?)
    }

    fn go(&mut self, location: &[u8]) -> Result<(), RedirectError> {
        if self.followed == self.limit {
            return Err(RedirectError::TooMany { limit: self.limit });
        }
        let location = str::from_utf8(location).map_err(|_| RedirectError::Malformed)?;
        let next = self.url.join(location)?;
        if self.url.is_secure() && !next.is_secure() {
            return Err(RedirectError::Insecure);
        }
        self.left_origin |= origin(&self.url) != origin(&next);
        self.followed += 1;
        self.url = next;
        Ok(())
    }
}

fn location(response: &Response) -> Option<&[u8]> {
    match response.status {
        301 | 302 | 303 | 307 | 308 => response.field("Location"),
        _ => None,
    }
}

fn origin(url: &WebSocketUrl) -> (bool, &str, u16) {
    (url.is_secure(), url.host(), url.port())
}

/// What is given to one origin only.
const CREDENTIALS: [&str; 3] = ["Authorization", "Cookie", "Proxy-Authorization"];

#[cfg(test)]
mod tests {
    use super::*;

    fn trail(url: &str, limit: usize) -> Trail {
        Trail::new(WebSocketUrl::parse(url).unwrap(), limit)
    }

    fn redirect(status: u16, location: &str) -> ConnectError {
        let response = Response::new(status).header("Location", location.to_owned());
        ConnectError::Refused(Box::new(response))
    }

    #[test]
    fn credentials_stay_with_their_origin() {
        for (location, shown) in [
            ("/b", true),
            ("ws://a.example:80/b", true),
            ("http://a.example/b", true),
            ("ws://a.example:81/b", false),
            ("wss://a.example/b", false),
            ("wss://a.example:80/b", false),
            ("//b.example/", false),
            ("//b.a.example/", false),
        ] {
            let mut trail = trail("ws://a.example/", 1);
            trail.follow(redirect(302, location)).unwrap();
            for field in ["Authorization", "cookie", "PROXY-AUTHORIZATION"] {
                assert_eq!(trail.shows(field), shown, "{location}");
            }
            assert!(trail.shows("Origin") && trail.shows("User-Agent"));
        }
    }

    #[test]
    fn credentials_do_not_come_back() {
        for then in ["/b", "//a.example/"] {
            let mut trail = trail("ws://a.example/", 3);
            trail.follow(redirect(302, "//b.example/")).unwrap();
            trail.follow(redirect(302, then)).unwrap();
            assert!(!trail.shows("Cookie"));
            trail.follow(redirect(302, "/c")).unwrap();
            assert!(!trail.shows("Cookie"));
        }
    }

    #[test]
    fn only_redirects_are_followed() {
        for status in [301, 302, 303, 307, 308] {
            assert!(
                trail("ws://a.example/", 1)
                    .follow(redirect(status, "/b"))
                    .is_ok()
            );
            let followed = trail("ws://a.example/", 0).follow(redirect(status, "/b"));
            assert!(matches!(followed, Err(ConnectError::Refused(_))));
        }
        for status in [200, 201, 300, 304, 305, 306, 309, 401, 503] {
            let followed = trail("ws://a.example/", 1).follow(redirect(status, "/b"));
            assert!(matches!(followed, Err(ConnectError::Refused(_))));
        }
    }

    #[test]
    fn redirects_that_lead_nowhere_are_told() {
        let follow = |url, location: &str| {
            let followed = trail(url, 1).follow(redirect(302, location));
            let Err(ConnectError::Redirect(error)) = followed else {
                panic!("{followed:?}");
            };
            error
        };
        for location in ["ws://a.example/", "http://a.example:443/"] {
            assert_eq!(
                follow("wss://a.example/", location),
                RedirectError::Insecure
            );
        }
        let error = follow("ws://a.example/", "ftp://a.example/");
        assert!(matches!(error, RedirectError::Url(_)));
    }
}
