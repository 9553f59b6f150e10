//! The Close frame comes behind what was sent, and nothing behind it.

use actix::{ActorContext, AsyncContext};
use ws_core::{Cause, CloseCode, ClosePayload};

use super::shared::{assert_closing, once, reads_slowly, sized};
use crate::support::{
    frames::close,
    play,
    probe::{Heard, delay},
    scene::{listener, probe},
    seconds, settle,
};

#[test]
fn nothing_is_sent_after_the_outbox_was_closed_whichever_way_is_taken() {
    play(async {
        let scene = once(|ctx| {
            ctx.outbox().close(payload(4001, ""));
            assert_closing(ctx.outbox().send("late".into()));
            assert_closing(ctx.text("late"));
            assert_closing(ctx.ping("late"));
            assert_closing(ctx.close(CloseCode::NORMAL, ""));
        })
        .open();
        settle().await;
        assert_eq!(scene.peer.frames().len(), 1);
        assert_eq!(scene.peer.close_code(), Some(4001));
    });
}

#[test]
fn nothing_is_sent_after_the_actor_closed() {
    play(async {
        let scene = once(|ctx| {
            ctx.close(CloseCode::NORMAL, "").unwrap();
            assert!(ctx.outbox().is_closed());
            assert_closing(ctx.text("late"));
            assert_closing(ctx.binary("late"));
            assert_closing(ctx.json("late"));
            assert_closing(ctx.send_prepared(&"late".into()));
            assert_closing(ctx.ping("late"));
            assert_closing(ctx.outbox().send("late".into()));
            assert_closing(ctx.close(CloseCode::GOING_AWAY, ""));
            ctx.outbox().close(payload(1001, ""));
        })
        .open();
        settle().await;
        assert_eq!(scene.peer.frames().len(), 1);
        assert_eq!(scene.peer.close_code(), Some(1000));
    });
}

#[test]
fn nothing_is_sent_after_the_connection_ended() {
    play(async {
        let scene = probe(|heard, ctx| {
            if let Heard::Closed(_) | Heard::Stopped = heard {
                assert_closing(ctx.text("late"));
                assert_closing(ctx.close(CloseCode::NORMAL, ""));
            }
        })
        .open();
        settle().await;
        let outbox = scene.outbox.clone();
        assert!(!outbox.is_closed());
        scene.peer.send(close(1000));
        let (peer, _) = scene.end().await;
        assert!(outbox.is_closed());
        assert_closing(outbox.send("late".into()));
        outbox.close(payload(1001, ""));
        settle().await;
        assert_eq!(peer.frames().len(), 1);
        assert_eq!(outbox.queued_bytes(), 0);
    });
}

#[test]
fn others_are_told_that_the_connection_is_closed_even_if_its_actor_waits() {
    // The answer to the peer's Close leaves at once, or is stuck.
    for room in [usize::MAX, 0] {
        play(async {
            let scene = once(|ctx| ctx.wait(delay(seconds(60)))).room(room).open();
            scene.reach(seconds(1)).await;
            scene.peer.send(close(1000));
            scene.reach(seconds(2)).await;
            assert_eq!(scene.peer.dropped().is_some(), room > 0);
            assert!(scene.outbox.is_closed());
            assert_closing(scene.outbox.send("late".into()));
        });
    }
}

#[test]
fn others_close_with_their_own_code_behind_what_waits() {
    for room in [usize::MAX, 0] {
        play(async {
            let scene = listener().room(room).open();
            settle().await;
            for number in 0..100 {
                scene.outbox.send(sized(number).into()).unwrap();
            }
            scene.outbox.close(payload(4001, "moved"));
            scene.outbox.close(payload(4002, "too late"));
            assert!(scene.outbox.is_closed());
            settle().await;
            reads_slowly(&scene.peer).await;
            let expected: Vec<_> = (0..100).map(sized).collect();
            assert_eq!(scene.peer.texts(), expected);
            assert_eq!(scene.peer.close_code(), Some(4001));
            assert_eq!(scene.peer.frames().last().unwrap().reason(), "moved");

            scene.peer.send(close(4001));
            let (_, journal) = scene.end().await;
            let outcome = journal.outcome();
            assert_eq!(outcome.cause, Cause::Local);
            assert_eq!(outcome.sent, Some(payload(4001, "moved")));
        });
    }
}

#[test]
fn others_close_at_once() {
    play(async {
        let scene = listener().open();
        scene.reach(seconds(7)).await;
        scene.outbox.close(payload(1001, ""));
        settle().await;
        assert_eq!(scene.peer.close_code(), Some(1001));
        assert_eq!(scene.peer.taken_at(), Some(seconds(7)));
    });
}

#[test]
fn what_was_sent_before_the_actor_closes_or_stops_arrives_before_the_close() {
    for stops in [false, true] {
        for room in [usize::MAX, 0] {
            play(async {
                let scene = once(move |ctx| {
                    for number in 0..100 {
                        ctx.text(sized(number)).unwrap();
                    }
                    if stops {
                        ctx.stop();
                    } else {
                        ctx.close(CloseCode::new(4000), "bye").unwrap();
                    }
                })
                .room(room)
                .open();
                settle().await;
                reads_slowly(&scene.peer).await;
                let expected: Vec<_> = (0..100).map(sized).collect();
                assert_eq!(scene.peer.texts(), expected);
                let code = if stops { 1000 } else { 4000 };
                assert_eq!(scene.peer.close_code(), Some(code));
            });
        }
    }
}

fn payload(code: u16, reason: &'static str) -> ClosePayload {
    ClosePayload::new(CloseCode::new(code), reason).unwrap()
}
