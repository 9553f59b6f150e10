use std::time::Instant;

use bytes::{Bytes, BytesMut};
use ws_core::{
    Config,
    extension::deflate::Deflate,
    handshake::{
        Acceptance, OpeningError, Response, ServerHandshake, ServerOpening,
        http::{HeadReader, RequestHead, write_request},
    },
};

use super::response::{Opened, open};

/// What a server makes of these pieces: the head, what stays of the input, and
/// the bytes of the answer.
pub(super) fn read(
    limit: usize,
    cut: &[&[u8]],
) -> Result<Option<(RequestHead, Vec<u8>, Bytes)>, OpeningError> {
    let now = Instant::now();
    let reader = HeadReader::new().max_bytes(limit);
    let mut opening = ServerOpening::new(now, Config::new()).head_reader(reader);
    let mut input = BytesMut::new();
    let mut head = None;
    for piece in cut {
        input.extend_from_slice(piece);
        if head.is_none() {
            head = opening.handle_input(now, &mut input).inspect_err(refuse)?;
        }
        let waits = head.is_none() && input.len() > limit.max(1);
        assert!(!waits, "too much is waited for");
    }
    Ok(head.map(|head| {
        check_written(&head);
        let answer = answer(opening, &head);
        (head, input.to_vec(), answer)
    }))
}

/// What was read can be written, and reads the same again.
fn check_written(head: &RequestHead) {
    let fields = head.headers.iter();
    let fields = fields.map(|(name, value)| (&**name, value));
    let written = write_request(&head.target, fields).expect("what was read can be written");
    let again = HeadReader::new()
        .max_bytes(usize::MAX)
        .request(&mut written.into());
    let again = again.expect("what is written can be read");
    let again = again.expect("what is written is whole");
    assert_eq!(again.target, head.target);
    assert_eq!(again.headers, head.headers);
}

/// The bytes of the server's answer, which a client can read.
fn answer(opening: ServerOpening, head: &RequestHead) -> Bytes {
    let server = ServerHandshake::new().extension(Deflate::new());
    let server = server.subprotocols(["chat.v2", "chat"]).expect("tokens");
    match server.accept(head.to_request()) {
        Ok(acceptance) => {
            check_accepted(head, &acceptance);
            let (response, connection) = opening.open(Instant::now(), acceptance);
            drop(connection);
            let bytes = response.encode().expect("our own fields can be written");
            let read = HeadReader::new().response(&mut bytes.clone().into());
            let read = read.expect("an answer can be read");
            let read = read.expect("an answer is whole");
            assert_eq!((read.status, read.headers), (101, response.headers));
            bytes
        }
        Err(error) => check_refusal(&Response::from(&error)),
    }
}

fn refuse(error: &OpeningError) {
    error.response().as_ref().map(check_refusal);
}

/// A client learns of the refusal what the server said.
fn check_refusal(response: &Response) -> Bytes {
    assert!((400..500).contains(&response.status));
    let bytes = response.encode().expect("our own fields can be written");
    let Opened::Refused(read) = open(&[&bytes]) else {
        panic!("{bytes:?} is no refusal");
    };
    assert_eq!((read.status, &read.body), (response.status, &response.body));
    assert!(read.headers.starts_with(&response.headers));
    bytes
}

/// §4.2.1 once more, from the outside: what must never be accepted.
fn check_accepted(head: &RequestHead, acceptance: &Acceptance) {
    assert_eq!(head.method, "GET");
    assert!(head.http_1_1);
    let values = |wanted: &str| {
        let fields = head.headers.iter();
        let named = fields.filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
        let values = named.map(|(_, value)| String::from_utf8_lossy(value).into_owned());
        values.collect::<Vec<_>>()
    };
    let one_of = |wanted: &str, member: &str| {
        let all = values(wanted).join(",").to_ascii_lowercase();
        all.split(',')
            .any(|it| it.trim_matches([' ', '\t']) == member)
    };
    assert!(one_of("upgrade", "websocket"));
    assert!(one_of("connection", "upgrade"));
    assert_eq!(values("host").len(), 1);
    assert_eq!(values("sec-websocket-key").len(), 1);
    assert_eq!(values("sec-websocket-version"), ["13"]);
    assert!(values("transfer-encoding").is_empty());
    assert!(values("content-length").iter().all(|length| length == "0"));
    if let Some(subprotocol) = acceptance.subprotocol() {
        let offered = values("sec-websocket-protocol").join(",");
        let mut offered = offered.split(',');
        assert!(offered.any(|it| it.trim_matches([' ', '\t']) == subprotocol));
    }
}
