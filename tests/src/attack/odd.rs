//! Class 11: requests that are odd.

use futures_util::FutureExt;

use super::{Attack, Promise, Scene, answers};
use crate::request::{KEY, Request};

pub(super) const ATTACKS: &[Attack] = &[
    Attack::server(11, "odd-extensions", Promise::answer("101"), |it| {
        each(it, extensions()).boxed_local()
    }),
    Attack::server(11, "odd-keys", REFUSED, |it| each(it, keys()).boxed_local()),
    Attack::server(11, "odd-hosts", REFUSED, |it| {
        each(it, hosts()).boxed_local()
    }),
    Attack::server(11, "odd-bytes", REFUSED, |it| {
        each(it, bytes()).boxed_local()
    }),
    Attack::server(11, "odd-subprotocols", REFUSED, |it| {
        each(it, subprotocols()).boxed_local()
    }),
    Attack::server(11, "odd-versions", Promise::answer("426"), |it| {
        each(it, versions()).boxed_local()
    }),
];

const REFUSED: Promise = Promise::answer("400");

fn upgrade_with(name: &str, values: &[&str]) -> Vec<Vec<u8>> {
    let upgrades = values
        .iter()
        .map(|value| Request::upgrade("/echo").with(name, value));
    upgrades.map(|it| it.to_bytes()).collect()
}

/// None of them is agreed on, and none is a reason to refuse.
fn extensions() -> Vec<Vec<u8>> {
    upgrade_with(
        "Sec-WebSocket-Extensions",
        &[
            "constructor",
            "__proto__",
            "toString; hasOwnProperty=1",
            "permessage-deflate; constructor",
            "permessage-deflate; __proto__=1",
            "permessage-deflate; server_max_window_bits=7",
            "permessage-deflate; server_max_window_bits=16",
            "permessage-deflate; server_max_window_bits=99999999999",
            "permessage-deflate; server_max_window_bits=-1",
            "permessage-deflate; server_max_window_bits=08",
            "permessage-deflate; server_max_window_bits",
            "permessage-deflate; client_max_window_bits=0",
            "permessage-deflate; client_max_window_bits=256",
            "permessage-deflate; client_max_window_bits=9.5",
            "permessage-deflate; server_no_context_takeover=1",
            "permessage-deflate; server_max_window_bits=10; server_max_window_bits=10",
            "permessage-deflate; client_no_context_takeover; client_no_context_takeover",
        ],
    )
}

fn keys() -> Vec<Vec<u8>> {
    let mut requests = upgrade_with(
        "Sec-WebSocket-Key",
        &[
            "",
            "AAAA",
            "AAAAAAAAAAAAAAAAAAAA",
            "AAAAAAAAAAAAAAAAAAAAAAAA",
            "!!!!!!!!!!!!!!!!!!!!!!==",
            "dGhlIHNhbXBsZSBub25jZQ",
            "dGhlIHNhbXBsZSBub25jZQ==dGhlIHNhbXBsZSBub25jZQ==",
            "dGhl IHNhbXBsZSBub25jZQ==",
            &"A".repeat(8192),
        ],
    );
    let upgrade = Request::upgrade("/echo");
    requests.push(upgrade.clone().without("Sec-WebSocket-Key").to_bytes());
    requests.push(upgrade.and("Sec-WebSocket-Key", KEY).to_bytes());
    requests
}

fn hosts() -> Vec<Vec<u8>> {
    let upgrade = Request::upgrade("/echo");
    vec![
        upgrade.clone().without("Host").to_bytes(),
        upgrade.clone().and("Host", "localhost").to_bytes(),
        upgrade.with("Host", "a").and("Host", "b").to_bytes(),
    ]
}

/// Bytes that may not stand where they do.
fn bytes() -> Vec<Vec<u8>> {
    let upgrade = Request::upgrade("/echo").with("X", "MARK").to_bytes();
    let upgrade = String::from_utf8(upgrade).expect("it is ASCII");
    let replace = |mark: &str, bytes: &[u8]| {
        let (before, behind) = upgrade.split_once(mark).expect("it is there");
        [before.as_bytes(), bytes, behind.as_bytes()].concat()
    };
    vec![
        replace("MARK", b"a\0b"),
        replace("MARK", b"a\x01b"),
        replace("MARK", b"a\x7fb"),
        replace("MARK", b"a\rb"),
        replace("X:", b"X\0:"),
        replace("X:", b"X y:"),
        replace("X:", b"\xc3\xa4:"),
        replace("X:", b":"),
        replace("X:", b"X :"),
        replace("/echo", b"/echo\0"),
        replace("/echo", b"/echo x"),
        replace("GET", b"G\0T"),
        replace("HTTP/1.1", b"HTTP/9.9"),
        replace("HTTP/1.1", b"HTTP/1.1.1"),
        replace("Sec-WebSocket-Key: ", b"Sec-WebSocket-Key: \xff"),
    ]
}

fn subprotocols() -> Vec<Vec<u8>> {
    upgrade_with(
        "Sec-WebSocket-Protocol",
        &["a b", "a;b", "\"a\"", "a, (b)", "ä", "a=b", "@"],
    )
}

fn versions() -> Vec<Vec<u8>> {
    upgrade_with(
        "Sec-WebSocket-Version",
        &[
            "", "0", "8", "12", "14", "013", "13.0", "+13", "13, 8", "8, 13", "thirteen", "256",
        ],
    )
}

async fn each(scene: Scene, requests: Vec<Vec<u8>>) -> String {
    let mut all = Vec::new();
    for request in &requests {
        let mut raw = scene.connect().await;
        raw.send(request).await;
        let status = raw.status().await;
        if !matches!(&*status, "101" | "400" | "426") {
            eprintln!("{status} for {:?}", String::from_utf8_lossy(request));
        }
        all.push(status);
    }
    answers(all)
}
