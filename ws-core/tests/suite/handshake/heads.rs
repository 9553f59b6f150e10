//! Heads of HTTP/1.1 as bytes (RFC 9112 §2, §3, §4, §5).

use bytes::{Bytes, BytesMut};
use ws_core::handshake::http::HeadReader;

use crate::support::{cuts::cuts, heads::read};

#[test]
fn a_request_is_read_however_it_is_cut_and_what_follows_stays() {
    for lines in ["", "\r\n", "\r\n\r\n\r\n"] {
        for (head, method, target, http_1_1, headers) in REQUESTS {
            for behind in [
                &b""[..],
                b"\x81\x05Hello",
                b"\r\n\r\n",
                b"GET / HTTP/1.1\r\n\r\n",
            ] {
                let bytes = [lines.as_bytes(), head.as_bytes(), behind].concat();
                for parts in cuts(&bytes) {
                    let (read, rest) = read(&parts, HeadReader::request);
                    let read = read.expect("the head is as it should be");
                    assert_eq!(
                        (&*read.method, &*read.target),
                        (method, target),
                        "{parts:x?}"
                    );
                    assert_eq!(read.http_1_1, http_1_1);
                    assert_eq!(fields(&read.headers), headers);
                    assert_eq!(rest, behind, "{parts:x?}");
                }
            }
        }
    }
}

#[test]
fn a_response_is_read_however_it_is_cut_and_what_follows_stays() {
    let table: [(&str, u16, &[Field]); 4] = [
        (
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nX:\r\n\r\n",
            101,
            &[("Upgrade", b"websocket"), ("X", b"")],
        ),
        ("HTTP/1.1 404 Not Found\r\n\r\n", 404, &[]),
        // A server may leave the reason out, in two ways.
        ("HTTP/1.1 101 \r\nA: b\r\n\r\n", 101, &[("A", b"b")]),
        ("HTTP/1.1 101\r\nA: b\r\n\r\n", 101, &[("A", b"b")]),
    ];
    for (head, status, headers) in table {
        for behind in [&b""[..], b"\x81\x05Hello", b"\r\n\r\n"] {
            let bytes = [head.as_bytes(), behind].concat();
            for parts in cuts(&bytes) {
                let (read, rest) = read(&parts, HeadReader::response);
                let read = read.expect("the head is as it should be");
                assert_eq!(read.status, status);
                assert_eq!(fields(&read.headers), headers);
                assert_eq!(rest, behind);
            }
        }
    }
}

#[test]
fn a_value_may_be_of_bytes_that_are_no_text() {
    let head = b"GET / HTTP/1.1\r\nX: \xff\xfe\r\n\r\n";
    let (read, _) = read(&[head], HeadReader::request);
    assert_eq!(fields(&read.unwrap().headers), [("X", &b"\xff\xfe"[..])]);
}

#[test]
fn a_head_that_is_not_whole_waits() {
    let (head, ..) = REQUESTS[0];
    for len in 0..head.len() {
        let mut reader = HeadReader::new();
        let mut input = BytesMut::from(&head[..len]);
        for _ in 0..3 {
            assert_eq!(reader.request(&mut input), Ok(None));
        }
        input.extend_from_slice(&head.as_bytes()[len..]);
        assert!(reader.request(&mut input).unwrap().is_some());
        assert!(input.is_empty());
    }
}

#[test]
fn a_reader_reads_one_head_after_the_other() {
    let (head, ..) = REQUESTS[0];
    let mut reader = HeadReader::new();
    let mut input = BytesMut::new();
    for _ in 0..3 {
        input.extend_from_slice(head.as_bytes());
        input.extend_from_slice(b"\r\n");
    }
    for _ in 0..3 {
        let read = reader.request(&mut input).unwrap().unwrap();
        assert_eq!(read.target, "/chat?room=7");
    }
    assert_eq!(reader.request(&mut input), Ok(None));
    assert!(input.is_empty());
}

type Field = (&'static str, &'static [u8]);
type Request = (
    &'static str,
    &'static str,
    &'static str,
    bool,
    &'static [Field],
);

const REQUESTS: [Request; 4] = [
    (
        "GET /chat?room=7 HTTP/1.1\r\nHost: example.com\r\nX-Empty:\r\nx: \t a,  b \t\r\n\r\n",
        "GET",
        "/chat?room=7",
        true,
        &[("Host", b"example.com"), ("X-Empty", b""), ("x", b"a,  b")],
    ),
    ("POST * HTTP/1.0\r\n\r\n", "POST", "*", false, &[]),
    (
        "M-SEARCH http://a.example/ HTTP/1.1\r\nA: b\r\nA: c\r\n\r\n",
        "M-SEARCH",
        "http://a.example/",
        true,
        &[("A", b"b"), ("A", b"c")],
    ),
    ("GET / HTTP/1.1\r\n\r\n", "GET", "/", true, &[]),
];

fn fields(headers: &[(String, Bytes)]) -> Vec<(&str, &[u8])> {
    let headers = headers.iter();
    headers.map(|(name, value)| (&**name, &**value)).collect()
}
