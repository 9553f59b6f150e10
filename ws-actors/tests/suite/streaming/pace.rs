//! A stream goes at the pace of the peer, and leaves others their turns.

use std::{cell::RefCell, collections::BTreeSet, rc::Rc};

use ws_core::{Cause, Opcode, Timeout};

use crate::support::{
    flood::Bystander,
    frames::text,
    play,
    probe::{Heard, Letter},
    scene::{listener, once, probe},
    seconds, settle, settle_for,
    source::source,
    watched,
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
        // It reads no more and says nothing, and that is no different from any
        // other message: the Ping that asks whether it lives cannot leave.
        scene.reach(seconds(100)).await;
        assert_eq!(scene.journal.cause(), Cause::Timeout(Timeout::Pong));
        assert!(feed.is_dropped());
    });
}

#[test]
fn a_stream_without_an_end_and_a_fast_peer_starve_nobody() {
    // The transport takes so much, so that the flood has an end.
    for (part, room) in [
        (0, 0),
        (1, 1 << 20),
        (1000, 80 << 20),
        (1_000_000, 80 << 20),
    ] {
        watched(move || {
            play(async move {
                let (parts, feed) = source();
                let mut parts = Some(parts);
                let (scene, address) = probe(move |heard, ctx| {
                    if *heard == Heard::Started {
                        ctx.stream(Opcode::BINARY, parts.take().unwrap()).unwrap();
                    }
                })
                .room(room)
                .open_addressed();
                let neighbour = listener().open();
                settle().await;
                let seen = Rc::new(RefCell::new(BTreeSet::new()));
                let (progress, flood) = (Rc::clone(&seen), feed.clone());
                let _bystander = Bystander::new(move || {
                    progress.borrow_mut().insert(flood.taken());
                });
                feed.forever(vec![0; part]);
                scene.peer.send(text("hello"));
                neighbour.peer.send(text("hello"));
                address.do_send(Letter(1));
                while feed.taken() <= 50 {
                    settle_for(3).await;
                }
                assert!(seen.borrow().len() >= 3, "others wait for {part}");
                assert_eq!(scene.journal.letters(), [1], "{part}");
                assert_eq!(neighbour.journal.texts(), ["hello"], "{part}");
                scene.task.abort();
                settle_for(1).await;
                assert!(feed.is_dropped());
            });
        });
    }
}
