//! Engines that fail, ways that are cut, nodes that cannot keep up.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use ws_server::{
    BroadcastError, Cluster, History, PublishError,
    backplane::{Backplane, Inbox, Keep, Position, Publication, PublicationId, Topic},
};
use ws_tests::wait::{until, within};

use crate::{
    carrier::{Carrier, Valve, on_all_engines},
    ear::Ear,
    node::{LOBBY, Node, quick},
};

on_all_engines! {
    what_is_not_recorded_comes_once_though_its_answer_is_lost
    nodes_that_were_cut_off_from_each_other_agree_again
    node_that_cannot_keep_up_fetches_what_it_missed
    node_that_leaves_publishes_first_what_waits
    node_ends_when_all_that_held_it_is_gone
    garbage_of_strangers_hurts_nobody
}

/// What it takes a program to show.
mod engines {
    use super::{
        engine_that_comes_late_is_joined, engine_that_is_killed_loses_nothing_it_has_accepted,
        engine_that_is_stopped_for_a_while_loses_nothing,
    };

    crate::carrier::on_real_engines! {
        engine_that_comes_late_is_joined
        engine_that_is_killed_loses_nothing_it_has_accepted
        engine_that_is_stopped_for_a_while_loses_nothing
    }

    #[actix_web::test]
    async fn members_are_told_that_redis_has_forgotten_all() {
        if let Some(carrier) = crate::carrier::Carrier::forgetful_redis().await {
            super::members_are_told_that_an_engine_has_forgotten_all(carrier).await;
        }
    }

    #[actix_web::test]
    async fn members_are_told_that_nats_has_forgotten_all() {
        if let Some(carrier) = crate::carrier::Carrier::forgetful_nats().await {
            super::members_are_told_that_an_engine_has_forgotten_all(carrier).await;
        }
    }
}

async fn what_is_not_recorded_comes_once_though_its_answer_is_lost(carrier: Carrier) {
    let valve = Valve::on(carrier.way());
    let here = Node::quiet(quick(valve.clone()));
    let there = Node::quiet(quick(carrier.way()));
    let ben = there.ear("ben").await;
    let witness = Node::quiet(quick(carrier.way()));
    let cyd = witness.ear("cyd").await;
    there.until_count(2).await;
    witness.until_count(2).await;
    here.until_connected(true).await;
    // Once without members of its own, once with one.
    let mut ada = None;
    for round in 0..2 {
        for lost in 0..3 {
            valve.lose_next_answer();
            for number in 0..20 {
                here.say(&format!("{round} {lost} {number}"));
            }
            until("an answer to be lost", || valve.has_lost_answer()).await;
            for ear in [&ben, &cyd] {
                ear.until_text(&format!("{round} {lost} 19")).await;
            }
        }
        if ada.is_none() {
            ada = Some(here.ear("ada").await);
            there.until_count(3).await;
        }
    }
    let said: Vec<_> = (0..2)
        .flat_map(|round| (0..3).map(move |lost| (round, lost)))
        .flat_map(|(round, lost)| (0..20).map(move |it| format!("{round} {lost} {it}")))
        .collect();
    assert_eq!(ben.texts(), said);
    assert_eq!(cyd.texts(), said);
    let ada = ada.expect("she has come");
    assert_eq!(ada.texts(), &said[60..]);
}

async fn nodes_that_were_cut_off_from_each_other_agree_again(carrier: Carrier) {
    let valves = [(); 2].map(|()| Valve::on(carrier.way()));
    let nodes = valves.each_ref().map(|valve| {
        let quick = quick(valve.clone());
        Node::recording(Some(quick), 1000)
    });
    let ears = [nodes[0].ear("ada").await, nodes[1].ear("ben").await];
    for node in &nodes {
        node.until_names(&["ada", "ben"]).await;
    }
    for ear in &ears {
        until("the record to be read", || ear.reports().len() == 1).await;
    }
    for valve in &valves {
        valve.close();
    }
    for (node, name) in nodes.iter().zip(["ada", "ben"]) {
        node.until_connected(false).await;
        node.until_names(&[name]).await;
        for number in 0..50 {
            node.say(&format!("{name} {number}"));
        }
    }
    for valve in &valves {
        valve.open();
    }
    let record = ears[0].until_record(100).await;
    assert_eq!(ears[1].until_record(100).await, record);
    for name in ["ada", "ben"] {
        let its = record.iter().map(|(_, text)| text.as_str());
        let its: Vec<_> = its.filter(|text| text.starts_with(name)).collect();
        let said: Vec<_> = (0..50).map(|number| format!("{name} {number}")).collect();
        assert_eq!(its, said);
    }
    for node in &nodes {
        node.until_names(&["ada", "ben"]).await;
    }
}

async fn node_that_cannot_keep_up_fetches_what_it_missed(carrier: Carrier) {
    const COUNT: usize = 600;
    let history = || History::messages(1000).max_bytes(4 << 20);
    let here = Node::keeping(Some(quick(carrier.way())), history());
    let narrow = Cluster::builder(carrier.way()).max_arrived_bytes(3000);
    let there = Node::keeping(Some(narrow.start()), history());
    let ears = [here.ear("ada").await, there.ear("ben").await];
    for ear in &ears {
        until("the record to be read", || ear.reports().len() == 1).await;
    }
    let filler = "x".repeat(500);
    for number in 0..COUNT {
        here.say(&format!("{number} {filler}"));
    }
    let record = ears[0].until_record(COUNT).await;
    let behind = ears[1].until_record(COUNT).await;
    assert!(behind == record, "{} of {}", behind.len(), record.len());
    assert_eq!(ears[1].reports().len(), 1, "nothing is missing");
}

async fn node_that_leaves_publishes_first_what_waits(carrier: Carrier) {
    let valve = Valve::on(carrier.way());
    let here = Node::quiet(quick(carrier.way()));
    let patience = Duration::from_millis(500);
    let hasty = || Cluster::builder(valve.clone()).patience(patience).start();
    let there = Node::quiet(hasty());
    let ear = here.ear("ada").await;
    let _ben = there.enter("ben").await;
    here.until_names(&["ada", "ben"]).await;
    for number in 0..1000 {
        there.say(&number.to_string());
    }
    let last = there.publish("last");
    within("the node to leave", there.cluster().leave()).await;
    assert_eq!(last.await, Ok(None));
    let said: Vec<_> = (0..1000).map(|it| it.to_string()).collect();
    ear.until_text("last").await;
    assert_eq!(&ear.texts()[..1000], said);
    here.until_names(&["ada"]).await;

    // There is nowhere to publish to.
    let other = Node::quiet(hasty());
    let _cyd = other.enter("cyd").await;
    here.until_names(&["ada", "cyd"]).await;
    valve.close();
    other.until_connected(false).await;
    let receipt = other.publish("in vain");
    let (first, second) = (other.cluster().leave(), other.cluster().leave());
    within(
        "the node to leave",
        futures_util::future::join(first, second),
    )
    .await;
    let told = within("the answer", receipt).await;
    assert!(
        matches!(told, Err(PublishError::Expired { .. } | PublishError::Left)),
        "{told:?}"
    );
    let late = other.rooms.broadcast(&LOBBY.to_owned(), "late");
    assert_eq!(late, Err(BroadcastError::Left));
}

async fn node_ends_when_all_that_held_it_is_gone(carrier: Carrier) {
    for away in [false, true] {
        let valve = Valve::on(carrier.way());
        let node = Node::recording(Some(quick(valve.clone())), 10);
        let ada = node.ear("ada").await;
        let _guest = node.enter_at("/kitchen/guest").await;
        until("the record to be read", || ada.reports().len() == 1).await;
        if away {
            valve.close();
            node.until_connected(false).await;
        }
        drop((ada, node));
        // Its thread holds the way to the engine.
        until("the thread to end", || valve.is_alone()).await;
    }
}

async fn garbage_of_strangers_hurts_nobody(carrier: Carrier) {
    let nodes = [(); 2].map(|()| Node::recording(Some(quick(carrier.way())), 10_000));
    let ears = [nodes[0].ear("ada").await, nodes[1].ear("ben").await];
    for (node, ear) in nodes.iter().zip(&ears) {
        node.until_names(&["ada", "ben"]).await;
        until("the record to be read", || ear.reports().len() == 1).await;
    }
    let (inbox, _arrivals) = Inbox::new(1 << 20);
    let stranger = within("a connection", carrier.way().connect(inbox)).await;
    let stranger = stranger.expect("it is there");
    let topics = [
        Topic::new("rooms", LOBBY),
        Topic::new("rooms", "nobody is here"),
        Topic::new("", "nodes"),
    ];
    let keep = Keep {
        messages: 10_000,
        bytes: 256 << 10,
        age: None,
    };
    let mut number = 0;
    for round in 0..20 {
        let mut batch = Vec::new();
        for topic in &topics {
            for keep in [None, Some(keep)] {
                // What is recorded among the nodes' own nobody reads.
                let keep = keep.filter(|_| topic.rooms() == "rooms");
                for _ in 0..10 {
                    number += 1;
                    batch.push(Publication {
                        topic: topic.clone(),
                        payload: garbage(),
                        id: PublicationId { origin: 99, number },
                        keep,
                    });
                }
            }
        }
        let published = within("the garbage to go", stranger.publish(&batch)).await;
        published.expect("it is there");
        nodes[round % 2].say(&format!("round {round}"));
    }
    for ear in &ears {
        let record = ear.until_record(20).await;
        let mut texts: Vec<_> = record.into_iter().map(|(_, text)| text).collect();
        texts.sort_unstable();
        let mut said: Vec<_> = (0..20).map(|round| format!("round {round}")).collect();
        said.sort_unstable();
        assert_eq!(texts, said);
        assert_eq!(ear.reports().len(), 1);
    }
    // It is in the record still, and nobody who comes is handed any of it.
    let late = Node::recording(Some(quick(carrier.way())), 10_000);
    let cyd = Ear::new(late.enter_kept("cyd").await);
    assert_eq!(cyd.until_record(20).await, ears[0].record());
    late.until_names(&["ada", "ben", "cyd"]).await;
}

/// Like what nodes say, or not at all.
fn garbage() -> Bytes {
    let mut bytes: Vec<u8> = (0..fastrand::usize(1..80))
        .map(|_| fastrand::u8(..))
        .collect();
    if fastrand::bool() {
        bytes[0] = 1;
    }
    if bytes.len() > 17 {
        // Of all kinds there are, with what makes no sense in it.
        bytes[17] = fastrand::u8(..12);
        if bytes[17] < 2 {
            // Neither a message nor a close: those could be real.
            bytes.truncate(18);
        }
    }
    bytes.into()
}

async fn engine_that_comes_late_is_joined(mut carrier: Carrier) {
    carrier.engine().kill();
    let nodes = [(); 2].map(|()| Node::quiet(quick(carrier.way())));
    for node in &nodes {
        let connected = within("the first attempt", node.cluster().connected()).await;
        let error = connected.expect_err("nobody is there").to_string();
        assert!(error.contains("127.0.0.1"), "{error}");
        assert!(!node.cluster().is_connected());
    }
    let ears = [nodes[0].ear("ada").await, nodes[1].ear("ben").await];
    for (number, ear) in ears.iter().enumerate() {
        let text = format!("alone {number}");
        nodes[number].say(&text);
        ear.until_text(&text).await;
    }
    carrier.engine().restart().await;
    for node in &nodes {
        node.until_connected(true).await;
        node.until_names(&["ada", "ben"]).await;
        within("it", node.cluster().connected())
            .await
            .expect("it is there");
    }
    nodes[0].say("together");
    for ear in &ears {
        ear.until_text("together").await;
    }
}

/// Nodes that publish until they are told to stop; gives what was accepted,
/// with its positions.
struct Talk {
    nodes: Vec<Node>,
    ears: Vec<Ear>,
}

impl Talk {
    async fn over(carrier: &Carrier) -> Self {
        let nodes: Vec<_> = (0..3)
            .map(|_| {
                let history = History::messages(100_000).max_bytes(16 << 20);
                Node::keeping(Some(quick(carrier.way())), history)
            })
            .collect();
        let mut ears = Vec::new();
        for node in &nodes {
            let ear = node.ear("ear").await;
            until("the record to be read", || ear.reports().len() == 1).await;
            ears.push(ear);
        }
        Self { nodes, ears }
    }

    /// Has each node publish so many while `trouble` is.
    async fn during(&self, count: usize, trouble: impl Future<Output = ()>) -> Vec<Accepted> {
        let speakers = self
            .nodes
            .iter()
            .enumerate()
            .map(|(number, node)| async move {
                let mut receipts = Vec::new();
                for text in 0..count {
                    let text = format!("n{number} {text}");
                    let receipt = node.publish(&text);
                    receipts.push(async { (text, receipt.await) });
                    tokio::time::sleep(Duration::from_millis(3)).await;
                }
                join_all(receipts).await
            });
        let (told, ()) = within(
            "all to be answered",
            futures_util::future::join(join_all(speakers), trouble),
        )
        .await;
        told.into_iter().flatten().collect()
    }

    /// All ears have heard the same, and all that was accepted, once.
    async fn check(&self, told: &[Accepted]) {
        for (number, node) in self.nodes.iter().enumerate() {
            let last = async { while node.publish(&format!("last {number}")).await.is_err() {} };
            within("the engine to be back", last).await;
        }
        for ear in &self.ears {
            for number in 0..self.nodes.len() {
                ear.until_text_of_record(&format!("last {number}")).await;
            }
        }
        let record = self.ears[0].record();
        for ear in &self.ears {
            until("all to have all", || ear.record().len() >= record.len()).await;
            assert!(
                ear.record()[..record.len()] == record[..],
                "not the same order"
            );
            assert_eq!(
                ear.reports().len(),
                1,
                "no gap is told: {:?}",
                ear.reports()
            );
        }
        let mut accepted = 0;
        for (text, told) in told {
            let times = record.iter().filter(|(_, it)| it == text).count();
            match told {
                Ok(position) => {
                    accepted += 1;
                    assert_eq!(times, 1, "{text}, accepted at {position:?}");
                    let there = record.iter().find(|(_, it)| it == text);
                    if let Some(position) = position {
                        assert_eq!(there.map(|it| it.0), Some(*position), "{text}");
                    }
                }
                Err(PublishError::Expired { .. }) => assert_eq!(times, 0, "{text}"),
                Err(_) => assert!(times <= 1, "{text} is there {times} times"),
            }
        }
        assert!(accepted * 2 > told.len(), "{accepted} of {}", told.len());
    }
}

type Accepted = (String, Result<Option<Position>, PublishError>);

async fn engine_that_is_killed_loses_nothing_it_has_accepted(mut carrier: Carrier) {
    let talk = Talk::over(&carrier).await;
    let engine = carrier.engine();
    let told = talk.during(500, async {
        for _ in 0..3 {
            tokio::time::sleep(Duration::from_millis(200)).await;
            engine.restart().await;
        }
    });
    let told = told.await;
    talk.check(&told).await;
}

async fn engine_that_is_stopped_for_a_while_loses_nothing(mut carrier: Carrier) {
    let talk = Talk::over(&carrier).await;
    let engine = carrier.engine();
    let told = talk.during(500, async {
        // Shorter and longer than it is waited for answers.
        for pause in [300, 2500] {
            tokio::time::sleep(Duration::from_millis(200)).await;
            engine.pause();
            tokio::time::sleep(Duration::from_millis(pause)).await;
            engine.resume();
        }
    });
    let told = told.await;
    talk.check(&told).await;
}

async fn members_are_told_that_an_engine_has_forgotten_all(mut carrier: Carrier) {
    let nodes = [(); 2].map(|()| Node::recording(Some(quick(carrier.way())), 1000));
    let ears = [nodes[0].ear("ada").await, nodes[1].ear("ben").await];
    for ear in &ears {
        until("the record to be read", || ear.reports().len() == 1).await;
    }
    for number in 0..5 {
        nodes[0].say(&format!("before {number}"));
    }
    let before = ears[0].until_record(5).await;
    assert_eq!(ears[1].until_record(5).await, before);
    carrier.engine().kill();
    for node in &nodes {
        node.until_connected(false).await;
    }
    // More than there were in the record before.
    for number in 0..20 {
        nodes[0].say(&format!("after {number}"));
    }
    carrier.engine().restart().await;
    for ear in &ears {
        let record = ear.until_record(25).await;
        let after: Vec<_> = record[5..].iter().map(|(_, text)| text.clone()).collect();
        let said: Vec<_> = (0..20).map(|number| format!("after {number}")).collect();
        assert_eq!(after, said);
        assert_ne!(record[5].0.epoch, before[0].0.epoch);
        let told = ear.reports();
        assert!(
            told[1..]
                .iter()
                .all(|(_, report)| report.ends_with("false"))
        );
        assert!(told.len() > 1, "the gap is told");
    }
    let at = ears[0].record()[4].0;
    let cyd = Ear::new(nodes[1].enter_since("cyd", at).await);
    assert_eq!(cyd.until_record(20).await, &ears[0].record()[5..]);
    assert!(cyd.reports()[0].1.ends_with("false"));
}
