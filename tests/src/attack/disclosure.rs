//! Class 17: what a server sends back that was not sent to it.

use futures_util::FutureExt;

use super::{
    Attack, Promise, Scene,
    frames::{BINARY, CLOSE, PING, PONG, frame},
};

pub(super) const ATTACKS: &[Attack] = &[
    Attack::server(
        17,
        "pings-of-every-length",
        Promise::answer("exact"),
        |it| pings(it).boxed_local(),
    ),
    Attack::server(
        17,
        "close-reasons-of-every-length",
        Promise::answer("exact"),
        |it| reasons(it).boxed_local(),
    ),
];

/// Somebody else's, which is to be found nowhere else.
async fn secrets(scene: &Scene) {
    let mut line = scene.open_plain("/echo").await;
    for len in [10, 100, 1000, 60_000] {
        line.frame(BINARY, &b"secret".repeat(len / 6)).await;
        line.message().await;
    }
    line.close().await;
}

async fn pings(scene: Scene) -> String {
    secrets(&scene).await;
    let mut line = scene.open_plain("/echo").await;
    for len in 0..=125_usize {
        let payload: Vec<u8> = (0..len).map(|it| (it * 7 + len) as u8).collect();
        // Whole, and in two pieces.
        for cut in [0, len / 2] {
            let ping = frame(PING, &payload);
            line.send(&ping[..cut]).await.expect("it is open");
            line.send(&ping[cut..]).await.expect("it is open");
            let heard = line.hear().await.expect("it is open");
            assert_eq!((heard.first, &heard.payload), (PONG, &payload));
        }
    }
    line.close().await;
    "exact".to_owned()
}

/// The server answers with the code; a reason, if it gives one, is what was sent.
async fn reasons(scene: Scene) -> String {
    secrets(&scene).await;
    for len in 0..=123_usize {
        let mut line = scene.open_plain("/echo").await;
        let reason: String = (0..len)
            .map(|it| char::from(b'a' + (it % 26) as u8))
            .collect();
        let payload = [&4321_u16.to_be_bytes(), reason.as_bytes()].concat();
        line.frame(CLOSE, &payload).await;
        let heard = line.hear().await.expect("it answers");
        assert_eq!(heard.first, CLOSE);
        assert!(payload.starts_with(&heard.payload), "{heard:?}");
        assert!(heard.payload.len() >= 2, "{heard:?}");
        let (rest, _) = line.raw().rest().await;
        assert_eq!(rest, b"");
    }
    let mut line = scene.open_plain("/echo").await;
    line.frame(CLOSE, b"").await;
    let heard = line.hear().await.expect("it answers");
    assert_eq!((heard.first, &heard.payload[..]), (CLOSE, &b""[..]));
    "exact".to_owned()
}
