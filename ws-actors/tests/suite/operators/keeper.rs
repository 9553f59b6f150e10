//! What a scenario logs.

use std::{
    fmt::{self, Write as _},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

use crate::support::play;

/// Plays a scenario, and keeps what it logs.
pub(super) fn logged(scenario: impl Future<Output = ()>) -> Log {
    let log = Log::default();
    tracing::subscriber::with_default(Keeper::new(&log), || play(scenario));
    log
}

/// What was logged, as lines.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<Mutex<Lines>>);

#[derive(Default)]
struct Lines {
    spans: Vec<String>,
    events: Vec<String>,
}

impl Log {
    pub(super) fn spans(&self) -> Vec<String> {
        self.0.lock().unwrap().spans.clone()
    }

    pub(super) fn events(&self) -> Vec<String> {
        self.0.lock().unwrap().events.clone()
    }

    pub(super) fn all(&self) -> String {
        [self.spans(), self.events()].concat().join("\n")
    }
}

/// A subscriber that keeps all of the crates under test.
struct Keeper {
    log: Log,
    next: AtomicU64,
}

impl Keeper {
    fn new(log: &Log) -> Self {
        Self {
            log: log.clone(),
            next: AtomicU64::new(1),
        }
    }
}

impl Subscriber for Keeper {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("ws_")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut line = Line(span.metadata().name().to_owned());
        span.record(&mut line);
        self.log.0.lock().unwrap().spans.push(line.0);
        Id::from_u64(self.next.fetch_add(1, Ordering::Relaxed))
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        let mut line = Line(String::new());
        values.record(&mut line);
        self.log.0.lock().unwrap().spans.push(line.0);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        self.log.0.lock().unwrap().events.push(line.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}
