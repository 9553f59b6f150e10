//! Frames that an actor does not take, and the codes that its connection is
//! closed with.

use ws_actors::{Binary, Handlers, Text};
use ws_core::{Cause, CloseCode, Config};

use super::actors::{Adder, Counter, Number};
use crate::support::{
    frames::{BINARY, CLOSE, TEXT, close, frame, text},
    play,
    probe::Heard,
    scene::{listener, open_wire},
    seconds, settle,
};

#[test]
fn json_that_does_not_fit_closes_with_1007() {
    for wrong in [r#"{"left": 1}"#, r#"{"left": 1, "#, "", "null"] {
        play(async {
            let (peer, task) = open_wire(Adder, Adder::handlers());
            peer.send(text(wrong));
            // Nothing that follows is looked at any more.
            peer.send(text(r#"{"left": 40, "right": 2}"#));
            settle().await;
            assert_eq!(peer.frames().len(), 1);
            assert_eq!(peer.close_code(), Some(1007));
            peer.send(close(1007));
            settle().await;
            assert!(task.is_finished());
        });
    }
}

#[test]
fn a_kind_of_data_without_a_handler_closes_with_1003() {
    let kinds = [
        (Handlers::new().on::<Text>(), frame(BINARY, "")),
        (Handlers::new().on::<Binary>(), frame(TEXT, "")),
        (Handlers::new(), frame(TEXT, "")),
    ];
    for (handlers, unhandled) in kinds {
        play(async {
            let scene = listener()
                .handlers(handlers.on::<ws_actors::Closed>())
                .open();
            scene.peer.send(unhandled);
            settle().await;
            assert_eq!(scene.peer.close_code(), Some(1003));
            scene.peer.send(close(1003));
            let (_, journal) = scene.end().await;
            let sent = journal.outcome().sent.unwrap();
            assert_eq!(sent.code(), Some(CloseCode::UNSUPPORTED_DATA));
        });
    }
}

#[test]
fn a_message_type_of_ones_own_closes_with_its_own_code() {
    play(async {
        let (peer, _task) = open_wire(Counter, Handlers::new().on::<Number>());
        peer.send(text("6"));
        settle().await;
        assert_eq!(peer.texts(), ["7"]);
        peer.send(text("six"));
        settle().await;
        assert_eq!(peer.close_code(), Some(4000));
        assert_eq!(peer.frames_of(CLOSE)[0].reason(), "no number");
    });
}

#[test]
fn a_protocol_error_closes_with_1002_and_is_told() {
    play(async {
        let scene = listener().open();
        scene.peer.send(text("before"));
        scene.peer.send([0x81, 0x00]);
        settle().await;
        assert_eq!(scene.peer.close_code(), Some(1002));
        // The end of the transport stays with the peer, for a while.
        assert_eq!(scene.peer.shut_down(), Some(seconds(0)));
        assert_eq!(scene.peer.dropped(), None);
        let journal = scene.journal.clone();
        assert_eq!(journal.texts(), ["before"]);
        assert!(matches!(journal.cause(), Cause::Protocol(_)));
        assert!(journal.has(&Heard::Dropped));
        scene.peer.end();
        let (peer, _) = scene.end().await;
        assert_eq!(peer.dropped(), Some(seconds(0)));
    });
}

#[test]
fn a_message_over_the_limit_of_a_custom_config_closes_with_1009() {
    play(async {
        let config = Config::new().max_message_bytes(10);
        let scene = listener().config(config).open();
        scene.peer.send(text("0123456789"));
        scene.peer.send(text("0123456789a"));
        settle().await;
        assert_eq!(scene.journal.texts(), ["0123456789"]);
        assert_eq!(scene.peer.close_code(), Some(1009));
    });
}
