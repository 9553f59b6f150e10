//! Control frames go before the messages that wait, and between fragments.

use ws_actors::{Flow, Overflow, SendError, WsContext};
use ws_core::{CloseCode, Config, Opcode, Registry, SendError as CoreError};

use super::shared::sized;
use crate::support::{
    frames::{CLOSE, PING, PONG, TEXT, TEXT_BEGINS, frame, text},
    play,
    probe::{Heard, Probe},
    scene::{Scene, Setup, once, probe},
    seconds, settle,
    source::{Feed, source},
};

#[test]
fn control_frames_pass_an_outbox_that_is_full() {
    play(async {
        let (setup, feed) = streams_and_obeys();
        let scene = setup.open();
        feed.part("begun");
        settle().await;
        fill(&scene);
        scene.peer.send(frame(PING, "anyone?"));
        scene.peer.send(text("ping"));
        scene.peer.send(text("control"));
        settle().await;
        let frames = scene.peer.frames();
        let firsts: Vec<_> = frames.iter().map(|frame| frame.first).collect();
        assert_eq!(firsts, [TEXT_BEGINS, PONG, PING, OWN]);
        assert_eq!(frames[1].payload, b"anyone?");
        assert_eq!(frames[3].payload, b"mine");

        // The message is whole all the same, and what waited comes behind it.
        feed.part(" and ended");
        feed.end();
        settle().await;
        let messages = scene.peer.messages();
        assert_eq!(messages[0].payload, b"begun and ended");
        assert_eq!(messages.len(), 1 + 3);
    });
}

#[test]
fn a_close_finds_room_behind_an_outbox_that_is_full() {
    play(async {
        let (setup, feed) = streams_and_obeys();
        let scene = setup.open();
        feed.part("begun");
        settle().await;
        fill(&scene);
        scene.peer.send(text("close"));
        settle().await;
        assert_eq!(scene.peer.frames_of(CLOSE), []);
        feed.end();
        settle().await;
        assert_eq!(scene.peer.close_code(), Some(4000));
        assert_eq!(scene.peer.messages().len(), 1 + 3);
    });
}

#[test]
fn a_ping_of_the_heartbeat_goes_between_the_fragments_of_one_long_message() {
    play(async {
        let flow = Flow::new().fragment_bytes(10_000);
        let scene = once(|ctx| ctx.text("x".repeat(200_000)).unwrap())
            .flow(flow)
            .room(0)
            .open();
        scene.reach(seconds(20)).await;
        scene.peer.take(usize::MAX);
        settle().await;
        let frames = scene.peer.frames();
        assert_eq!(frames.len(), 20 + 1);
        let ping = frames.iter().position(|frame| frame.is(PING)).unwrap();
        assert!((6..=8).contains(&ping), "behind {ping} fragments");
        let messages = scene.peer.messages();
        assert_eq!(messages[0].payload.len(), 200_000);
        assert_eq!(messages[0].fragments, 20);
    });
}

#[test]
fn what_is_longer_than_the_limit_is_cut_whoever_sends_it() {
    play(async {
        let flow = Flow::new().fragment_bytes(1000);
        let (scene, handle) = once(|ctx| {
            for length in [0, 1, 999, 1000, 1001, 2000, 2001] {
                ctx.binary(vec![7; length]).unwrap();
            }
            let latest = ws_core::Message::binary(vec![7; 1500]);
            ctx.send_latest(1, latest).unwrap();
        })
        .flow(flow)
        .open_handled();
        settle().await;
        handle
            .send(ws_core::Message::binary(vec![7; 1501]))
            .unwrap();
        settle().await;
        let messages = scene.peer.messages();
        let shape: Vec<_> = messages
            .iter()
            .map(|it| (it.payload.len(), it.fragments))
            .collect();
        let expected = [
            (0, 1),
            (1, 1),
            (999, 1),
            (1000, 1),
            (1001, 2),
            (2000, 2),
            (2001, 3),
            (1500, 2),
            (1501, 2),
        ];
        assert_eq!(shape, expected);
        assert!(messages.iter().all(|it| it.opcode == 2));
    });
}

#[test]
fn a_close_behind_messages_that_are_cut_does_not_cut_them_short() {
    play(async {
        let flow = Flow::new().fragment_bytes(10_000);
        let scene = once(|ctx| {
            ctx.text("x".repeat(200_000)).unwrap();
            ctx.text("y".repeat(200_000)).unwrap();
            ctx.text("short").unwrap();
            ctx.close(CloseCode::new(4000), "").unwrap();
        })
        .flow(flow)
        .room(50_000)
        .open();
        for second in 1..=4 {
            scene.reach(seconds(second)).await;
            scene.peer.take(10_000);
        }
        scene.peer.take(usize::MAX);
        settle().await;
        let lengths: Vec<_> = scene
            .peer
            .messages()
            .iter()
            .map(|it| it.payload.len())
            .collect();
        assert_eq!(lengths, [200_000, 200_000, 5]);
        assert_eq!(scene.peer.close_code(), Some(4000));
    });
}

#[test]
fn control_frames_are_refused_where_64_kib_are_on_their_way_and_nothing_closes() {
    play(async {
        let scene = once(|ctx| {
            ctx.binary(vec![0; 64 * 1024]).unwrap();
            for result in [ctx.ping("ping"), ctx.control(own(), "mine")] {
                assert!(matches!(result, Err(SendError::Full { .. })), "{result:?}");
            }
        })
        .config(config())
        .room(0)
        .open();
        settle().await;
        assert!(!scene.journal.has(&Heard::Dropped), "an assertion failed");
        assert!(!scene.outbox.is_closed());
    });
}

#[test]
fn an_opcode_that_is_not_registered_or_no_control_frame_is_refused() {
    play(async {
        let scene = once(|ctx| {
            for opcode in [0x1, 0x3, 0x8, 0x9, 0xC] {
                let opcode = Opcode::new(opcode).unwrap();
                let refused = ctx.control(opcode, "");
                let expected = CoreError::Opcode(opcode);
                assert!(matches!(refused, Err(SendError::Protocol(it)) if it == expected));
            }
            let long = ctx.control(own(), vec![0; 126]);
            let expected = CoreError::ControlTooLong(126);
            assert!(matches!(long, Err(SendError::Protocol(it)) if it == expected));
        })
        .config(config())
        .open();
        settle().await;
        assert!(!scene.journal.has(&Heard::Dropped), "an assertion failed");
        assert_eq!(scene.peer.taken(), 0);
    });
}

/// Streams from the start, and does what texts tell it.
fn streams_and_obeys() -> (Setup, Feed) {
    let (parts, feed) = source();
    let mut parts = Some(parts);
    let flow = Flow::new()
        .overflow(Overflow::DropNewest)
        .max_queued_messages(3);
    let obey = move |heard: &Heard, ctx: &mut WsContext<Probe>| match heard {
        Heard::Started => ctx.stream(Opcode::TEXT, parts.take().unwrap()).unwrap(),
        Heard::Text(text) => match text.as_str() {
            "ping" => ctx.ping("of the actor").unwrap(),
            "control" => ctx.control(own(), "mine").unwrap(),
            _ => ctx.close(CloseCode::new(4000), "").unwrap(),
        },
        _ => {}
    };
    (probe(obey).config(config()).flow(flow), feed)
}

/// Sends until the outbox takes no more.
fn fill(scene: &Scene) {
    let sent = (0..).take_while(|&it| scene.outbox.send(sized(it).into()).is_ok());
    assert_eq!(sent.count(), 3);
    assert_eq!(scene.peer.frames_of(TEXT), []);
}

fn config() -> Config {
    let registry = Registry::new().with(own(), "own");
    Config::new().opcodes(registry.expect("it is reserved"))
}

fn own() -> Opcode {
    Opcode::new(0xB).expect("it is one")
}

/// The first byte of such a frame.
const OWN: u8 = 0x8B;
