//! How connections end: who closes when, with which code, and that nothing of
//! them is left.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use ws_core::{Cause, CloseCode, Config, Event, Timeout};
use ws_server::Flow;
use ws_tests::{
    client::Client,
    probe::{Probe, Report},
    raw::{End, Raw},
    request::Request,
    wait::within,
};

/// Without deadlines: what ends a connection is never the passing of time.
fn patient() -> Config {
    let long = Duration::from_secs(3600);
    Config::new()
        .ping_interval(None)
        .close_timeout(long)
        .write_timeout(long)
}

#[actix_web::test]
async fn server_ends_the_tcp_connection_after_it_answered_a_close() {
    let (server, mut reports) = Probe::serve(Probe::endpoint().config(patient()));
    let mut quickest = Duration::MAX;
    for _ in 0..5 {
        let mut client = Client::connect(server.address(), "/probe").await;
        client.close(4000, "enough").await;
        let outcome = client.closed().await;
        assert_eq!(outcome.cause, Cause::Local);
        assert_eq!(outcome.code(), CloseCode::new(4000));
        let closed = Instant::now();
        assert_eq!(client.ended().await, End::Eof);
        quickest = quickest.min(closed.elapsed());

        let outcome = reports.closed().await;
        assert_eq!(outcome.cause, Cause::Remote);
        assert!(outcome.is_clean());
        assert_eq!(outcome.received.unwrap().reason(), "enough");
        assert_eq!(reports.next().await, Report::Stopped);
    }
    server.until_sockets(0).await;
    assert_at_once(quickest);
}

#[actix_web::test]
async fn server_ends_the_tcp_connection_after_its_close_was_answered() {
    let (server, mut reports) = Probe::serve(Probe::endpoint().config(patient()));
    let mut quickest = Duration::MAX;
    for _ in 0..5 {
        let mut client = Client::connect(server.address(), "/probe").await;
        client.send("close").await;
        let outcome = client.closed().await;
        assert_eq!(outcome.cause, Cause::Remote);
        assert_eq!(outcome.code(), CloseCode::new(4001));
        assert_eq!(outcome.received.unwrap().reason(), "as you wish");
        let closed = Instant::now();
        assert_eq!(client.ended().await, End::Eof);
        quickest = quickest.min(closed.elapsed());

        let outcome = reports.closed().await;
        assert_eq!(outcome.cause, Cause::Local);
        assert!(outcome.is_clean());
        assert_eq!(reports.next().await, Report::Stopped);
    }
    server.until_sockets(0).await;
    assert_at_once(quickest);
}

/// actix-http lets connections linger for a second by default. One of several
/// tries is below that even on a busy machine.
fn assert_at_once(quickest: Duration) {
    assert!(quickest < Duration::from_millis(500), "{quickest:?}");
}

#[actix_web::test]
async fn messages_before_a_close_arrive_before_it() {
    let (server, _reports) = Probe::serve(Probe::endpoint().config(patient()));
    let mut client = Client::connect(server.address(), "/probe").await;
    for number in 0..500 {
        client.queue(number.to_string());
    }
    client.send("close").await;
    for number in 0..500 {
        assert_eq!(client.text().await, number.to_string());
    }
    assert_eq!(client.closed().await.code(), CloseCode::new(4001));
}

#[actix_web::test]
async fn actor_that_stops_closes_with_1000() {
    let (server, mut reports) = Probe::serve(Probe::endpoint().config(patient()));
    let mut client = Client::connect(server.address(), "/probe").await;
    client.send("stop").await;
    assert_eq!(client.closed().await.code(), CloseCode::NORMAL);
    assert_eq!(client.ended().await, End::Eof);
    assert_eq!(reports.next().await, Report::Started);
    assert_eq!(reports.next().await, Report::Text("stop".to_owned()));
    assert!(matches!(reports.next().await, Report::Closed(it) if it.is_clean()));
    assert_eq!(reports.next().await, Report::Stopped);
}

#[actix_web::test]
async fn server_closes_with_1003_on_a_kind_of_data_that_nobody_handles() {
    let (server, mut reports) = Probe::serve(Probe::endpoint().config(patient()));
    let mut client = Client::connect(server.address(), "/probe").await;
    client.send(vec![1, 2, 3]).await;
    assert_eq!(client.closed().await.code(), CloseCode::UNSUPPORTED_DATA);
    assert_eq!(client.ended().await, End::Eof);
    let outcome = reports.closed().await;
    assert!(outcome.is_clean());
    assert_eq!(
        outcome.sent.unwrap().code(),
        Some(CloseCode::UNSUPPORTED_DATA)
    );
    server.until_sockets(0).await;
}

/// A frame of a client that is not masked.
const UNMASKED: &[u8] = b"\x81\x02hi";

#[actix_web::test]
async fn protocol_error_reaches_a_peer_that_goes_on_sending() {
    let (server, mut reports) = Probe::serve(Probe::endpoint());
    let mut raw = upgraded(&server).await;
    raw.send(UNMASKED).await;
    let seen = send_on_until_told(&mut raw, &[0; 16 * 1024]).await;
    assert_eq!(seen, b"\x88\x10\x03\xeaprotocol error");
    let outcome = reports.closed().await;
    assert!(matches!(outcome.cause, Cause::Protocol(_)), "{outcome:?}");
    server.until_sockets(0).await;
}

#[actix_web::test]
async fn refusal_of_a_message_too_big_reaches_a_peer_that_goes_on_sending_it() {
    let (server, mut reports) = Probe::serve(Probe::endpoint());
    let mut raw = upgraded(&server).await;
    // A text of a terabyte, masked with zeros.
    raw.send(b"\x81\xff\0\0\x01\0\0\0\0\0\0\0\0\0").await;
    let seen = send_on_until_told(&mut raw, &[b'x'; 16 * 1024]).await;
    assert_eq!(seen, b"\x88\x11\x03\xf1message too big");
    let outcome = reports.closed().await;
    assert!(matches!(outcome.cause, Cause::Protocol(_)), "{outcome:?}");
    server.until_sockets(0).await;
}

/// Sends without a pause until the server ends the connection, and tells what
/// came from it.
async fn send_on_until_told(raw: &mut Raw, bytes: &[u8]) -> Vec<u8> {
    let (mut reader, mut writer) = raw.halves();
    let mut seen = Vec::new();
    let send = async { while writer.write_all(bytes).await.is_ok() {} };
    // The server may end by a reset, as it leaves bytes unread.
    let hear = async { reader.read_to_end(&mut seen).await.ok() };
    let talk = async { tokio::join!(send, hear) };
    within("the server to tell what is wrong, and to end", talk).await;
    seen
}

async fn upgraded(server: &ws_tests::server::Server) -> Raw {
    let mut raw = Raw::connect(server.address()).await;
    let response = raw.ask(&Request::upgrade("/probe")).await;
    assert_eq!(response.status, "HTTP/1.1 101 Switching Protocols");
    raw
}

#[actix_web::test]
async fn actor_hears_of_a_client_that_vanishes() {
    let (server, mut reports) = Probe::serve(Probe::endpoint().config(patient()));
    let mut client = Client::connect(server.address(), "/probe").await;
    client.send("last words").await;
    client.vanish();
    assert_eq!(reports.next().await, Report::Started);
    assert_eq!(reports.next().await, Report::Text("last words".to_owned()));
    let Report::Closed(outcome) = reports.next().await else {
        panic!("the end comes next");
    };
    assert_eq!(outcome.cause, Cause::TransportLost);
    assert_eq!(outcome.received, None);
    assert_eq!(outcome.code(), CloseCode::ABNORMAL);
    assert_eq!(reports.next().await, Report::Stopped);
    server.until_sockets(0).await;
}

#[actix_web::test]
async fn actor_hears_of_a_client_that_crashes() {
    let (server, mut reports) = Probe::serve(Probe::endpoint().config(patient()));
    let mut client = Client::connect(server.address(), "/probe").await;
    client.send("hello").await;
    assert_eq!(client.text().await, "hello");
    client.reset();
    assert_eq!(reports.closed().await.cause, Cause::TransportLost);
    assert_eq!(reports.next().await, Report::Stopped);
    server.until_sockets(0).await;
}

#[actix_web::test]
async fn actor_hears_of_a_client_that_vanishes_amid_a_message() {
    let (server, mut reports) = Probe::serve(Probe::endpoint().config(patient()));
    let mut raw = upgraded(&server).await;
    // 100 bytes are announced, and 3 come.
    raw.send(b"\x81\xe4\0\0\0\0abc").await;
    raw.end_sending().await;
    assert_eq!(reports.closed().await.cause, Cause::TransportLost);
    let (rest, _) = raw.rest().await;
    assert_eq!(rest, b"");
    server.until_sockets(0).await;
}

#[actix_web::test]
async fn server_drops_a_client_that_does_not_answer_its_close() {
    let impatient = Config::new().close_timeout(Duration::from_millis(100));
    let (server, mut reports) = Probe::serve(Probe::endpoint().config(impatient));
    let mut raw = upgraded(&server).await;
    // The text "close", masked with zeros.
    raw.send(b"\x81\x85\0\0\0\0close").await;
    let (rest, _) = raw.rest().await;
    assert_eq!(rest, b"\x88\x0d\x0f\xa1as you wish");
    assert_eq!(reports.closed().await.cause, Cause::Timeout(Timeout::Close));
    server.until_sockets(0).await;
}

#[actix_web::test]
async fn server_drops_a_client_that_answers_no_ping() {
    let impatient = Config::new()
        .ping_interval(Some(Duration::from_millis(50)))
        .pong_timeout(Duration::from_millis(100));
    let (server, mut reports) = Probe::serve(Probe::endpoint().config(impatient));
    let mut raw = upgraded(&server).await;
    let (rest, _) = raw.rest().await;
    // The heartbeat's first Ping, then 1011.
    assert_eq!(
        rest,
        b"\x89\x04\0\0\0\x01\x88\x16\x03\xf3no pong came in time"
    );
    assert_eq!(reports.closed().await.cause, Cause::Timeout(Timeout::Pong));
    server.until_sockets(0).await;
}

#[actix_web::test]
async fn server_pings_a_silent_client_again_and_again() {
    let config = Config::new()
        .ping_interval(Some(Duration::from_millis(20)))
        .pong_timeout(Duration::from_secs(3600));
    let (server, mut reports) = Probe::serve(Probe::endpoint().config(config));
    let mut client = Client::connect(server.address(), "/probe").await;
    for _ in 0..5 {
        let event = client.event().await;
        assert!(matches!(event, Event::Ping(_)), "{event:?}");
    }
    client.vanish();
    assert_eq!(reports.closed().await.cause, Cause::TransportLost);
}

/// The actor's memory is one half; the socket and its buffers are the other.
#[actix_web::test]
async fn nothing_is_left_of_a_client_that_never_reads() {
    let impatient = Config::new()
        .ping_interval(None)
        .close_timeout(Duration::from_millis(100))
        .write_timeout(Duration::from_millis(200));
    // More than the system's own buffers hold.
    let endpoint = Probe::endpoint()
        .config(impatient)
        .flow(Flow::new().max_queued_bytes(64 << 20));
    let (server, mut reports) = Probe::serve(endpoint);
    let mut client = Client::connect_narrow(server.address(), "/probe").await;
    for _ in 0..32 {
        client.queue("fill");
    }
    client.send("fill").await;
    let outcome = reports.closed().await;
    assert!(matches!(outcome.cause, Cause::Timeout(_)), "{outcome:?}");
    assert_eq!(reports.next().await, Report::Stopped);
    server.until_sockets(0).await;
    drop(client);
}
