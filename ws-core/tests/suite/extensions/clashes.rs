//! Several extensions of one client: which run, in which order, and which do not
//! go together (RFC 6455 §9.1).

use ws_core::{
    Rsv,
    extension::{
        ClientOffer, Extension, NegotiationError, Params,
        deflate::{Deflate, WindowBits},
    },
    handshake::ResponseError,
};

use crate::support::{
    agreed::{judge, offers, rfc},
    deflate::bits,
    extensions::{CHECKSUM, Named, RUN_LENGTH, XOR, Xor},
};

#[test]
fn an_answer_may_be_to_any_of_the_offers() {
    // The preferred one first, and another for servers that do not know it.
    let handshake = || {
        rfc()
            .extension(wide().server_max_window_bits(bits(9)))
            .extension(wide())
    };
    let answers = [
        "; server_max_window_bits=9",
        "",
        "; server_max_window_bits=12",
    ];
    for answer in answers {
        let answer = format!("permessage-deflate{answer}");
        let judged = judge(handshake(), &[&answer]).map(|_| ());
        assert_eq!(judged, Ok(()), "{answer}");
    }
}

#[test]
fn several_offers_are_one_field_in_order() {
    let handshake = rfc().extension(XOR).extension(wide()).extension(CHECKSUM);
    let expected = "x-xor, permessage-deflate; client_max_window_bits, x-checksum";
    assert_eq!(offers(&handshake).as_deref(), Some(expected));
    assert_eq!(offers(&rfc()), None);
}

#[test]
fn two_extensions_that_own_a_bit_do_not_run_together() {
    let other = Named {
        name: "x-other",
        make: || Box::new(Xor),
    };
    let offering = || rfc().extension(XOR).extension(other).extension(RUN_LENGTH);
    for (answer, clash) in [
        ("x-xor, x-other", Some("x-other")),
        ("x-other, x-run-length, x-xor", Some("x-xor")),
        ("x-other, x-run-length", None),
    ] {
        let judged = judge(offering(), &[answer]).map(|_| ());
        let error = |name: &str| NegotiationError::ReservedBits(name.to_owned()).into();
        assert_eq!(judged.err(), clash.map(error));
    }
    let claiming = rfc().extension(wide()).extension(XOR).claim_rsv(Rsv::RSV1);
    assert_eq!(offers(&claiming).as_deref(), Some("x-xor"));
    let judged = judge(claiming, &["permessage-deflate"]).map(|_| ());
    let error = NegotiationError::ReservedBits("permessage-deflate".to_owned());
    assert_eq!(judged, Err(ResponseError::Extension(error)));
    let claiming = rfc().extension(wide()).claim_rsv(Rsv::RSV2);
    assert!(judge(claiming, &["permessage-deflate"]).is_ok());
}

#[test]
fn an_offer_sees_what_was_accepted_before_it() {
    let offering = || rfc().extension(First).extension(XOR);
    assert!(judge(offering(), &["x-first, x-xor"]).is_ok());
    let failed = judge(offering(), &["x-xor", "x-first; a"]).map(|_| ());
    let error = NegotiationError::Parameters("x-first; a after x-xor".to_owned());
    assert_eq!(failed, Err(ResponseError::Extension(error)));
}

/// An extension that runs before all others.
#[derive(Debug)]
struct First;

impl ClientOffer for First {
    fn name(&self) -> &str {
        "x-first"
    }

    fn rsv(&self) -> Rsv {
        (CHECKSUM.make)().rsv()
    }

    fn offers(&self) -> Vec<Params> {
        vec![
            Params::new("x-first").with("a", None::<&str>),
            Params::new("x-first"),
        ]
    }

    fn agree(
        &self,
        answer: &Params,
        accepted: &[Params],
    ) -> Result<Box<dyn Extension>, NegotiationError> {
        match accepted {
            [] => Ok((CHECKSUM.make)()),
            [other, ..] => {
                let text = format!("{answer} after {other}");
                Err(NegotiationError::Parameters(text))
            }
        }
    }
}

/// No limit of the client's own.
fn wide() -> Deflate {
    Deflate::new()
        .server_max_window_bits(WindowBits::MAX)
        .client_max_window_bits(WindowBits::MAX)
}
