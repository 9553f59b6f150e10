//! What a scenario counts.

use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};

use crate::support::play;

/// The values of all metrics, each with its labels.
pub(super) struct Counted(Vec<(String, Vec<(String, String)>, DebugValue)>);

/// Plays a scenario, and tells what it counted.
pub(super) fn count<F: Future<Output = ()>>(scenario: F) -> Counted {
    watch(|_| scenario)
}

/// Plays a scenario that looks at what it has counted since it looked last, and
/// tells the rest.
pub(super) fn watch<F: Future<Output = ()>>(
    scenario: impl FnOnce(Box<dyn Fn() -> Counted>) -> F,
) -> Counted {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let look = Box::new(move || Counted::new(&snapshotter));
    metrics::with_local_recorder(&recorder, || play(scenario(look)));
    Counted::new(&recorder.snapshotter())
}

impl Counted {
    fn new(snapshotter: &Snapshotter) -> Self {
        let snapshot = snapshotter.snapshot().into_vec().into_iter();
        let values = snapshot.map(|(key, _, _, value)| {
            let (_, key) = key.into_parts();
            let labels = key.labels();
            let labels = labels.map(|it| (it.key().to_owned(), it.value().to_owned()));
            (key.name().to_owned(), labels.collect(), value)
        });
        Self(values.collect())
    }

    /// The value of a counter, with this label among others.
    pub(super) fn counter(&self, name: &str, label: (&str, &str)) -> u64 {
        match self.find(name, label) {
            Some(DebugValue::Counter(value)) => *value,
            Some(other) => panic!("{name} is {other:?}"),
            None => 0,
        }
    }

    pub(super) fn gauge(&self, name: &str, label: (&str, &str)) -> f64 {
        match self.find(name, label) {
            Some(DebugValue::Gauge(value)) => value.into_inner(),
            other => panic!("{name} is {other:?}"),
        }
    }

    pub(super) fn histogram(&self, name: &str, label: (&str, &str)) -> Vec<f64> {
        match self.find(name, label) {
            Some(DebugValue::Histogram(values)) => {
                values.iter().map(|it| it.into_inner()).collect()
            }
            other => panic!("{name} is {other:?}"),
        }
    }

    /// All that was counted, for looking through it.
    pub(super) fn text(&self) -> String {
        format!("{:?}", self.0)
    }

    fn find(&self, name: &str, label: (&str, &str)) -> Option<&DebugValue> {
        let mut found = self.0.iter().filter(|(it, labels, _)| {
            it == name
                && labels
                    .iter()
                    .any(|(key, value)| (&**key, &**value) == label)
        });
        let value = found.next().map(|(.., value)| value);
        assert!(found.next().is_none(), "{name} is there twice");
        value
    }
}
