//! Classes 5 and 6: frames in pieces, and lengths that are not what comes.

use std::time::Duration;

use futures_util::{FutureExt, future::join_all};
use tokio::time::sleep;

use super::{
    Attack, MIB, Promise, Scene, answers,
    frames::{BINARY, RSV1, TEXT, header, header_as},
};

pub(super) const ATTACKS: &[Attack] = &[
    Attack::server(5, "frame-byte-by-byte", PIECES, |it| {
        byte_by_byte(it, BINARY, vec![b'x'; 100_000]).boxed_local()
    }),
    Attack::server(5, "text-byte-by-byte", PIECES, |it| {
        byte_by_byte(it, TEXT, vec![b'x'; 100_000]).boxed_local()
    }),
    Attack::server(5, "compressed-frame-byte-by-byte", PIECES, |it| {
        let stored = super::deflate::stored(&[b'x'; 60_000]);
        byte_by_byte(it, BINARY | RSV1, stored).boxed_local()
    }),
    Attack::server(
        6,
        "length-beyond-the-limit",
        Promise::answer("1009"),
        |it| lengths(it, BEYOND).boxed_local(),
    ),
    Attack::server(6, "length-malformed", Promise::answer("1002"), |it| {
        lengths(it, MALFORMED).boxed_local()
    }),
    Attack::server(6, "announced-by-many-and-never-sent", ANNOUNCED, |it| {
        announced(it).boxed_local()
    }),
    Attack::server(6, "announced-and-too-late", LATE, |it| {
        late(it).boxed_local()
    }),
    Attack::server(6, "a-byte-now-and-then", LATE, |it| {
        now_and_then(it).boxed_local()
    }),
];

/// A read for each byte takes a server of any kind some time.
const PIECES: Promise = Promise::answer("echoed").cpu(20).seconds(120);
/// 200 connections and what TCP hands over, but nothing of the 200 MiB.
const ANNOUNCED: Promise = Promise::answer("alive").growth(12 * MIB);
const LATE: Promise = Promise::answer("1008");

async fn byte_by_byte(scene: Scene, first: u8, payload: Vec<u8>) -> String {
    let mut line = scene.echo().await;
    let frame = super::frames::frame(first, &payload);
    for byte in frame {
        line.send(&[byte]).await.expect("it is a frame");
    }
    line.message().await;
    "echoed".to_owned()
}

/// The second byte of a header, and the bytes behind it.
type Length = (u8, &'static [u8]);

const BEYOND: &[Length] = &[
    (127, &(MIB + 1).to_be_bytes()),
    (127, &(1_u64 << 31).to_be_bytes()),
    (127, &(u32::MAX as u64).to_be_bytes()),
    (127, &(1_u64 << 32).to_be_bytes()),
    (127, &(i64::MAX as u64).to_be_bytes()),
];
/// The top bit is set, or a shorter form would do.
const MALFORMED: &[Length] = &[
    (127, &(1_u64 << 63).to_be_bytes()),
    (127, &u64::MAX.to_be_bytes()),
    (127, &0_u64.to_be_bytes()),
    (127, &125_u64.to_be_bytes()),
    (127, &65535_u64.to_be_bytes()),
    (126, &0_u16.to_be_bytes()),
    (126, &125_u16.to_be_bytes()),
];

async fn lengths(scene: Scene, lengths: &[Length]) -> String {
    let all = lengths.iter().map(async |(len, extended)| {
        let mut line = scene.echo().await;
        let header = header_as(BINARY, *len, extended);
        line.send(&header).await.expect("a header can be sent");
        line.answer().await
    });
    answers(join_all(all).await)
}

async fn announced(scene: Scene) -> String {
    let all = (0..200).map(async |_| {
        let mut line = scene.open_plain("/echo").await;
        line.send(&header(BINARY, MIB))
            .await
            .expect("it may be sent");
        line.send(&[b'x'; 1000]).await.expect("it may be sent");
        line
    });
    let lines = join_all(all).await;
    let all_and_the_witness = lines.len() + 1;
    scene
        .until("all to be open", |it| it.connections == all_and_the_witness)
        .await;
    "alive".to_owned()
}

/// A second is what `/hasty` gives a message.
async fn late(scene: Scene) -> String {
    let all = (0..20).map(async |_| {
        let mut line = scene.open("/hasty").await;
        line.send(&header(BINARY, MIB))
            .await
            .expect("it may be sent");
        line.answer().await
    });
    answers(join_all(all).await)
}

async fn now_and_then(scene: Scene) -> String {
    let mut line = scene.open("/hasty").await;
    line.send(&header(BINARY, MIB))
        .await
        .expect("it may be sent");
    loop {
        if line.send(b"x").await.is_err() || line.has_heard().await {
            return line.answer().await;
        }
        // Slow, but never silent: no gap is as long as any deadline.
        sleep(Duration::from_millis(50)).await;
    }
}
