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

/// Redis as the engine between nodes (feature `redis`).
///
/// ```no_run
/// use ws_server::{Rooms, backplane::Redis};
///
/// # fn main() -> Result<(), ws_server::backplane::BackplaneError> {
/// let redis = Redis::connect("redis://redis.example")?;
/// let rooms: Rooms<String> = Rooms::builder().backplane(redis).build();
/// # Ok(())
/// # }
/// ```
///
/// # What is needed
///
/// Redis from version 6 on, since one connection carries commands and messages
/// (RESP3); a cluster from version 7 on. The tests run on version 7.0. One
/// connection of each node is all, or one to each server of a cluster.
///
/// | URL | |
/// | --- | --- |
/// | `redis://user:password@host:6379/0` | TCP; all but the host may be left out |
/// | `rediss://…` | TLS: see [`root_certificate`](Self::root_certificate) |
/// | `redis+unix:///run/redis.sock?db=0` | a socket of the system; `user` and `pass` stand behind `?` too |
/// | `redis+cluster://a:6379,b:6379` | a cluster: some of its servers, which name the others |
/// | `rediss+cluster://…` | the same over TLS |
///
/// `valkey` may stand for `redis`. Characters such as `@`, `/` and `#` are
/// written as `%40`, `%2F` and `%23` in a password.
///
/// Behind an ACL, the user of nodes has to be allowed keys and channels that
/// begin with the [prefix](Self::prefix), and these commands:
///
/// ```text
/// ~ws:* &ws:* +hello +info +ping +script|load +eval +evalsha
/// +publish +subscribe +unsubscribe
/// +del +get +hmget +hset +pexpire +set +time +xadd +xdel +xlen +xrange
/// ```
///
/// For a database other than 0, `+select`; for a cluster `+cluster|shards`, and
/// `+spublish +ssubscribe +sunsubscribe` instead of the line with `publish`.
///
/// # What is kept
///
/// What is not recorded goes through `PUBLISH`, and is kept nowhere. What is
/// recorded is added to a stream, numbered, and published, by one script: live
/// messages come in the order of the record. The oldest go as others come, so
/// that [`Keep`](super::Keep) holds; up to some hundred more than its messages
/// are there and shown to nobody. Of [what was published
/// before](super::Publication::id) by a link that was lost, Redis knows for
/// 120 s.
///
/// A recorded room takes some 5 KiB, and for each message its payload and some
/// 60 bytes. The script keeps a core of Redis busy for 25 to 30 µs, with
/// messages of 200 bytes; a `PUBLISH` does for 1 or 2 µs. Nothing is kept for
/// good: see [`forget_after`](Self::forget_after). If Redis may throw away keys
/// as it likes (`maxmemory-policy allkeys-…`), a room loses its history, and its
/// epoch tells. If it may not and is full, it refuses what is to be recorded.
///
/// # What is lost
///
/// A link that is lost is made anew, and what was missed is read from the
/// record. What that has after a restart is for Redis to say:
///
/// - `appendonly no`, and no snapshots: nothing. Records begin anew then, in
///   another epoch, so that clients learn of the gap.
/// - Snapshots (`save`) alone: what there was at the last one.
/// - `appendonly yes`, with `appendfsync everysec`, which is the default: if the
///   process is killed all of it, unless its disk was slow; if the machine goes
///   down, all but what was recorded in the last second, or two.
/// - `appendfsync always`: all of it.
/// - A replica that takes over (Sentinel, a cluster, a managed service) lacks
///   what its primary had not passed on yet, mostly of the last milliseconds,
///   even if it was told to be recorded. `min-replicas-to-write 1` bounds the
///   time that a primary which was cut off goes on taking messages. A server
///   that has become a replica ends the links to it.
///
/// Where the newest messages are lost so, the epoch is the same, and offsets go
/// on a million further: none is given to two messages. Who had seen the lost
/// ones gets all that come after; the others never get them, and are not told.
///
/// What is not recorded is lost with the link. Redis itself ends a link that
/// takes messages too slowly (`client-output-buffer-limit pubsub`: 32 MiB, or
/// 8 MiB for a minute).
///
/// # Clusters
///
/// Rooms are spread over the servers by their names. Channels are those that
/// stay on one server (`SPUBLISH`), so that a server more is a server's worth
/// of messages more; connections go to primaries only. The loss of one server
/// is that of the link: rooms on others are interrupted too, until the cluster
/// has put a replica in its place. So is a link that asks for a slot that has
/// been moved, or is being moved, to another server.
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
        let mut scripts = Vec::new();
        for node in shards.nodes() {
            let mut connection = node.connection.clone();
            let loaded =
                Scripts::load(&mut connection, names.clone(), command, self.forget_after).await;
            scripts.push(loaded.map_err(|error| self.unreachable(error))?);
        }
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
