//! Connections that come and go, in good order and in every other, leave nothing
//! behind. The program `soak` does the same at length.

use std::{collections::BTreeSet, path::Path, time::Duration};

use clap::ValueEnum;
use ws_tests::soak::{Kind, Plan, run};

#[actix_web::test]
async fn connections_that_come_and_go_leave_nothing_behind() {
    let plan = Plan {
        connections: 200,
        kinds: Kind::value_variants().to_vec(),
        witnesses: 4,
        rounds: vec![Duration::from_millis(500), Duration::from_millis(1500)],
        life: Duration::from_millis(100),
        seed: 1,
        drain: true,
    };
    let server = Path::new(env!("CARGO_BIN_EXE_soak"));
    let report = run(&plan, server, |_| {}).await.expect("the server runs");
    assert_eq!(report.wrongs, [] as [&str; 0], "{report:#?}");
    // Each client's first visit is drawn from the seed alone.
    let kinds: BTreeSet<_> = report.visits.keys().copied().collect();
    assert_eq!(kinds, plan.kinds.iter().copied().collect());
    assert!(report.witnessed > 0, "{report:#?}");
}
