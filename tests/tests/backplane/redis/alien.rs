//! Others write where only we should.

use redis::{Cmd, cmd};
use ws_tests::engine::Engine;

use super::{Forgetful, ask};
use crate::suite::{KEEP, Node, Subject, texts, topic};

const RECORD: &str = "ws:{chat.lobby}";
const META: &str = "ws:{chat.lobby}:meta";
const SEEN: &str = "ws:{chat.lobby}:seen:7";

#[actix_web::test]
async fn what_others_publish_is_skipped() {
    let Some(engine) = Forgetful::start().await else {
        return;
    };
    let topic = topic("lobby");
    let mut node = Node::connect(&engine).await;
    node.subscribe(std::slice::from_ref(&topic)).await;
    let mut pipeline = ::redis::pipe();
    let mut random = fastrand::Rng::with_seed(6);
    let heads: [&[u8]; 8] = [
        b"",
        b"1",
        b"1-",
        b"11-0 ",
        b"1 ",
        b"11-1",
        b"1\xff-\xff ",
        b"2",
    ];
    for number in 0..2000 {
        let mut payload = heads[number % heads.len()].to_vec();
        payload.extend((0..random.usize(..60)).map(|_| match random.u8(..4) {
            0 => random.u8(b'0'..=b'9'),
            1 => b'-',
            2 => random.u8(..),
            _ => b'9',
        }));
        // Those would be ours.
        if payload.first() != Some(&b'0') {
            pipeline.publish(RECORD, payload).ignore();
        }
    }
    let client = ::redis::Client::open(engine.0.url()).expect("it is a URL");
    let connection = client.get_multiplexed_async_connection().await;
    let published = pipeline
        .exec_async(&mut connection.expect("it listens"))
        .await;
    published.expect("it takes anything");
    node.say(&topic, "ours").await;
    // What has the looks of ours is taken for it.
    loop {
        let arrival = node.next().await;
        if *arrival.payload == *b"ours" && arrival.place.is_none() {
            break;
        }
        assert!(arrival.place.is_some_and(|place| place.position.offset > 0));
    }
}

/// Does something to the record of the lobby, and shows that it goes on.
async fn goes_on_after(name: &str, wrong: impl AsyncFn(&Engine)) {
    let Some(engine) = Forgetful::start().await else {
        return;
    };
    let topic = topic("lobby");
    let mut node = Node::connect_as(&engine, 7).await;
    node.subscribe(std::slice::from_ref(&topic)).await;
    for text in ["one", "two"] {
        node.record(&topic, text).await;
        node.hears(&topic, text).await;
    }
    wrong(&engine.0).await;
    // First by reading, then by recording, and at once by recording.
    node.read(&topic, KEEP, None, 100).await;
    node.read(&topic, KEEP, Some(1), 100).await;
    let three = node.record(&topic, "three").await;
    node.hears(&topic, "three").await;
    wrong(&engine.0).await;
    let four = node.record(&topic, "four").await;
    node.hears(&topic, "four").await;
    let page = node.read_all(&topic, KEEP).await;
    assert_eq!((page.epoch, page.last), (four.epoch, four.offset), "{name}");
    let last = page.entries.last().expect("it is kept");
    assert_eq!(*last, (four.offset, "four".into()), "{name}");
    // What is said to be there is there.
    let behind = page
        .entries
        .iter()
        .filter(|(offset, _)| *offset > page.start);
    assert_eq!(behind.count() as u64, page.last - page.start, "{name}");
    assert!(
        four.epoch != three.epoch || four.offset > three.offset,
        "{name}"
    );
}

async fn goes_on_after_commands(name: &str, commands: &[Cmd]) {
    goes_on_after(name, async |server: &Engine| {
        for command in commands {
            ask(server, command).await;
        }
    })
    .await;
}

fn words(words: &[&str]) -> Cmd {
    let mut command = cmd(words[0]);
    command.arg(&words[1..]);
    command
}

#[actix_web::test]
async fn record_of_another_type_is_begun_anew() {
    for key in [RECORD, META, SEEN] {
        let wrong = [words(&["DEL", key]), words(&["SADD", key, "x"])];
        goes_on_after_commands(key, &wrong).await;
    }
}

#[actix_web::test]
async fn record_with_odd_numbers_is_begun_anew() {
    for (field, value) in [
        ("epoch", ""),
        ("epoch", "-1"),
        ("epoch", "1e5"),
        ("last", "nan"),
        ("last", "x"),
        ("last", "0x10"),
        ("time", "inf"),
        ("time", ""),
        ("epoch", "18446744073709551616"),
        ("epoch", "99999999999999999999999"),
        ("last", "18446744073709551615"),
        ("last", "99999999999999999999999"),
        ("time", "99999999999999999999999"),
    ] {
        let name = format!("{field} {value:?}");
        goes_on_after_commands(&name, &[words(&["HSET", META, field, value])]).await;
    }
}

#[actix_web::test]
async fn entries_of_others_are_nobodys_messages() {
    // Behind the last, where the next would stand.
    let behind = words(&["XADD", RECORD, "100-1", "p", "theirs"]);
    goes_on_after_commands("behind", &[words(&["DEL", RECORD]), behind]).await;

    let Some(engine) = Forgetful::start().await else {
        return;
    };
    let topic = topic("lobby");
    let mut node = Node::connect(&engine).await;
    node.record(&topic, "one").await;
    // Another under the same offset, and one without our field.
    for (id, field) in [("1-99999999999999", "q"), ("1-99999999999999999", "p")] {
        ask(&engine.0, &words(&["XADD", RECORD, id, field, "theirs"])).await;
    }
    let page = node.read_all(&topic, KEEP).await;
    assert_eq!(texts(&page)[0], "one");
    node.record(&topic, "two").await;
    assert_eq!(
        texts(&node.read_all(&topic, KEEP).await).last(),
        Some(&"two")
    );
}
