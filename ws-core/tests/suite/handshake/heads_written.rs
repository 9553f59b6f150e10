//! Heads of HTTP/1.1 that are written and read again, and the opening handshake
//! over them (RFC 9112 §2, RFC 6455 §1.3).

use std::time::Instant;

use bytes::BytesMut;
use proptest::{collection::vec, prelude::*};
use ws_core::{
    Config, Entropy, Message, Role,
    extension::deflate::Deflate,
    handshake::{
        ClientHandshake, Request, RequestError, ServerHandshake,
        http::{HeadReader, RequestHead, ResponseHead, write_request, write_response},
    },
};

use crate::support::{
    cuts::cuts,
    frames::{BINARY, TEXT, frame},
    heads::read,
    side::Side,
};

#[test]
fn heads_are_written_as_the_rfc_has_them() {
    let head = write_request("/chat?room=7", [("Host", "example.com"), ("X", "")]).unwrap();
    let expected = "GET /chat?room=7 HTTP/1.1\r\nHost: example.com\r\nX: \r\n\r\n";
    assert_eq!(head, expected);
    let head = write_response(101, [("Upgrade", "websocket")]).unwrap();
    let expected = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n";
    assert_eq!(head, expected);
    let none: [(&str, &str); 0] = [];
    assert_eq!(write_request("/", none).unwrap(), "GET / HTTP/1.1\r\n\r\n");
}

#[test]
fn each_response_has_its_status_with_or_without_a_reason() {
    for status in [
        100, 101, 200, 299, 302, 400, 401, 403, 404, 405, 426, 431, 500, 503, 599,
    ] {
        let head = write_response(status, [("A", "b")]).unwrap();
        let (read, rest) = read(&[&head], HeadReader::response);
        let read = read.unwrap();
        assert_eq!(read.status, status);
        assert_eq!(read.headers, [("A".to_owned(), "b".into())]);
        assert!(rest.is_empty());
    }
}

#[test]
fn people_read_what_a_status_means_in_the_words_of_the_rfcs() {
    // RFC 9110 §15, RFC 6585 §4 and §5
    for line in [
        "101 Switching Protocols",
        "200 OK",
        "204 No Content",
        "301 Moved Permanently",
        "302 Found",
        "303 See Other",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
        "400 Bad Request",
        "401 Unauthorized",
        "403 Forbidden",
        "404 Not Found",
        "405 Method Not Allowed",
        "408 Request Timeout",
        "426 Upgrade Required",
        "429 Too Many Requests",
        "431 Request Header Fields Too Large",
        "500 Internal Server Error",
        "503 Service Unavailable",
    ] {
        let status = line[..3].parse().unwrap();
        let head = write_response(status, [("A", "b")]).unwrap();
        assert_eq!(head, format!("HTTP/1.1 {line}\r\nA: b\r\n\r\n"));
    }
}

#[test]
fn a_handshake_over_bytes_opens_a_connection_however_they_are_cut() {
    let now = Instant::now();
    let server = ServerHandshake::new()
        .subprotocols(["chat"])
        .unwrap()
        .extension(Deflate::new());
    let client = || {
        ClientHandshake::new("example.com", Entropy::seeded(1))
            .subprotocols(["chat"])
            .unwrap()
            .extension(Deflate::new())
    };
    let mut request = write_request("/", client().headers()).unwrap().to_vec();
    request.extend(frame(Role::Client, TEXT, b"eager"));
    let mut response = Vec::new();
    for parts in cuts(&request) {
        let (read, rest) = read(&parts, HeadReader::request);
        let read = read.expect("the head is as it should be");
        let accepted = server.accept(as_request(&read));
        let acceptance = accepted.expect("the request is as it should be");
        response = acceptance.response().encode().unwrap().to_vec();
        let connection = acceptance.into_connection(now, Config::new());
        let mut side = Side::with(now, connection);
        side.feed(&rest);
        assert_eq!(side.messages(), [Message::text("eager")]);
        assert_eq!(side.connection.subprotocol(), Some("chat"));
    }
    response.extend(frame(Role::Server, BINARY, b"welcome"));
    for parts in cuts(&response) {
        let (read, rest) = read(&parts, HeadReader::response);
        let ResponseHead {
            status, headers, ..
        } = read.expect("the head is as it should be");
        let headers = headers.iter().map(|(name, value)| (&**name, &**value));
        let completed = client().complete(status, headers, now, Config::new());
        let mut side = Side::with(now, completed.expect("the response is as it should be"));
        side.feed(&rest);
        assert_eq!(side.messages(), [Message::binary("welcome")]);
    }
}

#[test]
fn a_refusal_is_written_with_its_status_and_fields() {
    let table = [
        ("PUT / HTTP/1.1\r\nHost: a\r\n\r\n", RequestError::Method),
        (
            "GET / HTTP/1.0\r\nHost: a\r\n\r\n",
            RequestError::HttpVersion,
        ),
        (
            "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
            RequestError::NotAnUpgrade,
        ),
    ];
    for (head, error) in table {
        let (request, _) = read(&[head.as_bytes()], HeadReader::request);
        let request = request.unwrap();
        let refused = ServerHandshake::new().accept(as_request(&request));
        let refused = refused.unwrap_err();
        assert_eq!(refused, error);
        let headers = refused.headers().iter().copied();
        let written = write_response(refused.status(), headers).unwrap();
        let (response, _) = read(&[&written], HeadReader::response);
        let response = response.unwrap();
        assert_eq!(response.status, refused.status());
        assert_eq!(response.headers.len(), refused.headers().len());
    }
}

proptest! {
    #![proptest_config(crate::support::cases(96))]

    #[test]
    fn reading_undoes_writing(
        target in "/[!-~]{0,30}",
        status in 100..600_u16,
        headers in vec(("[A-Za-z0-9!#$%&'*+.^_`|~-]{1,12}", "([!-~]([ -~]{0,20}[!-~])?)?"), 0..100),
        sizes in vec(1..50_usize, 1..10),
        behind in vec(any::<u8>(), 0..50),
    ) {
        let fields = || headers.iter().map(|(name, value)| (&**name, value));
        let expected: Vec<_> =
            fields().map(|(name, value)| (name.to_owned(), value.clone().into())).collect();
        let head = write_request(&target, fields()).unwrap();
        let bytes = [&head[..], &behind].concat();
        let (read, rest) = cut(&bytes, &sizes, |parts| read(parts, HeadReader::request));
        let read = read.unwrap();
        prop_assert_eq!((&*read.method, read.target, read.http_1_1), ("GET", target, true));
        prop_assert_eq!(&read.headers, &expected);
        prop_assert_eq!(rest, &behind[..]);
        let head = write_response(status, fields()).unwrap();
        let bytes = [&head[..], &behind].concat();
        let (read, rest) = cut(&bytes, &sizes, |parts| crate::support::heads::read(parts, HeadReader::response));
        let read = read.unwrap();
        prop_assert_eq!((read.status, &read.headers), (status, &expected));
        prop_assert_eq!(rest, behind);
    }

    #[test]
    fn arbitrary_bytes_never_panic(
        start in prop_oneof![Just("GET / HTTP/1.1\r\n"), Just("HTTP/1.1 101\r\n"), Just("")],
        parts in vec(prop_oneof![vec(any::<u8>(), 0..9), Just(b"\r\n".to_vec()), Just(b"a: b".to_vec())], 0..20),
        limit in 0..200_usize,
    ) {
        let mut readers = [(); 2].map(|()| HeadReader::new().max_bytes(limit));
        let mut inputs = [(); 2].map(|()| BytesMut::from(start));
        for part in parts {
            for input in &mut inputs {
                input.extend_from_slice(&part);
            }
            readers[0].request(&mut inputs[0]).ok();
            readers[1].response(&mut inputs[1]).ok();
        }
    }
}

fn cut<T>(bytes: &[u8], sizes: &[usize], read: impl FnOnce(&[&[u8]]) -> T) -> T {
    let mut parts = Vec::new();
    let mut rest = bytes;
    for size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (part, after) = rest.split_at(rest.len().min(*size));
        parts.push(part);
        rest = after;
    }
    read(&parts)
}

fn as_request(head: &RequestHead) -> Request<'_, impl Iterator<Item = (&str, &[u8])>> {
    let headers = head.headers.iter();
    let headers = headers.map(|(name, value)| (&**name, &**value));
    Request::new(&head.method, head.http_1_1, headers)
}
