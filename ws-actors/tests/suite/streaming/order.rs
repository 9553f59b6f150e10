//! The parts of a stream are one message, in its place among the others.

use futures_util::stream;
use ws_core::{Opcode, SendError as CoreError};

use crate::support::{
    frames::{BINARY, ENDED, TEXT_BEGINS},
    play,
    probe::Heard,
    scene::once,
    settle,
    source::source,
};

#[test]
fn the_parts_of_a_stream_arrive_as_one_message_each_as_soon_as_it_is_there() {
    play(async {
        let (parts, feed) = source();
        let scene = once(|ctx| ctx.stream(Opcode::TEXT, parts).unwrap()).open();
        settle().await;
        assert_eq!(scene.peer.taken(), 0);
        for part in ["one, ", "two, ", "three"] {
            let frames = scene.peer.frames().len();
            feed.part(part);
            settle().await;
            assert_eq!(scene.peer.frames().len(), frames + 1);
        }
        assert!(scene.peer.messages().is_empty());
        feed.end();
        settle().await;
        let frames = scene.peer.frames();
        let firsts: Vec<_> = frames.iter().map(|it| it.first).collect();
        assert_eq!(firsts, [TEXT_BEGINS, 0, 0, ENDED]);
        assert_eq!(scene.peer.messages()[0].payload, b"one, two, three");
        assert!(feed.is_dropped());
    });
}

#[test]
fn text_may_be_cut_amid_a_character() {
    play(async {
        let (parts, feed) = source();
        let scene = once(|ctx| ctx.stream(Opcode::TEXT, parts).unwrap()).open();
        for byte in "grüezi €".bytes() {
            feed.part(vec![byte]);
            settle().await;
        }
        feed.end();
        settle().await;
        assert_eq!(scene.peer.messages()[0].payload, "grüezi €".as_bytes());
        assert!(!scene.outbox.is_closed());
    });
}

#[test]
fn a_part_larger_than_64_kib_is_cut_and_an_empty_one_is_no_frame() {
    play(async {
        let (parts, feed) = source();
        let scene = once(|ctx| ctx.stream(Opcode::BINARY, parts).unwrap()).open();
        let payload: Vec<u8> = (0..200_000_u32).map(|it| it as u8).collect();
        feed.part("");
        feed.part(payload.clone());
        feed.part("");
        feed.end();
        settle().await;
        let frames = scene.peer.frames();
        assert!(frames.iter().all(|it| it.payload.len() <= 64 * 1024));
        let messages = scene.peer.messages();
        assert_eq!(messages[0].payload, payload);
        assert_eq!((messages[0].opcode, messages[0].fragments), (2, 5));
    });
}

#[test]
fn an_empty_stream_is_an_empty_message() {
    play(async {
        let scene = once(|ctx| {
            let nothing = stream::empty::<Result<&str, &str>>();
            ctx.stream(Opcode::BINARY, nothing).unwrap();
        })
        .open();
        settle().await;
        let frames = scene.peer.frames();
        assert_eq!(frames.len(), 1);
        assert!(frames[0].is(BINARY) && frames[0].payload.is_empty());
    });
}

#[test]
fn what_is_sent_behind_a_stream_waits_for_its_end_and_comes_in_order() {
    play(async {
        let ((first, feed), (second, next)) = (source(), source());
        let (scene, handle) = once(|ctx| {
            ctx.text("before").unwrap();
            ctx.stream(Opcode::TEXT, first).unwrap();
            ctx.text("between").unwrap();
            ctx.stream(Opcode::TEXT, second).unwrap();
            ctx.send_prepared(&"behind".into()).unwrap();
        })
        .open_handled();
        settle().await;
        scene.outbox.send("of the outbox".into()).unwrap();
        handle.send("of the handle").unwrap();
        // The second is not asked before its turn has come.
        next.part("second");
        next.end();
        feed.part("first");
        settle().await;
        assert_eq!(scene.peer.texts(), ["before"]);
        assert_eq!((feed.taken(), next.polls()), (1, 0));
        feed.end();
        settle().await;
        let messages = scene.peer.messages();
        let texts: Vec<_> = messages
            .iter()
            .map(|it| str::from_utf8(&it.payload).unwrap())
            .collect();
        let expected = [
            "before",
            "first",
            "between",
            "second",
            "behind",
            "of the outbox",
            "of the handle",
        ];
        assert_eq!(texts, expected);
    });
}

#[test]
fn a_stream_of_an_opcode_that_no_message_may_have_is_refused() {
    play(async {
        let scene = once(|ctx| {
            for opcode in [Opcode::PING, Opcode::CLOSE, Opcode::CONTINUATION] {
                let (parts, feed) = source();
                let refused = ctx.stream(opcode, parts);
                let expected = CoreError::Opcode(opcode);
                assert!(
                    matches!(refused, Err(ws_actors::SendError::Protocol(it)) if it == expected)
                );
                assert!(feed.is_dropped());
            }
        })
        .open();
        settle().await;
        assert!(!scene.journal.has(&Heard::Dropped), "an assertion failed");
        assert_eq!(scene.peer.taken(), 0);
    });
}
