//! permessage-deflate, on the terms of either side.

use std::time::Duration;

use serde_json::{Value, json};
use ws_core::extension::deflate::WindowBits;
use ws_server::{Deflate, EndpointBuilder};
use ws_tests::{
    probe::{Probe, Report, Reports},
    relay::Relay,
};

use super::{assert_over, echo, endpoint};
use crate::{
    each_library,
    material::{bytes, patient, text},
    peer::{Kind, Library, Offer, Peer, Seen},
};

each_library! {
    messages_are_compressed_as_the_client_offers: Ws Websockets;
    messages_are_compressed_as_the_server_wants: Ws Websockets;
    nothing_is_compressed_unless_both_want_it: Ws Websockets;
    client_window_of_8_bits_is_taken_by_ws_alone: Ws Websockets;
    compression_goes_on_after_silence: Ws Websockets;
}

async fn messages_are_compressed_as_the_client_offers(library: Library) {
    let any = json!(true);
    for (offer, agreed) in [
        (json!({}), "server_max_window_bits=12"),
        (
            json!({ "client_max_window_bits": any }),
            "server_max_window_bits=12; client_max_window_bits=12",
        ),
        (
            json!({ "server_no_context_takeover": true, "client_max_window_bits": any }),
            "server_no_context_takeover; server_max_window_bits=12; client_max_window_bits=12",
        ),
        (
            json!({ "client_no_context_takeover": true, "client_max_window_bits": any }),
            "client_no_context_takeover; server_max_window_bits=12; client_max_window_bits=12",
        ),
        (
            json!({
                "server_no_context_takeover": true,
                "client_no_context_takeover": true,
                "server_max_window_bits": 9,
                "client_max_window_bits": 10,
            }),
            "server_no_context_takeover; client_no_context_takeover; \
             server_max_window_bits=9; client_max_window_bits=10",
        ),
        (
            json!({ "server_max_window_bits": 8, "client_max_window_bits": 9 }),
            "server_max_window_bits=8; client_max_window_bits=9",
        ),
    ] {
        let endpoint = endpoint().compression(eager());
        compress(library, endpoint, offer, agreed).await;
    }
}

async fn messages_are_compressed_as_the_server_wants(library: Library) {
    let widest = eager()
        .server_max_window_bits(WindowBits::MAX)
        .client_max_window_bits(WindowBits::MAX);
    let forgetful = eager()
        .server_no_context_takeover(true)
        .client_no_context_takeover(true);
    let nine = WindowBits::new(9).expect("it is a size of windows");
    let narrow = eager()
        .server_max_window_bits(nine)
        .client_max_window_bits(nine);
    for (terms, agreed) in [
        (widest, "client_max_window_bits=15"),
        (
            forgetful,
            "server_no_context_takeover; client_no_context_takeover; \
             server_max_window_bits=12; client_max_window_bits=12",
        ),
        (narrow, "server_max_window_bits=9; client_max_window_bits=9"),
    ] {
        let endpoint = endpoint().compression(terms);
        let offer = json!({ "client_max_window_bits": true });
        compress(library, endpoint, offer, agreed).await;
    }
}

async fn nothing_is_compressed_unless_both_want_it(library: Library) {
    let limited = eager().require_client_max_window_bits(true);
    for (terms, offer) in [
        (Some(eager()), None),
        (None, Some(json!({}))),
        // It cannot limit its window, as this server wants.
        (Some(limited), Some(json!({}))),
    ] {
        let (server, mut reports) = Probe::serve(endpoint().compression(terms));
        let offer = Offer {
            compression: offer,
            ..Offer::default()
        };
        let mut peer = library.connect(server.address(), offer).await;
        assert_eq!(peer.opened().await, "");
        assert_eq!(reports.next().await, Report::Started);
        echo(&mut peer, &mut reports, Kind::Text, &[&text(70_000)]).await;
        super::close(server, reports, peer).await;
    }
}

/// The RFC allows it, but zlib does not: websockets gives up the connection.
async fn client_window_of_8_bits_is_taken_by_ws_alone(library: Library) {
    let endpoint = endpoint().compression(eager().client_max_window_bits(WindowBits::MIN));
    let offer = json!({ "client_max_window_bits": true });
    if library == Library::Ws {
        let agreed = "server_max_window_bits=12; client_max_window_bits=8";
        compress(library, endpoint, offer, agreed).await;
        return;
    }
    let (server, _reports) = Probe::serve(endpoint);
    let offer = Offer {
        compression: Some(offer),
        ..Offer::default()
    };
    let mut peer = library.connect(server.address(), offer).await;
    let seen = peer.seen().await;
    assert!(matches!(seen, Seen::Failed { .. }), "{seen:?}");
    server.until_sockets(0).await;
}

/// What a server holds to compress is given back while nobody talks.
async fn compression_goes_on_after_silence(library: Library) {
    let restless = patient()
        .ping_interval(Some(Duration::from_millis(50)))
        .pong_timeout(Duration::from_secs(3600));
    let endpoint = endpoint().compression(eager()).config(restless);
    let (server, mut reports) = Probe::serve(endpoint);
    let offer = Offer {
        compression: Some(json!({ "client_max_window_bits": true })),
        ..Offer::default()
    };
    let mut peer = library.connect(server.address(), offer).await;
    assert!(!peer.opened().await.is_empty());
    for _ in 0..4 {
        let message = text(3000);
        peer.say(Kind::Text, &message).await;
        peer.hears(Kind::Text, &message).await;
        until_heard(&mut reports, |it| matches!(it, Report::Text(_))).await;
        // The client was silent for so long that it was pinged.
        until_heard(&mut reports, |it| matches!(it, Report::Pong(_))).await;
    }
    peer.close(Some(1000), "").await;
    peer.closed().await;
    reports.closed().await;
    assert_over(server, reports, peer).await;
}

async fn until_heard(reports: &mut Reports, is_it: impl Fn(&Report) -> bool) {
    loop {
        let report = reports.next().await;
        if is_it(&report) {
            return;
        }
        let other = matches!(report, Report::Started | Report::Pong(_));
        assert!(other, "{report:?}");
    }
}

/// Talks to a client with this offer; `agreed` is what the server should
/// answer.
async fn compress(library: Library, endpoint: EndpointBuilder<Probe>, offer: Value, agreed: &str) {
    let (server, mut reports) = Probe::serve(endpoint);
    let relay = Relay::to(server.address()).await;
    let offer = Offer {
        compression: Some(offer),
        ..Offer::default()
    };
    let mut peer = library.connect(relay.address(), offer).await;
    assert_eq!(peer.opened().await, format!("permessage-deflate; {agreed}"));
    assert_eq!(reports.next().await, Report::Started);
    let sent = converse(&mut peer, &mut reports).await;
    super::close(server, reports, peer).await;

    let traffic = relay.ended().await;
    // Windows of 8 bits save least: a server's are used for runs of a byte only.
    let most = sent / 4 * 3;
    assert!(traffic.up < most, "{traffic:?} for {sent} bytes");
    assert!(traffic.down < most, "{traffic:?} for {sent} bytes");
}

/// Has messages echoed, and counts their bytes: most can be compressed.
async fn converse(peer: &mut Peer, reports: &mut Reports) -> u64 {
    let mut sent = 0;
    // What is said again may refer to what was said before.
    for _ in 0..2 {
        for length in [0, 1, 126, 5000, 40_001] {
            let message = text(length);
            echo(peer, reports, Kind::Text, &[&message]).await;
            echo(peer, reports, Kind::Binary, &[&message]).await;
            sent += 2 * message.len();
        }
        let random = bytes(5_000);
        echo(peer, reports, Kind::Binary, &[&random]).await;
        let message = text(10_001);
        let pieces: Vec<_> = message.chunks(499).collect();
        echo(peer, reports, Kind::Text, &pieces).await;
        sent += random.len() + message.len();
    }
    u64::try_from(sent).expect("it is a small sum")
}

/// Compresses all messages, however short.
fn eager() -> Deflate {
    Deflate::new().threshold(0)
}
