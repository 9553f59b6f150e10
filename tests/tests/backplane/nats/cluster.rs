//! Three servers, of which one may go.

use std::time::Duration;

use tokio::time::sleep;
use ws_server::backplane::{Nats, Publication};
use ws_tests::{
    engine::{asked_for, nats},
    wait::within,
};

use super::{KEEP, Node, texts, topic};

/// Publishes until it is taken, as a node does: the same again, over another
/// link if that has to be.
async fn insist(nats: &Nats, batch: &[Publication]) {
    let taken = async {
        loop {
            let published = connect(nats).await.try_publish(batch).await;
            if published.is_ok_and(|published| published.iter().all(Result::is_ok)) {
                return;
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    within("the cluster to take it", taken).await;
}

/// Connects; the server that is tried first may be the one that is gone.
async fn connect(nats: &Nats) -> Node {
    Node::connect(nats).await
}

#[actix_web::test]
async fn cluster_that_loses_a_server_loses_nothing() {
    if !asked_for() {
        return;
    }
    let mut engines = nats::cluster().await;
    let nats = Nats::connect(nats::url(&engines)).unwrap().replicas(3);
    let mut node = connect(&nats).await;
    let first = [node.publication(&topic(), "a", Some(KEEP))];
    insist(&nats, &first).await;
    let epoch = connect(&nats)
        .await
        .read(&topic(), KEEP, None, 10)
        .await
        .epoch;
    for (index, text) in ["b", "c", "d"].iter().enumerate() {
        engines[index].kill();
        let batch = [node.publication(&topic(), text, Some(KEEP))];
        insist(&nats, &batch).await;
        engines[index].restart().await;
    }
    let page = connect(&nats).await.read(&topic(), KEEP, None, 10).await;
    assert_eq!(page.epoch, epoch);
    assert_eq!(texts(&page), ["a", "b", "c", "d"]);
}
