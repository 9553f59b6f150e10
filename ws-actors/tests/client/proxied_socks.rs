//! SOCKS proxies.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use ws_actors::client::{ConnectError, Connector, Proxy, ProxyError};

use crate::support::{
    failure, listen, next,
    proxies::{SocksRequest, socks5},
    server::accept,
    side::converse,
};

#[tokio::test]
async fn client_and_server_converse_through_a_socks_proxy() {
    for (url, credentials, host) in [
        ("ws://server.test:81/", "", "server.test"),
        ("ws://server.test:81/", "me:secret@", "server.test"),
        ("ws://10.0.0.1:81/", "", "0a000001"),
        ("ws://[::1]:81/", "", "00000000000000000000000000000001"),
    ] {
        let (listener, server) = listen().await;
        let serving =
            tokio::spawn(async move { accept(next(&listener).await).await.1.echo().await });
        let (listener, address) = listen().await;
        let password = (!credentials.is_empty()).then_some("secret");
        let proxying = tokio::spawn(socks5(listener, server, password, 0));
        let proxy = Proxy::parse(&format!("socks5h://{credentials}{address}")).unwrap();
        let connector = Connector::new(url).unwrap().proxy(proxy);
        converse(connector.connect().await.unwrap()).await;
        serving.await.unwrap();
        let (user, password) = match password {
            Some(password) => ("me", password),
            None => ("", ""),
        };
        let expected = SocksRequest {
            user: user.to_owned(),
            password: password.to_owned(),
            host: host.to_owned(),
            port: 81,
        };
        assert_eq!(proxying.await.unwrap(), Some(expected));
    }
}

/// What a client makes of a proxy that wants this password and answers so.
async fn refused(given: Option<&str>, wanted: Option<&'static str>, reply: u8) -> ProxyError {
    let (listener, address) = listen().await;
    tokio::spawn(socks5(listener, address, wanted, reply));
    let mut proxy = Proxy::socks5("127.0.0.1", address.port());
    if let Some(given) = given {
        proxy = proxy.credentials("me", given);
    }
    let connector = Connector::new("ws://server.test/").unwrap().proxy(proxy);
    let error = failure(connector.connect().await);
    assert!(error.response().is_none());
    let passes = matches!(error, ConnectError::Proxy(ProxyError::Unreachable(_)));
    assert_eq!(error.is_retryable(), passes);
    match error {
        ConnectError::Proxy(error) => error,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_socks_proxy_that_refuses_is_heard() {
    let wrong = refused(Some("guess"), Some("secret"), 0).await;
    assert!(matches!(wrong, ProxyError::Credentials(_)), "{wrong:?}");
    let missing = refused(None, Some("secret"), 0).await;
    assert!(matches!(missing, ProxyError::Credentials(_)), "{missing:?}");
    let long = "a".repeat(256);
    let long = refused(Some(&long), Some("secret"), 0).await;
    assert!(matches!(long, ProxyError::Credentials(_)), "{long:?}");
    let ruled_out = refused(None, None, 2).await;
    assert!(matches!(ruled_out, ProxyError::Forbidden), "{ruled_out:?}");
    for reply in [1, 3, 4, 5, 6] {
        let unreachable = refused(None, None, reply).await;
        assert!(
            matches!(unreachable, ProxyError::Unreachable(_)),
            "{unreachable:?}"
        );
    }
    for reply in [7, 8, 9, 255] {
        let unknown = refused(None, None, reply).await;
        assert!(matches!(unknown, ProxyError::Malformed(_)), "{unknown:?}");
    }
}

#[tokio::test]
async fn what_speaks_no_socks_is_no_proxy() {
    for (bytes, ends) in [(&b"HTTP/1.1 400 \r\n\r\n"[..], false), (b"\x05", true)] {
        let (listener, address) = listen().await;
        tokio::spawn(async move {
            let mut client = next(&listener).await;
            client.read_exact(&mut [0; 3]).await.unwrap();
            client.write_all(bytes).await.unwrap();
        });
        let proxy = Proxy::socks5("127.0.0.1", address.port());
        let connector = Connector::new("ws://server.test/").unwrap().proxy(proxy);
        match failure(connector.connect().await) {
            ConnectError::Proxy(ProxyError::Malformed(_)) => assert!(!ends),
            ConnectError::Proxy(ProxyError::Ended) => assert!(ends),
            other => panic!("{other:?}"),
        }
    }
}
