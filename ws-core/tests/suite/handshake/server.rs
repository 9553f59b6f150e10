//! A server's side of the opening handshake (RFC 6455 §4.2).

use ws_core::handshake::{Acceptance, Request, RequestError, ServerHandshake};

use crate::support::heads::{Head, fields, request, with};

#[test]
fn the_request_of_the_rfc_is_accepted() {
    // §1.3
    let mut head = request();
    head.push(("Origin", "http://example.com"));
    head.push(("Sec-WebSocket-Protocol", "chat, superchat"));
    let server = ServerHandshake::new().subprotocols(["chat"]).unwrap();
    let acceptance = server.accept(Request::get(fields(&head))).unwrap();
    let expected = [
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
        ("Sec-WebSocket-Protocol", "chat"),
    ];
    assert_eq!(Vec::from_iter(acceptance.headers()), expected);
}

#[test]
fn fields_may_be_written_in_many_ways() {
    let table: [&[(&str, &str)]; 13] = [
        &[("uPgRaDe", "WebSocket")],
        &[("Upgrade", "WEBSOCKET")],
        &[("Upgrade", "h2c, websocket")],
        &[("Upgrade", ", ,websocket,\t")],
        &[("Upgrade", "h2c"), ("Upgrade", "websocket")],
        &[("connection", "UPGRADE")],
        &[("Connection", "keep-alive, Upgrade")],
        &[("Connection", ",keep-alive ,,\tupgrade\t,")],
        &[("Connection", "keep-alive"), ("Connection", "upgrade")],
        &[("Content-Length", "0")],
        &[("sec-websocket-key", " dGhlIHNhbXBsZSBub25jZQ==\t")],
        &[("SEC-WEBSOCKET-VERSION", "\t13 ")],
        &[("X-Unknown", "any"), ("Host", "[::1]:8080")],
    ];
    for changes in table {
        let accepted = accept(&with(request(), changes));
        assert!(accepted.is_ok(), "{changes:?}: {accepted:?}");
    }
}

#[test]
fn each_fault_of_a_request_is_refused() {
    let key = ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
    let version = ("Sec-WebSocket-Version", "13");
    let not_an_upgrade: [&[(&str, &str)]; 4] = [
        &[("Upgrade", "")],
        &[("Upgrade", "h2c")],
        &[("Upgrade", "web socket")],
        &[("Upgrade", "websockets")],
    ];
    let connection: [&[(&str, &str)]; 4] = [
        &[("Connection", "")],
        &[("Connection", "keep-alive")],
        &[("Connection", "no-upgrade")],
        &[("Connection", "upgrade websocket")],
    ];
    let host: [&[(&str, &str)]; 2] = [
        &[("Host", "a.example"), ("Host", "b.example")],
        &[("Host", "example.com"), ("HOST", "example.com")],
    ];
    let versions: [&[(&str, &str)]; 6] = [
        &[("Sec-WebSocket-Version", "")],
        &[("Sec-WebSocket-Version", "8")],
        &[("Sec-WebSocket-Version", "25")],
        &[("Sec-WebSocket-Version", "013")],
        &[("Sec-WebSocket-Version", "13, 8")],
        &[version, version],
    ];
    let body: [&[(&str, &str)]; 6] = [
        &[("Content-Length", "1")],
        &[("content-length", "1")],
        &[("Content-Length", "-0")],
        &[("content-length", "0"), ("Content-Length", "20")],
        &[("Transfer-Encoding", "chunked")],
        &[("transfer-encoding", "identity")],
    ];
    let keys: [&[(&str, &str)]; 5] = [
        &[("Sec-WebSocket-Key", "")],
        &[("Sec-WebSocket-Key", "not base64, is it now...")],
        // 15 and 17 bytes
        &[("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAA")],
        &[("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAAA=")],
        &[key, key],
    ];
    let subprotocols: [&[(&str, &str)]; 3] = [
        &[("Sec-WebSocket-Protocol", "chat room")],
        &[("Sec-WebSocket-Protocol", "chat, {json}")],
        &[("Sec-WebSocket-Protocol", "café")],
    ];
    refused(&not_an_upgrade, &RequestError::NotAnUpgrade, 426);
    refused(&connection, &RequestError::Connection, 400);
    refused(&host, &RequestError::Host, 400);
    refused(&versions, &RequestError::Version, 426);
    refused(&body, &RequestError::Body, 400);
    refused(&keys, &RequestError::Key, 400);
    let malformed = RequestError::Malformed("Sec-WebSocket-Protocol");
    refused(&subprotocols, &malformed, 400);
}

#[test]
fn a_header_that_is_too_large_is_refused_with_431() {
    let accept = |handshake: &ServerHandshake, extra: &[(&str, &str)]| {
        let (head, extra) = (request(), extra.iter().copied());
        let fields = head.iter().copied().chain(extra);
        let fields = fields.map(|(name, value)| (name, value.as_bytes()));
        handshake.accept(Request::get(fields)).map(drop)
    };
    let handshake = ServerHandshake::new();
    let (head, max_bytes, max_fields) = (request(), 16 * 1024, 100);
    let sizes = head.iter().map(|(name, value)| name.len() + value.len());
    let cookie = "c".repeat(max_bytes - sizes.sum::<usize>() - "Cookie".len());
    assert_eq!(accept(&handshake, &[("Cookie", &cookie)]), Ok(()));
    let refused = accept(&handshake, &[("Cookie", &cookie), ("X", "")]).unwrap_err();
    let too_large = RequestError::HeaderTooLarge {
        max_bytes,
        max_fields,
    };
    assert_eq!(refused, too_large);
    assert_eq!((refused.status(), refused.headers()), (431, &[][..]));

    let many = vec![("X", ""); max_fields + 1 - head.len()];
    assert_eq!(accept(&handshake, &many[1..]), Ok(()));
    assert_eq!(accept(&handshake, &many), Err(too_large));
    let generous = handshake.max_header_fields(101).max_header_bytes(1 << 20);
    assert_eq!(accept(&generous, &many), Ok(()));
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
        let mut head = request();
        head.retain(|(name, _)| *name != missing);
        assert_eq!(accept(&head).unwrap_err(), error);
    }
}

#[test]
fn a_field_of_bytes_that_are_no_text_counts_if_it_matters() {
    let table = [
        ("X-Unknown", None),
        ("Host", Some(RequestError::Host)),
        ("Upgrade", Some(RequestError::NotAnUpgrade)),
        ("Connection", Some(RequestError::Connection)),
        ("Sec-WebSocket-Key", Some(RequestError::Key)),
        ("Sec-WebSocket-Version", Some(RequestError::Version)),
        ("Content-Length", Some(RequestError::Body)),
        ("Sec-WebSocket-Protocol", {
            Some(RequestError::Malformed("Sec-WebSocket-Protocol"))
        }),
    ];
    for (name, error) in table {
        let mut head = Vec::from_iter(fields(&request()));
        head.retain(|(it, _)| *it != name);
        head.push((name, b"\xff\xfe"));
        let judged = ServerHandshake::new().accept(Request::get(head));
        assert_eq!(judged.err(), error);
    }
}

#[test]
fn a_request_that_is_no_get_of_http_1_1_is_refused() {
    let server = ServerHandshake::new();
    for method in ["POST", "HEAD", "OPTIONS", "CONNECT", "get", ""] {
        let refused = server.accept(Request::new(method, true, fields(&request())));
        let refused = refused.unwrap_err();
        assert_eq!(refused, RequestError::Method);
        assert_eq!(refused.status(), 405);
        assert_eq!(refused.headers(), [("Allow", "GET")]);
    }
    let refused = server.accept(Request::new("GET", false, fields(&request())));
    let refused = refused.unwrap_err();
    assert_eq!(refused, RequestError::HttpVersion);
    assert_eq!(refused.status(), 400);
}

#[test]
fn a_refused_version_is_answered_with_the_one_spoken() {
    // §4.4
    let head = with(request(), &[("Sec-WebSocket-Version", "8")]);
    let refused = accept(&head).unwrap_err();
    assert!(refused.headers().contains(&("Sec-WebSocket-Version", "13")));
}

#[test]
fn a_status_of_426_names_the_protocol_to_upgrade_to() {
    // RFC 9110 §15.5.22; and §7.8: who sends `Upgrade` names it in `Connection`.
    for error in [RequestError::NotAnUpgrade, RequestError::Version] {
        assert_eq!(error.status(), 426);
        assert!(error.headers().contains(&("Upgrade", "websocket")));
        let mut headers = error.headers().iter();
        let connection = headers.find(|(name, _)| *name == "Connection");
        let (_, value) = connection.expect("`Connection` goes with `Upgrade`");
        assert!(value.eq_ignore_ascii_case("upgrade"));
    }
}

#[test]
fn extensions_that_are_not_spoken_are_declined() {
    let offer = "permessage-deflate; client_max_window_bits, x-other; a=\"1\"";
    let head = with(request(), &[("Sec-WebSocket-Extensions", offer)]);
    let acceptance = accept(&head).unwrap();
    let mut headers = acceptance.headers();
    assert!(headers.all(|(name, _)| name != "Sec-WebSocket-Extensions"));
}

#[test]
fn malformed_extensions_are_refused() {
    // §9.1: who receives what is not of the grammar fails the connection.
    for value in ["permessage-deflate; =1", "a b", "a; b=\"", "a; b=\"c d\""] {
        let refused = accept(&with(request(), &[("Sec-WebSocket-Extensions", value)]));
        assert!(refused.is_err(), "{value:?} is accepted");
    }
}

#[test]
fn a_server_that_requires_a_subprotocol_refuses_who_offers_none_of_its_own() {
    let chats = ServerHandshake::new().subprotocols(["v2", "v1"]).unwrap();
    let chosen = ServerHandshake::new().select_subprotocol(|offered| {
        let mut offered = offered.iter();
        offered
            .find(|it| it.starts_with('v'))
            .map(|it| (*it).to_owned())
    });
    for server in [chats, chosen] {
        for (offered, subprotocol) in [
            ("v1", Some("v1")),
            ("other, v1", Some("v1")),
            ("other", None),
            ("V1", None),
            ("", None),
        ] {
            let head = with(request(), &[("Sec-WebSocket-Protocol", offered)]);
            let accepted = server.accept(Request::get(fields(&head))).unwrap();
            assert_eq!(accepted.subprotocol(), subprotocol, "{offered}");
            let strict = server.clone().require_subprotocol();
            let accepted = strict.accept(Request::get(fields(&head)));
            match (subprotocol, accepted) {
                (Some(_), Ok(accepted)) => assert_eq!(accepted.subprotocol(), subprotocol),
                (None, Err(error)) => {
                    assert_eq!(error, RequestError::Subprotocol);
                    assert_eq!(error.status(), 400);
                }
                (_, other) => panic!("{offered}: {other:?}"),
            }
        }
        let strict = server.require_subprotocol();
        let refused = strict.accept(Request::get(fields(&request())));
        assert_eq!(refused.unwrap_err(), RequestError::Subprotocol);
    }
}

#[test]
fn the_servers_favourite_of_the_offered_subprotocols_is_chosen() {
    let server = ServerHandshake::new()
        .subprotocols(["v3", "v2", "v1"])
        .unwrap();
    let table: [(&[&str], Option<&str>); 8] = [
        (&[], None),
        (&[""], None),
        (&["v4, v5"], None),
        (&["V1"], None),
        (&["v1"], Some("v1")),
        (&["v1, v2"], Some("v2")),
        (&[",v1 ,\t,v3,"], Some("v3")),
        (&["v1", "v2"], Some("v2")),
    ];
    for (offers, chosen) in table {
        let mut head = request();
        head.extend(
            offers
                .iter()
                .map(|offer| ("sec-websocket-protocol", *offer)),
        );
        let acceptance = server.accept(Request::get(fields(&head))).unwrap();
        assert_eq!(acceptance.subprotocol(), chosen);
        let headers = acceptance.headers();
        let answered = headers.filter(|(name, _)| *name == "Sec-WebSocket-Protocol");
        let answered = answered.map(|(_, value)| value);
        assert_eq!(Vec::from_iter(answered), Vec::from_iter(chosen));
    }
}

fn accept(head: &Head) -> Result<Acceptance, RequestError> {
    ServerHandshake::new().accept(Request::get(fields(head)))
}

/// The request with each of these changes is refused for this reason.
fn refused(changes: &[&[(&'static str, &'static str)]], error: &RequestError, status: u16) {
    for changes in changes {
        let judged = accept(&with(request(), changes));
        let refused = judged.expect_err("the request has a fault");
        assert_eq!(refused, *error, "{changes:?}");
        assert_eq!(refused.status(), status);
        assert_ne!(refused.to_string(), "");
    }
}
