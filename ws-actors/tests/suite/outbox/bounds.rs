//! The bound of an outbox, and what happens at it.

use tokio::time::sleep;
use ws_actors::SendError;
use ws_core::{Cause, PreparedMessage};

use super::shared::assert_closing;
use crate::support::{
    frames::{close, text},
    millis, play,
    probe::Heard,
    scene::{listener, probe},
    settle,
};

#[test]
fn an_outbox_takes_its_bound_and_not_a_byte_more() {
    play(async {
        let scene = listener().max_queued_bytes(1000).open();
        settle().await;
        for number in 1..=10 {
            scene.outbox.send(frame_of(100)).unwrap();
            assert_eq!(scene.outbox.queued_bytes(), number * 100);
        }
        let full = scene.outbox.send(frame_of(2)).unwrap_err();
        assert!(matches!(
            full,
            SendError::Full {
                queued: 1000,
                limit: 1000,
                ..
            }
        ));
        assert!(full.to_string().contains("1000 bytes"), "{full}");
        // The connection closes, and what waited is given up.
        assert!(scene.outbox.is_closed());
        assert_eq!(scene.outbox.queued_bytes(), 0);
        assert_closing(scene.outbox.send(frame_of(2)));
        settle().await;
        assert_eq!(scene.peer.frames().len(), 1);
        assert_eq!(scene.peer.close_code(), Some(1013));
        scene.peer.send(close(1013));
        let (_, journal) = scene.end().await;
        assert_eq!(journal.cause(), Cause::SlowPeer);
    });
}

#[test]
fn an_outbox_that_is_emptied_in_time_takes_more() {
    play(async {
        let scene = listener().max_queued_bytes(1000).open();
        for _ in 0..50 {
            for _ in 0..10 {
                scene.outbox.send(frame_of(100)).unwrap();
            }
            settle().await;
        }
        assert_eq!(scene.peer.taken(), 50_000);
        assert!(!scene.outbox.is_closed());
    });
}

#[test]
fn a_message_larger_than_the_bound_passes_if_nothing_waits() {
    play(async {
        let scene = listener().max_queued_bytes(1000).open();
        for _ in 0..3 {
            scene.outbox.send(frame_of(100_000)).unwrap();
            settle().await;
        }
        assert_eq!(scene.peer.taken(), 300_000);
        scene.outbox.send(frame_of(2)).unwrap();
        assert!(scene.outbox.send(frame_of(100_000)).is_err());
        settle().await;
        assert_eq!(scene.peer.close_code(), Some(1013));
    });
}

#[test]
fn a_slow_peer_costs_the_others_nothing() {
    play(async {
        let slow = listener().max_queued_bytes(10_000).room(0).open();
        let quick = listener().max_queued_bytes(10_000).open();
        let message = PreparedMessage::new("x".repeat(998));
        let mut refused = 0;
        for _ in 0..1000 {
            refused += usize::from(slow.outbox.send(message.clone()).is_err());
            quick.outbox.send(message.clone()).unwrap();
            sleep(millis(1)).await;
        }
        assert!(refused > 900);
        assert_eq!(quick.peer.texts().len(), 1000);
        assert!(slow.outbox.is_closed() && !quick.outbox.is_closed());
    });
}

#[test]
fn an_actor_whose_outbox_overflowed_sends_nothing_behind_the_gap() {
    play(async {
        let scene = probe(|heard, ctx| {
            if let Heard::Text(_) = heard {
                assert_closing(ctx.text("behind the gap"));
            }
        })
        .max_queued_bytes(1000)
        .open();
        settle().await;
        while scene.outbox.send(frame_of(100)).is_ok() {}
        scene.peer.send(text("send"));
        settle().await;
        assert_eq!(scene.peer.frames().len(), 1);
        assert_eq!(scene.peer.close_code(), Some(1013));
    });
}

#[test]
fn what_waits_is_counted_until_it_is_taken() {
    play(async {
        let scene = probe(|heard, ctx| {
            let expected = match heard {
                Heard::Started => 0,
                Heard::Text(text) => text.parse().unwrap(),
                _ => return,
            };
            assert_eq!(ctx.queued_bytes(), expected);
        })
        .room(0)
        .open();
        settle().await;
        scene.outbox.send(frame_of(1000)).unwrap();
        assert_eq!(scene.outbox.queued_bytes(), 1000);
        scene.peer.send(text("1000"));
        settle().await;
        scene.peer.take(400);
        settle().await;
        scene.peer.send(text("600"));
        settle().await;
        scene.peer.take(600);
        settle().await;
        scene.peer.send(text("0"));
        settle().await;
        assert_eq!(scene.journal.texts().len(), 3);
        assert!(!scene.journal.has(&Heard::Dropped), "an assertion failed");
    });
}

/// A message whose frame is so many bytes long.
fn frame_of(bytes: usize) -> PreparedMessage {
    let header = match bytes {
        0..128 => 2,
        128..65_540 => 4,
        _ => 10,
    };
    let message = PreparedMessage::new(vec![0; bytes - header]);
    assert_eq!(message.len(), bytes);
    message
}
