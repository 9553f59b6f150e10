//! Servers that answer something else.

use std::{error::Error, time::Duration};

use tokio::io::{AsyncWriteExt, duplex};
use ws_actors::client::{ConnectError, Connector};
use ws_core::handshake::{OpeningError, Response, ResponseError};

use crate::support::{
    failure, listen, next,
    server::{refuse, request},
};

/// What a client makes of these bytes.
async fn answered(bytes: &[u8]) -> ConnectError {
    let connector = Connector::new("ws://a.example").unwrap();
    let (ours, mut theirs) = duplex(1 << 20);
    let serving = async {
        request(&mut theirs).await;
        theirs.write_all(bytes).await.unwrap();
        drop(theirs);
    };
    let (opened, ()) = tokio::join!(connector.connect_over(ours), serving);
    failure(opened)
}

#[tokio::test]
async fn a_refusal_reaches_the_caller_whole() {
    let (listener, address) = listen().await;
    let response = Response::new(401)
        .header("WWW-Authenticate", "Basic realm=\"chat\"")
        .body("who are you?");
    let sent = response.clone();
    tokio::spawn(async move { refuse(next(&listener).await, &sent).await });
    let connector = Connector::new(&format!("ws://{address}")).unwrap();
    let error = failure(connector.connect().await);
    let refusal = error.response().unwrap();
    assert_eq!(refusal.status, 401);
    assert_eq!(
        refusal.field("www-authenticate"),
        Some(&b"Basic realm=\"chat\""[..])
    );
    assert_eq!(refusal.body, response.body);
    assert!(!error.is_retryable());
    assert_eq!(error.retry_after(), None);
}

#[tokio::test]
async fn a_busy_server_says_when_to_come_back() {
    let error = answered(b"HTTP/1.1 503 \r\nRetry-After: 7\r\n\r\nbusy").await;
    assert!(error.is_retryable());
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
    assert_eq!(&error.response().unwrap().body[..], b"busy");
}

#[tokio::test]
async fn redirects_are_not_followed_unless_asked_to() {
    let error = answered(b"HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n").await;
    let refusal = error.response().unwrap();
    assert_eq!(refusal.field("Location"), Some(&b"/b"[..]));
    assert!(!error.is_retryable());
}

#[tokio::test]
async fn of_a_body_without_end_comes_the_beginning() {
    let mut bytes = b"HTTP/1.1 500 Oops\r\n\r\n".to_vec();
    bytes.extend(vec![b'a'; 200_000]);
    let error = answered(&bytes).await;
    assert_eq!(error.response().unwrap().body.len(), 64 * 1024);
}

#[tokio::test]
async fn a_head_without_end_is_refused() {
    let mut bytes = b"HTTP/1.1 101 Switching Protocols\r\nX: ".to_vec();
    bytes.extend(vec![b'a'; 200_000]);
    let connector = Connector::new("ws://a.example").unwrap();
    let (ours, mut theirs) = duplex(1 << 20);
    let serving = async {
        request(&mut theirs).await;
        theirs.write_all(&bytes).await.unwrap();
        theirs
    };
    let (opened, _open) = tokio::join!(connector.connect_over(ours), serving);
    let error = failure(opened);
    let ConnectError::Opening(OpeningError::Head(_)) = error else {
        panic!("{error:?}");
    };
    assert!(!error.is_retryable());
}

#[tokio::test]
async fn what_does_not_answer_the_handshake_is_final() {
    let error = answered(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
          Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
    )
    .await;
    assert!(!error.is_retryable());
    assert!(error.response().is_none());
    let ConnectError::Opening(OpeningError::Response(reason)) = &error else {
        panic!("{error:?}");
    };
    assert_eq!(*reason, ResponseError::Accept);
    let error = answered(b"SSH-2.0-OpenSSH_9.6\r\n\r\n").await;
    let ConnectError::Opening(OpeningError::Head(_)) = &error else {
        panic!("{error:?}");
    };
    assert!(!error.is_retryable());
}

#[tokio::test]
async fn errors_tell_their_reasons() {
    let error = answered(b"").await;
    assert_eq!(
        error.to_string(),
        "peer closed the connection before the opening handshake was done"
    );
    let error = Connector::new("ws://127.0.0.1:1").unwrap();
    let error = failure(error.connect().await);
    let source = error.source().unwrap().to_string();
    assert!(error.to_string().ends_with(&source), "{error}");
}
