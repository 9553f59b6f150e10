//! What a client offers of permessage-deflate, and what it makes of the answer
//! (RFC 7692 §5.1, §7.1).

use ws_core::{
    Cause, ProtocolError, Rsv,
    extension::{
        NegotiationError, Params,
        deflate::{Deflate, WindowBits},
    },
    handshake::ResponseError,
};

use crate::support::{
    agreed::{judge, offers, rfc},
    deflate::{TAIL, TEXT, bits, deflated},
    inflate::Inflated,
};

#[test]
fn each_setting_is_offered_in_its_own_parameter() {
    for (terms, offer) in [
        (wide(), "; client_max_window_bits"),
        (
            Deflate::new(),
            "; server_max_window_bits=12; client_max_window_bits=12",
        ),
        (
            wide().server_no_context_takeover(true),
            "; server_no_context_takeover; client_max_window_bits",
        ),
        (
            wide().client_no_context_takeover(true),
            "; client_no_context_takeover; client_max_window_bits",
        ),
        (
            wide().server_max_window_bits(bits(8)),
            "; server_max_window_bits=8; client_max_window_bits",
        ),
        (
            wide().client_max_window_bits(bits(8)),
            "; client_max_window_bits=8",
        ),
    ] {
        let offered = offers(&rfc().extension(terms));
        assert_eq!(offered, Some(format!("permessage-deflate{offer}")));
    }
}

#[test]
fn each_legal_answer_is_taken_and_every_other_is_not() {
    let table: [(Deflate, &[&str], &[&str]); 5] = [
        (
            wide(),
            &[
                "",
                "; server_no_context_takeover",
                "; client_no_context_takeover",
                "; server_max_window_bits=8",
                "; server_max_window_bits=15",
                "; client_max_window_bits=8",
                "; client_max_window_bits=15",
                "; client_max_window_bits=\"9\";server_max_window_bits = 10; \
                 client_no_context_takeover; server_no_context_takeover",
            ],
            &[
                "; unknown",
                "; client_max_window_bits",
                "; server_max_window_bits",
                "; server_no_context_takeover=1",
                "; client_no_context_takeover=1",
                "; server_no_context_takeover; server_no_context_takeover",
                "; client_no_context_takeover; client_no_context_takeover",
                "; server_max_window_bits=10; server_max_window_bits=10",
                "; client_max_window_bits=10; client_max_window_bits=10",
                "; server_max_window_bits=7",
                "; server_max_window_bits=16",
                "; server_max_window_bits=08",
                "; server_max_window_bits=\"010\"",
                "; client_max_window_bits=7",
                "; client_max_window_bits=16",
                "; client_max_window_bits=+10",
                "; client_max_window_bits=010",
                "; client_max_window_bits=266",
            ],
        ),
        // What was asked for has to be granted, and may be surpassed.
        (
            wide().server_no_context_takeover(true),
            &["; server_no_context_takeover"],
            &["", "; client_no_context_takeover"],
        ),
        (
            wide().server_max_window_bits(bits(10)),
            &["; server_max_window_bits=10", "; server_max_window_bits=8"],
            &[
                "",
                "; server_max_window_bits=11",
                "; client_max_window_bits=8",
            ],
        ),
        // What the client does by itself needs no answer.
        (
            wide().client_no_context_takeover(true),
            &["", "; client_no_context_takeover"],
            &[],
        ),
        // §7.1.2.2: the value is a hint, and the answer may be greater.
        (
            wide().client_max_window_bits(bits(10)),
            &[
                "",
                "; client_max_window_bits=9",
                "; client_max_window_bits=15",
            ],
            &["; client_max_window_bits"],
        ),
    ];
    for (terms, taken, refused) in table {
        for params in taken {
            let answer = format!("permessage-deflate{params}");
            let judged = judge(rfc().extension(terms.clone()), &[&answer]);
            let mut client = judged.expect(&answer);
            client.feed_frame(TEXT, &deflated(b"Hello"));
            assert_eq!(client.messages().len(), 1);
        }
        for params in refused {
            let answer = format!("permessage-deflate{params}");
            let judged = judge(rfc().extension(terms.clone()), &[&answer]);
            let parsed = Params::parse_list(&answer).unwrap().remove(0);
            let error = NegotiationError::Parameters(parsed.to_string());
            let failed = judged.map(|_| ()).unwrap_err();
            assert_eq!(failed, ResponseError::Extension(error), "{answer}");
        }
    }
}

#[test]
fn a_client_keeps_to_its_own_window_and_to_what_the_server_asks() {
    for (own, answer, agreed) in [
        (15, "", 15),
        (15, "; client_max_window_bits=9", 9),
        (10, "", 10),
        (10, "; client_max_window_bits=15", 10),
        (10, "; client_max_window_bits=9", 9),
        (15, "; client_max_window_bits=8", 8),
    ] {
        let terms = wide().client_max_window_bits(bits(own));
        let answer = format!("permessage-deflate{answer}");
        let mut client = judge(rfc().extension(terms), &[&answer]).unwrap();
        // It comes again at every distance, each farther than the one before.
        for turn in 0..200 {
            let filling: String = (0..turn).map(|it| format!("{it:x}:{turn:x} ")).collect();
            client.send(filling + "the needle in the haystack");
        }
        let mut sent = Inflated::default();
        for frame in client.frames() {
            assert_eq!(frame.first, TEXT);
            sent.read(&[&frame.payload[..], &TAIL].concat());
        }
        assert!(sent.farthest <= 1 << agreed);
        assert!(agreed == 8 || sent.farthest > 1 << (agreed - 2));
    }
}

#[test]
fn a_client_forgets_its_window_if_either_side_wants_that() {
    for (own, answer, forgets) in [
        (false, "", false),
        (true, "", true),
        (false, "; client_no_context_takeover", true),
        (true, "; client_no_context_takeover", true),
        (false, "; server_no_context_takeover", false),
    ] {
        let terms = wide().client_no_context_takeover(own);
        let answer = format!("permessage-deflate{answer}");
        let mut client = judge(rfc().extension(terms), &[&answer]).unwrap();
        client.send("Hello");
        client.send("Hello");
        let frames = client.frames();
        assert_eq!(frames[0].payload == frames[1].payload, forgets, "{answer}");
    }
}

#[test]
fn what_was_not_offered_fails() {
    let not_offered = |name: &str| NegotiationError::NotOffered(name.to_owned());
    let repeated = "permessage-deflate".to_owned();
    let table: [(&[&str], NegotiationError); 6] = [
        (&["x-xor"], not_offered("x-xor")),
        (&["permessage-deflate, x-xor"], not_offered("x-xor")),
        (&["permessage-deflate", "x-xor; a=b"], not_offered("x-xor")),
        (&["Permessage-Deflate"], not_offered("Permessage-Deflate")),
        (
            &["permessage-deflate, permessage-deflate"],
            NegotiationError::Parameters(repeated.clone()),
        ),
        (
            &["permessage-deflate", "permessage-deflate"],
            NegotiationError::Parameters(repeated),
        ),
    ];
    for (answers, error) in table {
        let failed = judge(rfc().extension(wide()), answers).map(|_| ());
        assert_eq!(failed, Err(ResponseError::Extension(error)), "{answers:?}");
    }
    for malformed in [
        "permessage-deflate;",
        "permessage-deflate x",
        "a; b=\"",
        "=",
    ] {
        let failed = judge(rfc().extension(wide()), &[malformed]).map(|_| ());
        let error = ResponseError::Malformed("Sec-WebSocket-Extensions");
        assert_eq!(failed, Err(error));
    }
}

#[test]
fn a_server_that_agrees_to_nothing_is_taken_without() {
    for answers in [&[][..], &[""], &[", ,"]] {
        let mut client = judge(rfc().extension(wide()), answers).unwrap();
        assert!(!client.connection.has_extensions());
        client.send("x".repeat(1000));
        assert_eq!(client.frames()[0].first, 0x81);
        client.feed_frame(TEXT, &deflated(b"Hello"));
        let error = ProtocolError::ReservedBits(Rsv::RSV1);
        assert_eq!(*client.cause(), Cause::Protocol(error));
    }
}

/// No limit of the client's own.
fn wide() -> Deflate {
    Deflate::new()
        .server_max_window_bits(WindowBits::MAX)
        .client_max_window_bits(WindowBits::MAX)
        .threshold(0)
}
