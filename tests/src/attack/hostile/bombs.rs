//! Classes 1 and 2: little that stands for much, and what is wrong at its end.

use futures_util::FutureExt;

use super::{Site, host::frame};
use crate::attack::{
    Attack, Promise, answers,
    deflate::{FINAL, bomb, compressed, stored, zeros},
    frames::{BINARY, BINARY_BEGINS, CLOSE, GOES_ON, RSV1, TEXT},
};

pub(super) const ATTACKS: &[Attack] = &[
    Attack::client(1, "server-sends-a-bomb", TOO_BIG, |it| {
        one(it, BINARY, bomb(512)).boxed_local()
    }),
    Attack::client(1, "server-sends-a-bomb-of-text", TOO_BIG, |it| {
        one(it, TEXT, bomb(512)).boxed_local()
    }),
    Attack::client(1, "server-sends-a-bomb-in-fragments", TOO_BIG, |it| {
        in_fragments(it).boxed_local()
    }),
    Attack::client(1, "server-sends-a-bomb-across-messages", TOO_BIG, |it| {
        across_messages(it).boxed_local()
    }),
    Attack::client(1, "server-sends-four-bombs-at-once", FOUR, |it| {
        four_at_once(it).boxed_local()
    }),
    Attack::client(1, "server-sends-stored-blocks-of-nothing", TOO_BIG, |it| {
        endless(it, stored(b"")).boxed_local()
    }),
    Attack::client(1, "server-sends-final-blocks-without-end", TOO_BIG, |it| {
        endless(it, FINAL.to_vec()).boxed_local()
    }),
    Attack::client(1, "server-refers-to-what-never-was", BROKEN, |it| {
        one(it, BINARY, what_never_was()).boxed_local()
    }),
    Attack::client(2, "server-sends-a-broken-tail", BROKEN, |it| {
        one(it, BINARY, broken_tail(1024)).boxed_local()
    }),
    Attack::client(
        2,
        "server-sends-a-broken-tail-behind-the-limit",
        TOO_BIG,
        |it| one(it, BINARY, broken_tail(2 << 20)).boxed_local(),
    ),
    Attack::client(2, "server-ends-a-message-amid-a-block", BROKEN, |it| {
        one(it, BINARY, amid_a_block()).boxed_local()
    }),
];

const TOO_BIG: Promise = Promise::answer("1009, MessageTooBig");
const FOUR: Promise = Promise::answer("1009, MessageTooBig");
const BROKEN: Promise = Promise::answer("1007, Extension");

/// Sends one compressed message.
async fn one(site: Site, first: u8, message: Vec<u8>) -> String {
    site.against(site.order(), async |mut host| {
        host.open_compressed().await;
        host.frame(first | RSV1, &message).await.ok();
        host.frame(CLOSE, &[]).await.ok();
        host.last_code().await
    })
    .await
}

async fn in_fragments(site: Site) -> String {
    site.against(site.order(), async |mut host| {
        host.open_compressed().await;
        let mut first = BINARY_BEGINS | RSV1;
        for piece in bomb(64).chunks(16) {
            if host.frame(first, piece).await.is_err() {
                break;
            }
            first = GOES_ON;
        }
        host.last_code().await
    })
    .await
}

/// The window is full of what the next message repeats.
async fn across_messages(site: Site) -> String {
    site.against(site.order(), async |mut host| {
        host.open_compressed().await;
        let calm = frame(BINARY | RSV1, &zeros(64 * 1024));
        host.raw.try_send(calm.repeat(3)).await.ok();
        host.frame(BINARY | RSV1, &bomb(512)).await.ok();
        host.last_code().await
    })
    .await
}

async fn four_at_once(site: Site) -> String {
    let bomb = frame(BINARY | RSV1, &bomb(512));
    let hosting = async {
        let mut hosts = Vec::new();
        for _ in 0..4 {
            let mut host = site.host().await;
            host.open_compressed().await;
            hosts.push(host);
        }
        for host in &mut hosts {
            host.raw.try_send(&bomb).await.ok();
        }
        let mut codes = Vec::new();
        for host in hosts {
            codes.push(host.last_code().await);
        }
        answers(codes)
    };
    let (ends, codes) = tokio::join!(site.dial(site.order().count(4)), hosting);
    let ends = answers(ends.into_iter().map(|answer| answer.end));
    format!("{codes}, {ends}")
}

/// Blocks that stand for nothing: their own bytes are what counts.
async fn endless(site: Site, block: Vec<u8>) -> String {
    site.against(site.order(), async |mut host| {
        host.open_compressed().await;
        let blocks = block.repeat(16 * 1024 / block.len());
        let mut first = BINARY_BEGINS | RSV1;
        // Far beyond what is allowed; the client ends it before.
        for _ in 0..256 {
            if host.frame(first, &blocks).await.is_err() {
                break;
            }
            first = GOES_ON;
        }
        host.last_code().await
    })
    .await
}

/// Four bytes back from the first one: what another connection left there is
/// nobody's.
fn what_never_was() -> Vec<u8> {
    vec![0x02, 0x62, 0x00, 0x00]
}

/// So many zeros, and then what is no block.
fn broken_tail(len: usize) -> Vec<u8> {
    let mut message = zeros(len);
    message.extend([0x00, 0x00, 0xff, 0xff, 0x07, 0xff, 0xff]);
    message
}

fn amid_a_block() -> Vec<u8> {
    let mut message = compressed(&b"never whole, as all that goes on and on is".repeat(9));
    message.truncate(message.len() / 2);
    message
}
