//! Answers other than 101: a server writes them, a client is given them whole
//! (RFC 6455 §4.1, RFC 9112 §6).

use std::time::Instant;

use bytes::{Bytes, BytesMut};
use ws_core::{
    Config, Entropy,
    handshake::{
        Answer, ClientHandshake, ClientOpening, OpeningError, RequestError, Response, WebSocketUrl,
    },
};

use crate::support::cuts::cuts;

#[test]
fn a_refusal_comes_back_as_it_was_written() {
    let written = Response::new(401)
        .header("WWW-Authenticate", "Basic realm=\"chat\"")
        .header("X-Bytes", Bytes::from_static(b"\xff"))
        .body("who are you?");
    let bytes = written.encode().unwrap();
    for parts in cuts(&bytes) {
        let read = refused(&parts, false);
        assert_eq!(read.status, 401);
        assert_eq!(read.headers[..2], written.headers);
        assert_eq!(read.field("content-length"), Some(&b"12"[..]));
        assert_eq!(read.field("Connection"), Some(&b"close"[..]));
        assert_eq!(read.body, written.body);
    }
}

#[test]
fn a_body_ends_where_its_head_says() {
    let chunked = "Transfer-Encoding: chunked\r\n\r\n";
    let table: [(String, &[u8], &str); 9] = [
        (
            "302\r\nContent-Length: 4\r\n\r\nbodymore".into(),
            b"body",
            "more",
        ),
        ("302\r\nContent-Length: 0\r\n\r\nmore".into(), b"", "more"),
        ("304\r\nContent-Length: 4\r\n\r\nmore".into(), b"", "more"),
        ("204\r\n\r\nmore".into(), b"", "more"),
        (
            format!("404\r\n{chunked}3\r\nbod\r\n1;ext=1\r\ny\r\n0\r\n\r\n"),
            b"body",
            "0\r\n\r\n",
        ),
        (format!("404\r\n{chunked}0\r\n\r\n"), b"", "0\r\n\r\n"),
        (
            "404\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n2\r\nbo\r\n0\r\n\r\n".into(),
            b"bo",
            "0\r\n\r\n",
        ),
        // Chunks that are none end what is known of the body.
        (
            format!("404\r\n{chunked}3\r\nbod\r\nx\r\n"),
            b"bod",
            "x\r\n",
        ),
        // Of two, the chunks count (RFC 9112 §6.3).
        (
            "404\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n0\r\n\r\n"
                .into(),
            b"bo",
            "0\r\n\r\n",
        ),
    ];
    for (response, body, rest) in table {
        let bytes = format!("HTTP/1.1 {response}");
        for parts in cuts(bytes.as_bytes()) {
            let mut opening = opening();
            let mut input = BytesMut::new();
            let mut answer = None;
            for part in parts {
                input.extend_from_slice(part);
                if answer.is_none() {
                    answer = opening.handle_input(Instant::now(), &mut input).unwrap();
                }
            }
            let answer = match answer {
                Some(Answer::Refused(answer)) => answer,
                other => panic!("{other:?} refuses nothing: {response}"),
            };
            assert_eq!(answer.body, body, "{response}");
            assert_eq!(input, rest, "{response}");
        }
    }
}

#[test]
fn a_body_without_a_length_ends_with_the_stream() {
    for bytes in [
        &b"HTTP/1.1 500 Oh\r\n\r\nbody"[..],
        b"HTTP/1.1 500 Oh\r\nContent-Length: all of it\r\n\r\nbody",
        b"HTTP/1.1 500 Oh\r\nContent-Length: 1000\r\n\r\nbody",
        b"HTTP/1.1 500 Oh\r\nTransfer-Encoding: gzip\r\n\r\nbody",
        b"HTTP/1.1 500 Oh\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nbody",
    ] {
        for parts in cuts(bytes) {
            assert_eq!(refused(&parts, true).body, "body");
        }
    }
}

#[test]
fn a_long_body_is_cut() {
    let long = vec![b'x'; 200_000];
    for head in [
        &b"HTTP/1.1 500 Oh\r\n\r\n"[..],
        b"HTTP/1.1 500 Oh\r\nContent-Length: 200000\r\n\r\n",
        b"HTTP/1.1 500 Oh\r\nTransfer-Encoding: chunked\r\n\r\n30d40\r\n",
    ] {
        let (begin, rest) = long.split_at(40_000);
        for parts in [&[head, &long][..], &[head, begin, rest]] {
            assert_eq!(refused(parts, false).body, long[..64 * 1024]);
        }
    }
}

#[test]
fn the_size_of_a_chunk_does_not_go_on_for_ever() {
    for step in [1, 700] {
        let mut opening = opening();
        let mut input = BytesMut::from("HTTP/1.1 500\r\nTransfer-Encoding: chunked\r\n\r\n1;");
        let mut answer = None;
        // It is looked at as often as something comes.
        while answer.is_none() && input.len() < 2048 {
            input.extend_from_slice(&vec![b'x'; step]);
            answer = opening.handle_input(Instant::now(), &mut input).unwrap();
        }
        assert!(matches!(answer, Some(Answer::Refused(_))), "{answer:?}");
    }
}

#[test]
fn what_a_response_says_itself_is_not_said_twice() {
    let encode = |response: Response| {
        let bytes = response.encode().unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    };
    assert_eq!(
        encode(Response::new(101).header("Upgrade", "websocket")),
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"
    );
    assert_eq!(
        encode(Response::new(204).header("connection", "keep-alive")),
        "HTTP/1.1 204 No Content\r\nconnection: keep-alive\r\n\r\n"
    );
    assert_eq!(
        encode(
            Response::new(200)
                .header("content-length", "9")
                .body("more is")
        ),
        "HTTP/1.1 200 OK\r\ncontent-length: 9\r\nConnection: close\r\n\r\nmore is"
    );
    assert_eq!(
        encode(
            Response::new(200)
                .header("Transfer-Encoding", "chunked")
                .body("0\r\n\r\n")
        ),
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n"
    );
}

#[test]
fn a_server_says_why_it_refuses() {
    let response = Response::from(&RequestError::Version);
    assert_eq!(response.status, 426);
    assert_eq!(response.field("sec-websocket-version"), Some(&b"13"[..]));
    assert_eq!(response.body, RequestError::Version.to_string());
    assert_eq!(Response::from(&RequestError::Key).status, 400);
}

/// The refusal that a client is given, by the last byte or by the end.
fn refused(parts: &[&[u8]], end: bool) -> Response {
    let mut opening = opening();
    let mut input = BytesMut::new();
    let mut answer = None;
    for part in parts {
        assert!(answer.is_none(), "{answer:?} before the end");
        input.extend_from_slice(part);
        answer = opening
            .handle_input(Instant::now(), &mut input)
            .expect("the response can be read");
    }
    if end {
        assert!(answer.is_none(), "{answer:?} before the end");
        answer = opening.handle_eof().ok();
        assert_eq!(opening.handle_eof().err(), Some(OpeningError::Ended));
    }
    match answer {
        Some(Answer::Refused(response)) => response,
        other => panic!("{other:?} refuses nothing"),
    }
}

fn opening() -> ClientOpening {
    let url = WebSocketUrl::parse("ws://example.com").expect("it is a URL");
    let handshake = ClientHandshake::new(url.host_header(), Entropy::seeded(1));
    ClientOpening::new(Instant::now(), &url, handshake, Config::new())
        .expect("the fields can be written")
}
