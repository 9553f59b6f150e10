//! Several offers and several extensions: which a server takes, and in which
//! order (RFC 6455 §9.1).

use ws_core::{
    Rsv,
    extension::{
        Extension, Params, ServerChoice,
        deflate::{Deflate, WindowBits},
    },
    handshake::ServerHandshake,
};

use crate::support::{
    agreed::{accept, answer_to},
    extensions::{CHECKSUM, Named, RUN_LENGTH, XOR, Xor},
};

#[test]
fn the_first_offer_that_can_be_accepted_is_the_one() {
    let server = ServerHandshake::new().extension(wide());
    let table: [(&[&str], &str); 6] = [
        (
            &["permessage-deflate; server_max_window_bits=9, permessage-deflate"],
            "permessage-deflate; server_max_window_bits=9",
        ),
        (
            &["permessage-deflate, permessage-deflate; server_max_window_bits=9"],
            "permessage-deflate",
        ),
        // A repeated field is as good as one with commas.
        (
            &[
                "permessage-deflate; unknown",
                "permessage-deflate; server_max_window_bits=9",
            ],
            "permessage-deflate; server_max_window_bits=9",
        ),
        (&["", "permessage-deflate", ""], "permessage-deflate"),
        (&[", ,permessage-deflate,,"], "permessage-deflate"),
        (
            &["x-unknown; a=b, permessage-deflate"],
            "permessage-deflate",
        ),
    ];
    for (fields, answer) in table {
        assert_eq!(answer_to(&server, fields), answer, "{fields:?}");
    }
}

#[test]
fn the_clients_order_is_kept() {
    let server = ServerHandshake::new()
        .extension(wide())
        .extension(CHECKSUM)
        .extension(XOR)
        .extension(RUN_LENGTH);
    for offers in [
        "permessage-deflate, x-xor, x-checksum, x-run-length",
        "x-run-length, x-checksum, permessage-deflate, x-xor",
        "x-xor",
        "x-checksum, x-xor",
    ] {
        assert_eq!(answer_to(&server, &[offers]), offers);
        let fields: Vec<_> = offers.split(", ").collect();
        assert_eq!(answer_to(&server, &fields), offers);
        let acceptance = accept(&server, &[offers]).unwrap();
        let names = acceptance.extensions().iter().map(Params::name);
        assert_eq!(names.collect::<Vec<_>>(), fields);
    }
}

#[test]
fn of_two_extensions_that_own_a_bit_the_first_offered_runs() {
    let other = Named {
        name: "x-other",
        make: || Box::new(Xor),
    };
    let server = ServerHandshake::new().extension(XOR).extension(other);
    assert_eq!(answer_to(&server, &["x-xor, x-other"]), "x-xor");
    assert_eq!(answer_to(&server, &["x-other, x-xor"]), "x-other");
    assert_eq!(answer_to(&server, &["x-other, x-other"]), "x-other");
    // Of two choices with one name, the next is asked if the first's bit is taken.
    let same = Named {
        name: "x-other",
        make: RUN_LENGTH.make,
    };
    let server = server.extension(same);
    assert_eq!(answer_to(&server, &["x-xor, x-other"]), "x-xor, x-other");
}

#[test]
fn no_extension_runs_on_a_bit_that_the_application_claims() {
    let server = ServerHandshake::new().extension(wide()).extension(XOR);
    let offers = &["permessage-deflate, x-xor"];
    for (claimed, answer) in [
        (Rsv::NONE, "permessage-deflate, x-xor"),
        (Rsv::RSV1, "x-xor"),
        (Rsv::RSV2, "permessage-deflate"),
        (Rsv::RSV3, "permessage-deflate, x-xor"),
        (Rsv::RSV1.union(Rsv::RSV2), ""),
    ] {
        let server = server.clone().claim_rsv(claimed);
        assert_eq!(answer_to(&server, offers), answer);
    }
}

#[test]
fn an_extension_that_owns_other_bits_than_it_said_is_declined() {
    let server = ServerHandshake::new().extension(Liar).extension(XOR);
    assert_eq!(answer_to(&server, &["x-liar, x-xor"]), "x-xor");
}

/// Says that it owns no bit.
#[derive(Debug)]
struct Liar;

impl ServerChoice for Liar {
    fn name(&self) -> &str {
        "x-liar"
    }

    fn rsv(&self) -> Rsv {
        Rsv::NONE
    }

    fn choose(&self, _: &Params, _: &[Params]) -> Option<(Params, Box<dyn Extension>)> {
        Some((Params::new("x-liar"), Box::new(Xor)))
    }
}

#[test]
fn an_extension_sees_what_was_accepted_before_it() {
    let server = ServerHandshake::new()
        .extension(XOR)
        .extension(wide())
        .extension(Only);
    for (offers, answer) in [
        ("x-only", "x-only"),
        ("x-xor, x-only", "x-xor"),
        ("x-only, x-xor", "x-only, x-xor"),
        (
            "permessage-deflate, x-unknown, x-only",
            "permessage-deflate, x-only; after=permessage-deflate",
        ),
    ] {
        assert_eq!(answer_to(&server, &[offers]), answer);
    }
}

/// An extension that does not run behind `x-xor`, and tells what it runs behind.
#[derive(Debug)]
struct Only;

impl ServerChoice for Only {
    fn name(&self) -> &str {
        "x-only"
    }

    fn rsv(&self) -> Rsv {
        (CHECKSUM.make)().rsv()
    }

    fn choose(&self, _: &Params, accepted: &[Params]) -> Option<(Params, Box<dyn Extension>)> {
        let answer = Params::new("x-only");
        let answer = match accepted {
            [] => answer,
            [other, ..] if other.name() == "x-xor" => return None,
            [other, ..] => answer.with("after", Some(other.name())),
        };
        Some((answer, (CHECKSUM.make)()))
    }
}

/// No limit of the server's own.
fn wide() -> Deflate {
    Deflate::new()
        .server_max_window_bits(WindowBits::MAX)
        .client_max_window_bits(WindowBits::MAX)
}
