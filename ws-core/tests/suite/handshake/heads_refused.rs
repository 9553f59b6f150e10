//! Heads of HTTP/1.1 that are none, and those that are too long (RFC 9112 §2.2,
//! §5; RFC 6585 §5).

use std::time::Instant;

use bytes::BytesMut;
use ws_core::handshake::http::{HeadError, HeadReader};

use crate::support::{cuts::cuts, heads::read, seconds};

#[test]
fn what_is_no_head_is_refused_with_400() {
    for head in [
        "\0\r\n\r\n",
        "GET\r\n\r\n",
        "GET /\r\n\r\n",
        "GET / HTTP/2.0\r\n\r\n",
        "GET / HTTP/1.2\r\n\r\n",
        "GET / http/1.1\r\n\r\n",
        "GET  / HTTP/1.1\r\n\r\n",
        "G@T / HTTP/1.1\r\n\r\n",
        "GET /a b HTTP/1.1\r\n\r\n",
        " GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nNo colon\r\n\r\n",
        "GET / HTTP/1.1\r\n: no name\r\n\r\n",
        "GET / HTTP/1.1\r\nA b: c\r\n\r\n",
        "GET / HTTP/1.1\r\nA : b\r\n\r\n",
        "GET / HTTP/1.1\r\nA: b\0c\r\n\r\n",
        "GET / HTTP/1.1\r\nA: b\r\n folded\r\n\r\n",
        "GET / HTTP/1.1\r\nA: b\rc\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\r\n\r\n",
    ] {
        for parts in cuts(head.as_bytes()) {
            let (refused, _) = read(&parts, HeadReader::request);
            let refused = refused.expect_err(head);
            assert!(matches!(refused, HeadError::Malformed(_)), "{head:?}");
            assert_eq!(refused.status(), 400);
        }
    }
    for head in [
        "HTTP/2 101\r\n\r\n",
        "HTTP/1.1\r\n\r\n",
        "HTTP/1.1 1O1 Switching\r\n\r\n",
        "HTTP/1.1 10 Switching\r\n\r\n",
        "SSH-2.0-OpenSSH\r\n\r\n",
    ] {
        for parts in cuts(head.as_bytes()) {
            let (refused, _) = read(&parts, HeadReader::response);
            assert!(matches!(refused, Err(HeadError::Malformed(_))), "{head:?}");
        }
    }
}

#[test]
fn bytes_behind_a_head_that_ends_in_bare_line_feeds_are_not_swallowed() {
    // Who takes two line feeds for the end must not lose what is behind them.
    let behind = "GET /secret HTTP/1.1\r\nHost: b\r\n\r\n";
    for head in [
        "GET / HTTP/1.1\nHost: a\n\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\n",
        "GET / HTTP/1.1\r\nHost: a\n\n",
    ] {
        let bytes = [head, behind].concat();
        let (read, rest) = read(&[bytes.as_bytes()], HeadReader::request);
        assert!(read.is_err() || rest == behind.as_bytes(), "{read:?}");
    }
    let head = b"HTTP/1.1 101 Ok\nUpgrade: websocket\n\n\x81\x04\r\n\r\n";
    let (read, rest) = read(&[head], HeadReader::response);
    assert!(read.is_err() || rest == b"\x81\x04\r\n\r\n", "{read:?}");
}

#[test]
fn empty_lines_without_end_are_no_head() {
    for (lines, read) in [(500, true), (501, false), (100_000, false)] {
        let bytes = ["\r\n".repeat(lines).as_bytes(), b"GET / HTTP/1.1\r\n\r\n"].concat();
        for size in [2, 3, bytes.len()] {
            let mut reader = HeadReader::new().max_bytes(1000);
            let mut input = BytesMut::new();
            let mut parts = bytes.chunks(size);
            let head = loop {
                match reader.request(&mut input) {
                    Ok(None) => input.extend_from_slice(parts.next().unwrap()),
                    done => break done,
                }
            };
            if read {
                assert!(matches!(head, Ok(Some(_))), "{head:?}");
            } else {
                assert_eq!(head, Err(HeadError::TooLong { limit: 1000 }));
            }
        }
    }
}

#[test]
fn a_head_that_is_too_long_is_refused_with_431_before_it_ends() {
    for limit in [50, 1000, 16 * 1024] {
        let start = "GET / HTTP/1.1\r\nX: ";
        let head = |len: usize| {
            let value = "x".repeat(len - start.len() - 4);
            format!("{start}{value}\r\n\r\n")
        };
        let fresh = || HeadReader::new().max_bytes(limit);
        for (len, fits) in [(limit - 1, true), (limit, true), (limit + 1, false)] {
            let head = head(len);
            // What is behind a head does not make it longer.
            for behind in [0, 100_000] {
                let mut input = BytesMut::from(head.as_bytes());
                input.extend_from_slice(&vec![7; behind]);
                let read = fresh().request(&mut input);
                assert_eq!(read.is_ok(), fits);
                assert!(!fits || input.len() == behind);
            }
        }
        // It is not waited for the end of one that never comes.
        let endless = head(limit + 1000);
        let mut reader = fresh();
        let mut input = BytesMut::new();
        for (at, byte) in endless.bytes().enumerate() {
            input.extend_from_slice(&[byte]);
            let read = reader.request(&mut input);
            if at < limit {
                assert_eq!(read, Ok(None));
            } else {
                assert_eq!(read, Err(HeadError::TooLong { limit }));
                break;
            }
        }
        assert_eq!(HeadError::TooLong { limit }.status(), 431);
    }
    let mut input = BytesMut::from(&[b'x'; 16 * 1024][..]);
    assert_eq!(HeadReader::new().request(&mut input), Ok(None));
    input.extend_from_slice(b"x");
    assert!(HeadReader::default().request(&mut input).is_err());
}

#[test]
fn a_head_of_too_many_fields_is_refused_with_431() {
    for (start, count) in [
        (REQUEST, 100),
        (REQUEST, 101),
        (RESPONSE, 100),
        (RESPONSE, 101),
    ] {
        let head = format!("{start}{}\r\n", "A: b\r\n".repeat(count));
        let told = if start == REQUEST {
            let (read, _) = read(&[head.as_bytes()], HeadReader::request);
            read.map(|head| head.headers.len())
        } else {
            let (read, _) = read(&[head.as_bytes()], HeadReader::response);
            read.map(|head| head.headers.len())
        };
        let fits = if count > 100 {
            Err(HeadError::TooManyFields)
        } else {
            Ok(count)
        };
        assert_eq!(told, fits);
    }
    assert_eq!(HeadError::TooManyFields.status(), 431);
}

#[test]
fn reading_costs_the_same_however_it_is_cut() {
    // A megabyte byte by byte would take minutes if each looked at all before it.
    let head = format!("{REQUEST}X: {}\r\n\r\n", "x".repeat(1_000_000));
    let mut reader = HeadReader::new().max_bytes(usize::MAX);
    let mut input = BytesMut::with_capacity(head.len());
    let start = Instant::now();
    for (at, byte) in head.bytes().enumerate() {
        input.extend_from_slice(&[byte]);
        let read = reader.request(&mut input).unwrap();
        assert_eq!(read.is_some(), at + 1 == head.len());
    }
    assert!(start.elapsed() < seconds(20));
}

const REQUEST: &str = "GET / HTTP/1.1\r\n";
const RESPONSE: &str = "HTTP/1.1 101 Ok\r\n";
