//! Classes 2, 3 and 4: what ends badly, and what never ends.

use futures_util::{FutureExt, future::join_all};

use super::{
    Attack, Promise, Scene, answers,
    deflate::{bomb, stored},
    frames::{BINARY, BINARY_BEGINS, ENDS, GOES_ON, PING, RSV1, TEXT, TEXT_BEGINS, frame},
};

pub(super) const ATTACKS: &[Attack] = &[
    Attack::server(2, "malformed-tail", Promise::answer("1007"), |it| {
        malformed_tail(it).boxed_local()
    }),
    Attack::server(2, "malformed-behind-the-limit", TOO_BIG, |it| {
        malformed_behind_the_limit(it).boxed_local()
    }),
    Attack::server(
        2,
        "no-text-in-front-of-a-bomb",
        Promise::answer("1007"),
        |it| no_text_before_a_bomb(it).boxed_local(),
    ),
    Attack::server(3, "fragments-without-end-in-bytes", TOO_BIG, |it| {
        without_end(it, BINARY_BEGINS, vec![b'x'; 16 * 1024]).boxed_local()
    }),
    Attack::server(3, "fragments-of-text-without-end-in-bytes", TOO_BIG, |it| {
        without_end(it, TEXT_BEGINS, vec![b'x'; 16 * 1024]).boxed_local()
    }),
    Attack::server(4, "empty-fragments-without-end", TOO_MANY, |it| {
        without_end(it, BINARY_BEGINS, Vec::new()).boxed_local()
    }),
    Attack::server(4, "fragments-of-a-byte-without-end", TOO_MANY, |it| {
        without_end(it, TEXT_BEGINS, vec![b'x']).boxed_local()
    }),
    Attack::server(4, "compressed-fragments-of-nothing", TOO_MANY, |it| {
        without_end(it, BINARY_BEGINS | RSV1, Vec::new()).boxed_local()
    }),
    Attack::server(4, "compressed-fragments-of-empty-blocks", TOO_MANY, |it| {
        without_end(it, BINARY_BEGINS | RSV1, stored(b"")).boxed_local()
    }),
    Attack::server(4, "fragments-with-pings-between", TOO_MANY, |it| {
        with_pings_between(it).boxed_local()
    }),
    Attack::server(4, "fragments-held-by-many", HELD, |it| {
        held_by_many(it).boxed_local()
    }),
];

const TOO_BIG: Promise = Promise::answer("1009");
const TOO_MANY: Promise = Promise::answer("1008").growth(4 << 20);
/// For 160,000 fragments of a byte, the connections included.
const HELD: Promise = Promise::answer("alive").growth(2 << 20);

/// What came before the fault has been taken already.
async fn malformed_tail(scene: Scene) -> String {
    let mut line = scene.echo().await;
    line.frame(BINARY_BEGINS | RSV1, &stored(&[7; 10_000]))
        .await;
    line.frame(GOES_ON, &stored(b"as it should be")).await;
    // A block of type 3, which is none.
    line.frame(ENDS, &[0x07; 100]).await;
    line.answer().await
}

async fn malformed_behind_the_limit(scene: Scene) -> String {
    let mut line = scene.echo().await;
    let mut tail = bomb(2);
    tail.extend([0x07; 100]);
    line.send(&frame(BINARY | RSV1, &tail)).await.ok();
    line.answer().await
}

async fn no_text_before_a_bomb(scene: Scene) -> String {
    let mut line = scene.echo().await;
    let mut text = stored(b"\xc3\x28");
    text.extend(bomb(64));
    line.send(&frame(TEXT | RSV1, &text)).await.ok();
    line.answer().await
}

async fn without_end(scene: Scene, first: u8, payload: Vec<u8>) -> String {
    let mut line = scene.echo().await;
    let mut fragments = frame(first, &payload);
    loop {
        // Some at once, as one by one they would not arrive any faster.
        for _ in 0..(4096 / (payload.len() + 8)).max(1) {
            fragments.extend(frame(GOES_ON, &payload));
        }
        if line.send(&fragments).await.is_err() || line.has_heard().await {
            return line.answer().await;
        }
        fragments.clear();
    }
}

async fn with_pings_between(scene: Scene) -> String {
    let mut line = scene.echo().await;
    line.frame(BINARY_BEGINS, b"").await;
    let pair = [frame(GOES_ON, b""), frame(PING, b"?")].concat();
    for _ in 0..20_000 / 256 {
        if line.send(&pair.repeat(256)).await.is_err() {
            break;
        }
    }
    line.answer().await
}

/// As many as may be, a message each, and nobody ends it.
async fn held_by_many(scene: Scene) -> String {
    let holders = (0..10).map(async |_| {
        let mut line = scene.echo().await;
        line.frame(BINARY_BEGINS, b"").await;
        let fragments = frame(GOES_ON, b"x").repeat(1000);
        for _ in 0..16 {
            line.send(&fragments).await.expect("they are few enough");
        }
        assert!(line.is_alive().await);
        line
    });
    let lines = join_all(holders).await;
    answers(lines.iter().map(|_| "alive".to_owned()))
}
