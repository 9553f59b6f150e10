//! Of `autobahn`: the bytes on the wire are the same, as long as the client does
//! nothing wrong.

use ws_core::CloseCode;
use ws_tests::{
    client::Client,
    raw::{End, Raw},
    request::Request,
    server::Server,
};

use crate::{after, before, serving::serve};

#[actix_web::test]
async fn autobahn_says_the_same_to_clients_without_fault() {
    let long = vec![b'x'; 70_000];
    let conversations: &[&[(u8, &[u8])]] = &[
        &[(TEXT, b""), (TEXT, b"Hello"), (BINARY, b"\0\xff")],
        &[(TEXT, &long[..125]), (TEXT, &long[..126]), (BINARY, &long)],
        // In fragments, with other frames between them.
        &[(TEXT - FIN, b"gr\xc3"), (PING, b"?"), (LAST, b"\xbcezi")],
        &[
            (BINARY - FIN, b"one"),
            (LAST - FIN, b""),
            (PONG, b"unasked"),
            (LAST - FIN, b"two"),
            (LAST, b"three"),
        ],
        &[
            (PING, b""),
            (PING, b"a"),
            (PING, b"a"),
            (PONG, b""),
            (PING, &long[..125]),
        ],
    ];
    let endings: &[&[u8]] = &[
        b"",
        b"\x03\xe8",
        b"\x0f\xa0enough",
        b"\x03\xe9gr\xc3\xbcezi",
    ];
    let (old, new) = servers();
    for frames in conversations {
        for ending in endings {
            let mut bytes: Vec<u8> = Vec::new();
            for (first, payload) in *frames {
                bytes.extend(frame(*first, payload));
            }
            bytes.extend(frame(CLOSE, ending));
            let expected = said(&old, &bytes).await;
            assert_eq!(said(&new, &bytes).await, expected);
            // The Close frame comes back, and nothing behind it.
            let close = [&[CLOSE, u8::try_from(ending.len()).unwrap()], *ending].concat();
            assert!(expected.ends_with(&close));
        }
    }
}

#[actix_web::test]
async fn autobahn_says_the_same_to_clients_that_are_slow() {
    let frames = [(TEXT - FIN, "Hel"), (PING, "?"), (LAST, "lo"), (CLOSE, "")];
    let mut bytes = Vec::new();
    for (first, payload) in frames {
        bytes.extend(frame(first, payload.as_bytes()));
    }
    let (old, new) = servers();
    for server in [&old, &new] {
        let mut raw = upgraded(server).await;
        raw.send_slowly(&bytes).await;
        assert_eq!(raw.rest().await.0, b"\x8a\x01?\x81\x05Hello\x88\x00");
    }
}

/// The actor answers each fault with 1002. Here the connection has answered it
/// already, with the code that RFC 6455 gives it.
#[actix_web::test]
async fn autobahn_fails_on_faults() {
    let too_long = vec![0; (1 << 20) + 1];
    let faults: &[(&str, Vec<u8>, u16)] = &[
        ("no mask", vec![TEXT, 0], 1002),
        ("unknown opcode", frame(0x83, b""), 1002),
        ("reserved bit", frame(TEXT | 0x40, b""), 1002),
        ("nothing to continue", frame(LAST, b""), 1002),
        (
            "not continued",
            [frame(TEXT - FIN, b""), frame(TEXT, b"")].concat(),
            1002,
        ),
        ("ping in fragments", frame(PING - FIN, b""), 1002),
        ("ping of 126 bytes", frame(PING, &[0; 126]), 1002),
        ("no text", frame(TEXT, b"\xff"), 1007),
        ("frame too long", frame(BINARY, &too_long), 1009),
    ];
    let (old, new) = servers();
    for (fault, bytes, code) in faults {
        for (server, code) in [(&old, 1002), (&new, *code)] {
            let mut raw = upgraded(server).await;
            raw.send(bytes).await;
            let mut client = Client::over(raw);
            let outcome = client.closed().await;
            assert_eq!(outcome.code(), CloseCode::new(code), "{fault}");
        }
    }
}

#[actix_web::test]
async fn autobahn_speaks_the_subprotocol_that_the_client_names_first() {
    let offers: [(&[&str], Option<&str>); 4] = [
        (&[], None),
        (&["echo.v3"], None),
        (&["echo.v2", "echo.v1"], Some("echo.v2")),
        (&["echo.v3", "echo.v1", "echo.v2"], Some("echo.v1")),
    ];
    let (old, new) = servers();
    for server in [&old, &new] {
        for (offered, expected) in offers {
            let client = Client::offer(server.address(), "/autobahn", offered).await;
            assert_eq!(client.subprotocol(), expected);
        }
    }
}

fn servers() -> (Server, Server) {
    (
        serve(before::autobahn::configure),
        serve(after::autobahn::configure),
    )
}

async fn upgraded(server: &Server) -> Raw {
    let mut raw = Raw::connect(server.address()).await;
    let response = raw.ask(&Request::upgrade("/autobahn")).await;
    assert_eq!(response.status, "HTTP/1.1 101 Switching Protocols");
    raw
}

/// All that the server says to these bytes.
async fn said(server: &Server, bytes: &[u8]) -> Vec<u8> {
    let mut raw = upgraded(server).await;
    raw.send(bytes).await;
    let (said, end) = raw.rest().await;
    assert_eq!(end, End::Eof);
    said
}

/// A frame of a client, with a mask that changes nothing.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let len = payload.len() as u64;
    let (length, bytes) = match len {
        0..126 => (0x80 | len as u8, 0),
        126..0x1_0000 => (0xfe, 2),
        0x1_0000.. => (0xff, 8),
    };
    let mut frame = vec![first, length];
    frame.extend(&len.to_be_bytes()[8 - bytes..]);
    frame.extend([0; 4]);
    frame.extend(payload);
    frame
}

const FIN: u8 = 0x80;
const LAST: u8 = FIN;
const TEXT: u8 = FIN | 1;
const BINARY: u8 = FIN | 2;
const CLOSE: u8 = FIN | 8;
const PING: u8 = FIN | 9;
const PONG: u8 = FIN | 10;
