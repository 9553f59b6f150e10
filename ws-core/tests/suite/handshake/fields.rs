//! Fields that applications add: none gets into a head that would end its line
//! or contradict the handshake (RFC 9110 §5).

use ws_core::{
    Entropy,
    handshake::{
        ClientHandshake, FieldError, Response, ServerHandshake,
        http::{write_request, write_response},
    },
};

#[test]
fn a_client_adds_fields_of_its_own() {
    let handshake = client()
        .header("Authorization", "Bearer x")
        .unwrap()
        .header("X-Empty", "")
        .unwrap()
        .header("cookie", "a=b\tc; d=\u{fc}")
        .unwrap();
    let fields: Vec<_> = handshake.headers().collect();
    let added = &fields[fields.len() - 3..];
    let text = |value: &str| value.to_owned();
    assert_eq!(
        added,
        [
            ("Authorization", text("Bearer x")),
            ("X-Empty", text("")),
            ("cookie", text("a=b\tc; d=\u{fc}")),
        ]
    );
}

#[test]
fn a_client_does_not_set_what_the_handshake_sets() {
    for name in [
        "Host",
        "UPGRADE",
        "connection",
        "Content-Length",
        "Transfer-Encoding",
        "Sec-WebSocket-Key",
        "sec-websocket-protocol",
        "Sec-WebSocket-Anything",
    ] {
        let refused = client().header(name, "a").unwrap_err();
        assert_eq!(refused, FieldError::Reserved(name.to_owned()));
        assert!(refused.to_string().contains(name));
    }
}

#[test]
fn a_field_does_not_break_out_of_its_line() {
    let name = |name: &str| FieldError::Name(name.to_owned());
    let value = |name: &str| FieldError::Value(name.to_owned());
    for (field, error) in [
        (("", "a"), name("")),
        (("A B", "a"), name("A B")),
        (("A:", "a"), name("A:")),
        (("A\r\nB", "a"), name("A\r\nB")),
        (("A", "a\r\nB: b"), value("A")),
        (("A", "a\n"), value("A")),
        (("A", "\r"), value("A")),
        (("A", "a\0"), value("A")),
        (("A", "\x7f"), value("A")),
    ] {
        assert_eq!(client().header(field.0, field.1).unwrap_err(), error);
        assert_eq!(write_request("/", [field]), Err(error.clone()));
        assert_eq!(write_response(200, [field]), Err(error.clone()));
        let response = Response::new(200).header(field.0, field.1);
        assert_eq!(response.encode(), Err(error));
    }
}

#[test]
fn a_target_does_not_break_out_of_its_line() {
    let none: [(&str, &str); 0] = [];
    for target in ["", "/a b", "/a\r\nB: b", "/\0"] {
        let refused = write_request(target, none);
        assert_eq!(refused, Err(FieldError::Target(target.to_owned())));
    }
}

#[test]
fn a_subprotocol_is_a_token() {
    for name in ["chat", "v2.chat+json", "!#$%&'*+-.^_`|~", "0"] {
        assert!(client().subprotocols([name]).is_ok());
        assert!(ServerHandshake::new().subprotocols([name]).is_ok());
    }
    for name in [
        "", "a b", "a,b", "a;b", "a/b", "\"a\"", "café", "a\r\nb", "a\0",
    ] {
        let error = FieldError::Subprotocol(name.to_owned());
        assert_eq!(client().subprotocols(["a", name]).unwrap_err(), error);
        let refused = ServerHandshake::new().subprotocols([name, "a"]);
        assert_eq!(refused.unwrap_err(), error);
    }
}

fn client() -> ClientHandshake {
    ClientHandshake::new("example.com", Entropy::seeded(1))
}
