//! One message for clients of all libraries, each with terms of its own.

use serde_json::json;
use ws_server::{Deflate, Endpoint};
use ws_tests::house::House;

use crate::{
    material::{patient, text},
    peer::{Kind, Library, Offer, Peer},
};

/// A broadcast is compressed once for all who agreed on the same, beside what a
/// connection compresses for itself.
#[actix_web::test]
async fn clients_with_different_compression_hear_the_same_broadcast() {
    if ![Library::Ws, Library::Websockets]
        .iter()
        .all(|it| it.is_asked_for())
    {
        return;
    }
    let endpoint = Endpoint::builder()
        .config(patient())
        .compression(Deflate::new().threshold(0));
    let house = House::with(endpoint);
    let mut peers = Vec::new();
    for (library, compression) in [
        (Library::Tungstenite, None),
        (Library::Ws, None),
        (Library::Ws, Some(json!({}))),
        (Library::Ws, Some(json!({ "server_max_window_bits": 9 }))),
        (
            Library::Ws,
            Some(json!({ "server_no_context_takeover": true })),
        ),
        (Library::Websockets, None),
        (
            Library::Websockets,
            Some(json!({ "client_max_window_bits": true })),
        ),
        (
            Library::Websockets,
            Some(json!({ "server_max_window_bits": 9 })),
        ),
    ] {
        let compresses = compression.is_some();
        let offer = Offer {
            compression,
            ..Offer::default()
        };
        let path = format!("/lobby/{}", peers.len());
        let mut peer = library.connect_to(house.address(), &path, offer).await;
        assert_eq!(peer.opened().await.is_empty(), !compresses);
        peer.hears(Kind::Text, b"joined").await;
        peers.push(peer);
    }
    for round in 0..3 {
        let news = String::from_utf8(text(3000)).expect("it is a text");
        let news = format!("round {round}: {news}");
        house.say(&news);
        everybody_hears(&mut peers, &news).await;
        for speaker in 0..peers.len() {
            // An answer to this one alone, which others do not get.
            peers[speaker].text("numbers").await;
            peers[speaker].hears(Kind::Text, b"0 0").await;
            let words = format!("{speaker} says: {news}");
            peers[speaker].text(&words).await;
            everybody_hears(&mut peers, &words).await;
        }
    }
    for mut peer in peers {
        peer.close(Some(1000), "").await;
        assert_eq!(peer.closed().await.0, 1000);
        peer.ended().await;
    }
    house.until_count("lobby", 0).await;
}

async fn everybody_hears(peers: &mut [Peer], text: &str) {
    for peer in peers {
        peer.hears(Kind::Text, text.as_bytes()).await;
    }
}
