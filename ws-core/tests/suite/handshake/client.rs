//! A client's side of the opening handshake (RFC 6455 §4.1).

use std::time::Instant;

use ws_core::{
    Config, Connection, Entropy, Role, State,
    extension::NegotiationError,
    handshake::{ClientHandshake, ResponseError},
};

use crate::support::heads::{Head, fields, response, with};

#[test]
fn the_request_has_what_the_rfc_asks_for() {
    let handshake = rfc().subprotocols(["chat", "superchat"]).unwrap();
    let headers: Vec<_> = handshake.headers().collect();
    let expected = [
        ("Host", "server.example.com"),
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Protocol", "chat, superchat"),
    ];
    assert_eq!(
        headers,
        expected.map(|(name, value)| (name, value.to_owned()))
    );
}

#[test]
fn nothing_is_offered_that_was_not_asked_for() {
    let handshake = rfc();
    let mut headers = handshake.headers();
    assert!(headers.all(|(name, _)| !name.starts_with("Sec-WebSocket-Protocol")));
}

#[test]
fn each_handshake_has_a_key_of_its_own() {
    let key = |seed| {
        let handshake = ClientHandshake::new("example.com", Entropy::seeded(seed));
        let mut headers = handshake.headers();
        let (_, key) = headers
            .find(|(name, _)| *name == "Sec-WebSocket-Key")
            .unwrap();
        key
    };
    assert_eq!(key(1).len(), 24);
    assert_ne!(key(1), key(2));
}

#[test]
fn the_response_of_the_rfc_is_taken() {
    let connection = complete(101, &response()).unwrap();
    assert_eq!(connection.role(), Role::Client);
    assert_eq!(connection.state(), State::Open);
    assert_eq!(connection.subprotocol(), None);
}

#[test]
fn fields_may_be_written_in_many_ways() {
    let table: [Head; 7] = [
        vec![("upgrade", "WebSocket")],
        vec![("Upgrade", " websocket\t")],
        vec![("CONNECTION", "upgrade")],
        vec![("Connection", "keep-alive, ,Upgrade")],
        vec![("Connection", "keep-alive"), ("Connection", "Upgrade")],
        vec![("sec-websocket-accept", " s3pPLMBiTxaQ9kYGzzhZRbK+xOo= ")],
        vec![("Server", "any"), ("Sec-WebSocket-Extensions", "")],
    ];
    for changes in table {
        let taken = complete(101, &with(response(), &changes));
        assert!(taken.is_ok(), "{changes:?}: {taken:?}");
    }
}

#[test]
fn each_other_status_is_a_failure() {
    for status in [0, 100, 102, 200, 204, 301, 400, 401, 403, 426, 503] {
        let failed = complete(status, &response()).unwrap_err();
        assert_eq!(failed, ResponseError::Status(status));
    }
}

#[test]
fn each_fault_of_a_response_is_a_failure() {
    let malformed = ResponseError::Malformed("Sec-WebSocket-Protocol");
    let table: [(Head, ResponseError); 15] = [
        (vec![("Upgrade", "")], ResponseError::Upgrade),
        (vec![("Upgrade", "h2c")], ResponseError::Upgrade),
        (vec![("Upgrade", "websockets")], ResponseError::Upgrade),
        (vec![("Connection", "")], ResponseError::Connection),
        (vec![("Connection", "close")], ResponseError::Connection),
        (vec![("Sec-WebSocket-Accept", "")], ResponseError::Accept),
        (
            // The answer to another key
            vec![("Sec-WebSocket-Accept", "ICX+Yqv66kxgM0FcWaLWlFLwTAI=")],
            ResponseError::Accept,
        ),
        (
            // The same letters in another case
            vec![("Sec-WebSocket-Accept", "S3pPLMBiTxaQ9kYGzzhZRbK+xOo=")],
            ResponseError::Accept,
        ),
        (
            vec![
                ("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
                ("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
            ],
            ResponseError::Accept,
        ),
        (
            vec![("Sec-WebSocket-Extensions", "permessage-deflate")],
            ResponseError::Extension(NegotiationError::NotOffered(
                "permessage-deflate".to_owned(),
            )),
        ),
        (
            vec![("Sec-WebSocket-Protocol", "other")],
            ResponseError::Subprotocol,
        ),
        (
            vec![("Sec-WebSocket-Protocol", "V1")],
            ResponseError::Subprotocol,
        ),
        (
            vec![("Sec-WebSocket-Protocol", "v1, v2")],
            ResponseError::Subprotocol,
        ),
        (
            vec![
                ("Sec-WebSocket-Protocol", "v1"),
                ("Sec-WebSocket-Protocol", "v1"),
            ],
            ResponseError::Subprotocol,
        ),
        (vec![("Sec-WebSocket-Protocol", "v1;")], malformed),
    ];
    for (changes, error) in table {
        let handshake = rfc().subprotocols(["v1", "v2"]).unwrap();
        let failed = complete_with(handshake, 101, &with(response(), &changes)).unwrap_err();
        assert_eq!(failed, error, "{changes:?}");
        assert_ne!(failed.to_string(), "");
    }
}

#[test]
fn each_missing_field_is_a_failure() {
    let table = [
        ("Upgrade", ResponseError::Upgrade),
        ("Connection", ResponseError::Connection),
        ("Sec-WebSocket-Accept", ResponseError::Accept),
    ];
    for (missing, error) in table {
        let mut head = response();
        head.retain(|(name, _)| *name != missing);
        assert_eq!(complete(101, &head).unwrap_err(), error);
    }
}

#[test]
fn client_fails_on_an_upgrade_to_more_than_websocket() {
    // §4.1: the value of `Upgrade` is to match "websocket", not to contain it.
    let table: [Head; 6] = [
        vec![("Upgrade", "h2c, websocket")],
        vec![("Upgrade", "websocket, x-other")],
        vec![("Upgrade", "websocket"), ("Upgrade", "x-other")],
        vec![("Upgrade", "x-other"), ("Upgrade", "websocket")],
        vec![("Upgrade", ""), ("Upgrade", "websocket")],
        vec![("Upgrade", "websocket"), ("Upgrade", "websocket")],
    ];
    for changes in table {
        let failed = complete(101, &with(response(), &changes)).map(|_| ());
        assert_eq!(failed, Err(ResponseError::Upgrade), "{changes:?}");
    }
}

#[test]
fn the_subprotocol_that_the_server_chose_is_told() {
    for chosen in ["v1", "v2"] {
        let head = with(response(), &[("Sec-WebSocket-Protocol", chosen)]);
        let handshake = rfc().subprotocols(["v1", "v2"]).unwrap();
        let connection = complete_with(handshake, 101, &head).unwrap();
        assert_eq!(connection.subprotocol(), Some(chosen));
    }
}

#[test]
fn client_fails_on_a_subprotocol_though_it_offered_none() {
    let head = with(response(), &[("Sec-WebSocket-Protocol", "chat")]);
    let failed = complete(101, &head).unwrap_err();
    assert_eq!(failed, ResponseError::Subprotocol);
}

/// A handshake with the key of the RFC's example (§1.3).
fn rfc() -> ClientHandshake {
    let entropy = Entropy::from_source(|bytes| {
        for chunk in bytes.chunks_mut(16) {
            chunk.copy_from_slice(&b"the sample nonce"[..chunk.len()]);
        }
    });
    ClientHandshake::new("server.example.com", entropy)
}

fn complete(status: u16, head: &Head) -> Result<Connection, ResponseError> {
    complete_with(rfc(), status, head)
}

fn complete_with(
    handshake: ClientHandshake,
    status: u16,
    head: &Head,
) -> Result<Connection, ResponseError> {
    handshake.complete(status, fields(head), Instant::now(), Config::new())
}
