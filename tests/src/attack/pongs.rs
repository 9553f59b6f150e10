//! Class 8: Pings without end.

use futures_util::FutureExt;

use super::{
    Attack, Line, MIB, Promise, Scene,
    frames::{PING, PONG, frame},
};
use crate::{raw::Raw, request::Request};

pub(super) const ATTACKS: &[Attack] = &[
    Attack::server(
        8,
        "pings-without-reading",
        Promise::answer("newest").growth(MIB),
        |it| without_reading(it).boxed_local(),
    ),
    Attack::server(
        8,
        "pings-without-end",
        Promise::answer("newest").growth(MIB),
        |it| with_reading(it).boxed_local(),
    ),
];

/// What is not read fills the receive buffers and then the server's send buffer,
/// and from then on only the newest Pong is kept.
async fn without_reading(scene: Scene) -> String {
    let raw = Raw::connect_narrow(scene.address()).await;
    let mut line = Line::open(raw, &Request::upgrade("/echo")).await;
    for number in 0..100_u32 {
        let mut pings = Vec::new();
        for part in 0..1000_u32 {
            let mut payload = [0; 125];
            payload[..4].copy_from_slice(&(number * 1000 + part).to_be_bytes());
            pings.extend(frame(PING, &payload));
        }
        // It goes on reading: Pings cost it nothing.
        line.send(&pings).await.expect("the server reads on");
    }
    newest(&mut line, 99_999).await
}

async fn with_reading(scene: Scene) -> String {
    let mut line = scene.open_plain("/echo").await;
    for number in 0..100_u32 {
        let payload = |part: u32| (number * 1000 + part).to_be_bytes();
        let pings = (0..1000).flat_map(|part| frame(PING, &payload(part)));
        let pings: Vec<u8> = pings.collect();
        line.send(&pings).await.expect("the server reads on");
        assert_eq!(newest(&mut line, number * 1000 + 999).await, "newest");
    }
    "newest".to_owned()
}

/// Reads until the Pong of this number, which no older one may follow.
async fn newest(line: &mut Line, number: u32) -> String {
    let mut before = None;
    loop {
        let heard = line.hear().await.expect("the connection is open");
        assert_eq!(heard.first, PONG);
        let pong = heard.payload.first_chunk().copied();
        let pong = pong.map(u32::from_be_bytes);
        assert!(pong > before, "{pong:?} behind {before:?}");
        if pong == Some(number) {
            return "newest".to_owned();
        }
        before = pong;
    }
}
