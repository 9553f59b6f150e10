//! The opening handshake: subprotocols, TLS, proxies, refusals and redirects.

use std::{fs, net::SocketAddr};

use serde_json::json;
use ws_actors::client::{Client, ConnectError, Connector, Proxy, Tls, TlsError};
use ws_core::{
    extension::deflate::Deflate,
    handshake::{OpeningError, ResponseError},
};
use ws_tests::{relay::Relay, tls::Authority};

use super::{Call, Caller, close, connect, connector, connector_to, exchange, open_with, serve};
use crate::{
    each_library,
    material::{bytes, text},
    peer::{Kind, Library, Peer, Serving},
};

each_library! {
    client_and_server_agree_on_a_subprotocol: Ws Websockets Tungstenite;
    client_refuses_a_subprotocol_that_it_did_not_offer: Ws Websockets Tungstenite;
    client_connects_over_tls: Ws Websockets Tungstenite;
    client_connects_over_tls_with_compression: Ws Websockets;
    client_connects_over_tls_through_a_proxy: Ws Websockets Tungstenite;
    client_does_not_talk_to_a_server_that_it_does_not_trust: Ws Websockets Tungstenite;
    client_is_told_why_it_is_refused: Ws Websockets Tungstenite;
    client_follows_redirects_if_it_is_to: Ws Websockets Tungstenite;
}

async fn client_and_server_agree_on_a_subprotocol(library: Library) {
    let serving = Serving {
        subprotocols: &["v2", "v1"],
        ..Serving::default()
    };
    let (server, mut peer) = library.serve(serving).await;
    for (offered, chosen) in [
        (&["v1", "v2"][..], Some("v2")),
        (&["v0", "v1"], Some("v1")),
        // The RFC leaves it to the client to give up, and ours does without.
        (&["v0"], None),
        (&[], None),
    ] {
        let connector = connector(server).subprotocols(offered.iter().copied());
        let call = connect(connector.expect("they are tokens")).await;
        assert_eq!(peer.seen().await, open_with(chosen), "{offered:?}");
        call.act(move |ctx| {
            assert_eq!(ctx.subprotocol(), chosen);
            ctx.text("agreed")
        })
        .await;
        peer.hears(Kind::Text, b"agreed").await;
        close(call, &mut peer).await;
    }
    peer.ended().await;
}

async fn client_refuses_a_subprotocol_that_it_did_not_offer(library: Library) {
    let serving = Serving {
        insists_on: Some("v3"),
        ..Serving::default()
    };
    let (server, mut peer) = library.serve(serving).await;
    let connector = connector(server).subprotocols(["v1"]);
    let error = refused(connector.expect("it is a token")).await;
    let is_it = matches!(
        error,
        ConnectError::Opening(OpeningError::Response(ResponseError::Subprotocol))
    );
    assert!(is_it, "{error:?}");
    // The server thinks that all went well, until it hears nothing more.
    assert_eq!(peer.seen().await, open_with(Some("v3")));
    assert_eq!(peer.lost().await.0, 1006);
    peer.ended().await;
}

async fn client_connects_over_tls(library: Library) {
    connect_over_tls(library, false).await;
}

async fn client_connects_over_tls_with_compression(library: Library) {
    connect_over_tls(library, true).await;
}

async fn connect_over_tls(library: Library, compressed: bool) {
    let authority = Authority::new(&format!("connected-{library:?}-{compressed}"));
    let serving = Serving {
        tls: Some(&authority),
        compression: compressed.then(|| json!({})),
        ..Serving::default()
    };
    let (server, mut peer) = library.serve(serving).await;
    for server_closes in [false, true] {
        let connector = secure(server, &authority).compression(compressed.then(Deflate::new));
        let mut call = connect(connector).await;
        let extensions = peer.opened().await;
        assert_eq!(extensions.starts_with("permessage-deflate"), compressed);
        let longest = if compressed { 100_001 } else { LONGEST };
        converse(&mut call, &mut peer, longest).await;
        if server_closes {
            peer.close(Some(4001), "as you wish").await;
            assert_eq!(peer.closed().await.0, 4001);
            assert!(call.closed().await.is_clean());
        } else {
            close(call, &mut peer).await;
        }
    }
    peer.ended().await;
}

async fn client_connects_over_tls_through_a_proxy(library: Library) {
    let authority = Authority::new(&format!("proxied-{library:?}"));
    let serving = Serving {
        tls: Some(&authority),
        ..Serving::default()
    };
    let (server, mut peer) = library.serve(serving).await;
    let relay = Relay::proxy().await;
    let proxy = Proxy::http(relay.address().ip().to_string(), relay.address().port());
    let mut call = connect(secure(server, &authority).proxy(proxy)).await;
    assert_eq!(peer.opened().await, "");
    converse(&mut call, &mut peer, LONGEST).await;
    close(call, &mut peer).await;
    peer.ended().await;
    // It all went through.
    assert!(relay.ended().await.up > LONGEST as u64);
}

async fn client_does_not_talk_to_a_server_that_it_does_not_trust(library: Library) {
    let servers = Authority::new(&format!("servers-{library:?}"));
    let others = Authority::new(&format!("strangers-{library:?}"));
    let serving = Serving {
        tls: Some(&servers),
        ..Serving::default()
    };
    let (server, mut peer) = library.serve(serving).await;
    let error = refused(secure(server, &others)).await;
    let is_it = matches!(error, ConnectError::Tls(TlsError::Handshake(_)));
    assert!(is_it, "{error:?}");
    assert!(!error.is_retryable());
    // It is the certificate: with the right authority all is well.
    let call = connect(secure(server, &servers)).await;
    assert_eq!(peer.opened().await, "");
    close(call, &mut peer).await;
    peer.ended().await;
}

async fn client_is_told_why_it_is_refused(library: Library) {
    let (server, mut peer) = serve(library).await;
    let connector = connector_to(&format!("ws://{server}/secret"));
    let error = refused(connector.clone()).await;
    let response = error.response().expect("the server answered");
    assert_eq!(response.status, 401);
    assert_eq!(response.body, "who are you?");
    assert_eq!(response.field("WWW-Authenticate"), Some(&b"Basic"[..]));
    assert!(!error.is_retryable());
    // Who shows credentials gets in.
    let connector = connector.header("Authorization", "Basic bWU6c2VjcmV0");
    let call = connect(connector.expect("it can be written")).await;
    assert_eq!(peer.opened().await, "");
    close(call, &mut peer).await;
    peer.ended().await;
}

async fn client_follows_redirects_if_it_is_to(library: Library) {
    let (server, mut peer) = serve(library).await;
    let connector = connector_to(&format!("ws://{server}/moved"));
    let error = refused(connector.clone()).await;
    assert_eq!(error.response().map(|it| it.status), Some(302));

    let client = Client::new(connector.max_redirects(1), Caller::handlers());
    let mut call = Call::connect(&client).await.expect("it follows");
    assert_eq!(call.connected().await.url.target(), "/probe");
    assert_eq!(peer.opened().await, "");
    close(call, &mut peer).await;
    peer.ended().await;
}

/// A connector that trusts this authority.
fn secure(server: SocketAddr, authority: &Authority) -> Connector {
    let pem = fs::read(authority.file()).expect("it is there until it is dropped");
    let tls = Tls::with_pem(pem).expect("it is a certificate");
    connector_to(&format!("wss://{server}/probe")).tls(tls)
}

/// Has a client fail to connect.
async fn refused(connector: Connector) -> ConnectError {
    let client = Client::new(connector, Caller::handlers());
    let connected = Call::connect(&client).await;
    connected.expect_err("the server does not take it")
}

/// Says something both ways.
async fn converse(call: &mut Call, peer: &mut Peer, longest: usize) {
    for length in [0, 126, longest] {
        exchange(call, peer, Kind::Text, &text(length)).await;
        exchange(call, peer, Kind::Binary, &bytes(length)).await;
    }
}

/// In bytes: far more than one TLS record holds.
const LONGEST: usize = 500_001;
