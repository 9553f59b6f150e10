//! What operators are told, added up over the whole process.

use std::{
    collections::BTreeMap,
    sync::{Mutex, OnceLock},
};

use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use ws_core::Cause;
use ws_server::metrics::{CLOSED, CONNECTIONS_OPEN, LIMITS};

/// Counts from now on, if it has not begun.
pub(crate) fn begin() {
    counts();
}

/// The connections of an endpoint that were closed, by their cause.
pub(crate) fn closed(endpoint: &str) -> Vec<(String, i64)> {
    let counts = counts().look();
    let of_endpoint = counts
        .iter()
        .filter(|((name, labels), _)| name == CLOSED && labels[0] == endpoint);
    let causes = of_endpoint.map(|((_, labels), count)| (labels[1].clone(), *count));
    causes.collect()
}

/// The connections of an endpoint that are open.
pub(crate) fn open(endpoint: &str) -> i64 {
    value(CONNECTIONS_OPEN, endpoint)
}

/// How often a limit of the server was reached, which is no endpoint's.
pub(crate) fn limit(limit: &str) -> i64 {
    value(LIMITS, limit)
}

/// What has one label.
fn value(name: &str, label: &str) -> i64 {
    let key = (name.to_owned(), vec![label.to_owned()]);
    counts().look().get(&key).copied().unwrap_or_default()
}

/// What operators are told of a cause.
pub(crate) fn label(cause: &Cause) -> &'static str {
    match cause {
        Cause::Remote => "remote",
        Cause::Protocol(_) => "protocol",
        Cause::Timeout(_) => "timeout",
        Cause::TransportLost => "transport",
        Cause::Panic => "panic",
        Cause::StreamFailed => "stream",
        Cause::Drain => "drain",
        Cause::SlowPeer => "slow_peer",
        Cause::RateLimit => "rate_limit",
        Cause::Rejected => "rejected",
        Cause::Expired => "expired",
        Cause::Overload => "overload",
        Cause::Local | _ => "local",
    }
}

struct Counts {
    snapshotter: Snapshotter,
    sums: Mutex<Sums>,
}

/// By name and values of labels.
type Sums = BTreeMap<(String, Vec<String>), i64>;

fn counts() -> &'static Counts {
    static COUNTS: OnceLock<Counts> = OnceLock::new();
    COUNTS.get_or_init(|| {
        let recorder = DebuggingRecorder::new();
        let snapshotter = recorder.snapshotter();
        recorder.install().expect("there is no other");
        Counts {
            snapshotter,
            sums: Mutex::default(),
        }
    })
}

impl Counts {
    /// Each look takes what was counted since the one before.
    fn look(&self) -> Sums {
        let mut sums = self.sums.lock().expect("nobody panics");
        for (key, _, _, value) in self.snapshotter.snapshot().into_vec() {
            let more = match value {
                DebugValue::Counter(more) => more as i64,
                DebugValue::Gauge(more) => more.into_inner() as i64,
                DebugValue::Histogram(_) => continue,
            };
            let labels = key.key().labels().map(|it| it.value().to_owned());
            let key = (key.key().name().to_owned(), labels.collect());
            *sums.entry(key).or_default() += more;
        }
        sums.clone()
    }
}
