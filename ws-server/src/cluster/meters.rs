use metrics::{Counter, Gauge, counter, gauge};

use crate::metrics as names;

/// The metrics of a cluster, looked up once.
#[derive(Debug)]
pub(super) struct Meters {
    connected: Gauge,
    nodes: Gauge,
    topics: Gauge,
    queued: Gauge,
    lost_links: Counter,
    published: Counter,
    given_up: Counter,
    received: Counter,
    strange: Counter,
    doubles: Counter,
    gaps: Counter,
}

impl Meters {
    pub(super) fn new(engine: &'static str) -> Self {
        let labels = [("backplane", engine)];
        Self {
            connected: gauge!(names::BACKPLANE_CONNECTED, &labels),
            nodes: gauge!(names::BACKPLANE_NODES, &labels),
            topics: gauge!(names::BACKPLANE_TOPICS, &labels),
            queued: gauge!(names::BACKPLANE_QUEUED_BYTES, &labels),
            lost_links: counter!(names::BACKPLANE_LOST, &labels),
            published: counter!(names::BACKPLANE_PUBLISHED, &labels),
            given_up: counter!(names::BACKPLANE_GIVEN_UP, &labels),
            received: counter!(names::BACKPLANE_RECEIVED, &labels),
            strange: counter!(names::BACKPLANE_STRANGE, &labels),
            doubles: counter!(names::BACKPLANE_DOUBLES, &labels),
            gaps: counter!(names::BACKPLANE_GAPS, &labels),
        }
    }

    pub(super) fn connected(&self, connected: bool) {
        self.connected.set(f64::from(u8::from(connected)));
    }

    pub(super) fn nodes(&self, count: usize) {
        self.nodes.set(float(count));
    }

    pub(super) fn topics(&self, count: usize) {
        self.topics.set(float(count));
    }

    pub(super) fn queued(&self, bytes: usize) {
        self.queued.set(float(bytes));
    }

    pub(super) fn lost_link(&self) {
        self.lost_links.increment(1);
    }

    pub(super) fn published(&self) {
        self.published.increment(1);
    }

    pub(super) fn given_up(&self) {
        self.given_up.increment(1);
    }

    pub(super) fn received(&self) {
        self.received.increment(1);
    }

    pub(super) fn strange(&self) {
        self.strange.increment(1);
    }

    pub(super) fn double(&self) {
        self.doubles.increment(1);
    }

    pub(super) fn gap(&self) {
        self.gaps.increment(1);
    }
}

#[expect(clippy::cast_precision_loss, reason = "gauges are floating")]
const fn float(count: usize) -> f64 {
    count as f64
}
