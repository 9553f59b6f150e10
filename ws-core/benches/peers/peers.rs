//! Who runs, and what all of them have in common.

use crate::{app::App, corpus::Corpus, limit, ours, pipe::Pipe, rows::Row};

mod fastwebsockets;
mod soketto;
mod tokio_websockets;
mod tungstenite;
mod yawc;

/// A contender at work on one row: one connection that goes on and on.
pub(crate) trait Runner {
    /// Receives as many messages and hands them to the application, or sends
    /// them, in bursts.
    fn run(&mut self, messages: usize, app: &mut App);
}

/// What can run.
pub(crate) struct Contender {
    pub(crate) name: &'static str,
    /// Makes it ready for a row, if it can do it.
    pub(crate) enter: fn(&Row, &Corpus, Pipe) -> Option<Box<dyn Runner>>,
}

/// The limit, ws-core, and then its peers.
pub(crate) const CONTENDERS: [Contender; 7] = [
    Contender {
        name: "limit",
        enter: limit::enter,
    },
    Contender {
        name: "ours",
        enter: ours::enter,
    },
    Contender {
        name: "tungstenite",
        enter: tungstenite::enter,
    },
    Contender {
        name: "tokio-websockets",
        enter: tokio_websockets::enter,
    },
    Contender {
        name: "fastwebsockets",
        enter: fastwebsockets::enter,
    },
    Contender {
        name: "soketto",
        enter: soketto::enter,
    },
    Contender {
        name: "yawc",
        enter: yawc::enter,
    },
];
pub(crate) const LIMIT: usize = 0;
pub(crate) const OURS: usize = 1;
pub(crate) const PEERS: usize = 2;

/// Things to send, round and round.
pub(crate) struct Cycle<T> {
    items: Vec<T>,
    at: usize,
}

impl<T> Cycle<T> {
    pub(crate) fn new(items: impl IntoIterator<Item = T>) -> Self {
        Self {
            items: items.into_iter().collect(),
            at: 0,
        }
    }

    pub(crate) fn next(&mut self) -> &T {
        let item = &self.items[self.at];
        self.at += 1;
        if self.at == self.items.len() {
            self.at = 0;
        }
        item
    }
}

/// Bytes as a `&str`, for libraries that hand out nothing better: the fastest
/// check there is, as ours and theirs.
pub(crate) fn checked(bytes: &[u8]) -> &str {
    simdutf8::basic::from_utf8(bytes).expect("the corpus is UTF-8")
}
