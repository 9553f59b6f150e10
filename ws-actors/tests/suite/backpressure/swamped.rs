//! A peer that has more to read than it does is listened to all the same, as far
//! as that costs little.

use ws_core::{Cause, Opcode};

use crate::support::{
    frames::{PING, PONG, close, frame, text, texts},
    play,
    probe::{Heard, probe_flooded},
    scene::probe,
    seconds, settle,
    source::source,
};

#[test]
fn pings_of_a_slow_peer_are_answered_before_all_that_waits_for_it() {
    play(async {
        let scene = probe(probe_flooded(500)).room(0).open();
        settle().await;
        assert!(scene.outbox.queued_bytes() > 100_000);
        scene.peer.send(frame(PING, "slow but alive"));
        settle().await;
        assert_eq!(scene.peer.unread(), 0);
        // It reads what is on its way, and a little more.
        for _ in 0..40 {
            scene.peer.take(4_000);
            settle().await;
        }
        let pongs = scene.peer.frames_of(PONG);
        assert_eq!(pongs.len(), 1);
        assert_eq!(pongs[0].payload, b"slow but alive");
        assert!(scene.outbox.queued_bytes() > 100_000, "all has left");
    });
}

#[test]
fn close_of_a_slow_peer_is_heard_while_much_waits_for_it() {
    play(async {
        let scene = probe(probe_flooded(500)).room(0).open();
        settle().await;
        scene.peer.send(close(1001));
        scene.reach(seconds(1)).await;
        assert_eq!(scene.journal.cause(), Cause::Remote);
    });
}

#[test]
fn messages_of_a_swamped_peer_wait_and_come_in_order_once_it_has_read() {
    play(async {
        let scene = probe(probe_flooded(500)).room(0).open();
        settle().await;
        scene.peer.send(texts(0..50));
        scene.reach(seconds(1)).await;
        assert_eq!(scene.journal.texts().len(), 0);
        scene.peer.take(usize::MAX);
        settle().await;
        let expected: Vec<_> = (0..50).map(|it| it.to_string()).collect();
        assert_eq!(scene.journal.texts(), expected);
    });
}

#[test]
fn a_swamped_peer_is_not_read_from_without_end() {
    play(async {
        let scene = probe(probe_flooded(500)).room(0).open();
        settle().await;
        for _ in 0..1000 {
            scene.peer.send(text(&"x".repeat(1000)));
        }
        scene.reach(seconds(1)).await;
        let read = scene.peer.reads();
        assert!((50..100).contains(&read), "{read} messages were read");
        scene.peer.take(usize::MAX);
        settle().await;
        assert_eq!(scene.journal.texts().len(), 1000);
    });
}

#[test]
fn an_actor_hears_what_its_peer_says_amid_a_stream_that_it_reads_slowly() {
    play(async {
        let (parts, feed) = source();
        let mut parts = Some(parts);
        let scene = probe(move |heard, ctx| {
            if *heard == Heard::Started {
                ctx.stream(Opcode::BINARY, parts.take().unwrap()).unwrap();
            }
        })
        .room(100_000)
        .open();
        feed.forever(vec![0; 10_000]);
        settle().await;
        scene.peer.send(text("enough"));
        settle().await;
        assert_eq!(scene.journal.texts(), ["enough"]);
    });
}
