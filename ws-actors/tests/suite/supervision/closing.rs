//! The close deadline: how long a peer and its transport have to end.

use actix::AsyncContext;
use ws_core::{Cause, CloseCode, Timeout};

use crate::support::{
    frames::{close, text, texts},
    millis, play,
    probe::{Heard, delay},
    scene::{listener, probe},
    seconds, settle,
};

#[test]
fn a_fault_that_is_seen_late_leaves_the_peer_its_time_to_read_why() {
    play(async {
        let scene = probe(|heard, ctx| {
            if heard.is_text("0") {
                ctx.wait(delay(seconds(18)));
            }
        })
        .open();
        // The fault stands behind more than is read ahead of a waiting actor.
        let mut bytes = texts(0..500);
        bytes.extend([0xFF; 2]);
        scene.peer.send(bytes);
        scene.reach(seconds(18)).await;
        assert_eq!(scene.peer.close_code(), Some(1002));
        assert_eq!(scene.peer.dropped(), None);
        scene.reach(seconds(23)).await;
        assert_eq!(scene.peer.dropped(), Some(seconds(23)));
    });
}

#[test]
fn a_peer_that_does_not_answer_the_close_is_dropped_at_its_deadline() {
    play(async {
        let scene = probe(|heard, ctx| {
            if heard.is_text("close") {
                ctx.close(CloseCode::new(4000), "bye").unwrap();
            }
        })
        .open();
        scene.reach(seconds(10)).await;
        scene.peer.send(text("close"));
        // It may go on sending for a while, and is heard.
        scene.reach(seconds(12)).await;
        scene.peer.send(text("unread mail"));
        scene.reach(millis(14_999)).await;
        assert_eq!(scene.journal.texts(), ["close", "unread mail"]);
        assert_eq!(scene.journal.closed(), None);
        scene.reach(seconds(15)).await;
        assert_eq!(scene.peer.dropped(), Some(seconds(15)));
        assert_eq!(scene.journal.cause(), Cause::Timeout(Timeout::Close));
    });
}

#[test]
fn a_transport_that_takes_its_time_to_shut_down_has_it_until_the_close_deadline() {
    for released in [true, false] {
        play(async {
            let scene = listener().open();
            scene.peer.hold_shutdown(true);
            scene.peer.send([0xFF, 0xFF]);
            scene.reach(seconds(2)).await;
            assert_eq!(scene.peer.close_code(), Some(1002));
            assert_eq!(scene.peer.shut_down(), None);
            if released {
                scene.peer.hold_shutdown(false);
                settle().await;
                assert_eq!(scene.peer.shut_down(), Some(seconds(2)));
            }
            scene.reach(seconds(5)).await;
            assert_eq!(scene.peer.dropped(), Some(seconds(5)));
        });
    }
}

#[test]
fn a_transport_that_holds_bytes_back_is_not_dropped_before_they_left_or_the_close_deadline() {
    for released in [true, false] {
        play(async {
            let scene = listener().open();
            scene.peer.hold_flush(true);
            scene.peer.send(close(1000));
            scene.reach(seconds(2)).await;
            assert_eq!(scene.peer.dropped(), None);
            if released {
                scene.peer.hold_flush(false);
                settle().await;
                assert_eq!(scene.peer.dropped(), Some(seconds(2)));
            }
            scene.reach(seconds(5)).await;
            assert!(scene.peer.dropped().is_some());
        });
    }
}

#[test]
fn a_close_that_is_answered_late_but_in_time_is_clean() {
    play(async {
        let scene = probe(|heard, ctx| {
            if *heard == Heard::Started {
                ctx.close(CloseCode::NORMAL, "").unwrap();
            }
        })
        .open();
        scene.reach(millis(4999)).await;
        scene.peer.send(close(1000));
        let (peer, journal) = scene.end().await;
        assert!(journal.outcome().is_clean());
        assert_eq!(peer.dropped(), Some(millis(4999)));
    });
}
