//! Class 15: pages of other origins.

use futures_util::FutureExt;

use super::{Attack, Promise, Scene, answers};
use crate::request::Request;

pub(super) const ATTACKS: &[Attack] = &[
    Attack::server(15, "pages-of-other-origins", Promise::answer("403"), |it| {
        others(it).boxed_local()
    }),
    Attack::server(
        15,
        "pages-of-the-same-origin",
        Promise::answer("101"),
        |it| same(it).boxed_local(),
    ),
];

/// A host, and an origin that is not its.
const OTHERS: &[(&str, &str)] = &[
    ("example.com", "http://evil.example"),
    ("example.com", "null"),
    ("example.com", "NULL"),
    ("example.com", ""),
    ("example.com", "http://example.com.evil.example"),
    ("example.com", "http://evil-example.com"),
    ("example.com", "http://evilexample.com"),
    ("example.com", "http://www.example.com"),
    ("example.com", "http://com"),
    ("example.com", "http://example.co"),
    ("example.com", "http://example.com@evil.example"),
    ("example.com", "http://evil.example@example.com"),
    ("example.com", "http://evil.example#example.com"),
    ("example.com", "http://evil.example/example.com"),
    ("example.com", "http://example.com/"),
    ("example.com", "http://example.com?"),
    ("example.com", "http://example.com:"),
    ("example.com", "http://example.com:81"),
    ("example.com", "http://example.com:80:80"),
    ("example.com", "http://example.com, http://example.com"),
    ("example.com", "http://example.com http://evil.example"),
    ("example.com", "http://example.com."),
    ("example.com", "//example.com"),
    ("example.com", "example.com"),
    ("example.com", "file://"),
    ("example.com", "ftp://example.com"),
    ("example.com", "javascript://example.com"),
    ("example.com:8080", "http://example.com"),
    ("example.com:8080", "http://example.com:80801"),
    ("127.0.0.1", "http://127.0.0.1.evil.example"),
    ("127.0.0.1", "http://localhost"),
    ("127.0.0.1", "http://127.1"),
    ("127.0.0.1", "http://2130706433"),
    ("[::1]", "http://::1"),
    ("[::1]", "http://[::1]evil.example"),
    ("[::1]:8080", "http://[::1]"),
    ("[::1]", "http://[::ffff:127.0.0.1]"),
    ("xn--mnchen-3ya.example", "http://münchen.example"),
];

/// A host, and its own origin, in whatever case.
const SAME: &[(&str, &str)] = &[
    ("example.com", "http://example.com"),
    ("Example.COM", "HTTP://eXample.com"),
    ("example.com", "https://example.com"),
    ("example.com:8080", "http://example.com:8080"),
    ("[::1]:8080", "http://[::1]:8080"),
];

async fn others(scene: Scene) -> String {
    let mut all = Vec::new();
    for (host, origin) in OTHERS {
        let answer = ask(&scene, host, &[origin]).await;
        if answer != "403" {
            eprintln!("{answer} for {origin:?} at {host:?}");
        }
        all.push(answer);
    }
    // Said twice, even the right one is not one.
    let origin = "http://example.com";
    all.push(ask(&scene, "example.com", &[origin, origin]).await);
    all.push(ask(&scene, "example.com", &[origin, "http://evil.example"]).await);
    answers(all)
}

async fn same(scene: Scene) -> String {
    let mut all = Vec::new();
    for (host, origin) in SAME {
        all.push(ask(&scene, host, &[origin]).await);
    }
    answers(all)
}

async fn ask(scene: &Scene, host: &str, origins: &[&str]) -> String {
    let request = Request::upgrade("/echo").with("Host", host);
    let request = origins
        .iter()
        .fold(request, |it, origin| it.and("Origin", origin));
    let mut raw = scene.connect().await;
    raw.send(request.to_bytes()).await;
    raw.status().await
}
