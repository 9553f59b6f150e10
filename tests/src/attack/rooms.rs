//! Class 19: what multiplies above the frame.

use futures_util::FutureExt;

use super::{
    Attack, MIB, Promise, Scene,
    frames::{TEXT, frame},
};

pub(super) const ATTACKS: &[Attack] = &[
    Attack::server(19, "rooms-joined-without-end", JOINED, |it| {
        without_end(it, "").boxed_local()
    }),
    Attack::server(19, "rooms-joined-by-a-long-name", JOINED, |it| {
        without_end(it, "a-long-name-of-nobody").boxed_local()
    }),
    Attack::server(
        19,
        "room-joined-and-left-without-end",
        Promise::answer("0 members"),
        |it| come_and_go(it).boxed_local(),
    ),
    Attack::server(19, "crowd-that-hears-of-each-other", CROWD, |it| {
        crowd(it).boxed_local()
    }),
];

const JOINED: Promise = Promise::answer("100 rooms");
const CROWD: Promise = Promise::answer("all told").growth(24 * MIB).cpu(20);

/// 10,000 rooms of 1 KiB names each, in packets of a hundred.
async fn without_end(scene: Scene, brings: &str) -> String {
    let mut line = scene.open_plain("/rooms").await;
    let mut refused = 0;
    for number in 0..100 {
        let joins = (0..100).flat_map(|part| {
            let name = format!("{:0>1000}", number * 100 + part);
            frame(
                TEXT,
                format!("join {name} {}", brings.repeat(40)).as_bytes(),
            )
        });
        let joins: Vec<u8> = joins.collect();
        line.send(&joins).await.expect("it is open");
        while number > 0 && refused < number * 100 {
            let answer = line.message().await;
            let answer = String::from_utf8_lossy(&answer).into_owned();
            assert!(answer.contains("100 rooms"), "{answer}");
            refused += 1;
        }
    }
    let counts = scene.counts().await;
    assert_eq!(counts.members, counts.rooms);
    line.reset();
    scene
        .until("the rooms to be gone", |it| it.rooms == 0)
        .await;
    format!("{} rooms", counts.rooms)
}

async fn come_and_go(scene: Scene) -> String {
    for number in 0..300 {
        let mut line = scene.open_plain("/rooms").await;
        let join = format!("join hall {}", "name".repeat(number % 1000));
        line.frame(TEXT, join.as_bytes()).await;
        line.reset();
    }
    scene
        .until("all to be gone", |it| it.connections == 1)
        .await;
    format!("{} members", scene.counts().await.members)
}

/// 100 who come are told of 100 who come, with 10 KiB that each brings along.
async fn crowd(scene: Scene) -> String {
    let mut lines = Vec::new();
    for number in 0..100 {
        let mut line = scene.open_plain("/rooms").await;
        let join = format!("join hall {number}-{}", "x".repeat(10_000));
        line.frame(TEXT, join.as_bytes()).await;
        lines.push(line);
        let members = number + 1;
        scene
            .until("it to be there", |it| it.members == members)
            .await;
    }
    for (number, line) in lines.iter_mut().enumerate() {
        for _ in number + 1..100 {
            assert!(line.message().await.starts_with(b"Joined"));
        }
    }
    "all told".to_owned()
}
