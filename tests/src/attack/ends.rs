//! Class 18: connections that end without a word, by the thousand.

use futures_util::{FutureExt, future::join_all};

use super::{
    Attack, MIB, Promise, Scene,
    deflate::zeros,
    frames::{BINARY, BINARY_BEGINS, CLOSE, RSV1, TEXT, frame, header},
};
use crate::{raw::Raw, request::Request};

pub(super) const ATTACKS: &[Attack] = &[
    Attack::server(18, "gone-before-the-head", GONE, |it| {
        leave(it, 2000, |_| Vec::new()).boxed_local()
    }),
    Attack::server(18, "gone-amid-the-head", GONE, |it| {
        leave(it, 2000, |number| {
            let mut head = Request::upgrade("/echo").to_bytes();
            head.truncate(number % head.len());
            head
        })
        .boxed_local()
    }),
    Attack::server(18, "gone-behind-the-head", GONE, |it| {
        leave(it, 2000, |_| Request::upgrade("/echo").to_bytes()).boxed_local()
    }),
    Attack::server(18, "gone-amid-a-frame", GONE, |it| {
        leave(it, 1000, |number| {
            let frame = [&header(BINARY, MIB)[..], &vec![b'x'; 10_000]].concat();
            upgrade_and(&frame[..1 + number % 2000])
        })
        .boxed_local()
    }),
    Attack::server(18, "gone-amid-a-message", GONE, |it| {
        leave(it, 1000, |number| match number % 2 {
            0 => upgrade_and(&frame(BINARY_BEGINS, &[b'x'; 10_000])),
            _ => upgrade_and(&frame(BINARY_BEGINS | RSV1, &zeros(50_000))),
        })
        .boxed_local()
    }),
    Attack::server(18, "gone-before-the-answer", GONE, |it| {
        leave(it, 1000, |number| match number % 2 {
            0 => upgrade_and(&frame(TEXT, &[b'x'; 100_000])),
            _ => upgrade_and(&frame(CLOSE, b"\x03\xe8")),
        })
        .boxed_local()
    }),
];

/// A process keeps something for the next connections, whatever became of those.
const GONE: Promise = Promise::answer("all gone")
    .growth(24 * MIB)
    .growth_of_stock(64 * MIB)
    .cpu(20)
    .seconds(60);

fn upgrade_and(bytes: &[u8]) -> Vec<u8> {
    let field = "Sec-WebSocket-Extensions";
    let upgrade = Request::upgrade("/echo").with(field, "permessage-deflate");
    [&upgrade.to_bytes()[..], bytes].concat()
}

/// Sends this much, and is gone: by a reset, in silence, or having said that
/// nothing more will come.
async fn leave(scene: Scene, count: usize, say: fn(usize) -> Vec<u8>) -> String {
    let before = scene.victim().usage().expect("it is there").descriptors;
    for crowd in 0..count / CROWD {
        let all = (0..CROWD).map(async |number| {
            let number = crowd * CROWD + number;
            let mut raw = Raw::connect(scene.address()).await;
            raw.try_send(say(number)).await.ok();
            match number % 4 {
                0 => raw.reset(),
                1 => drop(raw),
                2 => {
                    raw.end_sending().await;
                    drop(raw);
                }
                _ => {
                    // The handshake is done when it leaves.
                    raw.has_come().await;
                    raw.reset();
                }
            }
        });
        join_all(all).await;
    }
    // The witness stays.
    scene
        .until("all to be gone", |it| it.connections == 1 && it.actors == 1)
        .await;
    scene
        .until("all descriptors to be given back", |_| {
            scene
                .victim()
                .usage()
                .is_ok_and(|it| it.descriptors <= before)
        })
        .await;
    "all gone".to_owned()
}

/// How many come at a time.
const CROWD: usize = 100;
