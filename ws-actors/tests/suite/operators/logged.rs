//! What a connection logs, and what it never does.

use std::sync::Arc;

use ws_actors::{Driver, Flow};
use ws_core::{CloseCode, Opcode, Role};

use super::keeper::logged;
use crate::support::{
    frames::{close, frame, text},
    probe::{Heard, Probe},
    scene::{Setup, connection, probe},
    seconds, settle,
    wire::wire,
};

#[test]
fn a_connection_has_a_span_and_tells_of_its_beginning_and_its_end() {
    let log = logged(async {
        let scene = obedient().open();
        scene.reach(seconds(2)).await;
        scene.peer.send(text("close"));
        settle().await;
        scene.peer.send(close(4000));
        scene.end().await;
    });
    let spans = log.spans();
    assert_eq!(spans.len(), 1, "{spans:?}");
    assert!(spans[0].starts_with("websocket id="), "{spans:?}");
    assert!(
        spans[0].contains(r#" endpoint="probe of the test""#),
        "{spans:?}"
    );
    let events = log.events();
    assert_eq!(events.len(), 2, "{events:?}");
    assert!(events[0].starts_with("DEBUG message=connection is open"));
    let end = &events[1];
    assert!(
        end.starts_with("DEBUG message=connection is closed"),
        "{end}"
    );
    for field in [
        r#"cause="local""#,
        "sent=4000",
        "received=4000",
        "seconds=2",
    ] {
        assert!(end.contains(field), "{field} is not in {end}");
    }
}

#[test]
fn the_span_has_room_for_what_the_server_knows() {
    let log = logged(async {
        let (wire, _peer) = wire();
        let handlers = Probe::handlers().name("chat");
        let connection = connection(Role::Server, &handlers).with_subprotocol(Some("v2"));
        let actor = Probe::new(Box::new(|_, _| {}), 0);
        let driver = Driver::new(actor, connection, wire, Arc::new(handlers));
        driver.span().record("peer", "192.0.2.7");
        driver.span().record("path", "/chat");
    });
    let spans = log.spans();
    assert!(spans[0].contains(r#" endpoint="chat" subprotocol="v2""#));
    assert_eq!(spans[1..], [r#" peer="192.0.2.7""#, r#" path="/chat""#]);
}

#[test]
fn two_connections_have_two_numbers() {
    let log = logged(async {
        let scenes = [obedient().open(), obedient().open()];
        settle().await;
        drop(scenes);
    });
    let spans = log.spans();
    assert_eq!(spans.len(), 2);
    assert_ne!(spans[0], spans[1]);
}

#[test]
fn a_panic_and_a_stream_that_failed_are_errors() {
    for (word, expected) in [
        ("panic", "panic=\"as the test wants\""),
        ("stream", "error=as the stream wants"),
    ] {
        let log = logged(async {
            let scene = obedient().open();
            scene.peer.send(text(word));
            settle().await;
            scene.peer.send(close(1011));
            scene.end().await;
        });
        let events = log.events();
        let errors: Vec<_> = events.iter().filter(|it| it.starts_with("ERROR")).collect();
        assert_eq!(errors.len(), 1, "{events:?}");
        assert!(errors[0].contains(expected), "{errors:?}");
    }
}

#[test]
fn a_fault_of_the_peer_is_told_in_words_of_ours() {
    let log = logged(async {
        let scene = obedient().open();
        scene.peer.send([0xFF; 2]);
        scene.peer.end();
        scene.end().await;
    });
    let events = log.events();
    let end = events.last().unwrap();
    assert!(end.contains(r#"cause="protocol""#), "{end}");
    assert!(end.contains("error="), "{end}");
}

#[test]
fn nothing_that_was_said_is_ever_logged() {
    let secrets = [
        text("secret of the peer"),
        frame(0x82, "secret of the peer"),
        frame(0x89, "secret ping"),
        frame(0x8A, "secret pong"),
        frame(0x01, "secret part"),
        frame(0x88, b"\x03\xE8secret reason"),
        // Faults, each amid secrets.
        frame(0x81, b"secret \xFF"),
        frame(0x83, "secret opcode"),
        frame(0x88, b"\x00\x01secret reason"),
        frame(0x80, "secret continuation"),
        text("too much of a secret, for whoever has 100 bytes").repeat(3),
    ];
    for secret in secrets {
        let log = logged(async {
            let scene = obedient().open();
            scene.peer.send(secret);
            scene.outbox.send("secret of ours".into()).unwrap();
            settle().await;
            scene
                .outbox
                .send("secret that is too long".repeat(100).into())
                .ok();
            settle().await;
            scene.peer.send(close(1000));
            scene.peer.end();
            scene.end().await;
        });
        let all = log.all();
        assert!(!all.contains("secret"), "{all}");
        assert!(all.contains("connection is closed"), "{all}");
    }
}

/// Does what texts tell it.
fn obedient() -> Setup {
    let handlers = Probe::handlers().name("probe of the test");
    probe(|heard, ctx| {
        let Heard::Text(text) = heard else {
            return;
        };
        match text.as_str() {
            "close" => ctx.close(CloseCode::new(4000), "secret reason").unwrap(),
            "panic" => panic!("as the test wants"),
            "stream" => {
                let parts = futures_util::stream::iter([Err::<&str, _>("as the stream wants")]);
                ctx.stream(Opcode::TEXT, parts).unwrap();
            }
            _ => {}
        }
    })
    .handlers(handlers.flow(Flow::new().max_queued_bytes(200)))
}
