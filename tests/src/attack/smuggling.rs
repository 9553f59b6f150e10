//! Classes 12 and 13: what hides behind something else.

use futures_util::FutureExt;

use super::{
    Attack, Promise, Scene, answers,
    deflate::{FINAL, compressed, stored},
    frames::{BINARY, CLOSE, RSV1, TEXT, frame},
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
    Attack::server(12, "lines-that-end-in-lf-alone", TAKEN, |it| {
        lines_of_lf(it).boxed_local()
    }),
    Attack::server(12, "request-behind-an-empty-line-of-lf", TWO, |it| {
        request_behind_lf(it).boxed_local()
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

/// Whoever is asked may take a line feed alone for the end of a line (RFC 9112
/// §2.2), and both do; a proxy in front of them must not read it otherwise.
const TAKEN: Promise = Promise::answer("101, and echoed");
const TWO: Promise = Promise::answer("200, and 2 requests done");

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

/// In all of the head, in one line of it, and around its last line, which is
/// empty. What comes behind it are frames, from the right byte on.
async fn lines_of_lf(scene: Scene) -> String {
    let head = text(&Request::upgrade("/echo"));
    let heads = [
        head.replace("\r\n", "\n"),
        head.replacen("\r\n", "\n", 1),
        head.replace("\r\nUpgrade:", "\nUpgrade:"),
        head.replace("\r\n\r\n", "\n\n"),
        head.replace("\r\n\r\n", "\r\n\n"),
        head.replace("\r\n\r\n", "\n\r\n"),
    ];
    let frames = [frame(TEXT, b"hello"), frame(CLOSE, b"\x03\xe8")].concat();
    let mut all = Vec::new();
    for head in heads {
        let mut raw = scene.connect().await;
        raw.send([head.as_bytes(), &frames].concat()).await;
        let status = raw.status().await;
        let (rest, _) = raw.rest().await;
        let echoed = rest.ends_with(b"\x81\x05hello\x88\x02\x03\xe8");
        all.push(if echoed {
            format!("{status}, and echoed")
        } else {
            status
        });
    }
    answers(all)
}

/// Who knows no such lines sees one request with an odd field.
async fn request_behind_lf(scene: Scene) -> String {
    let before = scene.counts().await.counted;
    let first = text(&Request::get("/count")).replace("\r\n", "\n");
    let last = text(&Request::get("/count").with("Connection", "close"));
    let mut raw = scene.connect().await;
    raw.send(format!("{first}{last}")).await;
    let status = raw.status().await;
    raw.rest().await;
    let counted = scene.counts().await.counted - before;
    format!("{status}, and {counted} requests done")
}

fn text(request: &Request) -> String {
    String::from_utf8(request.to_bytes()).expect("it is ASCII")
}

fn bodies() -> Vec<Vec<u8>> {
    let upgrade = Request::upgrade("/echo");
    let count = text(&Request::get("/count"));
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
