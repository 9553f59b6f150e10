//! How each kind of frame reaches its handler, and which frames need none.

use ws_actors::{Binary, Handlers, Pong, Text};
use ws_core::{Cause, CloseCode, Opcode};

use super::actors::Adder;
use crate::support::{
    frames::{BINARY, CLOSE, PING, PONG, close, frame, text},
    play,
    probe::{Heard, Probe},
    scene::{listener, open_wire},
    settle,
};

#[test]
fn each_kind_of_frame_reaches_its_handler() {
    play(async {
        let scene = listener().open();
        scene.peer.send(text("grüezi"));
        scene.peer.send(frame(BINARY, [0, 255]));
        scene.peer.send(frame(PING, "ping"));
        scene.peer.send(frame(PONG, "pong"));
        scene
            .peer
            .send(frame(CLOSE, [0x0f, 0xa1, b'b', b'y', b'e']));
        let (peer, journal) = scene.end().await;

        let outcome = journal.outcome();
        assert_eq!(outcome.cause, Cause::Remote);
        assert_eq!(outcome.code(), CloseCode::new(4001));
        assert_eq!(outcome.received.as_ref().unwrap().reason(), "bye");
        assert_eq!(
            journal.all(),
            [
                Heard::Started,
                Heard::text("grüezi"),
                Heard::Binary(vec![0, 255]),
                Heard::Ping(b"ping".into()),
                Heard::Pong(b"pong".into(), None),
                Heard::Closed(outcome),
                Heard::Stopping,
                Heard::Stopped,
                Heard::Dropped,
            ]
        );
        assert_eq!(peer.close_code(), Some(4001));
    });
}

#[test]
fn json_reaches_its_handler_and_is_answered() {
    play(async {
        let (peer, task) = open_wire(Adder, Adder::handlers());
        peer.send(text(r#"{"left": 40, "right": 2}"#));
        settle().await;
        assert_eq!(peer.texts(), ["42"]);
        assert!(!task.is_finished());
    });
}

#[test]
fn control_frames_need_no_handlers() {
    play(async {
        let scene = listener().handlers(Handlers::new().on::<Text>()).open();
        scene.peer.send(frame(PING, "are you there?"));
        scene.peer.send(frame(PONG, "unasked"));
        scene.peer.send(text("still open"));
        settle().await;
        let pongs = scene.peer.frames();
        assert_eq!(pongs.len(), 1);
        assert!(pongs[0].is(PONG) && pongs[0].payload == b"are you there?");
        scene.peer.send(close(1000));
        let (peer, journal) = scene.end().await;
        assert_eq!(peer.close_code(), Some(1000));
        assert_eq!(
            journal.all(),
            [
                Heard::Started,
                Heard::text("still open"),
                Heard::Stopping,
                Heard::Stopped,
                Heard::Dropped,
            ]
        );
    });
}

#[test]
fn handlers_know_what_they_handle() {
    let handlers = Handlers::<Probe>::new().on::<Binary>().on::<Pong>();
    for (opcode, handled) in [
        (Opcode::TEXT, false),
        (Opcode::BINARY, true),
        (Opcode::PING, false),
        (Opcode::PONG, true),
        (Opcode::CLOSE, false),
    ] {
        assert_eq!(handlers.handles(opcode), handled);
    }
}
