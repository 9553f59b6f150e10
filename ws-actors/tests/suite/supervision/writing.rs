//! The write deadline: a peer that does not read is given up.

use ws_core::{Cause, Config, Timeout};

use super::shared::sends_after_a_second;
use crate::support::{frames::text, millis, play, scene::listener, seconds, settle};

#[test]
fn a_transport_that_takes_no_byte_is_given_up_at_the_write_deadline() {
    play(async {
        let scene = sends_after_a_second().room(0).open();
        scene.reach(millis(30_999)).await;
        assert_eq!(scene.journal.closed(), None);
        scene.reach(seconds(31)).await;
        assert_eq!(scene.journal.cause(), Cause::Timeout(Timeout::Write));
        assert_eq!(scene.journal.closed(), Some(seconds(31)));
        assert_eq!(scene.peer.dropped(), Some(seconds(31)));
        assert!(scene.is_over());
    });
}

#[test]
fn the_write_deadline_counts_from_when_something_is_sent_however_long_all_was_still() {
    play(async {
        let config = Config::new().ping_interval(None);
        let scene = listener().config(config).room(0).open();
        scene.reach(seconds(3600)).await;
        scene.outbox.send("good morning".into()).unwrap();
        scene.reach(seconds(3600 + 29)).await;
        assert_eq!(scene.journal.closed(), None);
        // The peer reads in time.
        scene.peer.take(usize::MAX);
        scene.reach(seconds(3600 + 100)).await;
        assert_eq!(scene.peer.texts(), ["good morning"]);
        assert!(!scene.is_over());
    });
}

#[test]
fn a_peer_that_sends_but_does_not_read_is_given_up_at_the_write_deadline() {
    play(async {
        let scene = sends_after_a_second().room(0).open();
        for second in 1..31 {
            scene.reach(seconds(second)).await;
            scene.peer.send(text("alive"));
        }
        scene.reach(seconds(31)).await;
        assert_eq!(scene.journal.cause(), Cause::Timeout(Timeout::Write));
        assert_eq!(scene.peer.dropped(), Some(seconds(31)));
    });
}

#[test]
fn a_peer_that_reads_a_byte_now_and_then_is_kept() {
    play(async {
        let scene = sends_after_a_second().room(0).open();
        for tick in 1..60 {
            scene.reach(seconds(10 * tick)).await;
            scene.peer.take(1);
            scene.peer.send(text("alive"));
        }
        settle().await;
        assert!(!scene.is_over());
        assert_eq!(scene.peer.taken(), 59);
    });
}
