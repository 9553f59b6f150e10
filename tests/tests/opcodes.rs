//! The program `opcodes`: its server frame by frame, as raw bytes, and its
//! client against it.
#![expect(
    clippy::unwrap_used,
    reason = "a panic of what a test leans on fails the test"
)]

use std::{net::SocketAddr, process::Command};

use ws_tests::{
    binaries::example,
    program::Program,
    raw::{End, Raw},
    request::{ACCEPT, Request},
};

#[actix_web::test]
async fn server_tells_the_time_in_a_control_frame() {
    let (_server, address) = serve().await;
    let mut raw = open(address, None).await;
    raw.send(masked(FIN | TIME, b"")).await;
    let (first, date) = frame(&mut raw).await;
    assert_eq!(first, FIN | TIME);
    let date = String::from_utf8(date).unwrap();
    assert!(date.ends_with(" GMT") && date.len() == 29, "{date}");
}

#[actix_web::test]
async fn server_sends_letters_back_as_capitals_and_without_the_extension_as_they_are() {
    let (_server, address) = serve().await;
    let mut raw = open(address, None).await;
    for letters in [&b"~~~~ ahoy"[..], b""] {
        raw.send(masked(FIN | ASCII, letters)).await;
        let (first, answer) = frame(&mut raw).await;
        assert_eq!(first, FIN | ASCII);
        assert_eq!(answer, letters.to_ascii_uppercase());
    }
}

#[actix_web::test]
async fn server_shortens_letters_under_rsv1_and_leaves_the_time_alone() {
    let (_server, address) = serve().await;
    // Of two that own the bit, the server takes its own, and has no other.
    let offers = "permessage-deflate, x-run-length";
    let mut raw = open(address, Some(offers)).await;
    raw.send(masked(FIN | RSV1 | ASCII, &[60, b'a', 1, b'b']))
        .await;
    let (first, runs) = frame(&mut raw).await;
    assert_eq!(first, FIN | RSV1 | ASCII);
    assert_eq!(runs, [60, b'A', 1, b'B']);

    raw.send(masked(FIN | TIME, b"")).await;
    let (first, date) = frame(&mut raw).await;
    assert_eq!(first, FIN | TIME);
    assert!(date.ends_with(b" GMT"));

    // A peer need not shorten, and letters may come in fragments.
    raw.send(masked(ASCII, b"~~")).await;
    raw.send(masked(FIN | TIME, b"")).await;
    raw.send(masked(FIN, b"~z")).await;
    assert_eq!(frame(&mut raw).await.0, FIN | TIME);
    let (first, runs) = frame(&mut raw).await;
    assert_eq!(first, FIN | RSV1 | ASCII);
    assert_eq!(runs, [3, b'~', 1, b'Z']);
}

#[actix_web::test]
async fn server_refuses_what_neither_opcode_nor_extension_allows() {
    let (_server, address) = serve().await;
    for (offer, bytes, code) in [
        // The bit has no owner.
        (None, masked(FIN | RSV1 | ASCII, &[1, b'a']), 1002),
        (Some(NAME), masked(FIN | RSV1 | TIME, b""), 1002),
        (Some(NAME), masked(FIN | RSV1 | ASCII, &[1]), 1002),
        // Opcodes that nobody gave a meaning.
        (None, masked(FIN | 0x4, b"letters"), 1002),
        (None, masked(FIN | 0xC, b""), 1002),
        // A control frame in two.
        (None, masked(TIME, b""), 1002),
        (None, masked(FIN | 0x1, b"text has no handler"), 1003),
        (None, masked(FIN | ASCII, "ü".as_bytes()), 1007),
        (None, masked(FIN | TIME, b"noon"), 1007),
    ] {
        let mut raw = open(address, offer).await;
        raw.send(&bytes).await;
        let (first, close) = frame(&mut raw).await;
        let answered = u16::from_be_bytes([close[0], close[1]]);
        assert_eq!((first, answered), (FIN | CLOSE, code), "{bytes:02x?}");
        raw.send(masked(FIN | CLOSE, &close[..2])).await;
        assert_eq!(raw.rest().await, (vec![], End::Eof), "{bytes:02x?}");
    }
}

#[actix_web::test]
async fn two_bytes_that_stand_for_many_are_held_to_the_limit() {
    let (_server, address) = serve().await;
    let mut raw = open(address, Some(NAME)).await;
    // 255 letters for each run of two bytes: more than the default of 1 MiB.
    let runs = [255, b'a'].repeat((1 << 20) / 255 + 1);
    raw.send(masked(FIN | RSV1 | ASCII, &runs)).await;
    let (first, close) = frame(&mut raw).await;
    assert_eq!(
        (first, &close[..2]),
        (FIN | CLOSE, &1009_u16.to_be_bytes()[..])
    );
}

#[actix_web::test]
async fn a_plain_route_is_served_beside() {
    let (_server, address) = serve().await;
    let _open = open(address, None).await;
    let answer = Raw::connect(address)
        .await
        .ask(&Request::get("/time"))
        .await;
    assert_eq!(answer.status, "HTTP/1.1 200 OK");
    assert!(answer.body.ends_with(" GMT"), "{answer:?}");
}

#[actix_web::test]
async fn client_shows_the_frames_it_exchanges() {
    let (_server, address) = serve().await;
    let url = format!("ws://{address}");
    let shown = client(&[&url, "aaaaaaaa"]);
    let expected = [
        "x-run-length",
        "<-- HTTP/1.1 101 Switching Protocols",
        "--> 1   .    0xb time   1        0",
        "<-- 1   .    0xb time   .       29  ",
        "time: ",
        "--> 1   1    0x3 ascii  1        2  08 61",
        "<-- 1   1    0x3 ascii  .        2  08 41",
        "ascii: AAAAAAAA (8 letters)",
        "--> 1   .    0x8 close  1        2  1000 (normal closure)",
        "<-- 1   .    0x8 close  .        2  1000 (normal closure)",
    ];
    let mut rest = &*shown;
    for part in expected {
        let (_, after) = rest.split_once(part).unwrap_or_else(|| {
            panic!("no {part:?}, or not in its place, in\n{shown}");
        });
        rest = after;
    }

    let shown = client(&["--plain", &url, "aaaaaaaa", "b"]);
    assert!(!shown.contains("x-run-length"), "{shown}");
    assert!(
        shown.contains("--> 1   .    0x3 ascii  1        8  aaaaaaaa"),
        "{shown}"
    );
    assert!(shown.contains("ascii: B (1 letter)"), "{shown}");
}

#[test]
fn client_tells_what_is_wrong() {
    for (arguments, part) in [
        (
            &["ws://127.0.0.1:1"][..],
            "cannot connect to ws://127.0.0.1:1/",
        ),
        (&["wss://localhost"], "a ws:// URL"),
        (&["ws://localhost", "ü"], "no letter of ASCII"),
    ] {
        let output = Command::new(example("opcodes"))
            .arg("client")
            .args(arguments)
            .output();
        let output = output.unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{output:?}");
        assert!(errors.contains(part), "{errors}");
    }
}

/// What the client prints, which has to end well.
fn client(arguments: &[&str]) -> String {
    let output = Command::new(example("opcodes"))
        .arg("client")
        .args(arguments)
        .output();
    let output = output.unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

async fn serve() -> (Program, SocketAddr) {
    let mut server = Program::start("opcodes", &["server", "--port", "0"]);
    let address = server.address().await;
    (server, address)
}

/// Shakes hands, and agrees on the extension if it is among the offers.
async fn open(address: SocketAddr, offers: Option<&str>) -> Raw {
    let mut request = Request::upgrade("/");
    if let Some(offers) = offers {
        request = request.with("Sec-WebSocket-Extensions", offers);
    }
    let mut raw = Raw::connect(address).await;
    let response = raw.ask(&request).await;
    assert_eq!(response.status, "HTTP/1.1 101 Switching Protocols");
    assert_eq!(
        response.header("sec-websocket-accept").as_deref(),
        Some(ACCEPT)
    );
    let agreed = response.header("sec-websocket-extensions");
    assert_eq!(agreed.as_deref(), offers.map(|_| NAME));
    raw
}

/// A frame of a client.
fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match u16::try_from(payload.len()).expect("frames of the test are short") {
        len @ ..126 => bytes.push(MASKED | len as u8),
        len => {
            bytes.push(MASKED | 126);
            bytes.extend(len.to_be_bytes());
        }
    }
    bytes.extend(KEY);
    bytes.extend(
        payload
            .iter()
            .zip(KEY.iter().cycle())
            .map(|(byte, key)| byte ^ key),
    );
    bytes
}

/// The first byte of the next frame, and its payload: short, and not masked.
async fn frame(raw: &mut Raw) -> (u8, Vec<u8>) {
    loop {
        if let [first, len, rest @ ..] = raw.received()
            && rest.len() >= usize::from(*len)
        {
            let (first, len) = (*first, usize::from(*len));
            assert!(len < 126, "a short frame that is not masked: {len}");
            return (first, raw.take(2 + len)[2..].to_vec());
        }
        raw.read().await.expect("the server goes on");
    }
}

const FIN: u8 = 0x80;
const RSV1: u8 = 0x40;
const ASCII: u8 = 0x3;
const CLOSE: u8 = 0x8;
const TIME: u8 = 0xB;
const MASKED: u8 = 0x80;
const KEY: [u8; 4] = [0x37, 0xFA, 0x21, 0x3D];
const NAME: &str = "x-run-length";
