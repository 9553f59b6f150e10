//! Servers of `wss:` URLs.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWrite, AsyncWriteExt},
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;
use ws_actors::client::{
    ConnectError, Connector, Proxy, RedirectError, Stage, Tls, TlsError,
    rustls::{CertificateError, Error},
};
use ws_core::handshake::Response;

use crate::support::{
    certificates::{Authority, agreed},
    failure, listen, next,
    proxies::{http, socks5},
    server::{accept, refuse, request},
    side::{Side, converse},
};

/// A server that echoes; tells the name and the protocol it was asked for.
async fn echoing(
    acceptor: TlsAcceptor,
) -> (SocketAddr, JoinHandle<(Option<String>, Option<String>)>) {
    let (listener, address) = listen().await;
    let serving = tokio::spawn(async move {
        let stream = acceptor.accept(next(&listener).await).await.unwrap();
        let said = agreed(&stream);
        accept(stream).await.1.echo().await;
        said
    });
    (address, serving)
}

fn connector(host: &str, address: SocketAddr, tls: Tls) -> Connector {
    let url = format!("wss://{host}:{}/", address.port());
    Connector::new(&url).unwrap().tls(tls)
}

#[tokio::test]
async fn client_and_server_converse_over_tls() {
    let authority = Authority::new();
    for (host, name) in [("localhost", Some("localhost")), ("127.0.0.1", None)] {
        for tls in [
            Tls::with_pem(authority.pem()).unwrap(),
            Tls::with_roots([authority.root()]).unwrap(),
            Tls::dangerous_without_verification(),
        ] {
            let acceptor = authority.server(&["localhost", "127.0.0.1"]);
            let (address, serving) = echoing(acceptor).await;
            let opened = connector(host, address, tls).connect().await.unwrap();
            assert!(opened.stream.is_secure());
            assert!(opened.stream.is_write_vectored());
            assert!(opened.stream.get_ref().nodelay().unwrap());
            converse(opened).await;
            let said = serving.await.unwrap();
            assert_eq!(said, (name.map(str::to_owned), Some("http/1.1".to_owned())));
        }
    }
}

/// What the TLS handshake with such a server comes to.
async fn refused(names: &[&str], tls: impl FnOnce(&Authority) -> Tls) -> CertificateError {
    let authority = Authority::new();
    let acceptor = authority.server(names);
    let (listener, address) = listen().await;
    tokio::spawn(async move { acceptor.accept(next(&listener).await).await.is_err() });
    let error = failure(
        connector("localhost", address, tls(&authority))
            .connect()
            .await,
    );
    assert!(!error.is_retryable());
    match error {
        ConnectError::Tls(TlsError::Handshake(Error::InvalidCertificate(reason))) => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_server_of_an_unknown_authority_is_not_trusted() {
    let other = |_: &Authority| Tls::with_pem(Authority::new().pem()).unwrap();
    let reason = refused(&["localhost"], other).await;
    assert!(matches!(
        reason,
        CertificateError::UnknownIssuer | CertificateError::BadSignature
    ));
}

#[tokio::test]
async fn a_server_with_the_certificate_of_another_is_not_trusted() {
    let right = |authority: &Authority| Tls::with_pem(authority.pem()).unwrap();
    let reason = refused(&["a.example", "127.0.0.1"], right).await;
    assert!(matches!(
        reason,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }
    ));
}

#[tokio::test]
async fn by_default_only_the_system_is_trusted() {
    let (listener, address) = listen().await;
    let acceptor = Authority::new().server(&["localhost"]);
    tokio::spawn(async move { acceptor.accept(next(&listener).await).await.is_err() });
    let connector = Connector::new(&format!("wss://localhost:{}/", address.port())).unwrap();
    match failure(connector.connect().await) {
        ConnectError::Tls(TlsError::Handshake(_)) => assert!(Tls::system().is_ok()),
        // A machine may have no certificates at all.
        ConnectError::Tls(TlsError::NoSystemRoots(_)) => assert!(Tls::system().is_err()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn tls_ends_at_the_server_behind_a_proxy() {
    let authority = Authority::new();
    for socks in [false, true] {
        let (server, serving) = echoing(authority.server(&["server.test"])).await;
        let (listener, address) = listen().await;
        let port = address.port();
        let proxy = if socks {
            tokio::spawn(socks5(listener, server, None, 0));
            Proxy::socks5("127.0.0.1", port)
        } else {
            tokio::spawn(http(listener, server));
            Proxy::http("127.0.0.1", port)
        };
        let connector = Connector::new("wss://server.test/")
            .unwrap()
            .tls(Tls::with_pem(authority.pem()).unwrap())
            .proxy(proxy);
        converse(connector.connect().await.unwrap()).await;
        assert_eq!(serving.await.unwrap().0.as_deref(), Some("server.test"));
    }
}

#[tokio::test]
async fn redirects_do_not_leave_tls() {
    let authority = Authority::new();
    let acceptor = authority.server(&["localhost"]);
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        let stream = acceptor.accept(next(&listener).await).await.unwrap();
        let location = format!("http://{address}/");
        let response = Response::new(302).header("Location", location);
        refuse(stream, &response).await;
    });
    let tls = Tls::with_pem(authority.pem()).unwrap();
    let connector = connector("localhost", address, tls).max_redirects(5);
    let error = failure(connector.connect().await);
    assert!(matches!(
        error,
        ConnectError::Redirect(RedirectError::Insecure)
    ));
}

#[tokio::test]
async fn an_end_without_goodbye_is_an_end() {
    let authority = Authority::new();
    let acceptor = authority.server(&["localhost"]);
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        let stream = acceptor.accept(next(&listener).await).await.unwrap();
        let (_, Side { stream, .. }) = accept(stream).await;
        drop(stream); // without `close_notify`
    });
    let tls = Tls::with_pem(authority.pem()).unwrap();
    let opened = connector("localhost", address, tls).connect().await;
    let mut stream = opened.unwrap().stream;
    assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
}

#[tokio::test]
async fn of_a_refusal_without_goodbye_comes_the_body() {
    let authority = Authority::new();
    let acceptor = authority.server(&["localhost"]);
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        let mut stream = acceptor.accept(next(&listener).await).await.unwrap();
        request(&mut stream).await;
        let refusal = b"HTTP/1.1 403 Forbidden\r\n\r\nno";
        stream.write_all(refusal).await.unwrap();
        stream.flush().await.unwrap();
    });
    let tls = Tls::with_pem(authority.pem()).unwrap();
    let error = failure(connector("localhost", address, tls).connect().await);
    assert_eq!(&error.response().unwrap().body[..], b"no");
}

#[tokio::test]
async fn a_silent_server_is_left_during_tls() {
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        let mut client = next(&listener).await;
        assert_ne!(client.read(&mut [0]).await.unwrap(), 0);
        tokio::time::pause();
        std::future::pending::<()>().await;
        drop(client);
    });
    let tls = Tls::dangerous_without_verification();
    let limit = Duration::from_secs(3600);
    let connector = connector("localhost", address, tls).connect_timeout(limit);
    let error = failure(connector.connect().await);
    assert!(matches!(
        error,
        ConnectError::Timeout {
            stage: Stage::Tls,
            ..
        }
    ));
}

#[tokio::test]
async fn a_server_that_hangs_up_during_tls_is_worth_another_try() {
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        let mut client = next(&listener).await;
        assert_ne!(client.read(&mut [0; 4096]).await.unwrap(), 0);
    });
    let tls = Tls::dangerous_without_verification();
    let error = failure(connector("localhost", address, tls).connect().await);
    assert!(error.is_retryable());
    assert!(matches!(
        error,
        ConnectError::Broken {
            stage: Stage::Tls,
            ..
        }
    ));
}

#[test]
fn roots_are_checked() {
    let none = Tls::with_pem("no certificate in here").unwrap_err();
    assert!(matches!(none, TlsError::NoCertificates), "{none:?}");
    let broken = "-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----\n";
    let broken = Tls::with_pem(broken).unwrap_err();
    assert!(matches!(broken, TlsError::Pem(_)), "{broken:?}");
    let other = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let other = Tls::with_pem(other).unwrap_err();
    assert!(matches!(other, TlsError::Root(_)), "{other:?}");
}
