use std::{fmt, path::PathBuf, time::Duration};

use self::{address::Address, link::NatsLink, subjects::Subjects, tls::Roots};
use super::{Backplane, BackplaneError, Inbox, Link, Pending};

mod address;
mod arrival;
mod link;
mod loss;
mod order;
mod page;
mod publish;
mod record;
mod subjects;
mod tls;

/// Carries rooms from process to process over NATS.
///
/// ```
/// use ws_server::backplane::Nats;
///
/// # fn main() -> Result<(), ws_server::backplane::BackplaneError> {
/// let nats = Nats::connect("nats://127.0.0.1:4222")?;
/// # let _ = nats;
/// # Ok(())
/// # }
/// ```
///
/// # What it needs
///
/// A nats-server from 2.9.10 on. Rooms that keep no messages need nothing
/// else. Those that keep some need JetStream (`nats-server -js`, with
/// `-sd FOLDER` so that the record is not in `/tmp`); without it, recording is
/// [`Unsupported`](BackplaneError::Unsupported), and all else works.
///
/// A user of NATS who is granted only what is needed has to be able to
/// publish to `ws.>` and, for rooms that keep messages, `$JS.API.>`, and to
/// subscribe to `ws.out.>` and `_INBOX.>` (`ws` is the [prefix](Self::prefix)).
/// Whoever may publish there can say anything in the name of all rooms.
/// What is not permitted ends the connection, and the reason says so.
///
/// # What goes where
///
/// All that members of a room are sent leaves on `ws.out.ROOMS.ROOM`. What is
/// recorded is published to `ws.in.ROOMS.EPOCH.ROOM`, where one stream per
/// name of rooms takes it (`ws-ROOMS`), and republishes it on the former. So
/// there is no consumer per room; reading what is kept makes one for the
/// moment. The stream is made when it is needed first, and again when somebody
/// has deleted it.
///
/// # What may be lost
///
/// Messages of rooms that keep none are with nobody who is not connected when
/// they are published. What is recorded has been taken by the stream when its
/// publisher is told so:
///
/// - With [`Storage::File`] (the default) it outlives that nats-server is
///   killed. It has been given to the operating system, not to the disk: if
///   the machine crashes, what came within its `sync_interval` (2 minutes by
///   default) may be lost. From nats-server 2.10 on, `sync_interval: always`
///   in the section `jetstream` of its configuration waits for the disk.
/// - With [`Storage::Memory`] it is lost when nats-server ends.
/// - With [`replicas`](Self::replicas) 3 in a cluster of servers it is with
///   two of them at least, and outlives the loss of any one.
///
/// Each record has an epoch, which is part of the subjects: whoever makes the
/// stream anew begins another, and clients that come back with a position of
/// the old one are told that there is a gap. A record that a crash of the
/// machine has shortened goes on in the same epoch, and gives numbers a second
/// time: another reason for `sync_interval: always`.
///
/// # What is kept, for how long
///
/// A room keeps as many messages as its rooms say, and one more, by which
/// clients are recognised that missed just as many. Bytes are not counted for
/// each room, but for [all of them](Self::max_bytes). What is older than they
/// say is left out when it is read, by the clock of the server that recorded
/// it and that of the node that reads it, and removed later: after twice that
/// time, though not before 24 hours; where time does not count, after
/// [`forget_after`](Self::forget_after).
///
/// The newest node decides: if a stream exists whose terms are others, its
/// number and age are changed to what this node says. Its storage, replicas
/// and bytes stay as they are (`nats stream edit` changes them).
///
/// # Limits
///
/// A message that is longer than the server's `max_payload` (1 MiB unless it
/// says otherwise) is [refused](BackplaneError::Refused), and so is one of
/// rooms [whose name](crate::RoomsBuilder::name) is longer than some 3,000
/// bytes; those other than ASCII letters and digits, `-` and `_` count three
/// times. Each subscribed room takes some 6 KiB of a node's memory.
///
/// In a cluster of servers a subscription reaches the other servers a moment
/// after it was made. Rooms that keep messages miss nothing, as they read what
/// is kept after they have subscribed, from the server that records it.
pub struct Nats {
    address: Address,
    credentials: Option<PathBuf>,
    roots: Roots,
    subjects: Subjects,
    storage: Storage,
    replicas: usize,
    max_bytes: u64,
    forget_after: Duration,
    connect_timeout: Duration,
    request_timeout: Duration,
}

/// Where the server keeps what is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Storage {
    /// On its disk.
    #[default]
    File,
    /// In its memory: faster, and gone when it ends.
    Memory,
}

impl Nats {
    /// Says where NATS is; nothing is connected yet.
    ///
    /// The URL is `nats://HOST:PORT`, or `tls://HOST:PORT` for a connection
    /// that has to be encrypted; without a port it is 4222. Several servers of
    /// a cluster are separated by commas, and tried in an order by chance.
    /// `USER:PASSWORD@` or `TOKEN@` before the first host say who comes;
    /// letters that mean something in a URL are written as `%40` and the like.
    ///
    /// # Errors
    ///
    /// If it is no such URL.
    pub fn connect(url: impl AsRef<str>) -> Result<Self, BackplaneError> {
        Ok(Self {
            address: Address::parse(url.as_ref())?,
            credentials: None,
            roots: Roots::default(),
            subjects: Subjects::new("ws"),
            storage: Storage::default(),
            replicas: 1,
            max_bytes: 256 << 20,
            forget_after: Duration::from_secs(7 * 24 * 60 * 60),
            connect_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(5),
        })
    }

    /// Says who comes by a file of NATS credentials (`.creds`), which is read
    /// anew for each connection.
    #[must_use]
    pub fn credentials_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.credentials = Some(file.into());
        self
    }

    /// Trusts the root certificates in this PEM file's content, and no others.
    /// By default those are trusted that the system trusts.
    #[must_use]
    pub fn root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.roots = Roots::new(pem.into());
        self
    }

    /// What subjects and streams begin with: `ws` by default. Another one
    /// keeps two applications apart that share a NATS account.
    ///
    /// ASCII letters and digits, `-` and `_` stay as they are; others are
    /// written as `=` and two hexadecimal digits per byte.
    #[must_use]
    pub fn prefix(mut self, prefix: &str) -> Self {
        self.subjects = Subjects::new(prefix);
        self
    }

    /// Where streams that have to be made keep what they record: in files by
    /// default.
    #[must_use]
    pub const fn storage(mut self, storage: Storage) -> Self {
        self.storage = storage;
        self
    }

    /// How many servers of a cluster keep a stream that has to be made: 1 by
    /// default, since a server alone refuses more; 3 outlive the loss of one.
    #[must_use]
    pub const fn replicas(mut self, replicas: usize) -> Self {
        self.replicas = replicas;
        self
    }

    /// The most bytes that a stream takes that has to be made, for all rooms of
    /// a name: 256 MiB by default, which is a thousand rooms that keep as many as
    /// a [`History`](crate::History) does. Then the oldest messages of all rooms are
    /// removed. The server sets as much aside, and refuses to record if it has
    /// less; `u64::MAX` is no limit but the server's, which refuses messages when it
    /// is full.
    #[must_use]
    pub const fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// After what time messages are removed of rooms that keep them by number
    /// alone: after 7 days by default, so that rooms that nobody comes to any
    /// more take no room for ever.
    #[must_use]
    pub const fn forget_after(mut self, age: Duration) -> Self {
        self.forget_after = age;
        self
    }

    /// How long connecting may take, for each address that is tried: 5 s by
    /// default, which even a connection around the world with TLS needs not.
    #[must_use]
    pub const fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long the server may take for an answer: 5 s by default, as it takes
    /// a moment for a cluster to find a new leader. Then the connection counts
    /// as lost.
    ///
    /// A connection on which nothing comes at all counts as lost after some
    /// 9 s, whoever waits for an answer or not.
    #[must_use]
    pub const fn request_timeout(mut self, timeout: Duration) -> Self {
        self.request_timeout = timeout;
        self
    }
}

impl Backplane for Nats {
    fn name(&self) -> &'static str {
        ENGINE
    }

    fn connect(&self, inbox: Inbox) -> Pending<'_, Box<dyn Link>> {
        Box::pin(async move {
            let link = NatsLink::connect(self, inbox).await?;
            Ok(Box::new(link) as Box<dyn Link>)
        })
    }
}

impl fmt::Debug for Nats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Nats")
            .field("address", &self.address.shown())
            .field("prefix", &self.subjects.prefix())
            .field("storage", &self.storage)
            .field("replicas", &self.replicas)
            .finish_non_exhaustive()
    }
}

const ENGINE: &str = "NATS";
