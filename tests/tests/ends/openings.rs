//! Ends before a connection is open: the peer is gone, by a reset or by the end of
//! its side, however much of the handshake is through.

use ws_tests::{raw::End, request::Request, server::is_stock, wait::until, wire::Wire};

use crate::{
    counted,
    scene::Expected,
    stage::{PATHS, Side, Stage, Terms, converse},
};

#[actix_web::test]
async fn nothing_is_left_of_a_client_that_is_lost_before_its_connection_is_open() {
    for path in PATHS {
        if path.side != Side::Server {
            continue;
        }
        let stage = Stage::build(path, Terms::default()).await;
        let address = stage.house().server.address();
        let request = Request::upgrade("/").to_bytes();
        for sent in [0, 1, request.len() / 2, request.len() - 1, request.len()] {
            for lose in LOSSES {
                let mut wire = Wire::dial(address, stage.authority()).await;
                wire.bytes(&request[..sent]).await;
                lose(wire);
            }
        }
        // Before TLS, too.
        for lose in LOSSES {
            let mut wire = Wire::dial(address, None).await;
            wire.bytes(b"\x16\x03\x01").await;
            lose(wire);
        }
        stage.house().is_empty().await;
        // Some of the last may have been open for a moment.
        let is_settled = || {
            let closed = counted::closed(stage.name());
            closed.iter().all(|(cause, _)| cause == "transport")
        };
        assert!(is_settled());
        until("all to be counted", || counted::open(stage.name()) == 0).await;
        stage.are_all_gone().await;

        let mut wire = stage.open().await;
        converse(&mut wire).await;
    }
}

#[actix_web::test]
async fn heads_that_a_server_does_not_wait_for_are_answered_and_counted() {
    if is_stock() {
        // They are actix-http's there.
        return;
    }
    let large = [b"GET / HTTP/1.1\r\nX: ", &[b'x'; 17 * 1024][..]].concat();
    let late = b"GET / HTTP/1.1\r\n".to_vec();
    for (sent, status, limit) in [
        (large, "431", "max_head_bytes"),
        (late, "408", "client_request_timeout"),
    ] {
        let stage = Stage::build(PATHS[0], Terms::default()).await;
        let before = counted::limit(limit);
        let mut wire = Wire::dial(stage.house().server.address(), None).await;
        wire.bytes(&sent).await;
        let head = String::from_utf8(wire.head().await).expect("it is text");
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
        wire.drained().await;
        until("it to be counted", || counted::limit(limit) == before + 1).await;
        stage.house().is_empty().await;
    }
}

#[actix_web::test]
async fn client_hears_of_a_server_that_is_lost_before_its_connection_is_open() {
    for path in PATHS {
        if path.side != Side::Client {
            continue;
        }
        for answer in ["", "HTTP/1.1 10", "HTTP/1.1 101 Switching Protocols\r\n"] {
            for reset in [false, true] {
                let mut stage = Stage::build(path, Terms::default()).await;
                let mut wire = stage.meet().await;
                wire.head().await;
                wire.bytes(answer.as_bytes()).await;
                if reset {
                    wire.reset();
                } else {
                    wire.end_sending().await;
                    assert_eq!(wire.drained().await, End::Eof);
                }
                stage.started().await;
                let (outcome, _) = stage.closed().await;
                assert_eq!(Expected::of(&outcome), Expected::lost());
                stage.are_all_gone().await;
                // It was never open.
                assert_eq!(counted::closed(stage.name()), []);
                assert_eq!(counted::open(stage.name()), 0);
            }
        }
    }
}

/// The ways to lose a peer at once: by a reset, and by the end of it.
const LOSSES: [fn(Wire); 2] = [Wire::reset, drop];
