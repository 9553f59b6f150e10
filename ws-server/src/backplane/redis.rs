use std::{
    error::Error,
    fmt, io,
    sync::{Arc, OnceLock},
    time::Duration,
};

use tokio::sync::Mutex;
use tokio_rustls::TlsConnector;

use self::{
    address::Address, link::RedisLink, live::Live, names::Names, node::Terms, record::Scripts,
    shards::Shards, stream::Certificates,
};
use super::{Backplane, BackplaneError, Inbox, Link, Pending};

mod address;
mod link;
mod live;
mod names;
mod node;
mod publish;
mod record;
mod shards;
mod stream;
mod value;

/// Redis, as what joins nodes (feature `redis`).
pub struct Redis {
    address: Address,
    certificates: Certificates,
    tls: OnceLock<TlsConnector>,
    prefix: String,
    connect_timeout: Duration,
    response_timeout: Duration,
    forget_after: Duration,
}

impl Redis {
    /// The Redis at this URL. Nothing is connected to yet.
    ///
    /// # Errors
    ///
    /// If it is no URL of Redis. The error has no part of it.
    pub fn connect(url: &str) -> Result<Self, BackplaneError> {
        Ok(Self {
            address: Address::parse(url)?,
            certificates: Certificates::default(),
            tls: OnceLock::new(),
            prefix: "ws".to_owned(),
            connect_timeout: Duration::from_secs(5),
            response_timeout: Duration::from_secs(5),
            forget_after: Duration::from_secs(24 * 60 * 60),
        })
    }

    /// Trusts servers whose certificates were signed with one of these, in PEM,
    /// and no others: by default those that the system trusts. What is no
    /// certificate has connecting fail.
    #[must_use]
    pub fn root_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.certificates.root = Some(pem.into());
        self
    }

    /// Shows servers this certificate, with what it was signed with behind it,
    /// and its key; both in PEM. By default it shows none.
    #[must_use]
    pub fn client_certificate(
        mut self,
        chain: impl Into<Vec<u8>>,
        key: impl Into<Vec<u8>>,
    ) -> Self {
        self.certificates.client = Some((chain.into(), key.into()));
        self
    }

    /// What keys and channels begin with: `ws` by default. Nodes with another
    /// prefix see nothing of each other.
    ///
    /// # Panics
    ///
    /// If it is empty, or there are other characters in it than ASCII letters
    /// and digits, `-`, `_`, `.` and `:`. Braces would have a cluster sort
    /// topics by them.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        let prefix = prefix.into();
        let fits = |letter: char| letter.is_ascii_alphanumeric() || "-_.:".contains(letter);
        assert!(
            !prefix.is_empty() && prefix.chars().all(fits),
            "a prefix is made of ASCII letters and digits, `-`, `_`, `.` and `:`"
        );
        self.prefix = prefix;
        self
    }

    /// How long connecting to a server may take, TLS and login included: 5 s
    /// by default. Redis itself needs milliseconds; a packet that is lost on
    /// the way is sent again after 1 and 3 s.
    #[must_use]
    pub const fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long Redis may take to answer before the link counts as lost: 5 s by
    /// default, since it does nothing else while somebody's command takes long,
    /// or its machine has no breath. A link that is idle is tried as often, so
    /// that the loss of one is found within twice this time.
    #[must_use]
    pub const fn response_timeout(mut self, timeout: Duration) -> Self {
        self.response_timeout = timeout;
        self
    }

    /// When a record is forgotten that nothing is published to: after 24 h by
    /// default, so that who was here yesterday learns what was missed, and
    /// rooms that nobody comes back to take no memory for good. Messages that
    /// are kept by age are gone with their age, though their epoch stays known
    /// for as long as this.
    #[must_use]
    pub const fn forget_after(mut self, time: Duration) -> Self {
        self.forget_after = time;
        self
    }

    async fn link(&self, inbox: Inbox) -> Result<RedisLink, BackplaneError> {
        let names = Names::new(self.prefix.clone());
        let live = Arc::new(Live::new(inbox, names.clone()));
        let tls = self.connector().map_err(|error| self.unreachable(error))?;
        let terms = Terms {
            login: &self.address.login,
            tls: tls.as_ref(),
            connect: self.connect_timeout,
            response: self.response_timeout,
        };
        let shards = Shards::connect(&self.address, &terms, &live, names.clone()).await?;
        let sharded = self.address.cluster;
        let command = if sharded { "SPUBLISH" } else { "PUBLISH" };
        let mut scripts = None;
        for node in shards.nodes() {
            let mut connection = node.connection.clone();
            let loaded =
                Scripts::load(&mut connection, names.clone(), command, self.forget_after).await;
            scripts = Some(loaded.map_err(|error| self.unreachable(error))?);
        }
        let scripts = scripts.ok_or_else(|| self.unreachable("its cluster has no servers"))?;
        Ok(RedisLink {
            shards,
            scripts,
            live,
            sharded,
            order: Mutex::new(()),
        })
    }

    fn connector(&self) -> io::Result<Option<TlsConnector>> {
        if !self.address.tls {
            return Ok(None);
        }
        if let Some(tls) = self.tls.get() {
            return Ok(Some(tls.clone()));
        }
        let tls = self.certificates.connector()?;
        Ok(Some(self.tls.get_or_init(|| tls).clone()))
    }

    fn unreachable(&self, source: impl Into<Box<dyn Error + Send + Sync>>) -> BackplaneError {
        let servers: Vec<_> = self
            .address
            .servers
            .iter()
            .map(ToString::to_string)
            .collect();
        BackplaneError::Unreachable {
            engine: ENGINE,
            address: servers.join(","),
            source: source.into(),
        }
    }
}

impl Backplane for Redis {
    fn name(&self) -> &'static str {
        ENGINE
    }

    fn connect(&self, inbox: Inbox) -> Pending<'_, Box<dyn Link>> {
        Box::pin(async move {
            let link = self.link(inbox).await?;
            Ok(Box::new(link) as Box<dyn Link>)
        })
    }
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis")
            .field("address", &self.address)
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

const ENGINE: &str = "Redis";
