//! A peer that is too fast is closed, if the endpoint wants it.

use ws_actors::{Flow, RateLimit};
use ws_core::Cause;

use crate::support::{
    frames::{PING, close, frame, text, texts},
    play,
    scene::{Scene, listener},
    seconds, settle,
};

#[test]
fn a_peer_that_is_faster_than_it_may_is_closed_with_1008() {
    let floods = [
        texts(0..6),
        frame(PING, "").repeat(6),
        text(&"x".repeat(1000)),
    ];
    for flood in floods {
        play(async {
            let scene = limited();
            scene.peer.send(flood);
            settle().await;
            assert_eq!(scene.peer.close_code(), Some(1008));
            assert_eq!(scene.time(), seconds(0));
            scene.peer.send(close(1008));
            let (_, journal) = scene.end().await;
            assert_eq!(journal.cause(), Cause::RateLimit);
        });
    }
}

#[test]
fn a_peer_that_stays_within_the_limit_is_kept() {
    play(async {
        let scene = limited();
        scene.peer.send(texts(0..5));
        for second in 1..=100 {
            scene.reach(seconds(second)).await;
            scene.peer.send(texts([0]));
        }
        settle().await;
        assert_eq!(scene.journal.texts().len(), 105);
        assert!(!scene.outbox.is_closed());
    });
}

#[test]
fn who_is_closed_for_its_speed_does_not_wait_for_a_stream() {
    play(async {
        let scene = limited();
        scene.peer.send(texts(0..1000));
        settle().await;
        // Those behind the one too many came before the Close was answered.
        assert_eq!(scene.peer.frames().len(), 1);
        assert_eq!(scene.peer.close_code(), Some(1008));
        scene.reach(seconds(5)).await;
        assert_eq!(scene.peer.dropped(), Some(seconds(5)));
    });
}

fn limited() -> Scene {
    let limit = RateLimit::new().messages(1, 5).bytes(100, 500).closes();
    listener().flow(Flow::new().rate_limit(limit)).open()
}
