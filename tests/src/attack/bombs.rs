//! Class 1: little that stands for much.

use futures_util::{FutureExt, future::join_all};

use super::{
    Attack, MIB, Promise, Scene, answers,
    deflate::{FINAL, block_of_zeros, bomb, compressed, stored, zeros},
    frames::{BINARY, BINARY_BEGINS, ENDS, GOES_ON, RSV1, TEXT, frame},
};

pub(super) const ATTACKS: &[Attack] = &[
    Attack::server(1, "bomb-in-one-frame", TOO_BIG, |it| {
        in_one_frame(it, BINARY).boxed_local()
    }),
    Attack::server(1, "bomb-of-text", TOO_BIG, |it| {
        in_one_frame(it, TEXT).boxed_local()
    }),
    Attack::server(1, "bomb-in-fragments", TOO_BIG, |it| {
        in_fragments(it).boxed_local()
    }),
    Attack::server(1, "bomb-across-messages", TOO_BIG, |it| {
        across_messages(it).boxed_local()
    }),
    Attack::server(1, "four-bombs-at-once", TOO_BIG, |it| {
        four_at_once(it).boxed_local()
    }),
    Attack::server(1, "bomb-as-long-as-a-frame-may-be", TOO_BIG, |it| {
        as_long_as_may_be(it).boxed_local()
    }),
    Attack::server(1, "at-the-limit-and-a-byte-beyond", LIMIT, |it| {
        at_the_limit(it).boxed_local()
    }),
    Attack::server(1, "stored-blocks-of-nothing", TOO_BIG, |it| {
        endless(it, stored(b"")).boxed_local()
    }),
    Attack::server(1, "final-blocks-without-end", TOO_BIG, |it| {
        endless(it, FINAL.to_vec()).boxed_local()
    }),
    Attack::server(1, "final-blocks-behind-half-a-message", RESTARTS, |it| {
        restarts(it).boxed_local()
    }),
    Attack::server(1, "compressed-messages-held-by-many", HELD, |it| {
        held_by_many(it).boxed_local()
    }),
];

/// 200 connections, each with what inflates its message: 44 KiB and a window.
const HELD: Promise = Promise::answer("alive").growth(24 * MIB);
const TOO_BIG: Promise = Promise::answer("1009");
/// A message that may be, and its echo, take 1 MiB each, and what grows doubles.
const LIMIT: Promise = Promise::answer("1009").growth(12 * MIB);
/// It is computing that is bounded: two seconds of it take long on a busy machine.
const RESTARTS: Promise = Promise::answer("echoed").growth(12 * MIB).seconds(60);

async fn in_one_frame(scene: Scene, first: u8) -> String {
    let mut line = scene.echo().await;
    line.send(&frame(first | RSV1, &bomb(512))).await.ok();
    line.answer().await
}

async fn in_fragments(scene: Scene) -> String {
    let mut line = scene.echo().await;
    let bomb = bomb(64);
    let mut first = BINARY_BEGINS | RSV1;
    for piece in bomb.chunks(16) {
        if line.send(&frame(first, piece)).await.is_err() {
            break;
        }
        first = GOES_ON;
    }
    line.send(&frame(ENDS, &[])).await.ok();
    line.answer().await
}

/// The window that is taken over is full of what the next messages repeat.
async fn across_messages(scene: Scene) -> String {
    let mut line = scene.echo().await;
    for _ in 0..3 {
        line.frame(BINARY | RSV1, &zeros(64 * 1024)).await;
        line.message().await;
    }
    line.send(&frame(BINARY | RSV1, &bomb(512))).await.ok();
    line.answer().await
}

async fn four_at_once(scene: Scene) -> String {
    let bomb = frame(BINARY | RSV1, &bomb(512));
    let throwers = (0..4).map(async |_| {
        let mut line = scene.echo().await;
        line.send(&bomb).await.ok();
        line.answer().await
    });
    answers(join_all(throwers).await)
}

/// 1 GiB in a frame of 1 MiB.
async fn as_long_as_may_be(scene: Scene) -> String {
    let mut line = scene.echo().await;
    let bomb = bomb(1024);
    assert!(bomb.len() as u64 > MIB * 99 / 100, "{}", bomb.len());
    line.send(&frame(BINARY | RSV1, &bomb)).await.ok();
    line.answer().await
}

async fn at_the_limit(scene: Scene) -> String {
    let mut line = scene.echo().await;
    line.frame(TEXT | RSV1, &zeros(MIB as usize)).await;
    line.message().await;
    line.frame(TEXT | RSV1, &zeros(MIB as usize + 1)).await;
    line.answer().await
}

/// Begun and not ended, so that nothing of it can be given back.
async fn held_by_many(scene: Scene) -> String {
    let all = (0..200).map(async |_| {
        let mut line = scene.echo().await;
        line.frame(BINARY_BEGINS | RSV1, &zeros(100)).await;
        assert!(line.is_alive().await);
        line
    });
    let lines = join_all(all).await;
    answers(lines.iter().map(|_| "alive".to_owned()))
}

/// Blocks that stand for nothing: their own bytes are what counts.
async fn endless(scene: Scene, block: Vec<u8>) -> String {
    let mut line = scene.echo().await;
    let blocks = block.repeat(16 * 1024 / block.len());
    let mut first = BINARY_BEGINS | RSV1;
    // Far beyond what is allowed; the server ends it before.
    for _ in 0..256 {
        if line.send(&frame(first, &blocks)).await.is_err() {
            break;
        }
        first = GOES_ON;
    }
    line.answer().await
}

/// Each final block makes the inflater begin anew, where much has come already
/// and a little more may come. How long the message before was decides how much
/// room is made for this one.
async fn restarts(scene: Scene) -> String {
    let mut line = scene.echo().await;
    line.frame(BINARY | RSV1, &zeros(40_000)).await;
    line.message().await;
    line.frame(BINARY_BEGINS | RSV1, &block_of_zeros(620 * 1024))
        .await;
    line.frame(
        ENDS,
        &[&FINAL.repeat(500 * 1024)[..], &compressed(b"")].concat(),
    )
    .await;
    line.message().await;
    "echoed".to_owned()
}
