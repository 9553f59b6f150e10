//! Frames that come with, or right behind, the opening handshake.

use std::time::Instant;

use bytes::Buf;
use ws_core::{CloseCode, ClosePayload, Config, Connection, Entropy, Event};
use ws_tests::{
    client::Client,
    probe::{Probe, Report},
    raw::{End, Raw},
    request::Request,
};

/// An opening handshake, and the frames of what `say` lets a client say.
fn handshake_and(say: impl FnOnce(&mut Connection)) -> Vec<u8> {
    let mut connection = Connection::client(Instant::now(), Config::new(), Entropy::system());
    say(&mut connection);
    let mut bytes = Request::upgrade("/probe").to_bytes();
    let frames = connection.transmit();
    let len = frames.remaining();
    bytes.extend(frames.copy_to_bytes(len));
    bytes
}

fn say_two_things(connection: &mut Connection) {
    connection.send("one").expect("the connection is open");
    connection.ping("are you there?").expect("it is short");
    connection.send("two").expect("the connection is open");
}

async fn hear_two_things(client: &mut Client) {
    assert_eq!(client.text().await, "one");
    let pong = client.event().await;
    assert!(
        matches!(&pong, Event::Pong { payload, .. } if payload == "are you there?"),
        "{pong:?}"
    );
    assert_eq!(client.text().await, "two");
}

#[actix_web::test]
async fn actor_hears_frames_that_come_in_the_packet_of_the_handshake() {
    let (server, _reports) = Probe::serve(Probe::endpoint());
    let mut raw = Raw::connect(server.address()).await;
    raw.send(handshake_and(say_two_things)).await;
    let response = raw.response().await;
    assert_eq!(response.status, "HTTP/1.1 101 Switching Protocols");
    let mut client = Client::over(raw);
    hear_two_things(&mut client).await;
    client.send("three").await;
    assert_eq!(client.text().await, "three");
}

#[actix_web::test]
async fn actor_hears_frames_wherever_the_first_packets_are_cut() {
    let (server, _reports) = Probe::serve(Probe::endpoint());
    let bytes = handshake_and(say_two_things);
    let end_of_head = Request::upgrade("/probe").to_bytes().len();
    for cut in end_of_head - 6..bytes.len() {
        let mut raw = Raw::connect(server.address()).await;
        raw.send(&bytes[..cut]).await;
        // The rest follows in a packet of its own, in time or later.
        if cut >= end_of_head {
            let response = raw.response().await;
            assert_eq!(response.status, "HTTP/1.1 101 Switching Protocols");
            raw.send(&bytes[cut..]).await;
        } else {
            raw.send(&bytes[cut..]).await;
            let response = raw.response().await;
            assert_eq!(response.status, "HTTP/1.1 101 Switching Protocols");
        }
        hear_two_things(&mut Client::over(raw)).await;
    }
}

#[actix_web::test]
async fn actor_hears_frames_when_all_comes_one_byte_at_a_time() {
    let (server, _reports) = Probe::serve(Probe::endpoint());
    let mut raw = Raw::connect(server.address()).await;
    raw.send_slowly(handshake_and(say_two_things)).await;
    let response = raw.response().await;
    assert_eq!(response.status, "HTTP/1.1 101 Switching Protocols");
    hear_two_things(&mut Client::over(raw)).await;
}

#[actix_web::test]
async fn actor_hears_a_message_larger_than_any_buffer_behind_the_handshake() {
    let (server, _reports) = Probe::serve(Probe::endpoint());
    let text = "x".repeat(300_000);
    let mut raw = Raw::connect(server.address()).await;
    let bytes = handshake_and(|connection| {
        let sent = connection.send(text.clone());
        sent.expect("the connection is open");
    });
    raw.send(bytes).await;
    let response = raw.response().await;
    assert_eq!(response.status, "HTTP/1.1 101 Switching Protocols");
    assert_eq!(Client::over(raw).text().await, text);
}

#[actix_web::test]
async fn server_answers_a_close_that_comes_in_the_packet_of_the_handshake() {
    let (server, mut reports) = Probe::serve(Probe::endpoint());
    let mut raw = Raw::connect(server.address()).await;
    let bytes = handshake_and(|connection| {
        connection.send("last words").expect("it is open");
        let payload = ClosePayload::new(CloseCode::GOING_AWAY, "never mind");
        let payload = payload.expect("the code may be sent");
        connection
            .close(Instant::now(), payload)
            .expect("it is open");
    });
    raw.send(bytes).await;
    let response = raw.response().await;
    assert_eq!(response.status, "HTTP/1.1 101 Switching Protocols");
    let (rest, end) = raw.rest().await;
    // The echo, then the code again.
    assert_eq!(rest, b"\x81\x0alast words\x88\x02\x03\xe9");
    assert_eq!(end, End::Eof);

    assert_eq!(reports.next().await, Report::Started);
    assert_eq!(reports.next().await, Report::Text("last words".to_owned()));
    let outcome = reports.closed().await;
    assert!(outcome.is_clean());
    assert_eq!(outcome.code(), CloseCode::GOING_AWAY);
    assert_eq!(outcome.received.unwrap().reason(), "never mind");
    assert_eq!(reports.next().await, Report::Stopped);
    server.until_sockets(0).await;
}
