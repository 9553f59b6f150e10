//! Classes 9 and 10: heads of requests that cost much or never end.

use std::time::Duration;

use futures_util::{FutureExt, future::join_all};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};

use super::{Attack, MIB, Promise, Scene, answers};
use crate::request::Request;

pub(super) const ATTACKS: &[Attack] = &[
    Attack::server(9, "head-of-20-mib-in-pieces", TOO_LARGE, |it| {
        without_end(it, vec![b'x'; 1460]).boxed_local()
    }),
    Attack::server(
        9,
        "head-byte-by-byte",
        Promise::answer("101").cpu(20).seconds(120),
        |it| byte_by_byte(it).boxed_local(),
    ),
    Attack::server(9, "head-of-20-kib", LONG_HEAD, |it| {
        each(
            it,
            vec![Request::get("/count").with("X", &"y".repeat(20 * 1024))],
        )
        .boxed_local()
    }),
    Attack::server(9, "lists-of-nothing", Promise::answer("101"), |it| {
        let nothing = [",", " ", ", ", "\t,"];
        each(
            it,
            lists(&nothing.map(|part| part.repeat(14 * 1024 / part.len()))),
        )
        .boxed_local()
    }),
    Attack::server(9, "lists-of-many", Promise::answer("101"), |it| {
        let many = ["a,", "a, b ,", "permessage-deflate,", "x,y,z,"];
        each(
            it,
            lists(&many.map(|part| part.repeat(12 * 1024 / part.len()))),
        )
        .boxed_local()
    }),
    Attack::server(
        9,
        "extensions-of-parameters",
        Promise::answer("101"),
        |it| {
            let parts = [
                "; a=b",
                "; a=\"b\"",
                "; server_max_window_bits=10",
                "; a=\"\\b\\b\\b\"",
            ];
            let fields = parts.map(|part| format!("x{}", part.repeat(12 * 1024 / part.len())));
            each(it, extensions(&fields)).boxed_local()
        },
    ),
    Attack::server(9, "extensions-never-closed", Promise::answer("400"), |it| {
        let open = [
            format!("x; a=\"{}", "b".repeat(14 * 1024)),
            format!("x; a=\"{}", "\\".repeat(14 * 1024)),
            format!("x; a={}", "\"\\\"".repeat(4 * 1024)),
            "\"".repeat(14 * 1024),
            ";".repeat(14 * 1024),
            "=".repeat(14 * 1024),
        ];
        each(it, extensions(&open)).boxed_local()
    }),
    Attack::server(10, "header-lines-without-end", TOO_LARGE, |it| {
        without_end(it, b"x: y\r\n".repeat(200)).boxed_local()
    }),
    Attack::server(10, "fields-by-the-hundred", Promise::answer("431"), |it| {
        let request = (0..101).fold(Request::upgrade("/echo"), |request, number| {
            request.and(&format!("X-{number}"), "y")
        });
        let same = (0..101).fold(Request::upgrade("/echo"), |it, _| it.and("X", "y"));
        each(it, vec![request, same]).boxed_local()
    }),
    Attack::server(
        10,
        "extensions-in-many-fields",
        Promise::answer("101"),
        |it| {
            let field = "permessage-deflate; server_max_window_bits=7";
            let request = (0..80).fold(Request::upgrade("/echo"), |request, _| {
                request.and("Sec-WebSocket-Extensions", field)
            });
            each(it, vec![request]).boxed_local()
        },
    ),
    Attack::server(10, "requests-in-front-of-the-upgrade", PIPELINED, |it| {
        pipelined(it).boxed_local()
    }),
    Attack::server(
        10,
        "stalled-heads",
        Promise::answer("408").growth(8 * MIB),
        |it| stalled(it).boxed_local(),
    ),
    Attack::server(10, "stalled-heads-behind-a-request", STALLED_LATER, |it| {
        stalled_later(it).boxed_local()
    }),
];

const TOO_LARGE: Promise = Promise::answer("431").cpu(10);
/// actix-http takes 128 KiB.
const LONG_HEAD: Promise = Promise::answer("431").or_on_stock("200");
/// actix-http waits for ever there.
const STALLED_LATER: Promise = Promise::answer("408").or_on_stock("waited for");
/// actix-http takes apart all requests of 128 KiB at once.
const PIPELINED: Promise = Promise::answer("101").growth_of_stock(32 * MIB);

/// A head that goes on like this.
async fn without_end(scene: Scene, piece: Vec<u8>) -> String {
    let mut raw = scene.connect().await;
    raw.send("GET /echo HTTP/1.1\r\nHost: localhost\r\nX: ")
        .await;
    for _ in 0..(20 * MIB as usize) / piece.len() {
        if raw.try_send(&piece).await.is_err() || raw.has_come().await {
            break;
        }
    }
    raw.status().await
}

/// The parser may begin anew for each byte.
async fn byte_by_byte(scene: Scene) -> String {
    let mut raw = scene.connect().await;
    let request = Request::upgrade("/echo").with("X", &"y".repeat(12 * 1024));
    for byte in request.to_bytes() {
        raw.send([byte]).await;
    }
    raw.status().await
}

fn lists(values: &[String]) -> Vec<Request> {
    let fields = ["Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions"];
    let upgrades = fields.into_iter().flat_map(|name| {
        let values = values.iter();
        values.map(move |value| Request::upgrade("/echo").with(name, value))
    });
    upgrades.collect()
}

fn extensions(values: &[String]) -> Vec<Request> {
    let values = values.iter();
    let field = "Sec-WebSocket-Extensions";
    let upgrades = values.map(|value| Request::upgrade("/echo").with(field, value));
    upgrades.collect()
}

async fn each(scene: Scene, requests: Vec<Request>) -> String {
    let mut all = Vec::new();
    for request in &requests {
        let mut raw = scene.connect().await;
        raw.send(request.to_bytes()).await;
        all.push(raw.status().await);
    }
    answers(all)
}

/// None is read before all are sent.
async fn pipelined(scene: Scene) -> String {
    let mut raw = scene.connect().await;
    let mut requests = Request::get("/count").to_bytes().repeat(5000);
    requests.extend(Request::upgrade("/echo").to_bytes());
    let counted = scene.counts().await.counted;
    let (mut reader, mut writer) = raw.halves();
    let all_at_once = async {
        writer.write_all(&requests).await.expect("the server reads");
    };
    let then_read = async {
        // As long as the server gets on without a reader.
        scene.until_still(|it| it.counted).await;
        let mut answers = Vec::new();
        while !answers
            .windows(14)
            .rev()
            .take(400)
            .any(|it| it == b" 101 Switching")
        {
            let read = reader.read_buf(&mut answers).await;
            assert!(read.expect("the server answers") > 0);
        }
    };
    tokio::join!(all_at_once, then_read);
    assert_eq!(scene.counts().await.counted, counted + 5000);
    "101".to_owned()
}

async fn stalled(scene: Scene) -> String {
    let head = Request::upgrade("/echo").to_bytes();
    let all = (0..300_usize).map(async |number| {
        let mut raw = scene.connect().await;
        raw.send(&head[..number % head.len()]).await;
        raw.status().await
    });
    answers(join_all(all).await)
}

/// The first request of a connection is served at once, the next never comes.
async fn stalled_later(scene: Scene) -> String {
    let head = Request::upgrade("/echo").to_bytes();
    let all = (0..100_usize).map(async |number| {
        let mut raw = scene.connect().await;
        let response = raw.ask(&Request::get("/count")).await;
        assert!(response.status.contains(" 200 "), "{response:?}");
        raw.send(&head[..1 + number]).await;
        let status = timeout(LONGER_THAN_ANY_HEAD, raw.status()).await;
        status.unwrap_or_else(|_| "waited for".to_owned())
    });
    answers(join_all(all).await)
}

/// Servers give up a head after 5 s.
const LONGER_THAN_ANY_HEAD: Duration = Duration::from_secs(12);
