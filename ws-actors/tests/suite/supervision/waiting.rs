//! Deadlines hold while the actor waits forever.

use actix::AsyncContext;
use ws_core::{Cause, CloseCode, ClosePayload, Timeout};

use super::shared::shows_pong_timeout;
use crate::support::{
    frames::text,
    millis, play,
    probe::{Heard, forever},
    scene::{Setup, probe},
    seconds, watched,
};

#[test]
fn an_actor_that_waits_forever_keeps_the_deadlines_of_a_silent_peer() {
    for room in [6, usize::MAX] {
        play(async {
            let scene = waits_from_the_start().room(room).open();
            shows_pong_timeout(&scene).await;
            // It hears of it when it is not waited for any longer.
            assert_eq!(scene.journal.all(), [Heard::Started]);
            scene.reach(seconds(60)).await;
            assert!(scene.is_over());
            assert_eq!(scene.journal.cause(), Cause::Timeout(Timeout::Pong));
        });
    }
}

#[test]
fn an_actor_that_waits_forever_keeps_the_write_deadline() {
    watched(|| {
        play(async {
            let scene = probe(|heard, ctx| {
                if heard.is_text("wait") {
                    ctx.text("stuck").unwrap();
                    ctx.wait(forever());
                }
            })
            .room(0)
            .open();
            scene.peer.send(text("wait"));
            // More than is read ahead, so that reading stops.
            for _ in 0..500 {
                scene.peer.send(text("unheard"));
            }
            scene.reach(seconds(30)).await;
            assert_eq!(scene.peer.dropped(), Some(seconds(30)));
            assert!(scene.peer.unread() > 0);
            scene.reach(seconds(40)).await;
            assert!(scene.is_over());
            assert_eq!(scene.journal.cause(), Cause::Timeout(Timeout::Write));
        });
    });
}

#[test]
fn an_actor_that_waits_forever_keeps_the_close_deadline() {
    play(async {
        let scene = waits_from_the_start().open();
        scene.reach(seconds(1)).await;
        let payload = ClosePayload::new(CloseCode::GOING_AWAY, "");
        scene.outbox.close(payload.unwrap());
        scene.reach(seconds(2)).await;
        assert_eq!(scene.peer.close_code(), Some(1001));
        scene.reach(millis(5999)).await;
        assert_eq!(scene.peer.dropped(), None);
        scene.reach(seconds(6)).await;
        assert_eq!(scene.peer.dropped(), Some(seconds(6)));
    });
}

fn waits_from_the_start() -> Setup {
    probe(|heard, ctx| {
        if *heard == Heard::Started {
            ctx.wait(forever());
        }
    })
}
