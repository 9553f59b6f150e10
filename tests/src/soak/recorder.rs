use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use metrics::{
    Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SetRecorderError, SharedString,
    Unit,
};

/// Keeps the metrics of a process, but for histograms.
#[derive(Clone, Default)]
pub(super) struct Kept(Arc<Mutex<Values>>);

#[derive(Default)]
struct Values {
    counters: BTreeMap<String, Arc<AtomicU64>>,
    /// The bits of floating-point numbers.
    gauges: BTreeMap<String, Arc<AtomicU64>>,
}

impl Kept {
    /// Has the whole process count here.
    pub(super) fn install() -> Result<Self, SetRecorderError<Self>> {
        let kept = Self::default();
        metrics::set_global_recorder(kept.clone())?;
        Ok(kept)
    }

    /// The sum of a counter, of those with a label of this value; of all if that
    /// is empty.
    pub(super) fn counter(&self, name: &str, label: &str) -> u64 {
        let values = self.lock();
        let counters = values.counters.iter();
        let such = counters.filter(|(key, _)| is(key, name, label));
        such.map(|(_, value)| value.load(Ordering::SeqCst)).sum()
    }

    /// All gauges that are not zero.
    pub(super) fn gauges(&self) -> BTreeMap<String, f64> {
        let values = self.lock();
        let gauges = values.gauges.iter();
        let gauges =
            gauges.map(|(key, bits)| (key.clone(), f64::from_bits(bits.load(Ordering::SeqCst))));
        gauges.filter(|(_, value)| *value != 0.0).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Values> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a key is of the metric with this name, and has this label.
fn is(key: &str, name: &str, label: &str) -> bool {
    let mut words = key.split(' ');
    words.next() == Some(name) && (label.is_empty() || words.any(|word| word == label))
}

fn written(key: &Key) -> String {
    let labels = key.labels().map(|label| format!(" {}", label.value()));
    format!("{}{}", key.name(), labels.collect::<String>())
}

impl Recorder for Kept {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        let mut values = self.lock();
        let counter = values.counters.entry(written(key)).or_default();
        Counter::from_arc(Arc::clone(counter))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        let mut values = self.lock();
        let gauge = values.gauges.entry(written(key)).or_default();
        Gauge::from_arc(Arc::clone(gauge))
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}
