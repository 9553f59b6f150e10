//! A Close frame waits for the end of a stream, but not for long.

use actix::{ActorContext, AsyncContext};
use ws_actors::WsContext;
use ws_core::{Cause, CloseCode, ClosePayload, Opcode, Timeout};

use crate::support::{
    frames::{CLOSE, close},
    millis, play,
    probe::{Heard, Probe},
    scene::{Scene, probe},
    seconds, settle,
    source::{Feed, source},
    watched,
};

#[test]
fn a_close_behind_a_stream_waits_for_its_end() {
    for (way, code) in WAYS {
        play(async {
            let (scene, feed) = closes_after_a_second(way);
            feed.part("begun, ");
            scene.reach(seconds(3)).await;
            assert_eq!(scene.peer.frames_of(CLOSE), [], "{way}");
            assert!(scene.outbox.is_closed(), "{way}");
            feed.part("ended");
            feed.end();
            settle().await;
            assert_eq!(scene.peer.messages()[0].payload, b"begun, ended", "{way}");
            assert_eq!(scene.peer.texts(), ["behind"], "{way}");
            assert_eq!(scene.peer.close_code(), Some(code), "{way}");
            assert_eq!(scene.peer.taken_at(), Some(seconds(3)), "{way}");
            scene.peer.send(close(code));
            let outbox = scene.outbox.clone();
            let (_, journal) = scene.end().await;
            assert_eq!(journal.cause(), Cause::Local, "{way}");
            assert_eq!(outbox.given_up(), 0, "{way}");
        });
    }
}

#[test]
fn a_close_behind_a_stream_waits_for_5_s_at_most() {
    for (way, code) in WAYS {
        play(async {
            let (scene, feed) = closes_after_a_second(way);
            feed.part("begun");
            scene.reach(millis(5999)).await;
            assert_eq!(scene.peer.frames_of(CLOSE), [], "{way}");
            scene.reach(seconds(6)).await;
            assert!(feed.is_dropped(), "{way}");
            assert_eq!(scene.peer.close_code(), Some(code), "{way}");
            assert_eq!(scene.peer.taken_at(), Some(seconds(6)), "{way}");
            assert_eq!(scene.outbox.given_up(), 2, "{way}: it and what was behind");
            // From here on the peer has its time to answer.
            scene.reach(seconds(11)).await;
            assert_eq!(scene.peer.dropped(), Some(seconds(11)), "{way}");
            assert_eq!(scene.journal.cause(), Cause::Timeout(Timeout::Close));
        });
    }
}

#[test]
fn a_close_behind_a_stream_whose_peer_does_not_read_keeps_its_time_as_well() {
    play(async {
        let (scene, feed) = closes_after_a_second("close");
        scene.peer.jam(0);
        feed.forever(vec![b'x'; 1000]);
        scene.reach(seconds(11)).await;
        assert_eq!(scene.peer.dropped(), Some(seconds(11)));
        assert!(feed.is_dropped());
    });
}

#[test]
fn a_close_that_a_fault_of_the_peer_overtakes_keeps_nobody_busy() {
    watched(|| {
        play(async {
            let (scene, feed) = closes_after_a_second("close");
            scene.peer.jam(0);
            feed.part("begun");
            scene.reach(seconds(3)).await;
            scene.peer.send([0xFF; 2]);
            // Past the time that the stream had.
            scene.reach(seconds(8)).await;
            assert_eq!(scene.peer.dropped(), Some(seconds(8)));
        });
    });
}

#[test]
fn a_stream_is_dropped_when_its_connection_ends() {
    type Ending = fn(&Scene);
    let endings: [(&str, Ending); 6] = [
        ("the peer closes", |scene| scene.peer.send(close(1000))),
        ("the peer ends", |scene| scene.peer.end()),
        ("the transport breaks", |scene| scene.peer.reset()),
        ("the peer is at fault", |scene| scene.peer.send([0xFF; 2])),
        ("the task is aborted", |scene| scene.task.abort()),
        ("the actor terminates", |scene| {
            scene.peer.send(crate::support::frames::text("terminate"));
        }),
    ];
    for (what, end) in endings {
        for begun in [false, true] {
            play(async {
                let (scene, feed) = closes_after_a_second("never");
                if begun {
                    feed.part("begun");
                }
                settle().await;
                end(&scene);
                settle().await;
                assert!(feed.is_dropped(), "{what}");
                assert!(scene.outbox.is_closed(), "{what}");
                assert_eq!(scene.outbox.given_up(), 2, "{what}, begun: {begun}");
            });
        }
    }
}

#[test]
fn a_stream_of_an_actor_that_panics_is_dropped_and_the_close_does_not_wait() {
    play(async {
        let (scene, feed) = closes_after_a_second("panic");
        feed.part("begun");
        scene.reach(seconds(1)).await;
        assert!(feed.is_dropped());
        assert_eq!(scene.outbox.given_up(), 2);
        assert_eq!(scene.peer.close_code(), Some(1011));
        assert_eq!(scene.peer.taken_at(), Some(seconds(1)));
    });
}

/// Streams from the start, with a text behind it, and closes in this way.
fn closes_after_a_second(way: &'static str) -> (Scene, Feed) {
    let (parts, feed) = source();
    let mut parts = Some(parts);
    let scene = probe(move |heard, ctx| match heard {
        Heard::Started => {
            ctx.stream(Opcode::TEXT, parts.take().unwrap()).unwrap();
            ctx.text("behind").unwrap();
            ctx.run_later(seconds(1), |_, ctx| end(way, ctx));
        }
        Heard::Text(_) => ctx.terminate(),
        _ => {}
    });
    (scene.open(), feed)
}

fn end(way: &str, ctx: &mut WsContext<Probe>) {
    let payload = |code| ClosePayload::new(CloseCode::new(code), "").unwrap();
    match way {
        "close" => ctx.close(CloseCode::new(4000), "").unwrap(),
        "stop" => ctx.stop(),
        "outbox" => ctx.outbox().close(payload(4001)),
        "handle" => ctx.handle().close(CloseCode::new(4002), "").unwrap(),
        "panic" => panic!("as the test wants"),
        _ => {}
    }
}

const WAYS: [(&str, u16); 4] = [
    ("close", 4000),
    ("stop", 1000),
    ("outbox", 4001),
    ("handle", 4002),
];
