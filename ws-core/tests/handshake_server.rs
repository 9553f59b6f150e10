//! A server's side of the opening handshake (RFC 6455 §4.2).

use ws_core::handshake::{Acceptance, Request, RequestError, ServerHandshake};

/// A header section.
type Head = Vec<(&'static str, &'static [u8])>;

#[test]
fn the_request_of_the_rfc_is_accepted() {
    // §1.3
    let mut head = plain();
    head.push(("Origin", b"http://example.com"));
    head.push(("Sec-WebSocket-Protocol", b"chat, superchat"));
    let server = ServerHandshake::new().subprotocols(["chat"]);
    let acceptance = server.accept(Request::get(head)).unwrap();
    let headers: Vec<_> = acceptance.headers().collect();
    let expected = [
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
        ("Sec-WebSocket-Protocol", "chat"),
    ];
    assert_eq!(headers, expected);
}

#[test]
fn fields_may_be_written_in_many_ways() {
    let table: [Head; 13] = [
        vec![("uPgRaDe", b"WebSocket")],
        vec![("Upgrade", b"WEBSOCKET")],
        vec![("Upgrade", b"h2c, websocket")],
        vec![("Upgrade", b", ,websocket,\t")],
        vec![("Upgrade", b"h2c"), ("Upgrade", b"websocket")],
        vec![("connection", b"UPGRADE")],
        vec![("Connection", b"keep-alive, Upgrade")],
        vec![("Connection", b",keep-alive ,,\tupgrade\t,")],
        vec![("Connection", b"keep-alive"), ("Connection", b"upgrade")],
        vec![("Content-Length", b"0")],
        vec![("sec-websocket-key", b" dGhlIHNhbXBsZSBub25jZQ==\t")],
        vec![("SEC-WEBSOCKET-VERSION", b"\t13 ")],
        vec![("X-Unknown", b"\xff\xfe"), ("Host", b"[::1]:8080")],
    ];
    for changes in table {
        let accepted = accept(with(&changes));
        assert!(accepted.is_ok(), "{changes:?}: {accepted:?}");
    }
}

#[test]
fn each_fault_of_a_request_is_refused() {
    let malformed = RequestError::Malformed("Sec-WebSocket-Protocol");
    let table: [(Head, RequestError, u16); 30] = [
        (vec![("Upgrade", b"")], RequestError::NotAnUpgrade, 426),
        (vec![("Upgrade", b"h2c")], RequestError::NotAnUpgrade, 426),
        (
            vec![("Upgrade", b"web socket")],
            RequestError::NotAnUpgrade,
            426,
        ),
        (
            vec![("Upgrade", b"websockets")],
            RequestError::NotAnUpgrade,
            426,
        ),
        (vec![("Connection", b"")], RequestError::Connection, 400),
        (
            vec![("Connection", b"keep-alive")],
            RequestError::Connection,
            400,
        ),
        (
            vec![("Connection", b"no-upgrade")],
            RequestError::Connection,
            400,
        ),
        (
            vec![("Connection", b"upgrade websocket")],
            RequestError::Connection,
            400,
        ),
        (
            vec![("Host", b"a.example"), ("Host", b"b.example")],
            RequestError::Host,
            400,
        ),
        (
            vec![("Host", b"example.com"), ("HOST", b"example.com")],
            RequestError::Host,
            400,
        ),
        (vec![("Host", b"\xff")], RequestError::Host, 400),
        (
            vec![("Sec-WebSocket-Version", b"")],
            RequestError::Version,
            426,
        ),
        (
            vec![("Sec-WebSocket-Version", b"8")],
            RequestError::Version,
            426,
        ),
        (
            vec![("Sec-WebSocket-Version", b"25")],
            RequestError::Version,
            426,
        ),
        (
            vec![("Sec-WebSocket-Version", b"013")],
            RequestError::Version,
            426,
        ),
        (
            vec![("Sec-WebSocket-Version", b"13, 8")],
            RequestError::Version,
            426,
        ),
        (
            vec![
                ("Sec-WebSocket-Version", b"13"),
                ("Sec-WebSocket-Version", b"13"),
            ],
            RequestError::Version,
            426,
        ),
        (vec![("Content-Length", b"1")], RequestError::Body, 400),
        (vec![("Content-Length", b"-0")], RequestError::Body, 400),
        (
            vec![("content-length", b"0"), ("Content-Length", b"20")],
            RequestError::Body,
            400,
        ),
        (
            vec![("Transfer-Encoding", b"chunked")],
            RequestError::Body,
            400,
        ),
        (
            vec![("transfer-encoding", b"identity")],
            RequestError::Body,
            400,
        ),
        (vec![("Sec-WebSocket-Key", b"")], RequestError::Key, 400),
        (
            // 15 and 17 bytes
            vec![("Sec-WebSocket-Key", b"AAAAAAAAAAAAAAAAAAAA")],
            RequestError::Key,
            400,
        ),
        (
            vec![("Sec-WebSocket-Key", b"AAAAAAAAAAAAAAAAAAAAAAA=")],
            RequestError::Key,
            400,
        ),
        (
            vec![("Sec-WebSocket-Key", b"not base64, is it now...")],
            RequestError::Key,
            400,
        ),
        (
            vec![
                ("Sec-WebSocket-Key", b"dGhlIHNhbXBsZSBub25jZQ=="),
                ("Sec-WebSocket-Key", b"dGhlIHNhbXBsZSBub25jZQ=="),
            ],
            RequestError::Key,
            400,
        ),
        (
            vec![("Sec-WebSocket-Protocol", b"chat room")],
            malformed.clone(),
            400,
        ),
        (
            vec![("Sec-WebSocket-Protocol", b"chat, {json}")],
            malformed.clone(),
            400,
        ),
        (
            vec![("Sec-WebSocket-Protocol", b"caf\xc3\xa9")],
            malformed,
            400,
        ),
    ];
    for (changes, error, status) in table {
        let refused = accept(with(&changes)).unwrap_err();
        assert_eq!(refused, error, "{changes:?}");
        assert_eq!(refused.status(), status);
        assert_ne!(refused.to_string(), "");
    }
}

#[test]
fn each_missing_field_is_refused() {
    let table = [
        ("Host", RequestError::Host),
        ("Upgrade", RequestError::NotAnUpgrade),
        ("Connection", RequestError::Connection),
        ("Sec-WebSocket-Key", RequestError::Key),
        ("Sec-WebSocket-Version", RequestError::Version),
    ];
    for (missing, error) in table {
        let mut head = plain();
        head.retain(|(name, _)| *name != missing);
        assert_eq!(accept(head).unwrap_err(), error);
    }
}

#[test]
fn a_request_that_is_no_get_of_http_1_1_is_refused() {
    let server = ServerHandshake::new();
    for method in ["POST", "HEAD", "OPTIONS", "CONNECT", "get", ""] {
        let refused = server.accept(Request::new(method, true, plain()));
        let refused = refused.unwrap_err();
        assert_eq!(refused, RequestError::Method);
        assert_eq!(refused.status(), 405);
        assert_eq!(refused.headers(), [("Allow", "GET")]);
    }
    let refused = server.accept(Request::new("GET", false, plain()));
    let refused = refused.unwrap_err();
    assert_eq!(refused, RequestError::HttpVersion);
    assert_eq!(refused.status(), 400);
}

#[test]
fn a_refused_version_is_answered_with_the_one_spoken() {
    // §4.4
    let refused = accept(with(&[("Sec-WebSocket-Version", b"8")])).unwrap_err();
    assert!(refused.headers().contains(&("Sec-WebSocket-Version", "13")));
}

#[test]
fn a_status_of_426_names_the_protocol_to_upgrade_to() {
    // RFC 9110 §15.5.22; and §7.8: who sends `Upgrade` names it in `Connection`.
    for error in [RequestError::NotAnUpgrade, RequestError::Version] {
        assert_eq!(error.status(), 426);
        assert!(error.headers().contains(&("Upgrade", "websocket")));
        let connection = error
            .headers()
            .iter()
            .find(|(name, _)| *name == "Connection");
        let (_, value) = connection.expect("`Connection` goes with `Upgrade`");
        assert!(value.eq_ignore_ascii_case("upgrade"));
    }
}

#[test]
fn extensions_that_are_not_spoken_are_declined() {
    let offer: (&str, &[u8]) = (
        "Sec-WebSocket-Extensions",
        b"permessage-deflate; client_max_window_bits, x-other; a=\"1\"",
    );
    let acceptance = accept(with(&[offer])).unwrap();
    let mut headers = acceptance.headers();
    assert!(headers.all(|(name, _)| name != "Sec-WebSocket-Extensions"));
}

#[test]
fn malformed_extensions_are_refused() {
    // §9.1: who receives what is not of the grammar fails the connection.
    for value in [&b"permessage-deflate; =1"[..], b"a b", b"a; b=\"", b"\xff"] {
        let refused = accept(with(&[("Sec-WebSocket-Extensions", value)]));
        assert!(refused.is_err(), "{value:?} is accepted");
    }
}

#[test]
fn the_servers_favourite_of_the_offered_subprotocols_is_chosen() {
    let server = ServerHandshake::new().subprotocols(["v3", "v2", "v1"]);
    let table: [(Head, Option<&str>); 8] = [
        (vec![], None),
        (vec![("Sec-WebSocket-Protocol", b"")], None),
        (vec![("Sec-WebSocket-Protocol", b"v4, v5")], None),
        (vec![("Sec-WebSocket-Protocol", b"V1")], None),
        (vec![("Sec-WebSocket-Protocol", b"v1")], Some("v1")),
        (vec![("Sec-WebSocket-Protocol", b"v1, v2")], Some("v2")),
        (vec![("Sec-WebSocket-Protocol", b",v1 ,\t,v3,")], Some("v3")),
        (
            vec![
                ("Sec-WebSocket-Protocol", b"v1"),
                ("sec-websocket-protocol", b"v2"),
            ],
            Some("v2"),
        ),
    ];
    for (changes, chosen) in table {
        let acceptance = server.accept(Request::get(with(&changes))).unwrap();
        assert_eq!(acceptance.subprotocol(), chosen);
        let answered: Vec<_> = acceptance
            .headers()
            .filter(|(name, _)| *name == "Sec-WebSocket-Protocol")
            .map(|(_, value)| value)
            .collect();
        assert_eq!(answered, Vec::from_iter(chosen));
    }
}

/// A request as it should be (§1.3).
fn plain() -> Head {
    vec![
        ("Host", b"server.example.com"),
        ("Upgrade", b"websocket"),
        ("Connection", b"Upgrade"),
        ("Sec-WebSocket-Key", b"dGhlIHNhbXBsZSBub25jZQ=="),
        ("Sec-WebSocket-Version", b"13"),
    ]
}

/// The same with other values for these fields.
fn with(changes: &[(&'static str, &'static [u8])]) -> Head {
    let mut head = plain();
    let changed = |name: &str| changes.iter().any(|(it, _)| it.eq_ignore_ascii_case(name));
    head.retain(|(name, _)| !changed(name));
    head.extend(changes);
    head
}

fn accept(head: Head) -> Result<Acceptance, RequestError> {
    ServerHandshake::new().accept(Request::get(head))
}
