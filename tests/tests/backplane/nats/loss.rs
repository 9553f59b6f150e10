//! The server goes, and comes back.

use ws_server::backplane::{BackplaneError, Nats, Storage};
use ws_tests::{
    engine::{Engine, asked_for, nats},
    wait::until,
};

use super::{KEEP, Node, texts, topic};

#[actix_web::test]
async fn server_that_is_killed_loses_the_link_and_no_recorded_message() {
    if !asked_for() {
        return;
    }
    let mut engine = Engine::start(nats::jetstream()).await;
    let mut node = Node::to(&engine.url()).await;
    node.subscribe(&topic()).await;
    let [a, b] = node.record(&topic(), KEEP, ["a", "b"]).await;
    engine.kill();
    let lost = node.lost().await;
    assert!(matches!(lost, BackplaneError::Lost { .. }), "{lost}");
    // Nothing waits for an answer that cannot come, nor for another connection.
    let batch = [node.publication(&topic(), "c", Some(KEEP))];
    node.try_publish(&batch).await.unwrap_err();
    node.link.subscribe(&[topic()]).await.unwrap_err();
    node.link.read(&topic(), KEEP, None, 1).await.unwrap_err();
    engine.restart().await;
    node.try_publish(&batch).await.unwrap_err();

    let mut node = Node::to(&engine.url()).await;
    let page = node.read(&topic(), KEEP, Some(a.offset), 10).await;
    assert_eq!(
        (page.epoch, page.start, page.last),
        (a.epoch, a.offset, b.offset)
    );
    assert_eq!(texts(&page), ["b"]);
    let [c] = node.record(&topic(), KEEP, ["c"]).await;
    assert_eq!(c.epoch, a.epoch);
    assert!(c.offset > b.offset);
}

#[actix_web::test]
async fn what_was_in_memory_begins_anew_in_another_epoch() {
    if !asked_for() {
        return;
    }
    let mut engine = Engine::start(nats::jetstream()).await;
    let nats = Nats::connect(engine.url())
        .unwrap()
        .storage(Storage::Memory);
    let mut node = Node::connect(&nats).await;
    let [a] = node.record(&topic(), KEEP, ["a"]).await;
    engine.restart().await;
    node.lost().await;
    let mut node = Node::connect(&nats).await;
    let [b] = node.record(&topic(), KEEP, ["b"]).await;
    assert_ne!(a.epoch, b.epoch);
    assert_eq!(texts(&node.read(&topic(), KEEP, None, 10).await), ["b"]);
}

#[actix_web::test]
async fn server_that_ends_in_good_order_loses_the_link() {
    if !asked_for() {
        return;
    }
    let mut engine = Engine::start(nats::plain()).await;
    let mut node = Node::to(&engine.url()).await;
    engine.stop().await;
    node.lost().await;
}

#[actix_web::test]
async fn link_that_is_dropped_leaves_no_connection() {
    if !asked_for() {
        return;
    }
    let mut engine = Engine::start(nats::plain().with(&["-D"])).await;
    let node = Node::to(&engine.url()).await;
    node.subscribe(&topic()).await;
    drop(node);
    let closed = || engine.log().contains("Client connection closed");
    until("the server to see it close", closed).await;
    engine.kill();
}
