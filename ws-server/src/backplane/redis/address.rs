use std::{fmt, path::PathBuf};

use redis::{ConnectionAddr, IntoConnectionInfo, ProtocolVersion, RedisConnectionInfo};

use super::ENGINE;
use crate::backplane::BackplaneError;

/// What a URL says.
#[derive(Debug)]
pub(super) struct Address {
    /// Those to begin with; more than one only if it is a cluster.
    pub(super) servers: Vec<Server>,
    pub(super) cluster: bool,
    pub(super) tls: bool,
    /// Name, password and database. What it prints has no password.
    pub(super) login: RedisConnectionInfo,
}

/// Where one server is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Server {
    Tcp(String, u16),
    Unix(PathBuf),
}

impl Address {
    /// Reads a URL. The library reads the parts it knows; clusters and TLS are
    /// seen to here.
    pub(super) fn parse(url: &str) -> Result<Self, BackplaneError> {
        let (scheme, rest) = url.split_once("://").ok_or_else(|| invalid(FORMS))?;
        let (scheme, cluster) = match scheme.strip_suffix("+cluster") {
            Some(scheme) => (scheme, true),
            None => (scheme, false),
        };
        let tls = match scheme {
            "redis" | "valkey" => false,
            "rediss" | "valkeys" => true,
            "redis+unix" | "valkey+unix" | "unix" if !cluster => false,
            _ => return Err(invalid(FORMS)),
        };
        let plain = scheme.strip_suffix('s').filter(|_| tls).unwrap_or(scheme);

        // Whatever follows the hosts is the same for all of them.
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(end);
        if tail.contains('#') {
            return Err(invalid(
                "it has a fragment, `#`; in a password that is `%23`",
            ));
        }
        let (login, hosts) = match authority.rsplit_once('@') {
            Some((_, hosts)) => (&authority[..authority.len() - hosts.len()], hosts),
            None => ("", authority),
        };
        if hosts.contains(',') && !cluster {
            return Err(invalid("several hosts make a cluster: `redis+cluster://`"));
        }
        let read = |host: &str| {
            let url = format!("{plain}://{login}{host}{tail}");
            // What the library says of it has no part of the URL but a number.
            url.into_connection_info()
                .map_err(|error| invalid(error.to_string()))
        };
        let mut servers = Vec::new();
        let mut login = RedisConnectionInfo::default();
        for host in hosts.split(',') {
            let info = read(host)?;
            login = info.redis_settings().clone();
            servers.push(Server::new(info.addr())?);
        }
        if cluster && login.db() != 0 {
            return Err(invalid("a cluster has one database, number 0"));
        }
        Ok(Self {
            servers,
            cluster,
            tls,
            // Its names of the client would take permissions of their own.
            login: login
                .set_protocol(ProtocolVersion::RESP3)
                .set_skip_set_lib_name(),
        })
    }
}

impl Server {
    fn new(address: &ConnectionAddr) -> Result<Self, BackplaneError> {
        if let ConnectionAddr::Unix(path) = address {
            return Ok(Self::Unix(path.clone()));
        }
        // TLS is not asked of the library.
        let ConnectionAddr::Tcp(host, port) = address else {
            return Err(invalid(FORMS));
        };
        Ok(Self::Tcp(host.clone(), *port))
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(host, port) if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp(host, port) => write!(f, "{host}:{port}"),
            Self::Unix(path) => write!(f, "{}", path.display()),
        }
    }
}

fn invalid(reason: impl Into<String>) -> BackplaneError {
    BackplaneError::InvalidUrl {
        engine: ENGINE,
        reason: reason.into(),
    }
}

const FORMS: &str = "it begins with redis://, rediss:// (TLS), redis+unix://, \
    redis+cluster:// or rediss+cluster://";

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(host: &str, port: u16) -> Server {
        Server::Tcp(host.to_owned(), port)
    }

    #[test]
    fn urls_say_where_and_as_whom() {
        let address = Address::parse("redis://127.0.0.1").unwrap();
        assert_eq!(address.servers, [tcp("127.0.0.1", 6379)]);
        assert!(!address.tls && !address.cluster);

        let address = Address::parse("rediss://me:a%40b@redis.example:1/2").unwrap();
        assert_eq!(address.servers, [tcp("redis.example", 1)]);
        assert!(address.tls && !address.cluster);
        assert_eq!(address.login.username(), Some("me"));
        assert_eq!(address.login.password(), Some("a@b"));
        assert_eq!(address.login.db(), 2);

        let address = Address::parse("rediss+cluster://:pass@a:1,b,[::1]:3").unwrap();
        let servers = [tcp("a", 1), tcp("b", 6379), tcp("::1", 3)];
        assert_eq!(address.servers, servers);
        assert!(address.tls && address.cluster);
        assert_eq!(address.login.password(), Some("pass"));
        assert_eq!(servers[2].to_string(), "[::1]:3");

        let address = Address::parse("redis+unix:///run/redis.sock?db=1").unwrap();
        assert_eq!(address.servers, [Server::Unix("/run/redis.sock".into())]);
        assert_eq!(address.login.db(), 1);
    }

    #[test]
    fn what_is_no_url_of_redis_is_refused_without_its_secrets() {
        for url in [
            "",
            "localhost:6379",
            "http://:secret@localhost",
            "redis://",
            "redis://:secret@",
            "redis://:secret@localhost:port",
            "redis://:secret@localhost/name",
            "redis://:secret@a:1,b:2",
            "redis+cluster://:secret@a:1,,b:2",
            "redis+cluster://:secret@a:1/1",
            "redis://:sec#ret@localhost",
            "rediss://:secret@localhost/#insecure",
            "redis+unix+cluster:///run/redis.sock",
        ] {
            let error = Address::parse(url).expect_err(url);
            assert!(matches!(error, BackplaneError::InvalidUrl { .. }), "{url}");
            let said = format!("{error} {error:?}");
            assert!(!said.contains("secret") && !said.contains("sec#"), "{said}");
        }
        let address = Address::parse("redis://me:secret@localhost").unwrap();
        assert!(!format!("{address:?}").contains("secret"));
    }
}
