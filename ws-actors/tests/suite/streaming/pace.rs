//! A stream goes at the pace of the peer, and leaves others their turns.

use ws_core::{Cause, Opcode, Timeout};

use crate::support::{
    flood::Bystander,
    frames::text,
    play,
    probe::Heard,
    scene::{listener, once, probe},
    seconds, settle, settle_for,
    source::source,
    until, watched,
};

#[test]
fn a_stream_is_not_asked_while_the_peer_does_not_read() {
    play(async {
        let (parts, feed) = source();
        let scene = once(|ctx| ctx.stream(Opcode::BINARY, parts).unwrap())
            .room(0)
            .open();
        feed.forever(vec![7; 1000]);
        scene.reach(seconds(10)).await;
        assert!((60..=70).contains(&feed.taken()), "{}", feed.taken());
        assert_eq!(feed.polls(), feed.taken());
        // It reads a bit, and a bit more is asked for.
        scene.peer.take(10_000);
        scene.reach(seconds(11)).await;
        assert!((70..=80).contains(&feed.taken()), "{}", feed.taken());
        // It reads no more, and that is no different from any other message.
        scene.reach(seconds(100)).await;
        assert_eq!(scene.journal.cause(), Cause::Timeout(Timeout::Write));
        assert!(feed.is_dropped());
    });
}

#[test]
fn a_stream_without_an_end_and_a_fast_peer_starve_nobody() {
    for part in [0, 1, 1000, 1_000_000] {
        watched(move || {
            play(async move {
                let (parts, feed) = source();
                let mut parts = Some(parts);
                let (scene, address) = probe(move |heard, ctx| {
                    if *heard == Heard::Started {
                        ctx.stream(Opcode::BINARY, parts.take().unwrap()).unwrap();
                    }
                })
                .open_addressed();
                let neighbour = listener().open();
                let bystander = Bystander::new(|| {});
                settle().await;
                feed.forever(vec![0; part]);
                let before = bystander.turns();
                scene.peer.send(text("hello"));
                neighbour.peer.send(text("hello"));
                let answer = address.send(crate::support::probe::Letter(1));
                assert_eq!(answer.await, Ok(2));
                settle_for(3).await;
                assert_eq!(scene.journal.texts(), ["hello"], "{part}");
                assert_eq!(neighbour.journal.texts(), ["hello"], "{part}");
                assert!(bystander.turns() > before, "{part}");
                assert!(feed.taken() > 10, "that is no flood");
                // What was sent need not be kept.
                scene.task.abort();
                assert!(until(|| feed.is_dropped()).await);
            });
        });
    }
}

#[test]
fn many_streams_of_fast_peers_go_on_side_by_side() {
    play(async {
        let mut scenes = Vec::new();
        for _ in 0..5 {
            let (parts, feed) = source();
            feed.forever(vec![0; 10_000]);
            let scene = once(|ctx| ctx.stream(Opcode::BINARY, parts).unwrap()).open();
            scenes.push((scene, feed));
        }
        settle_for(2).await;
        for (scene, feed) in scenes {
            assert!(feed.taken() > 100, "{}", feed.taken());
            scene.task.abort();
        }
    });
}
