use async_nats::ServerAddr;
use percent_encoding::percent_decode_str;

use super::ENGINE;
use crate::backplane::BackplaneError;

/// What a URL says.
pub(super) struct Address {
    pub(super) servers: Vec<ServerAddr>,
    pub(super) login: Login,
    shown: String,
}

/// Who comes, as the URL says.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) enum Login {
    #[default]
    Nobody,
    Token(String),
    User(String, String),
}

impl Address {
    pub(super) fn parse(url: &str) -> Result<Self, BackplaneError> {
        let mut servers = Vec::new();
        let mut login = Login::default();
        let mut shown = String::new();
        let mut scheme = "nats";
        for part in url.split(',') {
            // The scheme of the first holds for those that have none.
            let (given, rest) = part
                .trim()
                .split_once("://")
                .unwrap_or_else(|| (scheme, part.trim()));
            scheme = match given {
                "nats" => "nats",
                "tls" => "tls",
                _ => return Err(invalid(FORMS)),
            };
            // The reason that the library gives names no part of it.
            let server: ServerAddr = format!("{scheme}://{rest}")
                .parse()
                .map_err(|error: std::io::Error| invalid(&error.to_string()))?;
            let server = server.into_inner();
            if server.host_str().unwrap_or_default().is_empty() {
                return Err(invalid(FORMS));
            }
            if !matches!(server.path(), "" | "/")
                || server.query().is_some()
                || server.fragment().is_some()
            {
                return Err(invalid(
                    "nothing follows the port; in a password, `/` is `%2F`, `?` is `%3F`, `#` is `%23`",
                ));
            }
            if login == Login::Nobody {
                login = Login::new(server.username(), server.password())?;
            }
            let server = ServerAddr::from_url(server).map_err(|_| invalid(FORMS))?;
            if !shown.is_empty() {
                shown.push(',');
            }
            let host = match server.host() {
                ipv6 if ipv6.contains(':') => format!("[{ipv6}]"),
                host => host.to_owned(),
            };
            shown += &format!("{scheme}://{host}:{}", server.port());
            servers.push(server);
        }
        Ok(Self {
            servers,
            login,
            shown,
        })
    }

    /// Where, without secrets.
    pub(super) fn shown(&self) -> &str {
        &self.shown
    }
}

impl Login {
    fn new(user: &str, password: Option<&str>) -> Result<Self, BackplaneError> {
        let decode = |text| {
            let text = percent_decode_str(text).decode_utf8();
            text.map_or_else(
                |_| Err(invalid("user or password is not UTF-8")),
                |text| Ok(text.into_owned()),
            )
        };
        Ok(match password {
            Some(password) => Self::User(decode(user)?, decode(password)?),
            None if user.is_empty() => Self::Nobody,
            None => Self::Token(decode(user)?),
        })
    }
}

fn invalid(reason: &str) -> BackplaneError {
    BackplaneError::InvalidUrl {
        engine: ENGINE,
        reason: reason.to_owned(),
    }
}

const FORMS: &str =
    "it is written as `nats://HOST:PORT` or `tls://HOST:PORT`, with commas between several";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_of_a_cluster_are_read_with_one_login() {
        let url = "nats://ann:p%40ss@one:4000,tls://two,[::1]:5000";
        let address = Address::parse(url).unwrap();
        assert_eq!(
            address.shown(),
            "nats://one:4000,tls://two:4222,tls://[::1]:5000"
        );
        assert!(address.login == Login::User("ann".to_owned(), "p@ss".to_owned()));
        assert!(!address.servers[0].tls_required());
        assert!(address.servers[1].tls_required());
    }

    #[test]
    fn token_stands_alone_before_the_host() {
        let address = Address::parse("nats://s%2Fecret@one").unwrap();
        assert!(address.login == Login::Token("s/ecret".to_owned()));
        let address = Address::parse("nats://one").unwrap();
        assert!(address.login == Login::Nobody);
    }

    #[test]
    fn what_is_no_url_is_refused_without_its_secrets() {
        for url in [
            "",
            ",",
            "nats://",
            "nats://one,",
            "http://secret@one",
            "redis://ann:secret@one",
            "nats://ann:secret@",
            "nats://ann:secret@one:port",
            "nats://ann:sec/ret@one",
            "nats://ann:secret@one/path",
            "nats://ann:secret@one?query",
        ] {
            let error = Address::parse(url)
                .err()
                .unwrap_or_else(|| panic!("{url} is taken"));
            assert!(!error.to_string().contains("sec"), "{url}: {error}");
        }
    }
}
