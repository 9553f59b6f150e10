use std::{path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};

/// What a victim is told to do, as a line of JSON.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Command {
    /// Talk to this echo, undisturbed, until it is [`Dismiss`](Self::Dismiss)ed.
    Watch(String),
    /// Tell what the witness got.
    Dismiss,
    /// Connect, and tell what became of it.
    Dial(Box<Order>),
}

/// How a client connects, and what it does then.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Order {
    pub(super) url: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) subprotocols: Vec<String>,
    pub(super) compressed: bool,
    pub(super) max_redirects: usize,
    pub(super) proxy: Option<String>,
    /// A file of certificates to trust, in PEM.
    pub(super) trusted: Option<PathBuf>,
    pub(super) connect_timeout: Option<Duration>,
    /// One for all deadlines of the protocol.
    pub(super) patience: Option<Duration>,
    pub(super) deed: Deed,
    pub(super) reconnects: Reconnects,
    /// How many clients do so at once.
    pub(super) count: usize,
}

/// What the actor does with its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Deed {
    Listen,
    Echo,
    /// Sends messages of 64 KiB for as long as it may.
    Flood,
    /// The same, and waits for the peer when it is behind.
    FloodAndWait,
    /// Says this many short messages at once.
    Say(usize),
    /// Closes the connection as soon as it is open.
    Close,
    /// Offers this many messages of 64 KiB before there is a connection.
    SayOffline(usize),
}

/// Whether the client comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Reconnects {
    No,
    /// By default, until it has lost this many connections.
    Until(usize),
    /// By default, for this long.
    For(Duration),
}

/// What became of an order.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Answer {
    /// The cause of the end, or why there was no connection.
    pub(super) end: String,
    pub(super) messages: usize,
    pub(super) bytes: usize,
    /// The first texts that came.
    pub(super) texts: Vec<String>,
    /// What was lost, and when the client would come back.
    pub(super) losses: Vec<(String, Option<Duration>)>,
    /// Messages that were taken from the actor.
    pub(super) accepted: usize,
}

impl Order {
    pub(super) const fn new(url: String) -> Self {
        Self {
            url,
            headers: Vec::new(),
            subprotocols: Vec::new(),
            compressed: true,
            max_redirects: 0,
            proxy: None,
            trusted: None,
            connect_timeout: None,
            patience: None,
            deed: Deed::Listen,
            reconnects: Reconnects::No,
            count: 1,
        }
    }

    pub(super) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(super) fn subprotocols(mut self, names: &[&str]) -> Self {
        self.subprotocols = names.iter().map(|&name| name.to_owned()).collect();
        self
    }

    pub(super) const fn plain(mut self) -> Self {
        self.compressed = false;
        self
    }

    pub(super) const fn max_redirects(mut self, limit: usize) -> Self {
        self.max_redirects = limit;
        self
    }

    pub(super) fn proxy(mut self, url: String) -> Self {
        self.proxy = Some(url);
        self
    }

    pub(super) fn trusting(mut self, file: impl Into<PathBuf>) -> Self {
        self.trusted = Some(file.into());
        self
    }

    pub(super) const fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = Some(timeout);
        self
    }

    pub(super) const fn patience(mut self, patience: Duration) -> Self {
        self.patience = Some(patience);
        self
    }

    pub(super) const fn deed(mut self, deed: Deed) -> Self {
        self.deed = deed;
        self
    }

    pub(super) const fn reconnects(mut self, reconnects: Reconnects) -> Self {
        self.reconnects = reconnects;
        self
    }

    pub(super) const fn count(mut self, count: usize) -> Self {
        self.count = count;
        self
    }
}
