//! What operators are told of rooms.

use std::collections::BTreeMap;

use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use ws_core::CloseCode;
use ws_server::{History, test};

use crate::person::{Houses, Join, guest};

/// Runs something, and tells what is counted then.
pub(crate) fn counted(run: impl FnOnce()) -> BTreeMap<String, f64> {
    let recorder = DebuggingRecorder::new();
    metrics::with_local_recorder(&recorder, run);
    values(&recorder.snapshotter())
}

/// The counters and gauges that are not zero: by name, with their labels' values
/// behind.
fn values(snapshotter: &Snapshotter) -> BTreeMap<String, f64> {
    let snapshot = snapshotter.snapshot().into_vec();
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

#[test]
fn refused_joins_and_what_rooms_keep_are_counted() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let scenario = async move {
        let rooms = Houses::builder()
            .name("houses")
            .max_members(1)
            .max_rooms_per_connection(2)
            .history(History::messages(10))
            .build();
        let ada = guest(&rooms, "hall", "ada").await;
        let ben = guest(&rooms, "attic", "ben").await;
        for (person, room, is_let_in) in [
            (&ada, "attic", false),
            (&ben, "hall", false),
            (&ada, "cellar", true),
            (&ada, "loft", false),
        ] {
            let joined = person.address().send(Join(rooms.clone(), room, "")).await;
            assert_eq!(joined.expect("it lives").is_ok(), is_let_in);
        }
        let hall = rooms.get(&"hall").expect("ada is in it");
        let receipt = hall.publish("x".repeat(1000)).expect("it is taken");
        receipt.await.expect("it is recorded");
        test::settle().await;
        let counted = values(&snapshotter);
        let of = |name: &str| counted.get(name).copied().unwrap_or_default();
        assert_eq!(of("ws_joins_refused_total houses max_members"), 2.0);
        let too_many = "ws_joins_refused_total houses max_rooms_per_connection";
        assert_eq!(of(too_many), 1.0);
        let kept = of("ws_room_history_bytes houses");
        assert!((1000.0..1200.0).contains(&kept), "{kept} bytes");
    };
    metrics::with_local_recorder(&recorder, || test::run(scenario));
}
