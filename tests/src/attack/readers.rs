//! Class 7: who asks, and does not listen.

use futures_util::{FutureExt, future::join_all};
use tokio::time::timeout;

use super::{
    Attack, Line, MIB, Promise, Scene, answers,
    frames::{BINARY, CLOSE, TEXT, frame},
};
use crate::{raw::Raw, request::Request};

pub(super) const ATTACKS: &[Attack] = &[
    Attack::server(7, "echoes-that-nobody-reads", STUCK, |it| {
        echoes(it, frame(BINARY, &[b'x'; 64 * 1024])).boxed_local()
    }),
    Attack::server(7, "short-echoes-that-nobody-reads", STUCK, |it| {
        echoes(it, frame(BINARY, b"x").repeat(1000)).boxed_local()
    }),
    Attack::server(7, "echoes-that-twenty-do-not-read", TWENTY, |it| {
        twenty(it).boxed_local()
    }),
    Attack::server(
        7,
        "echoes-that-are-never-read",
        Promise::answer("cut"),
        |it| given_up(it).boxed_local(),
    ),
    Attack::server(
        7,
        "member-that-does-not-read",
        Promise::answer("1013"),
        |it| member(it).boxed_local(),
    ),
    Attack::server(7, "close-that-nobody-reads", Promise::answer("cut"), |it| {
        unread_close(it).boxed_local()
    }),
];

/// The server reads no more.
const STUCK: Promise = Promise::answer("stuck").growth(3 * MIB);
/// Less than a mebibyte each; a stock server has a hop more with buffers.
const TWENTY: Promise = Promise::answer("stuck").growth(20 * MIB);

async fn narrow(scene: &Scene, path: &str) -> Line {
    let raw = Raw::connect_narrow(scene.address()).await;
    Line::open(raw, &Request::upgrade(path)).await
}

/// Sends until nothing more is taken; up to 64 MiB.
async fn until_stuck(line: &mut Line, bytes: &[u8]) -> &'static str {
    for _ in 0..64 * MIB as usize / bytes.len() {
        match timeout(STUCK_AFTER, line.send(bytes)).await {
            Err(_) => return "stuck",
            Ok(Err(_)) => return "ended",
            Ok(Ok(())) => {}
        }
    }
    "takes everything"
}

async fn echoes(scene: Scene, ask: Vec<u8>) -> String {
    let mut line = narrow(&scene, "/echo").await;
    let answer = until_stuck(&mut line, &ask).await;
    // It comes to its senses: what it asked for is there.
    for _ in 0..10 {
        line.message().await;
    }
    line.reset();
    scene.until("it to be gone", |it| it.connections == 1).await;
    answer.to_owned()
}

async fn twenty(scene: Scene) -> String {
    let ask = frame(BINARY, &[b'x'; 64 * 1024]);
    let all = (0..20).map(async |_| {
        let mut line = narrow(&scene, "/echo").await;
        let answer = until_stuck(&mut line, &ask).await;
        (line, answer.to_owned())
    });
    let (_lines, all): (Vec<_>, Vec<_>) = join_all(all).await.into_iter().unzip();
    answers(all)
}

/// No byte leaves for a second, twice at most: that is what `/hasty` says.
async fn given_up(scene: Scene) -> String {
    let mut line = narrow(&scene, "/hasty").await;
    until_stuck(&mut line, &frame(BINARY, &[b'x'; 64 * 1024])).await;
    scene
        .until("it to be given up", |it| {
            it.connections == 1 && it.actors == 1
        })
        .await;
    "cut".to_owned()
}

/// The others of the room get all that is said.
async fn member(scene: Scene) -> String {
    let mut deaf = narrow(&scene, "/rooms").await;
    deaf.frame(TEXT, b"join hall deaf").await;
    scene.until("it to be there", |it| it.members == 1).await;
    let mut talker = scene.open_plain("/rooms").await;
    talker.frame(TEXT, b"join hall talker").await;
    scene.until("both to be there", |it| it.members == 2).await;
    let long = "x".repeat(64 * 1024);
    for number in 0..200 {
        let text = format!("{number} {long}");
        talker.frame(TEXT, text.as_bytes()).await;
        loop {
            let heard = talker.message().await;
            if heard == text.as_bytes() {
                break;
            }
            // That the other one has left.
            assert!(heard.starts_with(b"Left"), "{heard:?}");
        }
    }
    deaf.answer().await
}

/// Closes behind what it does not read: the server has to end it by itself.
async fn unread_close(scene: Scene) -> String {
    let mut line = narrow(&scene, "/hasty").await;
    let mut bytes = frame(BINARY, &[b'x'; 256 * 1024]).repeat(4);
    bytes.extend(frame(CLOSE, b"\x03\xe8"));
    timeout(STUCK_AFTER, line.send(&bytes)).await.ok();
    scene
        .until("it to be given up", |it| {
            it.connections == 1 && it.actors == 1
        })
        .await;
    "cut".to_owned()
}

/// Longer than a server takes that reads at all.
const STUCK_AFTER: std::time::Duration = std::time::Duration::from_millis(1500);
