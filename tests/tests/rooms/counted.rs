//! What operators are told of rooms.

use std::collections::BTreeMap;

use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use ws_core::CloseCode;
use ws_server::test;

use crate::person::{Houses, guest};

/// Runs something, and tells the counters and gauges that are not zero then: by
/// name, with their labels' values behind.
pub(crate) fn counted(run: impl FnOnce()) -> BTreeMap<String, f64> {
    let recorder = DebuggingRecorder::new();
    metrics::with_local_recorder(&recorder, run);
    let snapshot = recorder.snapshotter().snapshot().into_vec();
    let counted = snapshot.into_iter().filter_map(|(key, _, _, value)| {
        let value = match value {
            #[expect(clippy::cast_precision_loss, reason = "tests count to a thousand")]
            DebugValue::Counter(count) => count as f64,
            DebugValue::Gauge(value) => value.0,
            DebugValue::Histogram(_) => return None,
        };
        let labels = key
            .key()
            .labels()
            .map(|label| format!(" {}", label.value()));
        let name = format!("{}{}", key.key().name(), labels.collect::<String>());
        (value != 0.0).then_some((name, value))
    });
    counted.collect()
}

#[test]
fn rooms_count_what_they_are_and_what_they_deliver() {
    let counted = counted(|| {
        test::run(async {
            let rooms = Houses::builder().name("houses").build();
            let _ada = guest(&rooms, "hall", "ada").await;
            let mut ben = guest(&rooms, "hall", "ben").await;
            let _cyd = guest(&rooms, "attic", "cyd").await;
            rooms
                .broadcast(&"hall", "to two")
                .expect("no thread is blocked");
            rooms
                .broadcast(&"attic", "to one")
                .expect("no thread is blocked");
            test::settle().await;
            // A connection that is closing takes nothing any more.
            rooms
                .close(&"attic", CloseCode::NORMAL, "")
                .expect("it may be sent");
            test::settle().await;
            rooms
                .broadcast(&"attic", "to nobody")
                .expect("no thread is blocked");
            ben.expect_text("to two").await;
            ben.close().await;
            test::settle().await;
        });
    });
    let ours: Vec<_> = counted
        .iter()
        .filter(|(name, _)| name.ends_with(" houses"))
        .map(|(name, value)| (name.as_str(), *value))
        .collect();
    assert_eq!(
        ours,
        [
            ("ws_broadcasts_total houses", 3.0),
            ("ws_deliveries_refused_total houses", 1.0),
            // The Close frame is one, too.
            ("ws_deliveries_total houses", 4.0),
        ]
    );
}
