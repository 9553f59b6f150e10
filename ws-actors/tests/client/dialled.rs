//! Names, addresses, and what does not answer there.

use std::{error::Error, io, net::IpAddr};

use ws_actors::client::{ConnectError, Connector};

use crate::support::{failure, listen, next, server::accept, side::converse};

#[tokio::test]
async fn a_server_of_one_family_is_found_behind_a_name() {
    let (listener, address) = listen().await;
    tokio::spawn(async move { accept(next(&listener).await).await.1.echo().await });
    let url = format!("ws://localhost:{}/", address.port());
    let opened = Connector::new(&url).unwrap().connect().await.unwrap();
    assert_eq!(opened.stream.peer_addr().unwrap(), address);
    converse(opened).await;
}

#[tokio::test]
async fn a_closed_port_refuses_with_its_address() {
    let (listener, address) = listen().await;
    drop(listener);
    let connector = Connector::new(&format!("ws://{address}")).unwrap();
    let error = failure(connector.connect().await);
    assert!(error.is_retryable());
    assert!(error.source().is_some());
    let ConnectError::Connect {
        address: told,
        source,
    } = error
    else {
        panic!("{error:?}");
    };
    assert_eq!(told, address);
    assert_eq!(source.kind(), io::ErrorKind::ConnectionRefused);
}

#[tokio::test]
async fn a_name_without_addresses_is_told() {
    // Reserved for this (RFC 6761 §6.4); and not even a question, being empty
    // between its dots.
    let connector = Connector::new("ws://a..invalid/").unwrap();
    let error = failure(connector.connect().await);
    assert!(error.is_retryable());
    let ConnectError::Resolve { host, .. } = &error else {
        panic!("{error:?}");
    };
    assert_eq!(host, "a..invalid");
}

#[tokio::test]
async fn client_connects_from_the_address_it_is_told() {
    let (listener, address) = listen().await;
    tokio::spawn(async move { accept(next(&listener).await).await.1.echo().await });
    // Only Linux has more addresses than one of its own without being told.
    let other = cfg!(target_os = "linux");
    let local = if other { "127.0.0.2" } else { "127.0.0.1" };
    let local: IpAddr = local.parse().unwrap();
    let connector = Connector::new(&format!("ws://{address}"))
        .unwrap()
        .local_address(local);
    let opened = connector.connect().await.unwrap();
    assert_eq!(opened.stream.local_addr().unwrap().ip(), local);
    converse(opened).await;
    let local: IpAddr = "::1".parse().unwrap();
    let error = failure(connector.local_address(local).connect().await);
    assert!(matches!(error, ConnectError::Resolve { .. }), "{error:?}");
}

#[cfg(not(feature = "rustls"))]
#[tokio::test]
async fn secure_urls_need_the_feature() {
    let connector = Connector::new("wss://127.0.0.1:1").unwrap();
    let error = failure(connector.connect().await);
    assert!(matches!(error, ConnectError::TlsUnavailable));
    assert!(!error.is_retryable());
    assert!(error.to_string().contains("`rustls`"));
}
