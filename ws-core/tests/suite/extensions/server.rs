//! How a server answers offers of permessage-deflate (RFC 7692 §5.1, §7.1).

use ws_core::{
    extension::deflate::{Deflate, WindowBits},
    handshake::{RequestError, ServerHandshake},
};

use crate::support::{
    agreed::{accept, answer_to},
    deflate::bits,
};

/// Parameters of an offer, and of the answer to it; `None` declines.
type Case = (&'static str, Option<&'static str>);

#[test]
fn each_legal_offer_is_answered_in_its_own_terms() {
    answers(
        &wide(),
        &[
            ("", Some("")),
            (SERVER_TAKEOVER, Some(SERVER_TAKEOVER)),
            (CLIENT_TAKEOVER, Some(CLIENT_TAKEOVER)),
            (
                "; server_max_window_bits=8",
                Some("; server_max_window_bits=8"),
            ),
            (
                "; server_max_window_bits=15",
                Some("; server_max_window_bits=15"),
            ),
            (
                "; client_max_window_bits",
                Some("; client_max_window_bits=15"),
            ),
            (
                "; client_max_window_bits=8",
                Some("; client_max_window_bits=8"),
            ),
            (
                "; client_max_window_bits=15",
                Some("; client_max_window_bits=15"),
            ),
            (
                ";client_max_window_bits=9 ; server_max_window_bits = 10;\
                 client_no_context_takeover;\tserver_no_context_takeover",
                Some(
                    "; server_no_context_takeover; client_no_context_takeover; \
                     server_max_window_bits=10; client_max_window_bits=9",
                ),
            ),
            // Values may be quoted.
            (
                "; server_max_window_bits=\"10\"",
                Some("; server_max_window_bits=10"),
            ),
            (
                "; client_max_window_bits=\"\\1\\0\"",
                Some("; client_max_window_bits=10"),
            ),
        ],
    );
}

#[test]
fn a_server_says_which_windows_it_wants_and_asks_no_client_that_did_not_offer() {
    answers(
        &wide()
            .server_max_window_bits(bits(10))
            .client_max_window_bits(bits(11)),
        &[
            ("", Some("; server_max_window_bits=10")),
            (
                "; server_max_window_bits=9",
                Some("; server_max_window_bits=9"),
            ),
            (
                "; server_max_window_bits=12",
                Some("; server_max_window_bits=10"),
            ),
            (
                "; client_max_window_bits",
                Some("; server_max_window_bits=10; client_max_window_bits=11"),
            ),
            (
                "; client_max_window_bits=10",
                Some("; server_max_window_bits=10; client_max_window_bits=10"),
            ),
            (
                "; client_max_window_bits=12",
                Some("; server_max_window_bits=10; client_max_window_bits=11"),
            ),
        ],
    );
}

#[test]
fn a_server_says_if_it_wants_no_context_takeover() {
    let both = Some("; server_no_context_takeover; client_no_context_takeover");
    let terms = wide()
        .server_no_context_takeover(true)
        .client_no_context_takeover(true);
    let cases = [("", both), (SERVER_TAKEOVER, both), (CLIENT_TAKEOVER, both)];
    answers(&terms, &cases);
}

#[test]
fn a_server_may_require_that_clients_limit_their_window() {
    answers(
        &wide()
            .client_max_window_bits(bits(9))
            .require_client_max_window_bits(true),
        &[
            ("", None),
            ("; server_max_window_bits=9", None),
            (
                "; client_max_window_bits",
                Some("; client_max_window_bits=9"),
            ),
            (
                "; client_max_window_bits=15",
                Some("; client_max_window_bits=9"),
            ),
        ],
    );
}

#[test]
fn an_offer_that_is_not_legal_is_declined_and_the_connection_is_not() {
    let server = ServerHandshake::new().extension(wide());
    for params in [
        // Unknown
        "unknown",
        "unknown=1",
        "Server_No_Context_Takeover",
        "max_window_bits=10",
        // Twice
        "server_no_context_takeover; server_no_context_takeover",
        "client_no_context_takeover; client_no_context_takeover",
        "server_max_window_bits=10; server_max_window_bits=10",
        "client_max_window_bits; client_max_window_bits",
        "client_max_window_bits; client_max_window_bits=10",
        // A value where there is none
        "server_no_context_takeover=1",
        "client_no_context_takeover=true",
        // None where there is one
        "server_max_window_bits",
        // Not of the range, or not written as it is to be
        "server_max_window_bits=7",
        "server_max_window_bits=16",
        "server_max_window_bits=0",
        "server_max_window_bits=08",
        "server_max_window_bits=010",
        "server_max_window_bits=+10",
        "server_max_window_bits=-10",
        "server_max_window_bits=1e1",
        "server_max_window_bits=10.0",
        "server_max_window_bits=0xA",
        "server_max_window_bits=266",
        "server_max_window_bits=65546",
        "server_max_window_bits=99999999999999999999999",
        "server_max_window_bits=ten",
        "server_max_window_bits=\"08\"",
        "client_max_window_bits=7",
        "client_max_window_bits=16",
        "client_max_window_bits=08",
        "client_max_window_bits=\"010\"",
        "client_max_window_bits=+9",
    ] {
        let offer = format!("permessage-deflate; {params}");
        assert_eq!(answer_to(&server, &[&offer]), "", "{offer}");
        // The client's next offer is looked at.
        let offers = format!("{offer}, permessage-deflate");
        assert_eq!(answer_to(&server, &[&offers]), "permessage-deflate");
    }
    for name in [
        "permessage-deflat",
        "x-webkit-deflate-frame",
        "Permessage-Deflate",
    ] {
        assert_eq!(answer_to(&server, &[name]), "");
    }
}

#[test]
fn what_is_not_of_the_grammar_is_refused_with_400() {
    let server = ServerHandshake::new().extension(wide());
    for field in [
        "permessage-deflate;",
        "permessage-deflate; =1",
        "permessage-deflate; server_max_window_bits=",
        "permessage-deflate; server_max_window_bits=\"10",
        "permessage-deflate; server_max_window_bits=\"1 0\"",
        "permessage-deflate; server_max_window_bits=\"\"",
        "permessage-deflate; server_max_window_bits=10 client_max_window_bits",
        "permessage-deflate client_max_window_bits",
        "permessage-deflate/1.0",
        "\"permessage-deflate\"",
        "; permessage-deflate",
        "permessage-deflate, a b",
    ] {
        for fields in [&[field][..], &["permessage-deflate", field]] {
            let refused = accept(&server, fields).unwrap_err();
            let malformed = RequestError::Malformed("Sec-WebSocket-Extensions");
            assert_eq!(refused, malformed, "{field}");
            assert_eq!(refused.status(), 400);
        }
    }
}

const SERVER_TAKEOVER: &str = "; server_no_context_takeover";
const CLIENT_TAKEOVER: &str = "; client_no_context_takeover";

fn answers(terms: &Deflate, cases: &[Case]) {
    let server = ServerHandshake::new().extension(terms.clone());
    for (offer, answer) in cases {
        let named = |params| format!("permessage-deflate{params}");
        let expected = answer.map(named).unwrap_or_default();
        assert_eq!(answer_to(&server, &[&named(offer)]), expected, "{offer}");
    }
}

/// No limit of the server's own.
fn wide() -> Deflate {
    Deflate::new()
        .server_max_window_bits(WindowBits::MAX)
        .client_max_window_bits(WindowBits::MAX)
}
