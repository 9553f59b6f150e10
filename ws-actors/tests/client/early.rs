//! Servers that are quicker than they have to be.

use std::io;

use tokio::io::{AsyncWriteExt, duplex};
use ws_actors::client::{ConnectError, Connector, Stage};
use ws_core::handshake::{Response, ServerHandshake};

use crate::support::{
    failure,
    server::{accept, request, write},
    side::Side,
    status,
};

#[tokio::test]
async fn frames_in_the_packet_of_the_response_are_heard() {
    let connector = Connector::new("ws://a.example").unwrap();
    // One and a half frame, and the rest.
    for cut in 0..=8 {
        let (ours, mut theirs) = duplex(4096);
        let serving = async {
            let head = request(&mut theirs).await;
            let acceptance = ServerHandshake::new().accept(head.to_request()).unwrap();
            let mut bytes = acceptance.response().encode().unwrap().to_vec();
            let frames = b"\x81\x02hi\x81\x02ho";
            bytes.extend(&frames[..cut]);
            theirs.write_all(&bytes).await.unwrap();
            tokio::task::yield_now().await;
            theirs.write_all(&frames[cut..]).await.unwrap();
        };
        let (opened, ()) = tokio::join!(connector.connect_over(ours), serving);
        let mut opened = opened.unwrap();
        if cut >= 4 {
            assert!(opened.connection.poll_event().is_some());
            assert_eq!(Side::from(opened).hear().await, "ho");
        } else {
            assert_eq!(Side::from(opened).hear().await, "hi");
        }
    }
}

#[tokio::test]
async fn interim_responses_come_before_the_answer() {
    let connector = Connector::new("ws://a.example").unwrap();
    let (ours, mut theirs) = duplex(4096);
    theirs
        .write_all(b"HTTP/1.1 102 Processing\r\n\r\n")
        .await
        .unwrap();
    let (opened, _) = tokio::join!(connector.connect_over(ours), accept(theirs));
    opened.unwrap();
}

#[tokio::test]
async fn a_refusal_before_the_request_is_read() {
    let connector = Connector::new("ws://a.example").unwrap();
    // Room for the refusal, but not for the request.
    let (mut theirs, ours) = duplex(128);
    let response = Response::new(503).body("not now");
    let serving = async {
        write(&mut theirs, &response).await;
        drop(theirs);
    };
    let (opened, ()) = tokio::join!(connector.connect_over(ours), serving);
    assert_eq!(status(&failure(opened)), 503);
}

#[tokio::test]
async fn a_server_that_hangs_up_is_worth_another_try() {
    let connector = Connector::new("ws://a.example").unwrap();
    let (ours, mut theirs) = duplex(4096);
    let serving = async {
        request(&mut theirs).await;
        theirs.write_all(b"HTTP/1.1 101 Swit").await.unwrap();
        drop(theirs);
    };
    let (opened, ()) = tokio::join!(connector.connect_over(ours), serving);
    let error = failure(opened);
    assert!(matches!(error, ConnectError::Opening(_)), "{error:?}");
    assert!(error.is_retryable());
}

#[tokio::test]
async fn a_stream_that_is_gone_is_worth_another_try() {
    let connector = Connector::new("ws://a.example").unwrap();
    let (ours, _) = duplex(4096);
    let error = failure(connector.connect_over(ours).await);
    assert!(error.is_retryable());
    let ConnectError::Broken { stage, source } = error else {
        panic!("{error:?}");
    };
    assert_eq!(stage, Stage::Opening);
    assert_eq!(source.kind(), io::ErrorKind::BrokenPipe);
}
