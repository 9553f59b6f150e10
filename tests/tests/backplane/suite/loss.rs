//! The engine is gone, or says nothing any more.

use std::collections::BTreeSet;

use tokio::sync::mpsc;
use ws_server::backplane::{BackplaneError, Keep};
use ws_tests::wait::within;

use super::{KEEP, Mortal, Node, text, texts, topic};

pub(crate) async fn all_learn_that_the_engine_was_killed(mut engine: impl Mortal) {
    let topic = topic("lobby");
    let mut idle = Node::connect(&engine).await;
    let mut subscriber = Node::connect(&engine).await;
    subscriber.subscribe(std::slice::from_ref(&topic)).await;
    let mut publisher = Node::connect(&engine).await;
    publisher.record(&topic, "one").await;
    subscriber.hears(&topic, "one").await;

    engine.kill();
    for node in [&mut idle, &mut subscriber, &mut publisher] {
        let error = node.lost().await;
        assert!(matches!(error, BackplaneError::Lost { .. }), "{error:?}");
    }
    let publication = publisher.publication(&topic, "two", Some(KEEP));
    assert!(publisher.try_publish(&[publication]).await.is_err());
    let read = publisher.link.read(&topic, KEEP, None, 1);
    assert!(within("reading to fail", read).await.is_err());

    engine.restart().await;
    let mut publisher = Node::connect(&engine).await;
    let mut subscriber = Node::connect(&engine).await;
    subscriber.subscribe(std::slice::from_ref(&topic)).await;
    publisher.say(&topic, "three").await;
    subscriber.hears(&topic, "three").await;
}

pub(crate) async fn what_was_recorded_outlives_the_engine_or_the_epoch_tells<M: Mortal>(
    mut engine: M,
) {
    let topic = topic("lobby");
    let publisher = Node::connect(&engine).await;
    let origin = publisher.origin;
    let epoch = publisher.read(&topic, KEEP, None, 1).await.epoch;
    let (tell, mut told) = mpsc::unbounded_channel();
    let publishing = actix_rt::spawn(publisher.publish_on(topic.clone(), tell));
    let mut recorded = Vec::new();
    while recorded.len() < 200 {
        recorded.push(
            within("messages to be recorded", told.recv())
                .await
                .expect("it goes on"),
        );
    }
    // In the middle of some batch.
    engine.kill();
    let batch = within("the publisher to find out", publishing)
        .await
        .expect("it publishes");
    while let Some(one) = told.recv().await {
        recorded.push(one);
    }

    engine.restart().await;
    // Nobody knows what the engine has of the batch.
    let node = Node::connect_as(&engine, origin).await;
    node.publish(&batch).await;
    node.publish(&batch).await;
    let page = node.read_all(&topic, KEEP).await;
    let payloads: BTreeSet<_> = page
        .entries
        .iter()
        .map(|(_, payload)| text(payload))
        .collect();
    assert_eq!(
        payloads.len(),
        page.entries.len(),
        "something is there twice"
    );
    for publication in &batch {
        assert!(payloads.contains(text(&publication.payload)));
    }
    if M::PERSISTENT {
        assert_eq!(page.epoch, epoch);
        for (offset, payload) in recorded {
            assert!(
                page.entries.contains(&(offset, payload.into())),
                "{offset} is missing"
            );
        }
    } else {
        assert_ne!(page.epoch, epoch);
        assert_eq!(page.entries.len(), batch.len());
    }
}

pub(crate) async fn who_had_all_misses_nothing_of_what_comes_after_a_restart<M: Mortal>(
    mut engine: M,
) {
    let [empty, full] = ["empty", "full"].map(topic);
    // There is room for one message.
    let keep = Keep { bytes: 100, ..KEEP };
    let mut node = Node::connect(&engine).await;
    let begun = node.read(&empty, keep, None, 100).await;
    let old = node.publication(&full, "old".repeat(30), Some(keep));
    let old = node.publish(&[old]).await[0].expect("it is recorded");
    engine.kill();
    engine.restart().await;

    let mut node = Node::connect(&engine).await;
    for (topic, epoch, last) in [
        (empty, begun.epoch, begun.last),
        (full, old.epoch, old.offset),
    ] {
        let new = node.publication(&topic, "new".repeat(30), Some(keep));
        let new = node.publish(&[new]).await[0].expect("it is recorded");
        let page = node.read(&topic, keep, Some(last), 100).await;
        assert_eq!(page.epoch == epoch, M::PERSISTENT);
        if M::PERSISTENT {
            assert!(
                page.start <= last,
                "it begins behind {}, not {last}",
                page.start
            );
            assert_eq!(
                (texts(&page), page.last),
                (vec!["new".repeat(30).as_str()], new.offset)
            );
        }
    }
}

pub(crate) async fn all_learn_that_the_engine_is_silent(engine: impl Mortal) {
    let topic = topic("lobby");
    let mut idle = Node::connect(&engine).await;
    let mut subscriber = Node::connect(&engine).await;
    subscriber.subscribe(std::slice::from_ref(&topic)).await;
    engine.pause();
    for node in [&mut idle, &mut subscriber] {
        let error = node.lost().await;
        assert!(matches!(error, BackplaneError::Lost { .. }), "{error:?}");
    }
}

pub(crate) async fn link_that_publishes_learns_that_the_engine_is_silent(engine: impl Mortal) {
    let topic = topic("lobby");
    let mut publisher = Node::connect(&engine).await;
    publisher.record(&topic, "one").await;
    engine.pause();
    let publication = publisher.publication(&topic, "two", Some(KEEP));
    let published = publisher.try_publish(&[publication]).await;
    assert!(
        matches!(published, Err(BackplaneError::Lost { .. })),
        "{published:?}"
    );
    publisher.lost().await;
}
