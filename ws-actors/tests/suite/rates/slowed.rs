//! A peer that is too fast is read from more slowly.

use std::time::Duration;

use ws_actors::{Flow, RateLimit};
use ws_core::{Cause, Timeout};

use crate::support::{
    frames::{PING, PONG, close, frame, text, texts},
    millis, play,
    probe::Heard,
    scene::{Scene, listener},
    seconds, settle,
};

#[test]
fn a_burst_is_heard_at_once_and_then_one_message_per_interval() {
    for (per_second, burst) in [(10, 5), (1, 1), (4, 20)] {
        play(async {
            let scene = limited(RateLimit::new().messages(per_second, burst));
            scene.peer.send(texts(0..40));
            scene.reach(seconds(60)).await;
            let interval = seconds(1) / per_second;
            let expected = (0..40_u32).map(|it| interval * (it + 1).saturating_sub(burst));
            assert_eq!(instants(&scene), expected.collect::<Vec<_>>());
        });
    }
}

#[test]
fn what_is_not_heard_yet_is_not_read_either() {
    play(async {
        let scene = limited(RateLimit::new().messages(1, 2));
        for number in 0..100 {
            scene.peer.send(texts([number]));
        }
        scene.reach(millis(10_500)).await;
        assert_eq!(scene.journal.texts().len(), 12);
        assert!(scene.peer.unread() >= 100 - 13);
    });
}

#[test]
fn bytes_are_limited_as_well() {
    play(async {
        let scene = limited(RateLimit::new().bytes(1000, 2000));
        for _ in 0..10 {
            // 1000 bytes on the wire.
            scene.peer.send(text(&"x".repeat(1000 - 8)));
        }
        scene.reach(seconds(60)).await;
        let expected = [0, 0, 1, 2, 3, 4, 5, 6, 7, 8].map(seconds);
        assert_eq!(instants(&scene), expected);
    });
}

#[test]
fn a_large_read_is_paid_for_before_the_next() {
    play(async {
        let scene = limited(RateLimit::new().bytes(1000, 1000));
        scene.peer.send(text(&"x".repeat(10_000 - 8)));
        scene.peer.send(text("behind"));
        scene.reach(seconds(60)).await;
        // Nine thousand bytes are too many; twelve more cost as many ms.
        assert_eq!(instants(&scene), [millis(9000), millis(9012)]);
    });
}

#[test]
fn pings_count_as_messages() {
    play(async {
        let scene = limited(RateLimit::new().messages(1, 2));
        for _ in 0..5 {
            scene.peer.send(frame(PING, ""));
        }
        scene.peer.send(text("behind"));
        scene.reach(millis(1500)).await;
        assert_eq!(scene.peer.frames_of(PONG).len(), 3);
        scene.reach(seconds(10)).await;
        assert_eq!(scene.peer.frames_of(PONG).len(), 5);
        let behind = scene.journal.when(&Heard::text("behind"));
        assert_eq!(behind, Some(seconds(4)));
    });
}

#[test]
fn a_peer_that_is_slowed_down_is_not_taken_for_dead() {
    play(async {
        // A message a minute, and a Ping that nobody answers in time.
        let limit = RateLimit::new().bytes(1, 1);
        let scene = limited(limit);
        scene.peer.send(text(&"x".repeat(600)));
        scene.reach(seconds(500)).await;
        assert!(!scene.is_over());
        assert_eq!(scene.journal.closed(), None);
        // From then on it has to give signs of life.
        scene.reach(seconds(700)).await;
        assert_eq!(scene.journal.cause(), Cause::Timeout(Timeout::Pong));
    });
}

#[test]
fn a_pause_fills_up_what_was_used_and_no_more() {
    play(async {
        let scene = limited(RateLimit::new().messages(1, 3));
        for start in [0, 100, 200] {
            scene.reach(seconds(start)).await;
            scene.peer.send(texts(0..5));
            // A sign of life, that there is no Ping to count.
            scene.reach(seconds(start + 10)).await;
            let heard = instants(&scene);
            let expected = [0, 0, 0, 1, 2].map(|it| seconds(start + it));
            assert_eq!(heard[heard.len() - 5..], expected);
            for second in [25, 40, 55, 70, 85] {
                scene.reach(seconds(start + second)).await;
                scene.peer.send(frame(PONG, ""));
            }
        }
    });
}

#[test]
fn a_close_behind_what_is_too_much_comes_in_its_turn() {
    play(async {
        let scene = limited(RateLimit::new().messages(1, 1));
        scene.peer.send(texts(0..5));
        scene.peer.send(close(1000));
        let (peer, journal) = scene.end().await;
        assert_eq!(journal.texts().len(), 5);
        assert!(journal.outcome().is_clean());
        assert_eq!(peer.dropped(), Some(seconds(5)));
    });
}

#[test]
fn an_actor_sends_as_it_likes_while_its_peer_is_slowed_down() {
    play(async {
        let scene = limited(RateLimit::new().messages(1, 1));
        scene.peer.send(texts(0..100));
        for number in 0..100 {
            scene.outbox.send("news".into()).unwrap();
            settle().await;
            assert_eq!(scene.peer.texts().len(), number + 1);
        }
        assert_eq!(scene.time(), seconds(0));
    });
}

fn limited(limit: RateLimit) -> Scene {
    listener().flow(Flow::new().rate_limit(limit)).open()
}

fn instants(scene: &Scene) -> Vec<Duration> {
    scene.journal.instants(|it| matches!(it, Heard::Text(_)))
}
