//! Connections that end: who says so, and why.

use std::time::Duration;

use ws_core::{Cause, CloseCode, Outcome};
use ws_server::{Closed, Drain, Endpoint, EndpointBuilder, Shutdown, Text};
use ws_tests::{probe::Probe, server::is_stock};

use super::{assert_over, endpoint, talk};
use crate::{
    each_library,
    material::{LARGEST, bytes, patient},
    peer::{Kind, Library},
};

each_library! {
    server_hears_why_a_client_closes: Ws Websockets Tungstenite;
    client_hears_why_an_actor_closes: Ws Websockets Tungstenite;
    server_that_closes_bears_a_client_that_goes_on: Ws Websockets Tungstenite;
    client_hears_that_the_server_shuts_down: Ws Websockets Tungstenite;
    client_hears_what_it_did_wrong: Ws Websockets Tungstenite;
    client_amid_a_message_too_big_hears_that_it_is: Ws Websockets Tungstenite;
}

async fn server_hears_why_a_client_closes(library: Library) {
    // As much as fits beside the code.
    let longest = "€".repeat(41);
    // websockets always names a code.
    let silent = match library {
        Library::Websockets => 1000,
        Library::Ws | Library::Tungstenite => 1005,
    };
    for (code, reason, heard) in [
        (Some(1000), "", 1000),
        (Some(1001), "going away", 1001),
        (Some(4000), "enough", 4000),
        (Some(4999), &*longest, 4999),
        (None, "", silent),
    ] {
        let (server, mut reports, mut peer) = talk(library, endpoint()).await;
        peer.close(code, reason).await;
        // The answer has the code, and no reason of its own.
        assert_eq!(peer.closed().await, (heard, String::new()));
        let outcome = reports.closed().await;
        assert_eq!(outcome.cause, Cause::Remote);
        assert!(outcome.is_clean());
        assert_eq!(received(&outcome), (heard, reason));
        assert_over(server, reports, peer).await;
    }
}

async fn client_hears_why_an_actor_closes(library: Library) {
    for (command, code, reason) in [("close", 4001, "as you wish"), ("stop", 1000, "")] {
        let (server, mut reports, mut peer) = talk(library, endpoint()).await;
        peer.text(command).await;
        assert_eq!(peer.closed().await, (code, reason.to_owned()));
        let outcome = reports.closed().await;
        assert_eq!(outcome.cause, Cause::Local);
        assert!(outcome.is_clean());
        assert_eq!(received(&outcome).0, code);
        assert_over(server, reports, peer).await;
    }
}

async fn server_that_closes_bears_a_client_that_goes_on(library: Library) {
    let (server, mut reports, mut peer) = talk(library, endpoint()).await;
    peer.text("close").await;
    for _ in 0..20 {
        peer.say(Kind::Binary, &bytes(10_000)).await;
    }
    assert_eq!(peer.closed().await, (4001, "as you wish".to_owned()));
    let outcome = reports.closed().await;
    assert_eq!(outcome.cause, Cause::Local);
    assert!(outcome.is_clean());
    assert_over(server, reports, peer).await;
}

async fn client_hears_that_the_server_shuts_down(library: Library) {
    let shutdown = Shutdown::new();
    let endpoint = endpoint().shutdown(&shutdown);
    let (server, mut reports, mut peer) = talk(library, endpoint).await;
    let drain = Drain::new().limit(Duration::from_secs(3600));
    let close = shutdown.drain(&drain);
    let (left, closed) = tokio::join!(close, peer.closed());
    assert_eq!((left, closed.0), (0, 1001));
    let outcome = reports.closed().await;
    assert_eq!(outcome.cause, Cause::Drain);
    assert!(outcome.is_clean());
    assert_over(server, reports, peer).await;
}

async fn client_hears_what_it_did_wrong(library: Library) {
    let texts_only = || {
        let endpoint: EndpointBuilder<Probe> = Endpoint::builder().on::<Text>().on::<Closed>();
        endpoint.config(patient()).compression(None)
    };
    let short_only = || endpoint().config(patient().max_message_bytes(1000));
    for (endpoint, kind, payload, code) in [
        (short_only(), Kind::Binary, &*bytes(1001), 1009),
        (endpoint(), Kind::Text, b"not utf-8: \xc3\x28", 1007),
        (texts_only(), Kind::Binary, b"data", 1003),
    ] {
        let (server, mut reports, mut peer) = talk(library, endpoint).await;
        peer.say(kind, payload).await;
        let (heard, _) = peer.closed().await;
        assert_eq!(heard, code);
        let outcome = reports.closed().await;
        let sent = outcome.sent.as_ref().and_then(|sent| sent.code());
        assert_eq!(sent, Some(CloseCode::new(code)));
        assert_over(server, reports, peer).await;
    }
}

/// The code and reason that came.
fn received(outcome: &Outcome) -> (u16, &str) {
    let received = outcome.received.as_ref();
    let reason = received.map_or("", |payload| payload.reason().as_str());
    (outcome.code().get(), reason)
}

/// Shows what is left open: behind an `HttpServer` the rest of the message is
/// not read, and the TCP connection is reset right after the Close frame. `ws`
/// then often sees no Close frame; tungstenite cannot answer it.
async fn client_amid_a_message_too_big_hears_that_it_is(library: Library) {
    if is_stock() {
        return; // actix-http resets a connection with input that nobody reads
    }
    for _ in 0..5 {
        let (_server, _reports, mut peer) = talk(library, endpoint()).await;
        peer.say(Kind::Binary, &bytes(2 * LARGEST)).await;
        assert_eq!(peer.closed().await.0, 1009);
    }
}
