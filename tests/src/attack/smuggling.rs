//! Classes 12 and 13: what hides behind something else.

use futures_util::FutureExt;

use super::{
    Attack, Promise, Scene, answers,
    deflate::{FINAL, compressed, stored},
    frames::{BINARY, RSV1, TEXT, frame},
};
use crate::request::Request;

pub(super) const ATTACKS: &[Attack] = &[
    Attack::server(
        12,
        "request-in-the-body-of-an-upgrade",
        REFUSED.or_on_stock("400, and 1 requests done"),
        |it| not_counted(it, bodies()).boxed_local(),
    ),
    Attack::server(12, "two-lengths-of-a-body", REFUSED, |it| {
        not_counted(it, two_lengths()).boxed_local()
    }),
    Attack::server(
        12,
        "request-behind-a-wrong-version",
        Promise::answer("426"),
        |it| {
            let upgrade = Request::upgrade("/echo").with("Sec-WebSocket-Version", "8");
            not_counted(it, vec![upgrade.to_bytes()]).boxed_local()
        },
    ),
    Attack::server(
        12,
        "request-behind-a-wrong-origin",
        Promise::answer("403"),
        |it| {
            let upgrade = Request::upgrade("/echo").with("Origin", "http://evil.example");
            not_counted(it, vec![upgrade.to_bytes()]).boxed_local()
        },
    ),
    Attack::server(
        12,
        "request-behind-an-upgrade-of-nothing",
        Promise::answer("404"),
        |it| not_counted(it, vec![Request::upgrade("/nowhere").to_bytes()]).boxed_local(),
    ),
    Attack::server(12, "request-behind-a-401", Promise::answer("401"), |it| {
        not_counted(it, vec![Request::upgrade("/guarded").to_bytes()]).boxed_local()
    }),
    Attack::server(12, "frames-behind-a-401", Promise::answer("401"), |it| {
        frames_behind_a_401(it).boxed_local()
    }),
    Attack::server(
        12,
        "request-behind-a-401-of-a-list",
        Promise::answer("401").or_on_stock("401, and 2 requests done"),
        |it| not_counted(it, lists("/guarded")).boxed_local(),
    ),
    Attack::server(
        12,
        "request-behind-an-upgrade-of-a-list",
        Promise::answer("426").or_on_stock("426, and 2 requests done"),
        |it| not_counted(it, lists("/echo")).boxed_local(),
    ),
    Attack::server(12, "request-behind-a-close", CLOSED, |it| {
        behind_a_close(it).boxed_local()
    }),
    Attack::server(12, "upgrade-without-connection", REFUSED, |it| {
        let upgrade = Request::upgrade("/echo");
        let requests = vec![
            upgrade.clone().without("Connection").to_bytes(),
            upgrade.clone().with("Connection", "close").to_bytes(),
            upgrade
                .clone()
                .with("Connection", "keep-alive, upgraded")
                .to_bytes(),
            upgrade.version("HTTP/1.0").to_bytes(),
        ];
        not_counted(it, requests).boxed_local()
    }),
    Attack::server(12, "lines-folded", REFUSED, |it| {
        let upgrade = Request::upgrade("/echo");
        let requests = vec![
            upgrade.clone().with("X", "a\r\n b").to_bytes(),
            upgrade.clone().with("X", "a\r\n\tb").to_bytes(),
            upgrade.with("Connection", "close,\r\n upgrade").to_bytes(),
        ];
        not_counted(it, requests).boxed_local()
    }),
    Attack::server(
        13,
        "message-behind-a-final-block",
        Promise::answer("one message"),
        |it| behind_the_end(it).boxed_local(),
    ),
];

const REFUSED: Promise = Promise::answer("400");
/// actix-http does what was sent along with a request that closes.
const CLOSED: Promise = Promise::answer("1 request done").or_on_stock("2 requests done");

/// Asks to count, behind what is refused: it must not be done.
async fn not_counted(scene: Scene, requests: Vec<Vec<u8>>) -> String {
    let before = scene.counts().await.counted;
    let count = Request::get("/count").to_bytes();
    let mut all = Vec::new();
    for request in requests {
        // At once, and once the answer has come.
        let mut raw = scene.connect().await;
        raw.send([&request[..], &count].concat()).await;
        all.push(raw.status().await);
        let mut raw = scene.connect().await;
        raw.send(&request).await;
        all.push(raw.status().await);
        raw.try_send(&count).await.ok();
        raw.rest().await;
    }
    let counted = scene.counts().await.counted - before;
    let answer = answers(all);
    match counted {
        0 => answer,
        _ => format!("{answer}, and {counted} requests done"),
    }
}

/// A client that closes asks for nothing more (RFC 9112 §9.6).
async fn behind_a_close(scene: Scene) -> String {
    let before = scene.counts().await.counted;
    let count = Request::get("/count");
    let last = count.clone().with("Connection", "close").to_bytes();
    let mut raw = scene.connect().await;
    raw.send([&last[..], &count.to_bytes()].concat()).await;
    assert_eq!(raw.status().await, "200");
    raw.rest().await;
    match scene.counts().await.counted - before {
        1 => "1 request done".to_owned(),
        counted => format!("{counted} requests done"),
    }
}

fn bodies() -> Vec<Vec<u8>> {
    let upgrade = Request::upgrade("/echo");
    let count = Request::get("/count").to_text();
    let chunked = upgrade
        .clone()
        .with("Transfer-Encoding", "chunked")
        .to_bytes();
    let chunk = format!("{:x}\r\n{count}\r\n0\r\n\r\n", count.len());
    vec![
        upgrade.clone().body(&count).to_bytes(),
        upgrade.clone().with("Content-Length", "1").to_bytes(),
        upgrade.with("Content-Length", "00").to_bytes(),
        [&chunked[..], chunk.as_bytes()].concat(),
    ]
}

fn two_lengths() -> Vec<Vec<u8>> {
    let upgrade = Request::upgrade("/echo");
    let both = upgrade.clone().with("Content-Length", "5");
    let requests = [
        both.clone().with("Transfer-Encoding", "chunked"),
        both.and("Content-Length", "5"),
        upgrade.clone().with("Content-Length", "+5"),
        upgrade.clone().with("Content-Length", "-5"),
        upgrade.clone().with("Content-Length", "5, 5"),
        upgrade
            .clone()
            .with("Content-Length", "99999999999999999999999"),
        upgrade.clone().with("Transfer-Encoding", "identity"),
        upgrade.clone().with("Transfer-Encoding", "gzip, chunked"),
        upgrade.clone().with("Transfer-Encoding", "xchunked"),
        upgrade
            .with("Transfer-Encoding", "chunked")
            .and("Transfer-Encoding", "identity"),
    ];
    requests.map(|request| request.to_bytes()).into()
}

/// actix-http hands over the stream only where the field has one member.
fn lists(path: &str) -> Vec<Vec<u8>> {
    let upgrade = Request::upgrade(path);
    let requests = [
        upgrade.clone().with("Upgrade", "websocket, h2c"),
        upgrade.with("Upgrade", "h2c, websocket"),
    ];
    requests.map(|request| request.to_bytes()).into()
}

/// A client that does not wait for the answer sends frames, and what is in them
/// is somebody else's choice.
async fn frames_behind_a_401(scene: Scene) -> String {
    let count = Request::get("/count").to_bytes();
    let text = frame(TEXT, &count);
    // What a client with a known masking key can be made to send.
    let masked: Vec<u8> = count
        .iter()
        .zip(super::frames::KEY.iter().cycle())
        .map(|(byte, key)| byte ^ key)
        .collect();
    let requests = [text, frame(BINARY, &masked)]
        .map(|frame| [Request::upgrade("/guarded").to_bytes(), frame].concat());
    not_counted(scene, requests.into()).await
}

/// Where a stream ends within a message, the message goes on, and where a message
/// ends, nothing follows.
async fn behind_the_end(scene: Scene) -> String {
    let mut line = scene.echo().await;
    let first = [&stored(b"one")[..], &FINAL, &stored(b" message")].concat();
    line.frame(TEXT | RSV1, &[&first[..], &FINAL].concat())
        .await;
    assert_eq!(line.message().await, b"one message");
    // Another deflate message behind it, with the tail that was left out.
    let mut both = compressed(b"one ");
    both.extend(b"\x00\x00\xff\xff");
    both.extend(compressed(b"message"));
    line.frame(TEXT | RSV1, &both).await;
    assert_eq!(line.message().await, b"one message");
    line.frame(TEXT, b"the next").await;
    assert_eq!(line.message().await, b"the next");
    line.close().await;
    "one message".to_owned()
}
