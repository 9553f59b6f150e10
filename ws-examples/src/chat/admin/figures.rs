//! The counters and gauges of the process, to be read in it.

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering},
};

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use metrics_util::registry::{AtomicStorage, Registry};
use serde::Serialize;
use ws_server::metrics as names;

/// A recorder that keeps the newest value of each counter and gauge.
#[derive(Clone)]
pub(crate) struct Figures(Arc<Registry<Key, AtomicStorage>>);

/// What the chat's connections and rooms have counted until now, or are now.
#[derive(Debug, Clone, Default)]
pub(crate) struct Watched {
    pub(crate) connections: f64,
    pub(crate) queued: f64,
    pub(crate) behind: f64,
    pub(crate) opened: u64,
    pub(crate) messages_received: u64,
    pub(crate) messages_sent: u64,
    pub(crate) bytes_received: u64,
    pub(crate) bytes_sent: u64,
    pub(crate) given_up: u64,
    pub(crate) broadcasts: u64,
    pub(crate) broadcasts_refused: u64,
    /// Connections closed, by cause.
    pub(crate) closed: BTreeMap<String, u64>,
    /// What joins this node to others, if there is such a thing.
    pub(crate) backplane: Option<Joining>,
}

/// The backplane, as this node sees it.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Joining {
    /// Such as `Redis`.
    engine: String,
    connected: bool,
    /// This one and those that it hears of.
    nodes: f64,
    /// Bytes that wait to be published.
    queued: f64,
    published: u64,
    received: u64,
    given_up: u64,
    /// Connections to it that were lost.
    lost: u64,
    /// Times that lines were missing.
    gaps: u64,
}

impl Watched {
    /// What metrics call the chat's connections, and its rooms.
    pub(crate) const NAME: &str = "chat";

    /// What a figure of a backplane is part of. Rooms of one process keep their
    /// lines in memory, which joins nobody.
    fn joining(&mut self, key: &Key) -> Option<&mut Joining> {
        let engine = label(key, "backplane").filter(|engine| *engine != "memory")?;
        let joining = self.backplane.get_or_insert_default();
        if joining.engine.is_empty() {
            engine.clone_into(&mut joining.engine);
        }
        Some(joining)
    }
}

impl Figures {
    /// What there is now.
    pub(crate) fn read(&self) -> Watched {
        let mut watched = Watched::default();
        self.0.visit_gauges(|key, gauge| {
            let value = f64::from_bits(gauge.load(Ordering::Relaxed));
            if let Some(joining) = watched.joining(key) {
                match key.name() {
                    names::BACKPLANE_CONNECTED => joining.connected = value > 0.0,
                    names::BACKPLANE_NODES => joining.nodes = value,
                    names::BACKPLANE_QUEUED_BYTES => joining.queued = value,
                    _ => {}
                }
            }
            if !is_watched(key) {
                return;
            }
            match key.name() {
                names::CONNECTIONS_OPEN => watched.connections = value,
                names::QUEUED => watched.queued = value,
                names::CONNECTIONS_BEHIND => watched.behind = value,
                _ => {}
            }
        });
        self.0.visit_counters(|key, counter| {
            let value = counter.load(Ordering::Relaxed);
            if let Some(joining) = watched.joining(key) {
                match key.name() {
                    names::BACKPLANE_PUBLISHED => joining.published = value,
                    names::BACKPLANE_RECEIVED => joining.received = value,
                    names::BACKPLANE_GIVEN_UP => joining.given_up = value,
                    names::BACKPLANE_LOST => joining.lost = value,
                    names::BACKPLANE_GAPS => joining.gaps = value,
                    _ => {}
                }
            }
            if !is_watched(key) {
                return;
            }
            match key.name() {
                names::CONNECTIONS => watched.opened = value,
                names::MESSAGES_RECEIVED => watched.messages_received = value,
                names::MESSAGES_SENT => watched.messages_sent = value,
                names::BYTES_RECEIVED => watched.bytes_received = value,
                names::BYTES_SENT => watched.bytes_sent = value,
                names::MESSAGES_GIVEN_UP => watched.given_up = value,
                names::BROADCASTS => watched.broadcasts = value,
                names::BROADCASTS_REFUSED => watched.broadcasts_refused = value,
                names::CLOSED => {
                    let cause = label(key, "cause").unwrap_or_default();
                    watched.closed.insert(cause.to_owned(), value);
                }
                _ => {}
            }
        });
        watched
    }
}

/// The page for operators has a connection and a room of its own.
fn is_watched(key: &Key) -> bool {
    let mut names = ["endpoint", "rooms"].into_iter();
    names.any(|name| label(key, name) == Some(Watched::NAME))
}

fn label<'a>(key: &'a Key, name: &str) -> Option<&'a str> {
    let mut labels = key.labels();
    let label = labels.find(|label| label.key() == name);
    label.map(metrics::Label::value)
}

impl Default for Figures {
    fn default() -> Self {
        Self(Arc::new(Registry::atomic()))
    }
}

impl Recorder for Figures {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        let counter = |counter: &Arc<_>| Counter::from_arc(Arc::clone(counter));
        self.0.get_or_create_counter(key, counter)
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        let gauge = |gauge: &Arc<_>| Gauge::from_arc(Arc::clone(gauge));
        self.0.get_or_create_gauge(key, gauge)
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}
