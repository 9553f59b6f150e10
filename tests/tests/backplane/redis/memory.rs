//! What a server keeps, and for how long.

use std::time::Duration;

use redis::{Cmd, Value, cmd};
use ws_server::backplane::{Keep, Topic};
use ws_tests::engine::Engine;

use super::{Forgetful, ask};
use crate::suite::{KEEP, Node, Subject, texts, topic};

/// A number that a server answers.
async fn number(server: &Engine, command: &Cmd) -> i64 {
    let Value::Int(number) = ask(server, command).await else {
        panic!("it answers no number");
    };
    number
}

/// How long a key has to live, in milliseconds.
async fn lives(server: &Engine, key: &str) -> i64 {
    number(server, cmd("PTTL").arg(key)).await
}

#[actix_web::test]
async fn everything_is_forgotten_in_the_end() {
    let Some(engine) = Forgetful::start().await else {
        return;
    };
    const DAY: i64 = 24 * 60 * 60 * 1000;
    let mut node = Node::connect_as(&engine, 255).await;
    let aged = |age| {
        Some(Keep {
            messages: 10,
            bytes: usize::MAX,
            age: Some(Duration::from_secs(age)),
        })
    };
    // Messages, then what is known of them.
    for (room, keep, expected) in [
        ("lobby", Some(KEEP), [DAY, DAY + 60_000]),
        ("minute", aged(60), [60_000, DAY + 60_000]),
        ("week", aged(7 * 86_400), [7 * DAY, 7 * DAY + 60_000]),
        ("always", aged(u64::MAX), [1 << 43, 1 << 43]),
    ] {
        let publication = node.publication(&topic(room), "one", keep);
        node.publish(&[publication]).await;
        let keys = [
            format!("ws:{{chat.{room}}}"),
            format!("ws:{{chat.{room}}}:meta"),
        ];
        for (key, expected) in keys.iter().zip(expected) {
            let lives = lives(&engine.0, key).await;
            assert!(
                (expected - 60_000..=expected).contains(&lives),
                "{key}: {lives} ms"
            );
        }
        let lives = lives(&engine.0, &format!("ws:{{chat.{room}}}:seen:ff")).await;
        assert!((60_000..=120_000).contains(&lives), "{lives} ms");
    }
    // An epoch that was only asked for is no different.
    node.read(&topic("garden"), KEEP, None, 1).await;
    let lives = lives(&engine.0, "ws:{chat.garden}:meta").await;
    assert!((DAY..=DAY + 60_000).contains(&lives), "{lives} ms");
    // And there is nothing else.
    assert_eq!(number(&engine.0, &cmd("DBSIZE")).await, 4 * 3 + 1);
}

#[actix_web::test]
async fn messages_that_are_too_old_leave_their_memory() {
    let Some(engine) = Forgetful::start().await else {
        return;
    };
    let topic = topic("lobby");
    let mut node = Node::connect(&engine).await;
    let keep = Keep {
        messages: 1000,
        bytes: usize::MAX,
        age: Some(Duration::from_millis(1)),
    };
    for number in 0..100 {
        let publication = node.publication(&topic, number.to_string(), Some(keep));
        node.publish(&[publication]).await;
    }
    // The key itself lives no longer than they do.
    let kept = number(&engine.0, cmd("XLEN").arg("ws:{chat.lobby}")).await;
    assert!(kept < 90, "{kept} are kept");
}

#[actix_web::test]
async fn epoch_ends_with_what_is_known_of_it() {
    let Some(engine) = Forgetful::start().await else {
        return;
    };
    let topic = topic("lobby");
    let mut node = Node::connect(&engine).await;
    let old = node.record(&topic, "old").await;
    // As a server does that throws away what it likes when it is full.
    ask(&engine.0, cmd("DEL").arg("ws:{chat.lobby}:meta")).await;
    let new = node.record(&topic, "new").await;
    assert_ne!(new.epoch, old.epoch);
    assert_eq!(new.offset, 1);
    let page = node.read_all(&topic, KEEP).await;
    assert_eq!(page.entries, [(1, "new".into())]);

    ask(&engine.0, cmd("DEL").arg("ws:{chat.lobby}")).await;
    let page = node.read(&topic, KEEP, Some(0), 10).await;
    assert_eq!(
        (page.epoch, page.start, page.last, page.entries),
        (new.epoch, 1, 1, vec![])
    );
    assert_eq!(node.record(&topic, "next").await.offset, 2);
}

#[actix_web::test]
async fn pages_end_before_they_are_long() {
    let Some(engine) = Forgetful::start().await else {
        return;
    };
    let topic: Topic = topic("lobby");
    let mut node = Node::connect(&engine).await;
    let long = "x".repeat(400_000);
    for _ in 0..10 {
        node.record(&topic, &long).await;
    }
    let page = node.read(&topic, KEEP, None, 1000).await;
    assert_eq!((page.entries.len(), page.more), (3, true));
    assert_eq!(node.read_all(&topic, KEEP).await.entries.len(), 10);
}

#[actix_web::test]
async fn offsets_of_messages_that_the_server_lost_are_not_given_again() {
    let Some(mut engine) = Forgetful::start().await else {
        return;
    };
    let topic = topic("lobby");
    let mut node = Node::connect(&engine).await;
    for text in ["one", "two"] {
        node.record(&topic, text).await;
    }
    ask(&engine.0, &cmd("SAVE")).await;
    let lost = node.record(&topic, "lost").await;
    engine.0.restart().await;

    let mut node = Node::connect(&engine).await;
    node.subscribe(std::slice::from_ref(&topic)).await;
    let page = node.read_all(&topic, KEEP).await;
    assert_eq!((page.epoch, texts(&page)), (lost.epoch, vec!["one", "two"]));
    let first = node.record(&topic, "three").await;
    assert_eq!(first.epoch, lost.epoch);
    assert!(first.offset > lost.offset);
    // Whoever has seen the one that was lost gets this, and no other.
    let page = node.read(&topic, KEEP, Some(lost.offset), 10).await;
    assert_eq!(
        (texts(&page), page.start <= lost.offset),
        (vec!["three"], true)
    );
    let place = node.next().await.place.expect("it is recorded");
    assert_eq!((place.position, place.previous), (first, 2));
    // Once is enough.
    assert_eq!(node.record(&topic, "four").await.offset, first.offset + 1);
    // Those before are as young, and as new, as they were.
    let keep = Keep {
        messages: 3,
        bytes: usize::MAX,
        age: Some(Duration::from_secs(3600)),
    };
    assert_eq!(
        texts(&node.read_all(&topic, keep).await),
        ["two", "three", "four"]
    );
}
