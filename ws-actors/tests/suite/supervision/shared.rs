//! What the tests of several deadlines share.

use actix::AsyncContext;
use ws_core::{Cause, Timeout};

use crate::support::{
    frames::PING,
    millis,
    probe::Heard,
    scene::{Scene, Setup, probe},
    seconds,
};

/// A peer that leaves its Ping without an answer.
pub(super) async fn shows_pong_timeout(scene: &Scene) {
    scene.reach(seconds(20)).await;
    assert_eq!(scene.peer.frames_of(PING).len(), 1);
    assert_eq!(scene.peer.taken_at(), Some(seconds(20)));
    scene.reach(millis(39_999)).await;
    assert_eq!(scene.journal.closed(), None);
    scene.reach(seconds(40)).await;
    if let Some(closed) = scene.journal.closed() {
        assert_eq!(closed, seconds(40));
        assert_eq!(scene.journal.cause(), Cause::Timeout(Timeout::Pong));
    }
    scene.reach(millis(44_999)).await;
    assert_eq!(scene.peer.dropped(), None);
    scene.reach(seconds(45)).await;
    assert_eq!(scene.peer.dropped(), Some(seconds(45)));
}

pub(super) fn sends_after_a_second() -> Setup {
    probe(|heard, ctx| {
        if *heard == Heard::Started {
            ctx.run_later(seconds(1), |_, ctx| {
                ctx.text("x".repeat(100)).unwrap();
            });
        }
    })
}
