//! What a server does to messages that it was not asked to.

use std::time::Duration;

use redis::cmd;
use ws_server::backplane::{Backplane, BackplaneError, Inbox};
use ws_tests::{
    engine::{Engine, redis as servers},
    wait::within,
};

use super::{Cluster, Forgetful, MortalCluster, Persistent, ask, redis};
use crate::suite::{KEEP, Node, Subject, texts, topic};

#[actix_web::test]
async fn full_server_refuses_what_is_recorded_and_stays() {
    let Some(engine) = Forgetful::start().await else {
        return;
    };
    let topic = topic("lobby");
    let mut node = Node::connect(&engine).await;
    node.subscribe(std::slice::from_ref(&topic)).await;
    node.record(&topic, "one").await;
    let limit = |bytes: &str| {
        let mut limit = cmd("CONFIG");
        limit.arg(&["SET", "maxmemory", bytes]);
        limit
    };
    ask(&engine.0, &limit("1")).await;
    let batch: Vec<_> = ["two", "three"]
        .map(|text| node.publication(&topic, text, Some(KEEP)))
        .into();
    for refused in node.try_publish(&batch).await.expect("the link is good") {
        assert!(
            matches!(refused, Err(BackplaneError::Refused { .. })),
            "{refused:?}"
        );
    }
    // Who comes to a room is not sent away.
    let other = crate::suite::topic("garden");
    assert_eq!(node.read(&other, KEEP, None, 10).await.last, 0);

    ask(&engine.0, &limit("0")).await;
    node.record(&topic, "four").await;
    assert_eq!(texts(&node.read_all(&topic, KEEP).await), ["one", "four"]);
    node.hears(&topic, "one").await;
    node.hears(&topic, "four").await;
}

#[actix_web::test]
async fn server_that_has_forgotten_the_scripts_is_told_again() {
    let Some(engine) = Persistent::start().await else {
        return;
    };
    let topic = topic("lobby");
    let mut node = Node::connect(&engine).await;
    let flush = || {
        let mut flush = cmd("SCRIPT");
        flush.arg("FLUSH");
        flush
    };
    node.record(&topic, "one").await;
    ask(&engine.0, &flush()).await;
    let batch = ["two", "three", "four"].map(|text| node.publication(&topic, text, Some(KEEP)));
    let positions = node.publish(&batch).await;
    let offsets = positions
        .iter()
        .map(|position| position.map(|it| it.offset));
    assert_eq!(offsets.collect::<Vec<_>>(), [Some(2), Some(3), Some(4)]);
    // They were recorded as they would have been.
    assert_eq!(node.publish(&batch).await, [None, None, None]);
    ask(&engine.0, &flush()).await;
    let all = ["one", "two", "three", "four"];
    assert_eq!(texts(&node.read_all(&topic, KEEP).await), all);
    assert_eq!(texts(&node.read(&topic, KEEP, Some(2), 1).await), ["three"]);
}

#[actix_web::test]
async fn server_that_forgets_the_scripts_in_the_middle_of_a_batch_loses_nothing() {
    let Some(engine) = Forgetful::start().await else {
        return;
    };
    let text = "x".repeat(500);
    let mut node = Node::connect(&engine).await;
    for round in 0..10 {
        let topic = topic(&round.to_string());
        let mut batch = Vec::new();
        for number in 0..1000 {
            batch.push(node.publication(&topic, format!("{number} {text}"), Some(KEEP)));
        }
        ask(&engine.0, cmd("SCRIPT").arg("FLUSH")).await;
        // Who connects has the server learn them, somewhere in between.
        let (positions, _other) = tokio::join!(node.publish(&batch), Node::connect(&engine));
        assert!(positions.iter().all(Option::is_some));
        let page = node.read_all(&topic, KEEP).await;
        let mut read: Vec<_> = page
            .entries
            .into_iter()
            .map(|(_, payload)| payload)
            .collect();
        let mut published: Vec<_> = batch.into_iter().map(|it| it.payload).collect();
        read.sort();
        published.sort();
        assert!(read == published, "something is missing, or there twice");
    }
}

#[actix_web::test]
async fn server_that_became_a_replica_ends_the_link() {
    let (Some(engine), Some(primary)) = (Forgetful::start().await, Forgetful::start().await) else {
        return;
    };
    let topic = topic("lobby");
    let mut node = Node::connect(&engine).await;
    let mut follow = cmd("REPLICAOF");
    follow.arg("127.0.0.1").arg(primary.0.port());
    ask(&engine.0, &follow).await;
    let batch = [node.publication(&topic, "one", Some(KEEP))];
    let error = node
        .try_publish(&batch)
        .await
        .expect_err("it is told to go elsewhere");
    assert!(matches!(error, BackplaneError::Lost { .. }), "{error:?}");
    node.lost().await;
    // Where it belongs now, it is recorded.
    let node = Node::connect_as(&primary, node.origin).await;
    assert!(node.publish(&batch).await[0].is_some());
}

#[actix_web::test]
async fn link_ends_when_a_slot_of_its_cluster_is_moved() {
    let Some(engine) = MortalCluster::start().await else {
        return;
    };
    let lobby = topic("lobby");
    let mut subscriber = Node::connect(&engine).await;
    let mut bystander = Node::connect(&engine).await;
    subscriber.subscribe(std::slice::from_ref(&lobby)).await;

    let all = &engine.cluster.servers;
    let (from, to) = (&all[engine.lobby], &all[(engine.lobby + 1) % 3]);
    let slot = servers::command(from, &["CLUSTER", "KEYSLOT", "ws:{chat.lobby}"]).await;
    let heir = servers::command(to, &["CLUSTER", "MYID"]).await;
    for server in [to, from] {
        let set = ["CLUSTER", "SETSLOT", slot.trim(), "NODE", heir.trim()];
        servers::command(server, &set).await;
    }
    let error = subscriber.lost().await;
    assert!(matches!(error, BackplaneError::Lost { .. }), "{error:?}");
    // Who did not listen there learns it when publishing.
    let batch = [bystander.publication(&lobby, "one", Some(KEEP))];
    assert!(bystander.try_publish(&batch).await.is_err());

    engine.cluster.ready().await;
    let mut subscriber = Node::connect(&engine).await;
    subscriber.subscribe(std::slice::from_ref(&lobby)).await;
    let bystander = Node::connect_as(&engine, bystander.origin).await;
    assert!(bystander.publish(&batch).await[0].is_some());
    subscriber.hears(&lobby, "one").await;
}

#[actix_web::test]
async fn who_takes_nothing_loses_the_link() {
    let Some(engine) = Forgetful::start().await else {
        return;
    };
    let topic = topic("lobby");
    let (inbox, mut arrivals) = Inbox::new(10_000);
    let link = within("a link", engine.backplane().connect(inbox)).await;
    let link = link.expect("it listens");
    let subscribed = within(
        "the subscription",
        link.subscribe(std::slice::from_ref(&topic)),
    );
    subscribed.await.expect("the link is good");
    let mut publisher = Node::connect(&engine).await;
    let text = "x".repeat(1000);
    let mut batch = Vec::new();
    for _ in 0..100 {
        batch.push(publisher.publication(&topic, text.clone(), None));
    }
    publisher.publish(&batch).await;
    let taken = async {
        let mut taken = 0;
        while let Ok(arrived) = arrivals.next().await {
            taken += arrived.len();
        }
        taken
    };
    // What came before is there to be taken.
    let full = async {
        while link.read(&topic, KEEP, None, 1).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    within("the link to be lost", full).await;
    let taken = within("the end", taken).await;
    assert!((5..50).contains(&taken), "{taken} are kept");
}

#[actix_web::test]
async fn batches_of_one_link_do_not_overtake_each_other() {
    let Some(engine) = Cluster::<3>::start().await else {
        return;
    };
    let topics = [topic("lobby"), topic("garden"), topic("cellar")];
    let mut node = Node::connect(&engine).await;
    // Long enough to go in several pipelines.
    let long = "x".repeat(100_000);
    let mut batches = Vec::new();
    for batch in 0..4 {
        let mut publications = Vec::new();
        for number in 0..20 {
            let text = format!("{batch} {number} {long}");
            publications.push(node.publication(&topics[number % 3], text, Some(KEEP)));
        }
        batches.push(publications);
    }
    let publishing = batches.iter().map(|batch| node.publish(batch));
    let published = futures_util::future::join_all(publishing).await;
    assert!(published.iter().flatten().all(Option::is_some));
    for (index, topic) in topics.iter().enumerate() {
        let page = node.read_all(topic, KEEP).await;
        let read: Vec<_> = texts(&page).into_iter().map(str::to_owned).collect();
        let published = batches
            .iter()
            .flatten()
            .filter(|it| it.topic == topics[index]);
        let published: Vec<_> = published
            .map(|it| crate::suite::text(&it.payload))
            .collect();
        assert!(read == published, "{topic}");
    }
}

#[actix_web::test]
async fn prefixes_keep_apart() {
    let Some(engine) = Persistent::start().await else {
        return;
    };
    struct Other<'a>(&'a Engine);
    impl Subject for Other<'_> {
        async fn start() -> Option<Self> {
            None
        }

        fn backplane(&self) -> Box<dyn Backplane> {
            Box::new(redis(&self.0.url()).prefix("other"))
        }

        fn nowhere() -> Option<Box<dyn Backplane>> {
            None
        }
    }
    let topic = topic("lobby");
    let mut ours = Node::connect(&engine).await;
    let mut others = Node::connect(&Other(&engine.0)).await;
    ours.subscribe(std::slice::from_ref(&topic)).await;
    others.record(&topic, "theirs").await;
    others.say(&topic, "theirs").await;
    ours.record(&topic, "ours").await;
    ours.hears(&topic, "ours").await;
    assert_eq!(texts(&ours.read_all(&topic, KEEP).await), ["ours"]);
    assert_eq!(texts(&others.read_all(&topic, KEEP).await), ["theirs"]);
}
