//! A connection on which nobody says anything, and one that lasts for long.

use actix::AsyncContext;
use ws_core::{Cause, Config, Timeout};

use crate::support::{
    frames::{PING, PONG, close, frame, text},
    millis, play,
    probe::{Heard, delay},
    scene::{Setup, listener, probe},
    seconds, settle,
};

#[test]
fn messages_of_either_side_keep_a_connection_and_pings_do_not() {
    play(async {
        let scene = idle_after(seconds(30)).open();
        for second in [25, 75, 125] {
            scene.reach(seconds(second)).await;
            scene.peer.send(text("hello"));
            scene.reach(seconds(second + 25)).await;
            scene.outbox.send("hello".into()).unwrap();
        }
        for second in [160, 170, 179] {
            scene.reach(seconds(second)).await;
            scene.peer.send(frame(PING, ""));
            scene.peer.send(frame(PONG, ""));
        }
        scene.reach(millis(179_999)).await;
        assert!(!scene.outbox.is_closed());
        scene.reach(seconds(180)).await;
        assert_eq!(scene.peer.close_code(), Some(1001));
        scene.peer.send(close(1001));
        let (_, journal) = scene.end().await;
        assert_eq!(journal.cause(), Cause::Timeout(Timeout::Idle));
    });
}

#[test]
fn what_is_unread_is_no_silence() {
    play(async {
        let scene = probe(|heard, ctx| {
            if heard.is_text("0") {
                ctx.wait(delay(seconds(300)));
            }
        })
        .config(Config::new().idle_timeout(Some(seconds(30))))
        .open();
        for number in 0..200 {
            scene.peer.send(text(&number.to_string()));
        }
        scene.reach(seconds(299)).await;
        assert!(!scene.outbox.is_closed());
        scene.reach(seconds(301)).await;
        assert_eq!(scene.journal.texts().len(), 200);
        scene.reach(millis(329_999)).await;
        assert!(!scene.outbox.is_closed());
        scene.reach(millis(330_001)).await;
        assert_eq!(scene.peer.close_code(), Some(1001));
    });
}

#[test]
fn a_lifetime_ends_whatever_is_said_and_what_was_sent_arrives_before() {
    play(async {
        let config = Config::new().max_lifetime(Some(seconds(100)));
        let scene = listener().config(config).open();
        for second in 1..100 {
            scene.reach(seconds(second)).await;
            scene.peer.send(text("hello"));
            scene.outbox.send("hello".into()).unwrap();
        }
        scene.reach(seconds(100)).await;
        assert_eq!(scene.peer.texts().len(), 99);
        assert_eq!(scene.peer.close_code(), Some(1001));
        assert_eq!(scene.peer.taken_at(), Some(seconds(100)));
        // It may finish what it has to say.
        scene.peer.send([text("last words"), close(1001)].concat());
        let (_, journal) = scene.end().await;
        assert!(journal.has(&Heard::text("last words")));
        assert_eq!(journal.cause(), Cause::Timeout(Timeout::Lifetime));
    });
}

#[test]
fn what_waits_for_a_slow_peer_is_given_up_at_the_end_of_a_lifetime() {
    play(async {
        let config = Config::new().max_lifetime(Some(seconds(10)));
        let scene = listener().config(config).room(0).open();
        settle().await;
        for _ in 0..2 {
            scene.outbox.send(vec![0; 64 * 1024].into()).unwrap();
        }
        scene.reach(seconds(10)).await;
        assert!(scene.outbox.is_closed());
        assert_eq!(scene.outbox.queued_bytes(), 0);
        assert_eq!(scene.outbox.given_up(), 1);
        scene.peer.take(usize::MAX);
        settle().await;
        assert_eq!(scene.peer.close_code(), Some(1001));
    });
}

fn idle_after(time: std::time::Duration) -> Setup {
    let config = Config::new().ping_interval(None);
    listener().config(config.idle_timeout(Some(time)))
}
