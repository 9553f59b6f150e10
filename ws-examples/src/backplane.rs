//! Which engine joins the nodes, as a URL says it.

use ws_server::{
    Cluster,
    backplane::{Backplane, Inbox, Link, Nats, Pending, Redis},
};

use crate::StartError;

/// One of the engines.
#[derive(Debug)]
pub struct Engine(Box<dyn Backplane>);

impl Engine {
    /// The engine at a URL. Nothing is connected to yet.
    ///
    /// # Errors
    ///
    /// If no engine has such URLs, or it is not written as that engine's are.
    /// The error has no part of it but the scheme, as passwords are in it.
    pub fn at(url: &str) -> Result<Self, StartError> {
        let told = |error| StartError::told(format!("--backplane: {error}"));
        let (scheme, _) = url.split_once("://").unwrap_or(("", url));
        // Such as `redis+cluster`.
        let (kind, _) = scheme.split_once('+').unwrap_or((scheme, ""));
        match kind {
            "redis" | "rediss" | "valkey" | "valkeys" | "unix" => {
                let redis = Redis::connect(url).map_err(told)?;
                Ok(Self(Box::new(redis)))
            }
            "nats" | "tls" => {
                let nats = Nats::connect(url).map_err(told)?;
                Ok(Self(Box::new(nats)))
            }
            "" => Err(StartError::told(format!("--backplane is no URL: {KNOWN}"))),
            _ => Err(StartError::told(format!(
                "--backplane: no engine has URLs that begin with {scheme:?}: {KNOWN}"
            ))),
        }
    }

    /// Makes this process a node, and waits until the engine is there, unless
    /// it may come `later`.
    ///
    /// # Errors
    ///
    /// If it is not there.
    pub async fn join(self, later: bool) -> Result<Cluster, StartError> {
        let cluster = Cluster::new(self);
        if later {
            return Ok(cluster);
        }
        match cluster.connected().await {
            Ok(()) => Ok(cluster),
            Err(error) => Err(StartError::told(format!(
                "{error}\n(--backplane-later serves without it until it is there)"
            ))),
        }
    }
}

impl Backplane for Engine {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn connect(&self, inbox: Inbox) -> Pending<'_, Box<dyn Link>> {
        self.0.connect(inbox)
    }
}

const KNOWN: &str = "\
it is redis://HOST:PORT, rediss:// for TLS, redis+cluster:// or rediss+cluster:// for a cluster; \
or nats://HOST:PORT, tls:// for TLS, several with commas between";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn url_chooses_the_engine() {
        for (url, name) in [
            ("redis://127.0.0.1:6379", "Redis"),
            ("rediss://user:secret@redis.example/1", "Redis"),
            ("redis+cluster://127.0.0.1:7000,127.0.0.1:7001", "Redis"),
            ("nats://127.0.0.1:4222", "NATS"),
            ("tls://nats.example:4222,tls://other.example:4222", "NATS"),
        ] {
            let engine = Engine::at(url).expect("there is such an engine");
            assert_eq!(engine.name(), name, "{url}");
        }
    }

    #[test]
    fn what_is_no_engine_is_refused_and_the_known_are_listed() {
        for url in ["", "here", "amqp://user:secret@127.0.0.1"] {
            let Err(error) = Engine::at(url) else {
                panic!("{url:?} is taken");
            };
            let text = format!("{error:?}");
            assert!(text.contains("redis"), "{url:?}: {text}");
            assert!(!text.contains("secret"), "{url:?}: {text}");
        }
    }
}
