//! Class 1, once more: messages that are just short enough.

use futures_util::FutureExt;

use super::{
    Attack, MIB, Promise, Scene,
    deflate::zeros,
    frames::{BINARY, RSV1, frame},
};

pub(super) const ATTACKS: &[Attack] = &[Attack::server(
    1,
    "messages-at-the-limit-in-one-packet",
    AT_ONCE,
    |it| at_once(it).boxed_local(),
)];

/// 40 MiB to inflate and to compress again.
const AT_ONCE: Promise = Promise::answer("echoed")
    .growth(16 * MIB)
    .cpu(60)
    .seconds(120);

/// Less than 64 KiB stand for 40 MiB.
async fn at_once(scene: Scene) -> String {
    let mut line = scene.echo().await;
    let messages = frame(BINARY | RSV1, &zeros(MIB as usize)).repeat(40);
    assert!(messages.len() < 64 * 1024);
    line.send(&messages).await.expect("it may be sent");
    for _ in 0..40 {
        line.message().await;
    }
    "echoed".to_owned()
}
