//! Both sides of the opening handshake joined over text of HTTP, and the
//! connection that begins behind it (RFC 6455 §4).

use std::time::Instant;

use ws_core::{
    Cause, CloseCode, Config, Entropy, Event, Message, Role, State,
    handshake::{ClientHandshake, Request, ServerHandshake},
};

use crate::support::{
    ROLES,
    frames::{BINARY, CLOSE, PING, TEXT, frame},
    pair::Pair,
    side::Side,
};

#[test]
fn a_connection_opens_and_speaks_in_both_directions() {
    let mut pair = open(&["chat"], &["chat"], b"", b"");
    pair.client.send("from the client");
    pair.server.send(vec![1, 2, 3]);
    pair.exchange();
    assert_eq!(pair.server.messages(), [Message::text("from the client")]);
    assert_eq!(pair.client.messages(), [Message::binary(vec![1, 2, 3])]);
    pair.client.close(CloseCode::NORMAL, "");
    pair.exchange();
    for role in ROLES {
        assert_eq!(pair.side(role).connection.role(), role);
        assert!(pair.side(role).outcome().is_clean());
    }
}

#[test]
fn both_sides_agree_on_a_subprotocol() {
    let table: [(&[&str], &[&str], Option<&str>); 5] = [
        (&[], &[], None),
        (&["a", "b"], &[], None),
        (&[], &["a", "b"], None),
        (&["a"], &["b"], None),
        (&["a", "b", "c"], &["x", "c", "b"], Some("c")),
    ];
    for (offered, spoken, agreed) in table {
        let pair = open(offered, spoken, b"", b"");
        assert_eq!(pair.client.connection.subprotocol(), agreed);
        assert_eq!(pair.server.connection.subprotocol(), agreed);
    }
}

#[test]
fn frames_in_the_packet_of_the_request_are_the_first_input() {
    let early = [
        frame(Role::Client, TEXT, b"eager"),
        frame(Role::Client, PING, b"ping"),
    ];
    let mut pair = open(&[], &[], &early.concat(), b"");
    assert_eq!(pair.server.messages(), [Message::text("eager")]);
    pair.carry(Role::Server, usize::MAX);
    let pong =
        matches!(&pair.client.events[..], [Event::Pong { payload, .. }] if payload == "ping");
    assert!(pong);
}

#[test]
fn frames_in_the_packet_of_the_response_are_the_first_input() {
    let greeting = [
        frame(Role::Server, BINARY, b"welcome"),
        frame(Role::Server, CLOSE, b""),
    ];
    let greeting = greeting.concat();
    for cut in 0..=greeting.len() {
        let (early, late) = greeting.split_at(cut);
        let mut client = open(&[], &[], b"", early).client;
        client.feed(late);
        assert_eq!(client.messages(), [Message::binary("welcome")]);
        assert_eq!(*client.cause(), Cause::Remote);
        assert_eq!(client.connection.state(), State::Closed);
    }
}

/// Opens a connection, with bytes of each side behind its head.
fn open(offered: &[&str], spoken: &[&str], request: &[u8], response: &[u8]) -> Pair {
    let now = Instant::now();
    let handshake = ClientHandshake::new("example.com", Entropy::seeded(4));
    let handshake = handshake
        .subprotocols(offered.iter().copied())
        .expect("they are tokens");
    let mut packet = write("GET /chat HTTP/1.1", handshake.headers());
    packet.extend(request);

    let (head, rest) = split(&packet);
    let (start, headers) = read(head);
    let (method, version) = (start.split(' ').next(), start.split(' ').next_back());
    let (method, http_1_1) = (method.unwrap_or_default(), version == Some("HTTP/1.1"));
    let server = ServerHandshake::new()
        .subprotocols(spoken.iter().copied())
        .expect("they are tokens");
    let accepted = server.accept(Request::new(method, http_1_1, headers));
    let acceptance = accepted.expect("the request is as it should be");
    let mut packet = write("HTTP/1.1 101 Switching Protocols", acceptance.headers());
    packet.extend(response);
    let mut server = Side::with(now, acceptance.into_connection(now, Config::new()));
    server.feed(rest);

    let (head, rest) = split(&packet);
    let (start, headers) = read(head);
    let status = start.split(' ').nth(1).and_then(|it| it.parse().ok());
    let status = status.expect("a status line has a status");
    let completed = handshake.complete(status, headers, now, Config::new());
    let client = completed.expect("the response is as it should be");
    let mut client = Side::with(now, client);
    client.feed(rest);
    Pair::of(client, server)
}

fn write<'a, V: AsRef<str>>(start: &str, headers: impl Iterator<Item = (&'a str, V)>) -> Vec<u8> {
    let mut head = format!("{start}\r\n");
    for (name, value) in headers {
        head.extend([name, ": ", value.as_ref(), "\r\n"]);
    }
    head.push_str("\r\n");
    head.into_bytes()
}

/// A head, and what is behind it.
fn split(packet: &[u8]) -> (&str, &[u8]) {
    let end = packet.windows(4).position(|bytes| bytes == b"\r\n\r\n");
    let (head, rest) = packet.split_at(end.expect("a head ends with an empty line"));
    let head = std::str::from_utf8(head).expect("this head is text");
    (head, &rest[4..])
}

/// The first line of a head, and its header fields.
fn read(head: &str) -> (&str, Vec<(&str, &[u8])>) {
    let mut lines = head.split("\r\n");
    let start = lines.next().unwrap_or_default();
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name, value.as_bytes()));
    (start, headers.collect())
}
