//! permessage-deflate, on the terms of either side.

use std::time::Duration;

use serde_json::{Value, json};
use ws_core::extension::deflate::{Deflate, WindowBits};
use ws_tests::relay::Relay;

use super::{Call, Caller, close, connect, connect_with, connector, exchange};
use crate::{
    each_library,
    material::{bytes, patient, text},
    peer::{Kind, Library, Peer, Serving},
};

each_library! {
    messages_are_compressed_as_the_client_offers: Ws Websockets;
    messages_are_compressed_as_the_server_wants: Ws Websockets;
    client_window_of_8_bits_is_taken: Ws Websockets;
    server_window_of_8_bits_is_taken_by_ws_alone: Ws Websockets;
    nothing_is_compressed_unless_both_want_it: Ws Websockets Tungstenite;
    compression_goes_on_after_silence: Ws Websockets;
}

async fn messages_are_compressed_as_the_client_offers(library: Library) {
    let any_server = json!({});
    for (terms, agreed) in [
        (
            eager(),
            "server_max_window_bits=12; client_max_window_bits=12",
        ),
        (widest(), ""),
        (
            eager().server_no_context_takeover(true),
            "server_no_context_takeover; server_max_window_bits=12; client_max_window_bits=12",
        ),
        (
            eager().client_no_context_takeover(true),
            "client_no_context_takeover; server_max_window_bits=12; client_max_window_bits=12",
        ),
        (
            forgetful()
                .server_max_window_bits(bits(9))
                .client_max_window_bits(bits(10)),
            "server_no_context_takeover; client_no_context_takeover; \
             server_max_window_bits=9; client_max_window_bits=10",
        ),
    ] {
        compress(library, terms, &any_server, agreed).await;
    }
}

async fn messages_are_compressed_as_the_server_wants(library: Library) {
    for (wanted, agreed) in [
        (
            json!({ "server_no_context_takeover": true, "client_no_context_takeover": true }),
            "server_no_context_takeover; client_no_context_takeover",
        ),
        (
            json!({ "server_max_window_bits": 10, "client_max_window_bits": 9 }),
            "server_max_window_bits=10; client_max_window_bits=9",
        ),
        (
            json!({ "client_no_context_takeover": true, "client_max_window_bits": 12 }),
            "client_no_context_takeover; client_max_window_bits=12",
        ),
    ] {
        compress(library, widest(), &wanted, agreed).await;
    }
}

async fn client_window_of_8_bits_is_taken(library: Library) {
    let terms = eager().client_max_window_bits(WindowBits::MIN);
    let agreed = "server_max_window_bits=12; client_max_window_bits=8";
    compress(library, terms, &json!({}), agreed).await;
}

/// The RFC allows it, but zlib does not: websockets does without compression.
async fn server_window_of_8_bits_is_taken_by_ws_alone(library: Library) {
    let terms = eager().server_max_window_bits(WindowBits::MIN);
    if library == Library::Ws {
        let agreed = "server_max_window_bits=8; client_max_window_bits=12";
        compress(library, terms, &json!({}), agreed).await;
        return;
    }
    let serving = Serving {
        compression: Some(json!({})),
        ..Serving::default()
    };
    let (server, mut peer) = library.serve(serving).await;
    let mut call = connect(connector(server).compression(terms)).await;
    assert_eq!(peer.opened().await, "");
    exchange(&mut call, &mut peer, Kind::Text, &text(1000)).await;
    close(call, &mut peer).await;
    peer.ended().await;
}

async fn nothing_is_compressed_unless_both_want_it(library: Library) {
    let mut cases = vec![(None, Some(eager()))];
    if library != Library::Tungstenite {
        cases.push((Some(json!({})), None));
    }
    for (compression, terms) in cases {
        let serving = Serving {
            compression,
            ..Serving::default()
        };
        let (server, mut peer) = library.serve(serving).await;
        let mut call = connect(connector(server).compression(terms)).await;
        assert_eq!(peer.opened().await, "");
        exchange(&mut call, &mut peer, Kind::Text, &text(70_000)).await;
        close(call, &mut peer).await;
        peer.ended().await;
    }
}

/// What a client holds to compress is given back while nobody talks.
async fn compression_goes_on_after_silence(library: Library) {
    let serving = Serving {
        compression: Some(json!({})),
        ..Serving::default()
    };
    let (server, mut peer) = library.serve(serving).await;
    let restless = patient()
        .ping_interval(Some(Duration::from_millis(50)))
        .pong_timeout(Duration::from_secs(3600));
    let handlers = Caller::handlers().config(restless);
    let mut call = connect_with(connector(server).compression(eager()), handlers).await;
    assert!(!peer.opened().await.is_empty());
    let message = text(3000);
    for _ in 0..4 {
        call.say(Kind::Text, &message).await;
        peer.hears(Kind::Text, &message).await;
        peer.say(Kind::Text, &message).await;
        call.hears_after_pongs(Kind::Text, &message).await;
        // The server was silent for so long that it was pinged.
        call.pong().await;
    }
    peer.close(Some(1000), "").await;
    assert_eq!(peer.closed().await.0, 1000);
    assert!(call.closed_after_all().await.is_clean());
    peer.ended().await;
}

/// Talks on these terms to a server that wants this; `agreed` is what it should
/// answer.
async fn compress(library: Library, terms: Deflate, wanted: &Value, agreed: &str) {
    let serving = Serving {
        compression: Some(wanted.clone()),
        ..Serving::default()
    };
    let (server, mut peer) = library.serve(serving).await;
    let relay = Relay::to(server).await;
    let mut call = connect(connector(relay.address()).compression(terms)).await;
    let extensions = peer.opened().await;
    assert_eq!(
        sorted(&extensions),
        sorted(&format!("permessage-deflate; {agreed}"))
    );
    let sent = converse(&mut call, &mut peer).await;
    close(call, &mut peer).await;
    peer.ended().await;

    let traffic = relay.ended().await;
    // Windows of 8 bits save least.
    let most = sent / 4 * 3;
    assert!(traffic.up < most, "{traffic:?} for {sent} bytes");
    assert!(traffic.down < most, "{traffic:?} for {sent} bytes");
}

/// Sends messages both ways, and counts their bytes: most can be compressed.
async fn converse(call: &mut Call, peer: &mut Peer) -> u64 {
    let mut sent = 0;
    // What is said again may refer to what was said before.
    for _ in 0..2 {
        for length in [0, 1, 126, 5000, 40_001] {
            let message = text(length);
            exchange(call, peer, Kind::Text, &message).await;
            exchange(call, peer, Kind::Binary, &message).await;
            sent += 2 * message.len();
        }
        let random = bytes(5_000);
        exchange(call, peer, Kind::Binary, &random).await;
        let message = text(10_001);
        let pieces: Vec<_> = message.chunks(499).collect();
        call.say(Kind::Text, &message).await;
        peer.hears(Kind::Text, &message).await;
        peer.say_in_pieces(Kind::Text, &pieces, None).await;
        call.hears(Kind::Text, &message).await;
        sent += random.len() + message.len();
    }
    u64::try_from(sent).expect("it is a small sum")
}

/// The parameters in no order, which libraries write as they like.
fn sorted(extensions: &str) -> Vec<&str> {
    let parts = extensions.split(';').map(str::trim);
    let mut parts: Vec<_> = parts.filter(|part| !part.is_empty()).collect();
    parts.sort_unstable();
    parts
}

/// Compresses all messages, however short.
const fn eager() -> Deflate {
    Deflate::new().threshold(0)
}

const fn widest() -> Deflate {
    eager()
        .server_max_window_bits(WindowBits::MAX)
        .client_max_window_bits(WindowBits::MAX)
}

const fn forgetful() -> Deflate {
    eager()
        .server_no_context_takeover(true)
        .client_no_context_takeover(true)
}

fn bits(bits: u8) -> WindowBits {
    WindowBits::new(bits).expect("it is a size of windows")
}
