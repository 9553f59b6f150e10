//! The opening handshake over a real socket: who is let in, who is refused and
//! how, and what comes before and behind it on the same connection.

use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::web;
use ws_tests::{
    client::Client,
    probe::{Probe, Report},
    raw::Raw,
    request::{ACCEPT, KEY, Request},
    server::Server,
};

/// A request, and what it is answered with: status line, header fields but those
/// about the body, and body.
struct Refusal {
    name: &'static str,
    request: Request,
    status: &'static str,
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
}

fn refusals() -> Vec<Refusal> {
    let upgrade = || Request::upgrade("/probe");
    let close: &[_] = &[("connection", "close")];
    // RFC 9110 §7.8: `Upgrade` in a response is named by `Connection`, too.
    let spoken: &[_] = &[
        ("connection", "close, upgrade"),
        ("sec-websocket-version", "13"),
        ("upgrade", "websocket"),
    ];
    let bad = "HTTP/1.1 400 Bad Request";
    let upgrade_required = "HTTP/1.1 426 Upgrade Required";
    let version = "only version 13 of the websocket protocol is spoken here\n";
    let key = "`Sec-WebSocket-Key` is not 16 bytes in base64, given once\n";
    let body = "a request to upgrade has no body\n";
    let refusal = |name, request, status, headers, body| Refusal {
        name,
        request,
        status,
        headers,
        body,
    };
    vec![
        refusal(
            "post",
            upgrade().method("POST"),
            "HTTP/1.1 405 Method Not Allowed",
            &[("allow", "GET"), ("connection", "close")],
            "a websocket is opened with GET\n",
        ),
        refusal(
            "plain get",
            Request::get("/probe"),
            upgrade_required,
            spoken,
            "this resource is a websocket: ask for it with `Upgrade: websocket`\n",
        ),
        refusal(
            "upgrade to something else",
            upgrade().with("Upgrade", "h2c"),
            upgrade_required,
            spoken,
            "this resource is a websocket: ask for it with `Upgrade: websocket`\n",
        ),
        refusal(
            "version 12",
            upgrade().with("Sec-WebSocket-Version", "12"),
            upgrade_required,
            spoken,
            version,
        ),
        refusal(
            "no version",
            upgrade().without("Sec-WebSocket-Version"),
            upgrade_required,
            spoken,
            version,
        ),
        refusal(
            "key of 15 bytes",
            upgrade().with("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAA"),
            bad,
            close,
            key,
        ),
        refusal(
            "key that is not base64",
            upgrade().with("Sec-WebSocket-Key", "!!!!!!!!!!!!!!!!!!!!!!=="),
            bad,
            close,
            key,
        ),
        refusal(
            "no key",
            upgrade().without("Sec-WebSocket-Key"),
            bad,
            close,
            key,
        ),
        refusal(
            "two keys",
            upgrade().and("Sec-WebSocket-Key", KEY),
            bad,
            close,
            key,
        ),
        refusal(
            "no connection field",
            upgrade().without("Connection"),
            bad,
            close,
            "`Connection` has no `upgrade` in it\n",
        ),
        refusal(
            "connection without upgrade",
            upgrade().with("Connection", "keep-alive"),
            bad,
            close,
            "`Connection` has no `upgrade` in it\n",
        ),
        refusal("body", upgrade().body("hello"), bad, close, body),
        refusal(
            "chunked body",
            upgrade()
                .body("5\r\nhello\r\n0\r\n\r\n")
                .without("Content-Length")
                .with("Transfer-Encoding", "chunked"),
            bad,
            close,
            body,
        ),
        refusal(
            "http 1.0",
            upgrade().version("HTTP/1.0"),
            // There a connection is closed unless something else is said.
            "HTTP/1.0 400 Bad Request",
            &[],
            "a websocket is opened over HTTP/1.1 or later\n",
        ),
        refusal(
            "two hosts",
            upgrade().and("Host", "elsewhere"),
            bad,
            close,
            "", // actix-http is first to refuse this
        ),
        refusal(
            "subprotocol that is no token",
            upgrade().with("Sec-WebSocket-Protocol", "chat room"),
            bad,
            close,
            "`Sec-WebSocket-Protocol` is malformed\n",
        ),
        refusal(
            "foreign origin",
            upgrade().with("Origin", "http://evil.example"),
            "HTTP/1.1 403 Forbidden",
            close,
            "origin \"http://evil.example\" may not connect here\n",
        ),
        refusal(
            "origin of a sandboxed page",
            upgrade().with("Origin", "null"),
            "HTTP/1.1 403 Forbidden",
            close,
            "origin \"null\" may not connect here\n",
        ),
    ]
}

#[actix_web::test]
async fn server_refuses_wrong_handshakes_with_the_reason() {
    let (server, _reports) = Probe::serve(Probe::endpoint());
    for refusal in refusals() {
        let mut raw = Raw::connect(server.address()).await;
        let response = raw.ask(&refusal.request).await;
        let length = refusal.body.len().to_string();
        let mut headers = vec![("content-length", length.as_str())];
        if !refusal.body.is_empty() {
            headers.push(("content-type", "text/plain; charset=utf-8"));
        }
        headers.extend(refusal.headers);
        headers.sort_unstable();
        assert_eq!(response.status, refusal.status, "{}", refusal.name);
        assert_eq!(response.lasting_headers(), headers, "{}", refusal.name);
        assert_eq!(response.body, refusal.body, "{}", refusal.name);
        let (rest, _) = raw.rest().await;
        assert_eq!(rest, b"", "{}: nothing follows", refusal.name);
    }
}

#[actix_web::test]
async fn no_actor_runs_for_a_refused_request() {
    let (server, mut reports) = Probe::serve(Probe::endpoint());
    for refusal in refusals() {
        Raw::connect(server.address())
            .await
            .ask(&refusal.request)
            .await;
    }
    server.until_sockets(0).await;
    let mut client = Client::connect(server.address(), "/probe").await;
    client.send("first").await;
    assert_eq!(reports.next().await, Report::Started);
    assert_eq!(reports.next().await, Report::Text("first".to_owned()));
}

/// Who asked for a WebSocket may go on as if it had been let in: what it sends
/// must not be taken for a request.
#[actix_web::test]
async fn server_takes_nothing_behind_a_refused_head_for_a_request() {
    takes_nothing_behind(|request| {
        request.header("Upgrade") == Some("websocket")
            && request.header("Transfer-Encoding").is_none()
    })
    .await;
}

async fn takes_nothing_behind(chosen: impl Fn(&Request) -> bool) {
    let (server, visits) = with_a_plain_resource();
    let mut tried = 0;
    for refusal in refusals() {
        if !chosen(&refusal.request) {
            continue;
        }
        tried += 1;
        let mut bytes = refusal.request.to_bytes();
        bytes.extend(Request::get("/plain").to_bytes());
        let mut raw = Raw::connect(server.address()).await;
        raw.send(bytes).await;
        let response = raw.response().await;
        assert_eq!(response.status, refusal.status, "{}", refusal.name);
        let (rest, _) = raw.rest().await;
        assert_eq!(rest, b"", "{}: nothing follows", refusal.name);
    }
    server.until_sockets(0).await;
    assert_eq!(visits.load(Ordering::SeqCst), 0);
    assert_ne!(tried, 0);
}

#[actix_web::test]
async fn server_takes_nothing_that_comes_after_a_refusal_for_a_request() {
    let (server, visits) = with_a_plain_resource();
    for refusal in refusals() {
        let mut raw = Raw::connect(server.address()).await;
        let response = raw.ask(&refusal.request).await;
        assert_eq!(response.status, refusal.status, "{}", refusal.name);
        // It fails if the server was quick to end the connection.
        raw.try_send(Request::get("/plain").to_bytes()).await.ok();
        let (rest, _) = raw.rest().await;
        assert_eq!(rest, b"", "{}: nothing follows", refusal.name);
    }
    server.until_sockets(0).await;
    assert_eq!(visits.load(Ordering::SeqCst), 0);
}

/// A server with `/probe`, and `/plain`, whose visits are counted.
fn with_a_plain_resource() -> (Server, web::Data<AtomicUsize>) {
    let visits = web::Data::new(AtomicUsize::new(0));
    let counted = visits.clone();
    let (server, _reports) = Probe::serve_beside(Probe::endpoint(), move |app| {
        app.app_data(counted.clone())
            .route("/plain", web::get().to(plain));
    });
    (server, visits)
}

#[actix_web::test]
async fn server_upgrades_a_right_handshake_with_these_headers_and_no_others() {
    let (server, _reports) = Probe::serve(Probe::endpoint());
    let upgrade = || Request::upgrade("/probe");
    for (name, request) in [
        ("no origin", upgrade()),
        ("same origin", upgrade().with("Origin", "http://localhost")),
        (
            "same origin with its port",
            upgrade()
                .with("Host", "localhost:8080")
                .with("Origin", "http://localhost:8080"),
        ),
        (
            "names in any case",
            upgrade()
                .with("upgrade", "WebSocket")
                .with("connection", "upgrade"),
        ),
        (
            "among other tokens",
            upgrade().with("Connection", "keep-alive, Upgrade"),
        ),
        ("empty body", upgrade().with("Content-Length", "0")),
        (
            "extensions that the server does not speak",
            upgrade().with("Sec-WebSocket-Extensions", "x-unheard-of; loud"),
        ),
        (
            "subprotocols that the server does not speak",
            upgrade().with("Sec-WebSocket-Protocol", "chat, superchat"),
        ),
    ] {
        let mut raw = Raw::connect(server.address()).await;
        let response = raw.ask(&request).await;
        assert_eq!(
            response.status, "HTTP/1.1 101 Switching Protocols",
            "{name}"
        );
        // RFC 9110 §8.6, RFC 9112 §6.1: neither length nor transfer coding.
        assert_eq!(
            response.lasting_headers(),
            [
                ("connection", "upgrade"),
                ("sec-websocket-accept", ACCEPT),
                ("upgrade", "websocket"),
            ],
            "{name}"
        );
        let mut client = Client::over(raw);
        client.send("hello").await;
        assert_eq!(client.text().await, "hello", "{name}");
    }
}

/// RFC 9110 §7.8: `Upgrade` is a list. Whether such a request is let in or not
/// is up to the server, but once it is, frames are frames and not requests.
#[actix_web::test]
async fn websocket_among_other_protocols_is_either_refused_or_served() {
    for protocols in ["websocket, h2c", "h2c, websocket", "websocket,"] {
        let (server, visits) = with_a_plain_resource();
        let mut raw = Raw::connect(server.address()).await;
        let request = Request::upgrade("/probe").with("Upgrade", protocols);
        let mut bytes = request.to_bytes();
        bytes.extend(Request::get("/plain").to_bytes());
        raw.send(bytes).await;
        let response = raw.response().await;
        if response.status == "HTTP/1.1 426 Upgrade Required" {
            continue;
        }
        assert_eq!(
            response.status, "HTTP/1.1 101 Switching Protocols",
            "{protocols}"
        );
        let (rest, _) = raw.rest().await;
        let rest = rest.escape_ascii().to_string();
        assert_eq!(visits.load(Ordering::SeqCst), 0, "{protocols}: {rest}");
        // What is no frame of a client is answered with 1002.
        assert!(rest.starts_with("\\x88"), "{protocols}: {rest}");
    }
}

#[actix_web::test]
async fn connection_that_served_plain_requests_is_upgraded() {
    let (server, visits) = with_a_plain_resource();
    let mut raw = Raw::connect(server.address()).await;
    for visit in 1..=3 {
        let response = raw.ask(&Request::get("/plain")).await;
        assert_eq!(response.status, "HTTP/1.1 200 OK");
        assert_eq!(visits.load(Ordering::SeqCst), visit);
    }
    let response = raw.ask(&Request::upgrade("/probe")).await;
    assert_eq!(response.status, "HTTP/1.1 101 Switching Protocols");
    let mut client = Client::over(raw);
    client.send("hello").await;
    assert_eq!(client.text().await, "hello");
}

#[actix_web::test]
async fn connection_is_upgraded_behind_plain_requests_in_one_packet() {
    let (server, _visits) = with_a_plain_resource();
    let mut raw = Raw::connect(server.address()).await;
    let mut bytes = Request::get("/plain").to_bytes();
    bytes.extend(Request::get("/plain").to_bytes());
    bytes.extend(Request::upgrade("/probe").to_bytes());
    raw.send(bytes).await;
    assert_eq!(raw.response().await.status, "HTTP/1.1 200 OK");
    assert_eq!(raw.response().await.status, "HTTP/1.1 200 OK");
    let response = raw.response().await;
    assert_eq!(response.status, "HTTP/1.1 101 Switching Protocols");
    let mut client = Client::over(raw);
    client.send("hello").await;
    assert_eq!(client.text().await, "hello");
}

async fn plain(visits: web::Data<AtomicUsize>) -> &'static str {
    visits.fetch_add(1, Ordering::SeqCst);
    "plain"
}
