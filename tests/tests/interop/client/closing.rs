//! Connections that end: who says so, and why.

use actix::ActorContext;
use ws_core::{Cause, CloseCode};

use super::{Caller, connector, received, sent, serve, talk};
use crate::{
    each_library,
    material::{LARGEST, bytes, patient},
    peer::{Kind, Library},
};

each_library! {
    server_hears_why_a_client_closes: Ws Websockets Tungstenite;
    client_hears_why_a_server_closes: Ws Websockets Tungstenite;
    client_that_closes_bears_a_server_that_goes_on: Ws Websockets Tungstenite;
    client_that_closes_says_all_before: Ws Websockets Tungstenite;
    client_hears_that_the_server_is_gone: Ws Websockets Tungstenite;
    server_hears_what_it_did_wrong: Ws Websockets Tungstenite;
}

async fn server_hears_why_a_client_closes(library: Library) {
    let (server, mut peer) = serve(library).await;
    for (code, reason) in [
        (1000, String::new()),
        (1001, "going away".to_owned()),
        (3000, "enough".to_owned()),
        (4999, longest()),
    ] {
        let call = talk(server, &mut peer).await;
        let why = reason.clone();
        call.act(move |ctx| ctx.close(CloseCode::new(code), why))
            .await;
        assert_eq!(peer.closed().await, (code, reason.clone()));
        let outcome = call.closed().await;
        assert_eq!(outcome.cause, Cause::Local);
        assert_eq!(sent(&outcome), (Some(code), &*reason));
        // They all repeat what they heard.
        assert_eq!(received(&outcome), (code, &*reason));
    }
    // An actor that stops.
    let call = talk(server, &mut peer).await;
    call.act(|ctx| {
        ctx.stop();
        Ok(())
    })
    .await;
    assert_eq!(peer.closed().await, (1000, String::new()));
    assert!(call.closed().await.is_clean());
    // One whose handle closes.
    let call = talk(server, &mut peer).await;
    call.handle()
        .close(CloseCode::new(4000), "from afar")
        .expect("it is open");
    assert_eq!(peer.closed().await, (4000, "from afar".to_owned()));
    assert!(call.closed().await.is_clean());
    peer.ended().await;
}

async fn client_hears_why_a_server_closes(library: Library) {
    let (server, mut peer) = serve(library).await;
    // websockets always names a code.
    let silent = match library {
        Library::Websockets => 1000,
        Library::Ws | Library::Tungstenite => 1005,
    };
    let longest = longest();
    for (code, reason, heard) in [
        (Some(1000), "", 1000),
        (Some(1001), "going away", 1001),
        (Some(1011), "", 1011),
        (Some(4000), "enough", 4000),
        (Some(4999), &*longest, 4999),
        (None, "", silent),
    ] {
        let call = talk(server, &mut peer).await;
        peer.close(code, reason).await;
        // The answer has the code, and no reason of its own.
        assert_eq!(peer.closed().await, (heard, String::new()));
        let outcome = call.closed().await;
        assert_eq!(outcome.cause, Cause::Remote);
        assert!(outcome.is_clean());
        assert_eq!(received(&outcome), (heard, reason));
        let answered = (heard != 1005).then_some(heard);
        assert_eq!(sent(&outcome), (answered, ""));
    }
    peer.ended().await;
}

async fn client_that_closes_bears_a_server_that_goes_on(library: Library) {
    let (server, mut peer) = serve(library).await;
    let call = talk(server, &mut peer).await;
    let handle = call.handle().clone();
    for _ in 0..20 {
        peer.say(Kind::Binary, &bytes(100_000)).await;
    }
    handle
        .close(CloseCode::new(4001), "no more")
        .expect("it is open");
    assert_eq!(peer.closed().await, (4001, "no more".to_owned()));
    let outcome = call.closed_after_all().await;
    assert_eq!(outcome.cause, Cause::Local);
    assert!(outcome.is_clean());
    peer.ended().await;
}

async fn client_that_closes_says_all_before(library: Library) {
    let (server, mut peer) = serve(library).await;
    let call = talk(server, &mut peer).await;
    for length in [10, 1 << 20, 10] {
        call.say(Kind::Binary, &bytes(length)).await;
    }
    call.act(|ctx| ctx.close(CloseCode::NORMAL, "that was all"))
        .await;
    for length in [10, 1 << 20, 10] {
        peer.hears(Kind::Binary, &bytes(length)).await;
    }
    assert_eq!(peer.closed().await, (1000, "that was all".to_owned()));
    assert!(call.closed().await.is_clean());
    peer.ended().await;
}

async fn client_hears_that_the_server_is_gone(library: Library) {
    let (server, mut peer) = serve(library).await;
    let call = talk(server, &mut peer).await;
    peer.killed().await;
    let outcome = call.closed().await;
    assert_eq!(outcome.cause, Cause::TransportLost);
    assert_eq!((outcome.code(), outcome.sent), (CloseCode::ABNORMAL, None));
}

async fn server_hears_what_it_did_wrong(library: Library) {
    let (server, mut peer) = serve(library).await;
    let all = Caller::handlers;
    for (handlers, kind, payload, code) in [
        (
            all().config(patient().max_message_bytes(1000)),
            Kind::Binary,
            &*bytes(1001),
            1009,
        ),
        (all(), Kind::Binary, &*bytes(LARGEST + 1), 1009),
        (all(), Kind::Text, b"not utf-8: \xc3\x28", 1007),
        (Caller::texts_only(), Kind::Binary, b"data", 1003),
    ] {
        let call = super::connect_with(connector(server), handlers).await;
        assert_eq!(peer.seen().await, super::open_with(None));
        peer.say(kind, payload).await;
        assert_eq!(peer.closed().await.0, code);
        let outcome = call.closed().await;
        assert_eq!(sent(&outcome).0, Some(code));
    }
    peer.ended().await;
}

/// As much as fits beside the code.
fn longest() -> String {
    "€".repeat(41)
}
