//! The opening handshake: subprotocols, TLS, and refusals.

use ws_core::Cause;
use ws_server::{Drain, Shutdown};
use ws_tests::{
    probe::{Probe, Report},
    tls::Authority,
};

use super::{assert_over, close, echo, endpoint};
use crate::{
    each_library,
    material::{bytes, text},
    peer::{Kind, Library, Offer, Seen},
};

each_library! {
    client_and_server_agree_on_a_subprotocol: Ws Websockets Tungstenite;
    client_whose_subprotocols_are_unknown_may_do_without: Ws Websockets Tungstenite;
    client_hears_that_it_is_refused: Ws Websockets Tungstenite;
    client_is_served_over_tls: Ws Websockets Tungstenite;
    client_is_served_over_tls_with_compression: Ws Websockets;
    client_that_trusts_others_is_not_served: Ws Websockets;
}

async fn client_and_server_agree_on_a_subprotocol(library: Library) {
    for (offered, chosen) in [
        (&["v1", "v2"][..], Some("v2")),
        (&["v0", "v1"], Some("v1")),
        (&[], None),
    ] {
        let (server, mut reports) = Probe::serve(endpoint().subprotocols(["v2", "v1"]));
        let offer = Offer {
            subprotocols: offered,
            ..Offer::default()
        };
        let mut peer = library.connect(server.address(), offer).await;
        let open = Seen::Open {
            subprotocol: chosen.map(str::to_owned),
            extensions: String::new(),
        };
        assert_eq!(peer.seen().await, open, "{offered:?}");
        assert_eq!(reports.next().await, Report::Started);
        peer.text("subprotocol").await;
        let told = chosen.unwrap_or("none");
        peer.hears(Kind::Text, told.as_bytes()).await;
        assert_eq!(reports.next().await, Report::Text("subprotocol".to_owned()));
        close(server, reports, peer).await;
    }
}

/// The RFC leaves it to the client; browsers, ws and tungstenite give up.
async fn client_whose_subprotocols_are_unknown_may_do_without(library: Library) {
    let (server, mut reports) = Probe::serve(endpoint().subprotocols(["v2", "v1"]));
    let offer = Offer {
        subprotocols: &["v0"],
        ..Offer::default()
    };
    let mut peer = library.connect(server.address(), offer).await;
    if library == Library::Websockets {
        assert_eq!(peer.opened().await, "");
        assert_eq!(reports.next().await, Report::Started);
        close(server, reports, peer).await;
        return;
    }
    let seen = peer.seen().await;
    assert!(matches!(seen, Seen::Failed { .. }), "{seen:?}");
    assert_eq!(peer.closed().await.0, 1006);
    assert_eq!(reports.next().await, Report::Started);
    assert_eq!(reports.closed().await.cause, Cause::TransportLost);
    assert_over(server, reports, peer).await;
}

async fn client_hears_that_it_is_refused(library: Library) {
    let shutdown = Shutdown::new();
    shutdown
        .drain(&Drain::new().limit(std::time::Duration::ZERO))
        .await;
    let (server, _reports) = Probe::serve(endpoint().shutdown(&shutdown));
    let mut peer = library.connect(server.address(), Offer::default()).await;
    let seen = peer.seen().await;
    let tells = matches!(&seen, Seen::Failed { error } if error.contains("503"));
    assert!(tells, "{seen:?}");
    assert_eq!(peer.closed().await.0, 1006);
    peer.ended().await;
    server.until_sockets(0).await;
}

async fn client_is_served_over_tls(library: Library) {
    serve_over_tls(library, false).await;
}

async fn client_is_served_over_tls_with_compression(library: Library) {
    serve_over_tls(library, true).await;
}

async fn serve_over_tls(library: Library, compressed: bool) {
    let authority = Authority::new(&format!("served-{library:?}-{compressed}"));
    let terms = compressed.then(ws_server::Deflate::new);
    for server_closes in [false, true] {
        let endpoint = endpoint().compression(terms.clone());
        let (server, mut reports) = Probe::serve_over(Some(&authority), endpoint);
        let offer = Offer {
            tls: Some(&authority),
            compression: compressed.then(|| serde_json::json!({})),
            ..Offer::default()
        };
        let mut peer = library.connect(server.address(), offer).await;
        let extensions = peer.opened().await;
        assert_eq!(extensions.starts_with("permessage-deflate"), compressed);
        assert_eq!(reports.next().await, Report::Started);
        // Far more than one TLS record holds.
        let longest = if compressed { 100_001 } else { 500_001 };
        for length in [0, 126, longest] {
            echo(&mut peer, &mut reports, Kind::Text, &[&text(length)]).await;
            echo(&mut peer, &mut reports, Kind::Binary, &[&bytes(length)]).await;
        }
        if server_closes {
            peer.text("close").await;
            assert_eq!(peer.closed().await, (4001, "as you wish".to_owned()));
            assert!(reports.closed().await.is_clean());
            assert_over(server, reports, peer).await;
        } else {
            close(server, reports, peer).await;
        }
    }
}

/// Shows that the others do look at the certificate.
async fn client_that_trusts_others_is_not_served(library: Library) {
    let ours = Authority::new(&format!("ours-{library:?}"));
    let others = Authority::new(&format!("others-{library:?}"));
    let (server, _reports) = Probe::serve_over(Some(&ours), endpoint());
    let offer = Offer {
        tls: Some(&others),
        ..Offer::default()
    };
    let mut peer = library.connect(server.address(), offer).await;
    let seen = peer.seen().await;
    assert!(matches!(seen, Seen::Failed { .. }), "{seen:?}");
    assert_eq!(peer.closed().await.0, 1006);
    peer.ended().await;
    server.until_sockets(0).await;
}
