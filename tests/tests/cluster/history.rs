//! What was missed is caught up with.

use std::{
    thread,
    time::{Duration, Instant},
};

use tokio::time::sleep;
use ws_server::{BroadcastError, Cluster, History, PublishError, backplane::Position};
use ws_tests::{
    client::Client,
    wait::{until, within},
};

use crate::{
    carrier::{Carrier, Valve, on_all_engines},
    ear::{Ear, is_report, split},
    node::{LOBBY, Node, quick},
};

on_all_engines! {
    who_comes_back_gets_what_it_missed_on_another_node
    all_nodes_hear_one_order_with_the_same_positions
    who_wanders_between_nodes_misses_nothing_and_hears_nothing_twice
    who_joins_hears_all_behind_what_it_was_told
    who_comes_too_late_is_told_of_the_gap
    who_is_ahead_of_its_new_node_hears_nothing_twice
    members_learn_what_was_missed_while_their_node_was_cut_off
    what_has_no_answer_is_recorded_once
    receipts_tell_the_position_that_members_see
    old_messages_are_not_handed_out
}

async fn heard(client: &mut Client) -> (Position, String) {
    split(&client.text().await)
}

fn two(carrier: &Carrier, messages: usize) -> [Node; 2] {
    [(); 2].map(|()| Node::recording(Some(quick(carrier.way())), messages))
}

async fn who_comes_back_gets_what_it_missed_on_another_node(carrier: Carrier) {
    let nodes = two(&carrier, 10);
    let mut ada = nodes[0].enter("ada").await;
    assert_eq!(heard(&mut ada).await.1, "report 0 true");
    ada.send("one").await;
    let (position, text) = heard(&mut ada).await;
    assert_eq!(text, "one");
    drop(ada);
    let receipts = [nodes[1].publish("two"), nodes[0].publish("three")];
    for receipt in receipts {
        receipt.await.expect("it is taken");
    }
    let ben = Ear::new(nodes[1].enter_since("ben", position).await);
    let mut seen: Vec<_> = ben
        .until_record(2)
        .await
        .into_iter()
        .map(|it| it.1)
        .collect();
    assert_eq!(ben.reports()[0].1, "report 2 true");
    seen.sort_unstable();
    assert_eq!(seen, ["three", "two"]);
}

#[actix_web::test]
async fn rooms_of_one_process_keep_their_messages_too() {
    let node = Node::recording(None, 2);
    let mut ada = node.enter("ada").await;
    assert_eq!(heard(&mut ada).await.1, "report 0 true");
    ada.send("one").await;
    let (position, _) = heard(&mut ada).await;
    drop(ada);
    node.until_count(0).await;
    node.say("two");
    node.say("three");
    let mut ada = node.enter_since("ada", position).await;
    assert_eq!(heard(&mut ada).await.1, "report 2 true");
    assert_eq!(heard(&mut ada).await.1, "two");
    assert_eq!(heard(&mut ada).await.1, "three");
    node.say("four");
    assert_eq!(heard(&mut ada).await.1, "four");
    // Now there is a gap.
    let mut ben = node.enter_since("ben", position).await;
    assert_eq!(heard(&mut ben).await.1, "report 2 false");
    assert_eq!(heard(&mut ben).await.1, "three");
    assert_eq!(heard(&mut ben).await.1, "four");
}

#[actix_web::test]
async fn room_keeps_so_many_bytes_and_its_newest_message_in_any_case() {
    let node = Node::keeping(None, History::messages(100).max_bytes(4096));
    let witness = node.ear("witness").await;
    for number in 0..10 {
        node.say(&format!("{number:1000}"));
    }
    witness.until_record(10).await;
    let mut late = node.enter_kept("late").await;
    assert_eq!(heard(&mut late).await.1, "report 3 true");
    assert_eq!(heard(&mut late).await.1, format!("{:1000}", 7));
    node.say(&"x".repeat(8192));
    witness.until_record(11).await;
    let mut last = node.enter_kept("last").await;
    assert_eq!(heard(&mut last).await.1, "report 1 true");
}

async fn all_nodes_hear_one_order_with_the_same_positions(carrier: Carrier) {
    const EACH: usize = 200;
    let nodes: Vec<_> = (0..3)
        .map(|_| Node::recording(Some(quick(carrier.way())), 1000))
        .collect();
    let mut ears = Vec::new();
    for node in &nodes {
        ears.push(node.ear("ear").await);
        ears.push(node.ear("other").await);
    }
    for ear in &ears {
        until("the record to be read", || ear.reports().len() == 1).await;
    }
    let speakers = speak(&nodes, EACH);
    let first = ears[0].until_record(3 * EACH).await;
    for pair in first.windows(2) {
        assert_eq!(pair[0].0.epoch, pair[1].0.epoch);
        assert!(pair[0].0.offset < pair[1].0.offset);
    }
    for number in 0..3 {
        let of = format!("n{number} ");
        let its = first.iter().filter(|(_, text)| text.starts_with(&of));
        let its: Vec<_> = its.map(|(_, text)| text.clone()).collect();
        let said: Vec<_> = (0..EACH).map(|it| format!("n{number} {it}")).collect();
        assert_eq!(its, said);
    }
    for ear in &ears[1..] {
        assert_same(&ear.until_record(3 * EACH).await, &first);
    }
    for speaker in speakers {
        speaker.join().expect("it says all");
    }
}

async fn who_wanders_between_nodes_misses_nothing_and_hears_nothing_twice(carrier: Carrier) {
    const EACH: usize = 300;
    let nodes: Vec<_> = (0..3)
        .map(|_| {
            let history = History::messages(5000).max_bytes(4 << 20);
            Node::keeping(Some(quick(carrier.way())), history)
        })
        .collect();
    let witness = nodes[0].ear("witness").await;
    until("the record to be read", || witness.reports().len() == 1).await;
    let start = witness.reports()[0].0;
    let speakers = speak(&nodes, EACH);
    let wanderers = (0..6).map(|number| wander(&nodes, number, start, 3 * EACH));
    let wandered = within("all to arrive", futures_util::future::join_all(wanderers)).await;
    let expected = witness.until_record(3 * EACH).await;
    for (seen, visits) in wandered {
        let differ = seen
            .iter()
            .zip(&expected)
            .position(|(one, other)| one != other);
        assert_eq!(differ, None, "of {} after {visits} visits", seen.len());
        assert_eq!(seen.len(), expected.len());
    }
    for speaker in speakers {
        speaker.join().expect("it says all");
    }
}

/// Joins and leaves with its last position, until it has all.
async fn wander(
    nodes: &[Node],
    number: usize,
    start: Position,
    count: usize,
) -> (Vec<(Position, String)>, usize) {
    let mut seen: Vec<(Position, String)> = Vec::new();
    let (mut at, mut visits) = (start, 0);
    while seen.len() < count {
        visits += 1;
        let node = &nodes[fastrand::usize(..nodes.len())];
        let mut client = node.enter_since(&format!("w{number}"), at).await;
        let mut stay = fastrand::usize(1..60);
        while stay > 0 && seen.len() < count {
            let (position, text) = heard(&mut client).await;
            if is_report(&text) {
                assert!(text.ends_with(" true"), "{text}, coming from {at}");
                assert!(position.offset >= at.offset);
            } else {
                at = position;
                seen.push((position, text));
                stay -= 1;
            }
        }
    }
    (seen, visits)
}

async fn who_joins_hears_all_behind_what_it_was_told(carrier: Carrier) {
    const EACH: usize = 700;
    let nodes = two(&carrier, 5000);
    let witness = nodes[0].ear("witness").await;
    until("the record to be read", || witness.reports().len() == 1).await;
    let speakers = speak(&nodes, EACH);
    let mut joined = Vec::new();
    while witness.record().len() < 2 * EACH - 100 {
        let node = &nodes[fastrand::usize(..nodes.len())];
        let ear = node.ear("now").await;
        until("the report", || !ear.reports().is_empty()).await;
        joined.push(ear);
    }
    for speaker in speakers {
        speaker.join().expect("it says all");
    }
    nodes[0].say("end");
    let all = witness.until_record(2 * EACH + 1).await;
    for ear in joined {
        until("all of it", || ear.record().last() == all.last()).await;
        let (told, report) = ear.reports().swap_remove(0);
        assert_eq!(report, "report 0 true");
        let behind = all
            .iter()
            .filter(|(position, _)| position.offset > told.offset);
        let behind: Vec<_> = behind.cloned().collect();
        assert_same(&ear.record(), &behind);
    }
}

async fn who_comes_too_late_is_told_of_the_gap(carrier: Carrier) {
    let nodes = two(&carrier, 5);
    let witness = nodes[0].ear("witness").await;
    let mut receipts = Vec::new();
    for number in 0..20 {
        receipts.push(nodes[0].publish(&number.to_string()));
    }
    let mut positions = Vec::new();
    for receipt in receipts {
        let position = receipt.await.expect("it is taken");
        positions.push(position.expect("it is recorded"));
    }
    witness.until_record(20).await;
    // Of the newest five nothing is missing, of more it is.
    for (behind, count, complete) in [(3, 5, false), (14, 5, true), (15, 4, true), (19, 0, true)] {
        for node in &nodes {
            let ear = Ear::new(node.enter_since("late", positions[behind]).await);
            let seen = ear.until_record(count).await;
            let expected: Vec<_> = (20 - count..20).map(|it| it.to_string()).collect();
            let texts: Vec<_> = seen.into_iter().map(|(_, text)| text).collect();
            assert_eq!(texts, expected);
            until("the report", || !ear.reports().is_empty()).await;
            assert_eq!(ear.reports()[0].1, format!("report {count} {complete}"));
        }
    }
    // Another record.
    let epoch = positions[0].epoch.wrapping_add(1);
    let other = Position { epoch, offset: 3 };
    let mut late = nodes[1].enter_since("late", other).await;
    assert_eq!(heard(&mut late).await.1, "report 5 false");
    let mut kept = nodes[1].enter_kept("kept").await;
    assert_eq!(heard(&mut kept).await.1, "report 5 true");
    assert_eq!(heard(&mut kept).await.1, "15");
}

async fn who_is_ahead_of_its_new_node_hears_nothing_twice(carrier: Carrier) {
    let valve = Valve::on(carrier.way());
    let here = Node::recording(Some(quick(carrier.way())), 100);
    let there = Node::recording(Some(quick(valve.clone())), 100);
    let witness = here.ear("witness").await;
    let stays = there.ear("stays").await;
    for ear in [&witness, &stays] {
        until("the record to be read", || ear.reports().len() == 1).await;
    }
    here.say("one");
    for ear in [&witness, &stays] {
        ear.until_text_of_record("one").await;
    }
    valve.close();
    there.until_connected(false).await;
    here.say("two");
    let at = witness.until_record(2).await[1].0;
    let comes = Ear::new(there.enter_since("comes", at).await);
    until("the report", || !comes.reports().is_empty()).await;
    assert_eq!(comes.reports()[0], (at, "report 0 true".to_owned()));
    valve.open();
    stays.until_text_of_record("two").await;
    here.say("three");
    comes.until_text_of_record("three").await;
    assert_eq!(comes.record().len(), 1, "{:?}", comes.record());
    assert_eq!(stays.record(), witness.record());
}

async fn members_learn_what_was_missed_while_their_node_was_cut_off(carrier: Carrier) {
    let valve = Valve::on(carrier.way());
    let here = Node::recording(Some(quick(carrier.way())), 10);
    let there = Node::recording(Some(quick(valve.clone())), 10);
    let witness = here.ear("witness").await;
    let stays = there.ear("stays").await;
    for ear in [&witness, &stays] {
        until("the record to be read", || ear.reports().len() == 1).await;
    }
    // As many as are kept, and more.
    for (round, count) in [(0, 8), (1, 25)] {
        valve.close();
        there.until_connected(false).await;
        let before = witness.record().len();
        for number in 0..count {
            here.say(&format!("{round} {number}"));
        }
        witness.until_record(before + count).await;
        valve.open();
        here.say("after");
        stays
            .until_text_of_record(&format!("{round} {}", count - 1))
            .await;
        let all = witness.until_record(before + count + 1).await;
        until("the newest", || stays.record().last() == all.last()).await;
        if round == 0 {
            assert_eq!(stays.record(), all);
            assert_eq!(stays.reports().len(), 1);
            // The same word comes in the next round.
            here.say("between");
            witness.until_text_of_record("between").await;
            stays.until_text_of_record("between").await;
        } else {
            let told = stays.reports();
            assert_eq!(told.len(), 2, "{told:?}");
            assert!(told[1].1.ends_with("false"), "{told:?}");
            let kept = &stays.record()[10..];
            assert_eq!(kept, &all[all.len() - kept.len()..]);
        }
    }
}

async fn what_has_no_answer_is_recorded_once(carrier: Carrier) {
    let valve = Valve::on(carrier.way());
    let here = Node::recording(Some(quick(valve.clone())), 100);
    let there = Node::recording(Some(quick(carrier.way())), 100);
    let ears = [here.ear("ada").await, there.ear("ben").await];
    for ear in &ears {
        until("the record to be read", || ear.reports().len() == 1).await;
    }
    for round in 0..5 {
        valve.lose_next_answer();
        for number in 0..20 {
            here.say(&format!("{round} {number}"));
        }
        until("an answer to be lost", || valve.has_lost_answer()).await;
        for ear in &ears {
            ear.until_text_of_record(&format!("{round} 19")).await;
        }
    }
    let expected: Vec<_> = (0..5)
        .flat_map(|round| (0..20).map(move |number| format!("{round} {number}")))
        .collect();
    let record = ears[0].record();
    let texts: Vec<_> = record.iter().map(|(_, text)| text.clone()).collect();
    assert_eq!(texts, expected);
    assert_eq!(ears[1].record(), record);
}

async fn receipts_tell_the_position_that_members_see(carrier: Carrier) {
    let valve = Valve::on(carrier.way());
    let cluster = Cluster::builder(valve.clone())
        .patience(Duration::from_millis(300))
        .max_queued_bytes(20_000)
        .start();
    let node = Node::recording(Some(cluster), 100);
    let ear = node.ear("ada").await;
    until("the record to be read", || ear.reports().len() == 1).await;
    let position = node.publish("one").await.expect("it is taken");
    let seen = ear.until_record(1).await;
    assert_eq!(Some(seen[0].0), position);
    // Rooms without members here have a record too.
    let elsewhere = node.rooms.publish(&"elsewhere".to_owned(), "one");
    let position = elsewhere.expect("there is room").await;
    assert!(matches!(position, Ok(Some(_))), "{position:?}");

    valve.close();
    node.until_connected(false).await;
    let started = Instant::now();
    let expired = within("the answer", node.publish("two")).await;
    let patience = Duration::from_millis(300);
    assert_eq!(expired, Err(PublishError::Expired { patience }));
    assert!(started.elapsed() >= patience);
    let behind = loop {
        match node.lobby().broadcast("x".repeat(1000)) {
            Ok(()) => {}
            Err(error) => break error,
        }
    };
    assert_eq!(behind, BroadcastError::Behind { limit: 20_000 });
    until("all to be given up", || node.lobby().broadcast("x").is_ok()).await;
    valve.open();
    node.until_connected(true).await;
    let taken = async { while node.publish("three").await.is_err() {} };
    within("a message to be taken", taken).await;
    ear.until_text_of_record("three").await;
    assert!(ear.record().iter().all(|(_, text)| text != "two"));

    node.cluster().leave().await;
    let left = node.lobby().publish("four");
    assert_eq!(left.err(), Some(BroadcastError::Left));
    within("nothing: it has left", node.cluster().leave()).await;
}

async fn old_messages_are_not_handed_out(carrier: Carrier) {
    let age = Duration::from_secs(2);
    let nodes = [(); 2].map(|()| {
        let history = History::messages(100).within(age);
        Node::keeping(Some(quick(carrier.way())), history)
    });
    let begun = Instant::now();
    let witness = nodes[0].ear("witness").await;
    until("the record to be read", || witness.reports().len() == 1).await;
    let old = nodes[0].publish("old").await.expect("it is taken");
    let ear = Ear::new(nodes[1].enter_kept("early").await);
    if begun.elapsed() < age / 2 {
        ear.until_text_of_record("old").await;
    }
    drop(ear);
    sleep(age + Duration::from_millis(200)).await;
    let young = nodes[0].publish("young").await.expect("it is taken");
    witness.until_text_of_record("young").await;
    for node in &nodes {
        let kept = Ear::new(node.enter_kept("kept").await);
        let texts = kept.until_record(1).await;
        assert_eq!(texts[0].1, "young");
        // Between the two there is nothing.
        let after = Ear::new(
            node.enter_since("after", old.expect("it is recorded"))
                .await,
        );
        assert_eq!(after.until_record(1).await[0].1, "young");
        assert_eq!(after.reports()[0].1, "report 1 true");
        let last = Ear::new(
            node.enter_since("last", young.expect("it is recorded"))
                .await,
        );
        until("the report", || !last.reports().is_empty()).await;
        assert_eq!(last.reports()[0].1, "report 0 true");
    }
}

/// All of both at once would be too much to read.
fn assert_same(heard: &[(Position, String)], expected: &[(Position, String)]) {
    let differ = (heard.iter().zip(expected)).position(|(one, other)| one != other);
    if let Some(index) = differ {
        let [heard, expected] = [&heard[index], &expected[index]];
        panic!("the {index}th is {heard:?} instead of {expected:?}");
    }
    assert_eq!(heard.len(), expected.len());
}

/// Has each node say so many texts, as fast as they are taken.
fn speak(nodes: &[Node], count: usize) -> Vec<thread::JoinHandle<()>> {
    let speaker = |(number, node): (usize, &Node)| {
        let rooms = node.rooms.clone();
        thread::spawn(move || {
            for text in 0..count {
                let said = rooms.broadcast(&LOBBY.to_owned(), format!("n{number} {text}"));
                said.expect("it is taken");
                if text % 10 == 0 {
                    // So that it lasts.
                    thread::sleep(Duration::from_millis(5));
                }
            }
        })
    };
    nodes.iter().enumerate().map(speaker).collect()
}
