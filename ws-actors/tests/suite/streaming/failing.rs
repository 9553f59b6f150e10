//! A message that has begun cannot be taken back: who cannot finish it closes.

use std::error::Error;

use ws_core::{Cause, Opcode};

use crate::support::{
    frames::close,
    play,
    probe::Heard,
    scene::{Scene, once},
    settle,
    source::{Feed, source},
};

#[test]
fn a_stream_that_fails_closes_with_1011_behind_what_has_left() {
    type Failing = fn(&Feed);
    let failures: [(&str, Failing); 4] = [
        ("an error", |feed| feed.fail("as the test wants")),
        ("a panic", Feed::panic),
        ("no UTF-8", |feed| feed.part([0xFF].to_vec())),
        ("half a character", |feed| {
            feed.part("€".as_bytes()[..2].to_vec());
            feed.end();
        }),
    ];
    for (what, fail) in failures {
        for begun in [false, true] {
            play(async {
                let (scene, feed) = streaming();
                if begun {
                    feed.part("begun");
                    settle().await;
                }
                fail(&feed);
                settle().await;
                assert!(feed.is_dropped(), "{what}");
                assert_eq!(scene.peer.close_code(), Some(1011), "{what}");
                assert!(scene.outbox.is_closed(), "{what}");
                assert_eq!(scene.outbox.queued_bytes(), 0, "{what}");
                // The actor is well, and hears of it.
                assert!(!scene.journal.has(&Heard::Dropped), "{what}");
                scene.peer.send(close(1011));
                let (peer, journal) = scene.end().await;
                assert_eq!(journal.cause(), Cause::StreamFailed, "{what}");
                assert!(peer.texts().is_empty(), "{what}");
            });
        }
    }
}

#[test]
fn the_reason_of_a_failure_is_kept_from_the_peer() {
    play(async {
        let (scene, feed) = streaming();
        feed.fail("the password of the database is wrong");
        settle().await;
        let close = scene.peer.frames().pop().unwrap();
        assert_eq!(close.reason(), "message cut short");
    });
}

#[test]
fn a_stream_of_any_error_type_will_do() {
    play(async {
        let scene = once(|ctx| {
            let parts = [Ok("part"), Err(Box::<dyn Error>::from("failed"))];
            let parts = futures_util::stream::iter(parts);
            ctx.stream(Opcode::TEXT, parts).unwrap();
        })
        .open();
        settle().await;
        assert_eq!(scene.peer.close_code(), Some(1011));
    });
}

/// Streams text from the start; more texts wait.
fn streaming() -> (Scene, Feed) {
    let (parts, feed) = source();
    let scene = once(|ctx| {
        ctx.stream(Opcode::TEXT, parts).unwrap();
        ctx.text("never sent").unwrap();
    });
    (scene.open(), feed)
}
