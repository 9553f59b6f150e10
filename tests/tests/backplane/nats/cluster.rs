//! Three servers, of which one may go.

use std::time::Duration;

use async_nats::jetstream;
use tokio::time::sleep;
use ws_server::backplane::{Nats, Page, Position, Publication, Topic};
use ws_tests::{
    engine::{Engine, asked_for, nats},
    wait::within,
};

use super::{KEEP, Node, texts, topic};

/// Publishes until it is taken, as a node does: the same again, over another
/// link if that has to be.
/// Gives the position of the last.
async fn insist(nats: &Nats, batch: &[Publication]) -> Position {
    let taken = async {
        loop {
            let published = Node::connect(nats).await.try_publish(batch).await;
            let mut published = published.into_iter().flatten();
            match published.next_back() {
                Some(Ok(Some(position))) if published.all(|one| one.is_ok()) => return position,
                Some(_) | None => sleep(Duration::from_millis(20)).await,
            }
        }
    };
    within("the cluster to take it", taken).await
}

/// Reads until there is an answer.
async fn read(nats: &Nats) -> Page {
    let read = async {
        loop {
            let node = Node::connect(nats).await;
            match node.link.read(&topic(), KEEP, None, 10).await {
                Ok(page) => return page,
                Err(_) => sleep(Duration::from_millis(20)).await,
            }
        }
    };
    within("the cluster to tell it", read).await
}

#[actix_web::test]
async fn cluster_that_loses_a_server_loses_nothing() {
    if !asked_for() {
        return;
    }
    let mut engines = nats::cluster().await;
    let nats = Nats::connect(nats::url(&engines))
        .unwrap()
        .replicas(3)
        .request_timeout(Duration::from_secs(1));
    // They come at once, and make one stream.
    let rooms = ["0", "1", "2", "3"].map(|room| Topic::new("chat", room));
    let recording = rooms.iter().map(|room| async {
        let batch = [Node::connect(&nats)
            .await
            .publication(room, "x", Some(KEEP))];
        insist(&nats, &batch).await
    });
    let positions = futures_util::future::join_all(recording).await;
    let epoch = positions[0].epoch;
    assert!(positions.iter().all(|position| position.epoch == epoch));

    let mut node = Node::connect(&nats).await;
    let batch = ["a", "b"].map(|text| node.publication(&topic(), text, Some(KEEP)));
    insist(&nats, &batch[..1]).await;
    let page = read(&nats).await;

    let leader = leader(&engines[0]).await;
    let leader = leader.strip_prefix("member-").unwrap();
    engines[leader.parse::<usize>().unwrap()].kill();
    insist(&nats, &batch).await;
    let read = read(&nats).await;
    assert_eq!((read.epoch, read.start), (epoch, page.start));
    assert_eq!(texts(&read), ["a", "b"]);
}

/// Which of them orders what is recorded.
async fn leader(engine: &Engine) -> String {
    let client = async_nats::connect(engine.url()).await;
    let context = jetstream::new(client.expect("the server is there"));
    let stream = context.get_stream("ws-chat").await;
    let stream = stream.expect("it has been made");
    let cluster = stream.cached_info().cluster.as_ref();
    let leader = cluster.and_then(|cluster| cluster.leader.clone());
    leader.expect("it has recorded something")
}
