//! HTTP proxies.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    task::JoinHandle,
};
use ws_actors::client::{ConnectError, Connector, Proxy, ProxyError};
use ws_core::handshake::http::RequestHead;

use crate::support::{
    failure, listen, next,
    proxies::{asked, http},
    server::{accept, field},
    side::converse,
    status,
};

/// A connector through a proxy that answers with these bytes, and then listens.
async fn answering(url: &str, bytes: &[u8]) -> (Connector, JoinHandle<RequestHead>) {
    let bytes = bytes.to_vec();
    let (listener, address) = listen().await;
    let proxy = tokio::spawn(async move {
        let mut client = next(&listener).await;
        let head = asked(&mut client).await;
        // Heads that are too long are not read to their ends.
        client.write_all(&bytes).await.ok();
        client.shutdown().await.ok();
        client.read_to_end(&mut Vec::new()).await.ok();
        head
    });
    let connector = Connector::new(url).unwrap();
    let through = Proxy::http(address.ip().to_string(), address.port());
    (connector.proxy(through), proxy)
}

#[tokio::test]
async fn client_and_server_converse_through_a_proxy() {
    for (credentials, expected) in [
        (None, None),
        (
            Some(("Aladdin", "open sesame")),
            Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
        ),
    ] {
        let (listener, server) = listen().await;
        let serving =
            tokio::spawn(async move { accept(next(&listener).await).await.1.echo().await });
        let (listener, address) = listen().await;
        let proxying = tokio::spawn(http(listener, server));
        let mut proxy = Proxy::http("127.0.0.1", address.port());
        if let Some((user, password)) = credentials {
            proxy = proxy.credentials(user, password);
        }
        let connector = Connector::new("ws://server.test/").unwrap().proxy(proxy);
        let opened = connector.connect().await.unwrap();
        assert_eq!(opened.stream.peer_addr().unwrap(), address);
        converse(opened).await;
        serving.await.unwrap();
        let head = proxying.await.unwrap();
        assert_eq!(
            (&*head.method, &*head.target),
            ("CONNECT", "server.test:80")
        );
        assert_eq!(field(&head, "Host"), Some("server.test:80"));
        assert_eq!(field(&head, "Proxy-Authorization"), expected);
    }
}

#[tokio::test]
async fn addresses_of_ipv6_stand_in_brackets() {
    let (connector, proxy) = answering("ws://[::1]:81/", b"HTTP/1.1 403 \r\n\r\n").await;
    failure(connector.connect().await);
    let head = proxy.await.unwrap();
    assert_eq!(head.target, "[::1]:81");
    assert_eq!(field(&head, "Host"), Some("[::1]:81"));
}

#[tokio::test]
async fn a_proxy_that_refuses_is_heard() {
    let (connector, _) = answering(
        URL,
        b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\
          Content-Length: 100\r\n\r\nwho are you?",
    )
    .await;
    let error = failure(connector.connect().await);
    assert!(!error.is_retryable());
    let response = error.response().unwrap();
    assert_eq!(response.status, 407);
    assert_eq!(response.field("Proxy-Authenticate"), Some(&b"Basic"[..]));
    assert_eq!(&response.body[..], b"who are you?");
    assert!(matches!(error, ConnectError::Proxy(ProxyError::Refused(_))));
}

#[tokio::test]
async fn a_proxy_without_its_server_is_worth_another_try() {
    let (connector, _) = answering(URL, b"HTTP/1.1 502 \r\nRetry-After: 3\r\n\r\n").await;
    let error = failure(connector.connect().await);
    assert!(error.is_retryable());
    assert_eq!(error.retry_after().unwrap().as_secs(), 3);
    let (connector, _) = answering(URL, b"HTTP/1.1 20").await;
    let error = failure(connector.connect().await);
    assert!(error.is_retryable());
    assert!(matches!(error, ConnectError::Proxy(ProxyError::Ended)));
}

#[tokio::test]
async fn what_speaks_no_http_is_no_proxy() {
    let mut endless = b"HTTP/1.1 200 OK\r\nX: ".to_vec();
    endless.extend(vec![b'a'; 200_000]);
    for bytes in [&b"SSH-2.0-OpenSSH_9.6\r\n\r\n"[..], &endless] {
        let (connector, _) = answering(URL, bytes).await;
        let error = failure(connector.connect().await);
        assert!(!error.is_retryable());
        let ConnectError::Proxy(ProxyError::Malformed(_)) = error else {
            panic!("{error:?}");
        };
    }
}

#[tokio::test]
async fn bytes_behind_the_answer_are_the_servers() {
    let (connector, _) = answering(
        URL,
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n\
          HTTP/1.1 418 Teapot\r\nContent-Length: 5\r\n\r\nshort",
    )
    .await;
    let error = failure(connector.connect().await);
    assert_eq!(status(&error), 418);
    assert_eq!(&error.response().unwrap().body[..], b"short");
}

const URL: &str = "ws://server.test/";
