//! What is said on one node is heard on all.

use std::{thread, time::Duration};

use bytes::Bytes;
use ws_core::Message;
use ws_server::{BroadcastError, CloseCode, Cluster, FrameMessage, Rooms, backplane::MAX_PAYLOAD};
use ws_tests::wait::until;

use crate::{
    carrier::{Carrier, on_all_engines},
    ear::Ear,
    node::{LOBBY, Mark, Node, quick},
};

on_all_engines! {
    broadcast_reaches_members_on_all_nodes_once
    threads_of_a_node_are_heard_in_one_order_everywhere
    node_without_members_in_a_room_reaches_it
    chosen_members_are_reached_on_other_nodes
    connections_on_other_nodes_are_closed
    messages_of_our_own_opcode_arrive
    binary_messages_and_the_latest_of_something_arrive
    room_that_opens_and_closes_all_the_time_is_reached_afterwards
    rooms_of_different_names_on_one_cluster_do_not_mix
    longest_message_arrives_and_a_longer_one_is_for_nobody
}

/// Nodes that announce nobody, each with one that listens, who know each other.
async fn three_with_ears(carrier: &Carrier) -> (Vec<Node>, Vec<Ear>) {
    let nodes: Vec<_> = (0..3).map(|_| Node::quiet(quick(carrier.way()))).collect();
    let mut ears = Vec::new();
    for (number, node) in nodes.iter().enumerate() {
        ears.push(node.ear(&format!("ear{number}")).await);
    }
    for node in &nodes {
        node.until_count(3).await;
    }
    (nodes, ears)
}

async fn broadcast_reaches_members_on_all_nodes_once(carrier: Carrier) {
    const EACH: usize = 300;
    let (nodes, ears) = three_with_ears(&carrier).await;
    let speakers: Vec<_> = (nodes.iter().enumerate())
        .map(|(number, node)| {
            let rooms = node.rooms.clone();
            thread::spawn(move || say(&rooms, &format!("n{number}"), EACH))
        })
        .collect();
    for ear in &ears {
        let heard = ear.until_texts(3 * EACH).await;
        for number in 0..3 {
            let of = format!("n{number} ");
            let its: Vec<_> = heard.iter().filter(|it| it.starts_with(&of)).collect();
            let said: Vec<_> = (0..EACH).map(|it| format!("n{number} {it}")).collect();
            assert_eq!(its, said.iter().collect::<Vec<_>>());
        }
    }
    for speaker in speakers {
        speaker.join().expect("it says all");
    }
    end_marks(&nodes, &ears).await;
    for ear in &ears {
        assert_eq!(ear.texts().len(), 3 * EACH + 3, "nothing comes twice");
    }
}

async fn threads_of_a_node_are_heard_in_one_order_everywhere(carrier: Carrier) {
    const EACH: usize = 500;
    let (nodes, ears) = three_with_ears(&carrier).await;
    let speakers: Vec<_> = (0..4)
        .map(|number| {
            let rooms = nodes[0].rooms.clone();
            thread::spawn(move || say(&rooms, &format!("t{number}"), EACH))
        })
        .collect();
    let here = ears[0].until_texts(4 * EACH).await;
    for ear in &ears[1..] {
        let there = ear.until_texts(4 * EACH).await;
        let differ = here
            .iter()
            .zip(&there)
            .position(|(one, other)| one != other);
        assert_eq!(differ, None, "heard here and there in another order");
    }
    for speaker in speakers {
        speaker.join().expect("it says all");
    }
}

async fn node_without_members_in_a_room_reaches_it(carrier: Carrier) {
    let [here, there] = [(); 2].map(|()| Node::quiet(quick(carrier.way())));
    let other = Node::quiet(quick(carrier.way()));
    let ears = [there.ear("ada").await, other.ear("ben").await];
    // When they know each other, both are subscribed.
    there.until_count(2).await;
    other.until_count(2).await;
    here.until_connected(true).await;
    for number in 0..100 {
        here.say(&format!("{number}"));
    }
    for ear in &ears {
        let expected: Vec<_> = (0..100).map(|it| it.to_string()).collect();
        assert_eq!(ear.until_texts(100).await, expected);
    }
}

async fn chosen_members_are_reached_on_other_nodes(carrier: Carrier) {
    let [here, there] = [(); 2].map(|()| Node::quiet(quick(carrier.way())));
    let names = ["ada", "ben", "cyd", "dee"];
    let mut ears = Vec::new();
    for (number, name) in names.iter().enumerate() {
        let node = [&here, &there][number % 2];
        ears.push(node.ear(name).await);
    }
    for node in [&here, &there] {
        node.until_names(&names).await;
    }
    let lobby = here.lobby();
    let [ada, ben] = ["ada", "ben"].map(|name| here.id_of(name));
    lobby
        .broadcast_except("but ada and ben", [ada, ben])
        .unwrap();
    lobby.broadcast_except("but ben", [ben]).unwrap();
    let chosen = lobby.broadcast_where("a to c", |_, name| name.as_str() < "d");
    chosen.unwrap();
    lobby.send_to([ben], "ben only").unwrap();
    lobby.broadcast("all").unwrap();
    let expected: [&[&str]; 4] = [
        &["but ben", "a to c", "all"],
        &["a to c", "ben only", "all"],
        &["but ada and ben", "but ben", "a to c", "all"],
        &["but ada and ben", "but ben", "all"],
    ];
    for (ear, expected) in ears.iter().zip(expected) {
        ear.until_text("all").await;
        assert_eq!(ear.texts(), expected);
    }
}

async fn connections_on_other_nodes_are_closed(carrier: Carrier) {
    let [here, there] = [(); 2].map(|()| Node::quiet(quick(carrier.way())));
    let names = ["ada", "ben", "cyd"];
    let mut ears = vec![here.ear("ada").await];
    ears.push(there.ear("ben").await);
    ears.push(there.ear("cyd").await);
    here.until_names(&names).await;
    there.until_names(&names).await;
    let lobby = here.lobby();
    lobby.broadcast("before").unwrap();
    let code = CloseCode::POLICY_VIOLATION;
    lobby
        .close_where(code, "out", |_, name| name == "ben")
        .unwrap();
    until("ben to be closed", || ears[1].end().is_some()).await;
    assert_eq!(ears[1].texts(), ["before"]);
    let outcome = format!("{:?}", ears[1].end());
    assert!(
        outcome.contains("1008") && outcome.contains("out"),
        "{outcome}"
    );
    here.until_names(&["ada", "cyd"]).await;
    here.rooms
        .close(&LOBBY.to_owned(), CloseCode::NORMAL, "all")
        .unwrap();
    for ear in &ears {
        until("all to be closed", || ear.end().is_some()).await;
    }
}

async fn messages_of_our_own_opcode_arrive(carrier: Carrier) {
    let [here, there] = [(); 2].map(|()| Node::quiet(quick(carrier.way())));
    let ears = [here.marked_ear("ada").await, there.marked_ear("ben").await];
    for node in [&here, &there] {
        node.until_names(&["ada", "ben"]).await;
    }
    let mark = Message::Custom(Mark::OPCODE, Bytes::from_static(b"\x00mark"));
    here.lobby().broadcast(mark.clone()).unwrap();
    here.say("end");
    for ear in &ears {
        ear.until_text("end").await;
        assert_eq!(ear.messages(), [mark.clone(), Message::text("end")]);
    }
}

async fn binary_messages_and_the_latest_of_something_arrive(carrier: Carrier) {
    let (nodes, ears) = three_with_ears(&carrier).await;
    let bytes: Vec<u8> = (0..=255).collect();
    nodes[0]
        .lobby()
        .broadcast(Message::binary(bytes.clone()))
        .unwrap();
    for number in 0..50 {
        let price = format!("price {number}");
        nodes[0].lobby().broadcast_latest(7, price).unwrap();
    }
    nodes[0].lobby().broadcast("").unwrap();
    for ear in &ears {
        // Whatever was left out, the newest is there, and nothing is old.
        ear.until_text("price 49").await;
        ear.until_text("").await;
        let messages = ear.messages();
        let count = messages
            .iter()
            .filter(|it| **it == Message::binary(bytes.clone()));
        assert_eq!(count.count(), 1);
        let texts = ear.texts();
        let prices = texts.iter().filter_map(|it| it.strip_prefix("price "));
        let prices: Vec<u32> = prices.map(|it| it.parse().unwrap()).collect();
        assert!(prices.is_sorted(), "{prices:?}");
    }
}

async fn room_that_opens_and_closes_all_the_time_is_reached_afterwards(carrier: Carrier) {
    let [here, there] = [(); 2].map(|()| Node::quiet(quick(carrier.way())));
    for round in 0..5 {
        let visitors = (0..4).map(|visitor| {
            let there = &there;
            async move {
                for visit in 0..15 {
                    drop(there.enter(&format!("{visitor}-{visit}")).await);
                }
            }
        });
        futures_util::future::join_all(visitors).await;
        let ear = there.ear("stays").await;
        let witness = here.ear("witness").await;
        here.until_names(&["stays", "witness"]).await;
        there.until_names(&["stays", "witness"]).await;
        let text = format!("round {round}");
        here.say(&text);
        ear.until_text(&text).await;
        there.say("back");
        witness.until_text("back").await;
        drop((ear, witness));
        here.until_count(0).await;
        there.until_count(0).await;
    }
}

async fn rooms_of_different_names_on_one_cluster_do_not_mix(carrier: Carrier) {
    let clusters: [Cluster; 2] = [(); 2].map(|()| quick(carrier.way()));
    let node = |name: &'static str, cluster: &Cluster| {
        let rooms = Rooms::builder().name(name).backplane(cluster.clone());
        Node::serve(rooms.build())
    };
    let chats = clusters.each_ref().map(|cluster| node("chat", cluster));
    let games = clusters.each_ref().map(|cluster| node("game", cluster));
    let chat = [chats[0].ear("ada").await, chats[1].ear("ben").await];
    let game = [games[0].ear("cyd").await, games[1].ear("dee").await];
    for number in 0..2 {
        chats[number].until_names(&["ada", "ben"]).await;
        games[number].until_names(&["cyd", "dee"]).await;
    }
    chats[0].say("chat");
    games[0].say("game");
    for ear in &chat {
        assert_eq!(ear.until_texts(1).await, ["chat"]);
    }
    for ear in &game {
        assert_eq!(ear.until_texts(1).await, ["game"]);
    }
}

async fn longest_message_arrives_and_a_longer_one_is_for_nobody(carrier: Carrier) {
    let (nodes, ears) = three_with_ears(&carrier).await;
    // What goes along takes a few bytes.
    let long = "x".repeat(MAX_PAYLOAD - 64);
    let longer = "x".repeat(MAX_PAYLOAD);
    let said = nodes[0].lobby().broadcast(longer.clone());
    assert!(
        matches!(said, Err(BroadcastError::TooLong { len }) if len > MAX_PAYLOAD),
        "{said:?}"
    );
    let nowhere = nodes[0].rooms.broadcast(&"nowhere".to_owned(), longer);
    assert!(matches!(nowhere, Err(BroadcastError::TooLong { .. })));
    nodes[0].lobby().broadcast(long.clone()).unwrap();
    for ear in &ears {
        let heard = ear.until_texts(1).await;
        assert!(heard == [&*long], "{} texts", heard.len());
    }
}

/// Says so many texts, as fast as they are taken.
fn say(rooms: &Rooms<String, String>, who: &str, count: usize) {
    for number in 0..count {
        while let Err(error) = rooms.broadcast(&LOBBY.to_owned(), format!("{who} {number}")) {
            assert!(matches!(error, BroadcastError::Blocked), "{error}");
            thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Has all nodes say a last word, and all ears hear all of them.
async fn end_marks(nodes: &[Node], ears: &[Ear]) {
    for (number, node) in nodes.iter().enumerate() {
        node.say(&format!("end {number}"));
    }
    for ear in ears {
        for number in 0..nodes.len() {
            ear.until_text(&format!("end {number}")).await;
        }
    }
}
