//! The opening handshake over bytes, by those who have no HTTP library
//! (RFC 6455 §4).

use std::time::Instant;

use bytes::BytesMut;
use ws_core::{
    Config, Connection, Entropy, Message, Role,
    extension::deflate::Deflate,
    handshake::{
        Answer, ClientHandshake, ClientOpening, OpeningError, Response, ResponseError,
        ServerHandshake, ServerOpening, WebSocketUrl,
        http::{HeadError, HeadReader},
    },
};

use crate::support::{
    cuts::cuts,
    frames::{BINARY, TEXT, frame},
    seconds,
    side::Side,
};

#[test]
fn client_and_server_open_a_connection_however_the_bytes_are_cut() {
    let now = Instant::now();
    let mut request = client(now).request().to_vec();
    request.extend(frame(Role::Client, TEXT, b"eager"));
    let mut answer = Vec::new();
    for parts in cuts(&request) {
        let (response, connection, rest) = serve(now, &parts);
        assert_eq!(response.status, 101);
        answer = response.encode().unwrap().to_vec();
        let mut side = Side::with(now, connection);
        side.feed(&rest);
        assert_eq!(side.messages(), [Message::text("eager")]);
        assert_eq!(side.connection.subprotocol(), Some("chat"));
    }
    answer.extend(frame(Role::Server, BINARY, b"welcome"));
    for parts in cuts(&answer) {
        let (answer, rest) = answer_to(client(now), now, &parts);
        let Ok(Some(Answer::Open(connection))) = answer else {
            panic!("{answer:?} is no connection");
        };
        let mut side = Side::with(now, connection);
        side.feed(&rest);
        assert_eq!(side.messages(), [Message::binary("welcome")]);
        assert_eq!(side.connection.subprotocol(), Some("chat"));
    }
}

#[test]
fn an_interim_response_is_not_the_answer() {
    let now = Instant::now();
    let (response, ..) = serve(now, &[client(now).request()]);
    let early = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    let answer = [&early[..], early, &response.encode().unwrap()].concat();
    for parts in cuts(&answer) {
        let (answer, _) = answer_to(client(now), now, &parts);
        assert!(matches!(answer, Ok(Some(Answer::Open(_)))), "{answer:?}");
    }
}

#[test]
fn interim_responses_end_at_some_time() {
    let now = Instant::now();
    let (response, ..) = serve(now, &[client(now).request()]);
    let response = response.encode().unwrap();
    for (count, answered) in [(16, true), (17, false), (1000, false)] {
        let interim = b"HTTP/1.1 102 Processing\r\n\r\n".repeat(count);
        let answer = [&interim[..], &response].concat();
        for parts in [answer.chunks(answer.len()), answer.chunks(20)] {
            let parts: Vec<_> = parts.collect();
            match answer_to(client(now), now, &parts).0 {
                Ok(Some(Answer::Open(_))) => assert!(answered),
                Err(OpeningError::Head(HeadError::TooManyInterim)) => assert!(!answered),
                other => panic!("{count}: {other:?}"),
            }
        }
    }
}

#[test]
fn client_reads_the_fields_of_the_answer() {
    let now = Instant::now();
    let mut opening = client(now);
    let (response, ..) = serve(now, &[opening.request()]);
    let response = response.header("Set-Cookie", "a=1").encode().unwrap();
    let early = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    let mut input = BytesMut::from(&[&early[..], &response].concat()[..]);
    assert!(opening.headers().is_empty());
    let answer = opening.handle_input(now, &mut input);
    assert!(matches!(answer, Ok(Some(Answer::Open(_)))), "{answer:?}");
    let (name, value) = opening.headers().last().unwrap();
    assert_eq!((&**name, &value[..]), ("Set-Cookie", &b"a=1"[..]));
    let mut names = opening.headers().iter().map(|(name, _)| &**name);
    assert!(names.all(|name| name != "Link"));
}

#[test]
fn client_fails_on_an_answer_that_is_none_to_its_handshake() {
    let now = Instant::now();
    let other = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
        Connection: Upgrade\r\nSec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n";
    let (answer, _) = answer_to(client(now), now, &[other]);
    let accept = OpeningError::Response(ResponseError::Accept);
    assert_eq!(answer.unwrap_err(), accept);
    let (answer, _) = answer_to(client(now), now, &[b"no HTTP\r\n\r\n"]);
    let error = answer.unwrap_err();
    assert!(matches!(error, OpeningError::Head(HeadError::Malformed(_))));
    assert_eq!(client(now).handle_eof().unwrap_err(), OpeningError::Ended);
}

#[test]
fn both_sides_give_up_when_the_handshake_takes_too_long() {
    let now = Instant::now();
    let timeout = OpeningError::Timeout(seconds(10));
    let (deadline, before) = (now + seconds(10), now + seconds(9));
    let mut input = BytesMut::from("H");

    let mut client = client(now);
    assert_eq!(client.deadline(), Some(deadline));
    assert_eq!(client.handle_timeout(before), Ok(()));
    assert!(matches!(client.handle_input(before, &mut input), Ok(None)));
    assert_eq!(client.handle_timeout(deadline), Err(timeout.clone()));
    let late = client.handle_input(deadline, &mut input);
    assert_eq!(late.unwrap_err(), timeout);

    let mut server = ServerOpening::new(now, Config::new());
    assert_eq!(server.deadline(), Some(deadline));
    assert_eq!(server.handle_timeout(before), Ok(()));
    assert!(matches!(server.handle_input(before, &mut input), Ok(None)));
    assert_eq!(server.handle_timeout(deadline), Err(timeout.clone()));
    let late = server.handle_input(deadline, &mut input);
    assert_eq!(late.unwrap_err(), timeout);
    assert_eq!(timeout.response().map(|it| it.status), Some(408));
}

#[test]
fn the_time_for_the_handshake_can_be_set() {
    let now = Instant::now();
    let config = Config::new().handshake_timeout(seconds(3));
    let server = ServerOpening::new(now, config);
    assert_eq!(server.deadline(), Some(now + seconds(3)));
}

#[test]
fn server_answers_a_head_that_cannot_be_read() {
    let now = Instant::now();
    let reader = HeadReader::new().max_bytes(64);
    let mut server = ServerOpening::new(now, Config::new()).head_reader(reader);
    let mut long = BytesMut::from(&[b'a'; 65][..]);
    let error = server.handle_input(now, &mut long).unwrap_err();
    let response = error.response().expect("the client is there");
    assert_eq!(response.status, 431);
    assert!(response.encode().unwrap().ends_with(b"limit of 64 bytes"));
    assert_eq!(OpeningError::Ended.response(), None);
}

/// What a server opens for a request that arrives in parts.
fn serve(now: Instant, parts: &[&[u8]]) -> (Response, Connection, Vec<u8>) {
    let mut opening = ServerOpening::new(now, Config::new());
    let handshake = ServerHandshake::new()
        .subprotocols(["chat"])
        .expect("it is a token");
    let handshake = handshake.extension(Deflate::new());
    let mut input = BytesMut::new();
    let mut head = None;
    for part in parts {
        input.extend_from_slice(part);
        if head.is_none() {
            head = opening
                .handle_input(now, &mut input)
                .expect("the request can be read");
        }
    }
    let head = head.expect("the head is whole");
    assert_eq!(head.target, "/room?a=b");
    let acceptance = handshake
        .accept(head.to_request())
        .expect("the request is as it should be");
    let (response, connection) = opening.open(now, acceptance);
    (response, connection, input.to_vec())
}

fn client(now: Instant) -> ClientOpening {
    let url = WebSocketUrl::parse("ws://example.com/room?a=b").expect("it is a URL");
    let handshake = ClientHandshake::new(url.host_header(), Entropy::seeded(1));
    let handshake = handshake.subprotocols(["chat"]).expect("it is a token");
    let handshake = handshake.extension(Deflate::new());
    ClientOpening::new(now, &url, handshake, Config::new()).expect("the fields can be written")
}

/// The first answer that a client is given by bytes that arrive in parts, and
/// what is left of them.
fn answer_to(
    mut opening: ClientOpening,
    now: Instant,
    parts: &[&[u8]],
) -> (Result<Option<Answer>, OpeningError>, Vec<u8>) {
    let mut input = BytesMut::new();
    let mut answer = Ok(None);
    for part in parts {
        input.extend_from_slice(part);
        if matches!(answer, Ok(None)) {
            answer = opening.handle_input(now, &mut input);
        }
    }
    (answer, input.to_vec())
}
