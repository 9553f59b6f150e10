//! How a WebSocket comes to its connection: what HTTP did before on it, what
//! handlers and middleware may do meanwhile, and what it finds.
//!
//! All of this holds on both servers.

use std::time::{Duration, Instant};

use actix::{Actor, Handler};
use actix_web::{
    Error, HttpRequest, HttpResponse,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::{Compress, DefaultHeaders, Logger, Next, from_fn},
    web::{self, ServiceConfig},
};
use bytes::Buf;
use tokio::time::sleep;
use ws_core::{Config, Connection, Entropy};
use ws_server::{Endpoint, Text, UpgradeError, WsContext};
use ws_tests::{client::Client, raw::Raw, request::Request, server::Server};

/// Answers each text with the number of texts so far, and what its request said.
struct Counter {
    heard: u32,
    /// Kept as long as the actor, as applications may do.
    request: HttpRequest,
}

impl Actor for Counter {
    type Context = WsContext<Self>;
}

impl Handler<Text> for Counter {
    type Result = ();

    fn handle(&mut self, Text(text): Text, ctx: &mut Self::Context) {
        self.heard += 1;
        let path = self.request.path();
        let answer = format!("{} {path} {}", self.heard, text.len());
        ctx.text(answer).expect("the connection is open");
    }
}

type Counters = web::Data<Endpoint<Counter>>;

fn upgrade(
    request: &HttpRequest,
    payload: web::Payload,
    endpoint: &Counters,
) -> Result<HttpResponse, UpgradeError> {
    let counter = Counter {
        heard: 0,
        request: request.clone(),
    };
    endpoint.upgrade(request, payload, counter)
}

async fn count(
    request: HttpRequest,
    payload: web::Payload,
    endpoint: Counters,
) -> Result<HttpResponse, UpgradeError> {
    upgrade(&request, payload, &endpoint)
}

/// A handler that takes its time, as one does that asks a database.
async fn count_later(
    request: HttpRequest,
    payload: web::Payload,
    endpoint: Counters,
) -> Result<HttpResponse, UpgradeError> {
    sleep(Duration::from_millis(200)).await;
    upgrade(&request, payload, &endpoint)
}

/// A handler that promises the connection and then thinks better of it.
async fn refuse_after_all(
    request: HttpRequest,
    payload: web::Payload,
    endpoint: Counters,
) -> Result<HttpResponse, UpgradeError> {
    drop(upgrade(&request, payload, &endpoint)?);
    Ok(HttpResponse::Forbidden().body("after all, no"))
}

async fn hello() -> &'static str {
    "hello"
}

/// Middleware that replaces every response.
async fn replace(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, Error> {
    let response = next.call(request).await?;
    let (request, response) = response.into_parts();
    drop(response);
    let replaced = HttpResponse::ImATeapot().body("tea instead");
    Ok(ServiceResponse::new(request, replaced))
}

fn app(app: &mut ServiceConfig) {
    let endpoint = Endpoint::<Counter>::builder().on::<Text>().build();
    let endpoint = endpoint.expect("the endpoint makes sense");
    app.app_data(web::Data::new(endpoint))
        .route("/hello", web::get().to(hello))
        .route("/count", web::get().to(count))
        .route("/later", web::get().to(count_later))
        .route("/refused", web::get().to(refuse_after_all))
        .service(
            web::resource("/replaced")
                .wrap(from_fn(replace))
                .route(web::get().to(count)),
        )
        .service(
            web::scope("/wrapped")
                .wrap(Compress::default())
                .wrap(Logger::default())
                .wrap(DefaultHeaders::new().add(("X-Wrapped", "yes")))
                .route("/count", web::get().to(count)),
        );
}

/// Texts of these lengths, as a client sends them.
fn texts(lengths: impl IntoIterator<Item = usize>) -> Vec<u8> {
    let config = Config::new();
    let mut connection = Connection::client(Instant::now(), config, Entropy::system());
    let mut bytes = Vec::new();
    for length in lengths {
        let sent = connection.send("x".repeat(length));
        sent.expect("the connection is open");
        let frames = connection.transmit();
        let len = frames.remaining();
        bytes.extend(frames.copy_to_bytes(len));
    }
    bytes
}

async fn switched(raw: &mut Raw) {
    let response = raw.response().await;
    assert_eq!(response.status, "HTTP/1.1 101 Switching Protocols");
}

#[actix_web::test]
async fn connection_that_served_requests_before_becomes_a_websocket() {
    let server = Server::start(app);
    let mut raw = Raw::connect(server.address()).await;
    for _ in 0..3 {
        let response = raw.ask(&Request::get("/hello")).await;
        assert_eq!(response.body, "hello");
    }
    let refused = raw.ask(&Request::get("/count")).await;
    assert_eq!(refused.status, "HTTP/1.1 426 Upgrade Required");

    let mut raw = Raw::connect(server.address()).await;
    let response = raw.ask(&Request::get("/hello")).await;
    assert_eq!(response.body, "hello");
    raw.send(Request::upgrade("/count").to_bytes()).await;
    switched(&mut raw).await;
    let mut client = Client::over(raw);
    client.send("one").await;
    assert_eq!(client.text().await, "1 /count 3");
}

#[actix_web::test]
async fn frames_that_come_while_a_handler_takes_its_time_are_heard_in_order() {
    let server = Server::start(app);
    for lengths in [vec![1, 2, 3], vec![40_000; 8], vec![125; 4_000]] {
        let mut raw = Raw::connect(server.address()).await;
        let mut bytes = Request::upgrade("/later").to_bytes();
        bytes.extend(texts(lengths.iter().copied()));
        // More than the server may want to read: it goes on while it waits.
        let (mut from, mut to) = raw.halves();
        let sending = async {
            tokio::io::AsyncWriteExt::write_all(&mut to, &bytes)
                .await
                .expect("the server takes it all");
        };
        let mut answers = Vec::new();
        let hearing = async {
            let expected: usize = (1..=lengths.len())
                .zip(&lengths)
                .map(|(number, length)| format!("{number} /later {length}").len() + 2)
                .sum();
            let mut head = None;
            while head.is_none_or(|head| answers.len() < head + expected) {
                let read = tokio::io::AsyncReadExt::read_buf(&mut from, &mut answers).await;
                assert_ne!(read.expect("the connection lasts"), 0);
                let end = answers.windows(4).position(|it| it == b"\r\n\r\n");
                head = head.or_else(|| end.map(|end| end + 4));
            }
            head.expect("the loop ends with it")
        };
        let ((), head) = tokio::join!(sending, hearing);
        assert!(answers.starts_with(b"HTTP/1.1 101 "));
        let mut frames = &answers[head..];
        for (number, length) in (1..).zip(&lengths) {
            let answer = format!("{number} /later {length}");
            let (frame, rest) = frames.split_at(answer.len() + 2);
            assert_eq!(&frame[2..], answer.as_bytes());
            frames = rest;
        }
    }
}

#[actix_web::test]
async fn response_that_replaces_the_upgrade_leaves_the_connection_to_http() {
    let server = Server::start(app);
    for (path, status, body) in [
        ("/refused", "HTTP/1.1 403 Forbidden", "after all, no"),
        ("/replaced", "HTTP/1.1 418 I'm a teapot", "tea instead"),
    ] {
        let mut raw = Raw::connect(server.address()).await;
        let response = raw.ask(&Request::upgrade(path)).await;
        assert_eq!((&*response.status, &*response.body), (status, body));
        // Others are served as ever.
        let mut client = Client::connect(server.address(), "/count").await;
        client.send("one").await;
        assert_eq!(client.text().await, "1 /count 3");
    }
}

#[actix_web::test]
async fn middleware_around_an_endpoint_does_not_disturb_it() {
    let server = Server::start(app);
    let mut raw = Raw::connect(server.address()).await;
    let request = Request::upgrade("/wrapped/count").with("Accept-Encoding", "gzip");
    raw.send(request.to_bytes()).await;
    let response = raw.response().await;
    assert_eq!(response.status, "HTTP/1.1 101 Switching Protocols");
    assert_eq!(response.header("x-wrapped").as_deref(), Some("yes"));
    assert_eq!(response.header("content-encoding"), None);
    let mut client = Client::over(raw);
    client.send("one").await;
    assert_eq!(client.text().await, "1 /wrapped/count 3");
}

#[actix_web::test]
async fn client_that_leaves_while_a_handler_takes_its_time_leaves_nothing_behind() {
    let server = Server::start(app);
    for reset in [false, true] {
        let mut raw = Raw::connect(server.address()).await;
        raw.send(Request::upgrade("/later").to_bytes()).await;
        if reset {
            raw.reset();
        } else {
            drop(raw);
        }
    }
    let mut client = Client::connect(server.address(), "/later").await;
    client.send("one").await;
    assert_eq!(client.text().await, "1 /later 3");
    client.close(1000, "").await;
    client.closed().await;
    server.until_sockets(0).await;
}
