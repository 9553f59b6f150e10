//! Connectors and errors as values.

use std::{error::Error, time::Duration};

use tokio::io::DuplexStream;
use ws_actors::client::{ConnectError, Connector, Opened, Proxy};
use ws_core::handshake::{FieldError, UrlError};

fn connector() -> Connector {
    Connector::new("ws://a.example").unwrap()
}

#[test]
fn what_names_no_websocket_is_refused() {
    let error = Connector::new("http://a.example").unwrap_err();
    assert_eq!(error, UrlError::Scheme("http".to_owned()));
}

#[test]
fn fields_are_checked_when_they_are_added() {
    for (name, value) in [
        ("Host", "b.example"),
        ("Sec-WebSocket-Key", "x"),
        ("X Y", "z"),
        ("X", "y\r\nZ: z"),
    ] {
        assert!(connector().header(name, value).is_err(), "{name}: {value}");
    }
    let error = connector().subprotocols(["a, b"]).unwrap_err();
    assert_eq!(error, FieldError::Subprotocol("a, b".to_owned()));
}

#[test]
fn changing_a_clone_leaves_the_original() {
    let original = connector();
    let changed = original.clone().max_redirects(7);
    assert_ne!(format!("{original:?}"), format!("{changed:?}"));
}

#[test]
fn printing_tells_no_secrets() {
    let connector = connector()
        .header("Authorization", "Bearer hunter2")
        .unwrap()
        .proxy(Proxy::socks5("b.example", 1080).credentials("me", "hunter2"));
    let printed = format!("{connector:?}");
    assert!(printed.contains("Authorization") && printed.contains("b.example"));
    assert!(!printed.contains("hunter2"));
}

#[test]
fn connecting_can_be_left_to_any_thread() {
    fn sent<T: Send>(_: &T) {}
    fn shared<T: Send + Sync + 'static>(_: &T) {}
    fn opened<T: Send + 'static>() {}
    fn error<T: Error + Send + Sync + 'static>() {}
    let connector = connector();
    shared(&connector);
    sent(&connector.connect());
    sent(&connector.connect_over(tokio::io::duplex(1).0));
    opened::<Opened>();
    opened::<Opened<DuplexStream>>();
    error::<ConnectError>();
}

#[tokio::test]
async fn limits_may_be_as_long_as_can_be_said() {
    let connector = Connector::new("ws://127.0.0.1:1")
        .unwrap()
        .connect_timeout(Duration::MAX)
        .config(ws_core::Config::new().handshake_timeout(Duration::MAX));
    let error = connector.connect().await.unwrap_err();
    assert!(matches!(error, ConnectError::Connect { .. }), "{error:?}");
}
