//! Servers and proxies that take their time. The clock is paused.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, duplex},
    time::{Instant, sleep},
};
use ws_actors::client::{ConnectError, Connector, Proxy, Stage};
use ws_core::Config;

use crate::support::{failure, listen, next, server::request};

/// What became of an attempt with a server that says a byte each second, and
/// when.
async fn trickled(limit: Duration, bytes: &[u8]) -> (ConnectError, Duration) {
    let connector = Connector::new("ws://a.example")
        .unwrap()
        .config(Config::new().handshake_timeout(limit));
    let (ours, mut theirs) = duplex(4096);
    let start = Instant::now();
    let serving = async {
        request(&mut theirs).await;
        for byte in bytes {
            sleep(Duration::from_secs(1)).await;
            theirs.write_all(&[*byte]).await.unwrap();
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = serving => unreachable!("it stays"),
        opened = connector.connect_over(ours) => (failure(opened), start.elapsed()),
    }
}

fn timed_out(error: &ConnectError) -> (Stage, Duration) {
    assert!(error.is_retryable());
    match error {
        ConnectError::Timeout { stage, limit } => (*stage, *limit),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_server_is_left() {
    let limit = Duration::from_secs(10);
    let (error, after) = trickled(limit, b"").await;
    assert_eq!(timed_out(&error), (Stage::Opening, limit));
    assert_eq!(after, limit);
    assert_eq!(
        error.to_string(),
        "opening handshake was not done within 10s"
    );
}

#[tokio::test(start_paused = true)]
async fn a_byte_now_and_then_buys_no_time() {
    let limit = Duration::from_millis(8500);
    let (error, after) = trickled(limit, b"HTTP/1.1 101 Switching Protocols\r\n").await;
    assert_eq!(timed_out(&error), (Stage::Opening, limit));
    assert_eq!(after, limit);
}

#[tokio::test(start_paused = true)]
async fn of_a_slow_refusal_comes_what_came_in_time() {
    let head = b"HTTP/1.1 403 \r\nContent-Length: 99\r\n\r\n";
    let limit = Duration::from_millis(head.len() as u64 * 1000 + 3500);
    let (error, after) = trickled(limit, &[&head[..], b"because"].concat()).await;
    assert_eq!(after, limit);
    assert_eq!(&error.response().unwrap().body[..], b"bec");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_read_is_left() {
    let connector = Connector::new("ws://a.example").unwrap();
    let (ours, _theirs) = duplex(16);
    let start = Instant::now();
    let error = failure(connector.connect_over(ours).await);
    assert_eq!(timed_out(&error), (Stage::Opening, Duration::from_secs(10)));
    assert_eq!(start.elapsed(), Duration::from_secs(10));
}

#[tokio::test]
async fn a_silent_proxy_is_left() {
    for kind in [Proxy::http, Proxy::socks5] {
        let (listener, address) = listen().await;
        tokio::spawn(async move {
            let mut client = next(&listener).await;
            assert_ne!(client.read(&mut [0]).await.unwrap(), 0);
            // From here on time jumps to the next deadline.
            tokio::time::pause();
            std::future::pending::<()>().await;
            drop(client);
        });
        let connector = Connector::new("ws://server.test/")
            .unwrap()
            .proxy(kind("127.0.0.1".to_owned(), address.port()))
            .connect_timeout(Duration::from_secs(3600));
        let error = failure(connector.connect().await);
        assert_eq!(timed_out(&error), (Stage::Proxy, Duration::from_secs(3600)));
        tokio::time::resume();
    }
}
