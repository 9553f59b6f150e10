//! The actor is told when its peer has caught up.

use actix::AsyncContext;
use ws_actors::WsContext;

use crate::support::{
    frames::text,
    play,
    probe::{Heard, Probe},
    scene::{Setup, once, probe},
    seconds, settle,
};

#[test]
fn an_actor_is_told_once_that_its_peer_has_caught_up() {
    play(async {
        let scene = once(|ctx| {
            assert!(!ctx.is_congested());
            for _ in 0..100 {
                ctx.text("x".repeat(996)).unwrap();
            }
            assert!(ctx.is_congested());
            assert_eq!(ctx.queued_bytes(), 66 * 1000 + 34 * 996);
        })
        .room(0)
        .open();
        settle().await;
        // 32 KiB are the bound, on its way and in the outbox together.
        scene.peer.take(60_000);
        settle().await;
        assert_eq!(scene.journal.times(&Heard::Writable), 0);
        scene.peer.take(7000);
        settle().await;
        assert_eq!(scene.journal.times(&Heard::Writable), 0);
        scene.peer.take(1000);
        scene.reach(seconds(1)).await;
        assert_eq!(scene.journal.times(&Heard::Writable), 1);
        assert_eq!(scene.journal.when(&Heard::Writable), Some(seconds(0)));
        // The rest is nothing new, nor is more that is no flood.
        scene.peer.take(usize::MAX);
        for _ in 0..10 {
            scene.outbox.send("more".into()).unwrap();
            settle().await;
        }
        assert_eq!(scene.journal.times(&Heard::Writable), 1);
        assert!(!scene.journal.has(&Heard::Dropped), "an assertion failed");
    });
}

#[test]
fn an_actor_whose_peer_keeps_up_is_told_nothing() {
    play(async {
        let scene = sends(60_000).room(0).open();
        for _ in 0..10 {
            scene.peer.send(text("send"));
            settle().await;
            scene.peer.take(60_004);
            settle().await;
        }
        assert_eq!(scene.journal.texts().len(), 10);
        assert_eq!(scene.journal.times(&Heard::Writable), 0);
        assert!(scene.journal.notes().iter().all(|it| it == "calm"));
    });
}

#[test]
fn an_actor_is_told_each_time_that_its_peer_catches_up() {
    play(async {
        let scene = sends(100_000).open();
        for round in 1..=5 {
            scene.peer.jam(0);
            scene.peer.send(text("send"));
            scene.reach(seconds(round)).await;
            assert_eq!(scene.journal.times(&Heard::Writable) as u64, round - 1);
            scene.peer.take(usize::MAX);
            settle().await;
            assert_eq!(scene.journal.times(&Heard::Writable) as u64, round);
        }
        let notes = scene.journal.notes();
        assert_eq!(notes.iter().filter(|it| *it == "writable: calm").count(), 5);
    });
}

#[test]
fn an_actor_that_waits_is_told_afterwards() {
    play(async {
        let scene = probe(|heard, ctx| {
            if *heard == Heard::Started {
                ctx.binary(vec![0; 100_000]).unwrap();
                ctx.wait(crate::support::probe::delay(seconds(10)));
            }
        })
        .room(0)
        .open();
        scene.reach(seconds(1)).await;
        scene.peer.take(usize::MAX);
        scene.reach(seconds(11)).await;
        assert_eq!(scene.journal.when(&Heard::Writable), Some(seconds(10)));
        assert_eq!(scene.journal.times(&Heard::Writable), 1);
    });
}

#[test]
fn an_actor_feeds_its_peer_at_the_pace_of_writable() {
    play(async {
        let mut left = 1000;
        let mut feed = move |ctx: &mut WsContext<Probe>| {
            while left > 0 && ctx.queued_bytes() < 64 * 1024 {
                ctx.binary(vec![0; 996]).unwrap();
                left -= 1;
            }
        };
        let scene = probe(move |heard, ctx| {
            if let Heard::Started | Heard::Writable = heard {
                feed(ctx);
            }
        })
        .max_queued_bytes(10_000)
        .room(0)
        .open();
        for _ in 0..100 {
            settle().await;
            scene.peer.take(10_000);
        }
        settle().await;
        assert_eq!(scene.peer.taken(), 1_000_000);
        assert!(!scene.outbox.is_closed());
    });
}

/// Answers a text with so much, and notes how the peer fares.
fn sends(bytes: usize) -> Setup {
    let fares = |ctx: &WsContext<Probe>| {
        let congested = ctx.is_congested();
        if congested { "congested" } else { "calm" }
    };
    probe(move |heard, ctx| {
        let note = match heard {
            Heard::Text(_) => {
                ctx.binary(vec![0; bytes]).unwrap();
                fares(ctx).to_owned()
            }
            Heard::Writable => format!("writable: {}", fares(ctx)),
            _ => return,
        };
        ctx.spawn(actix::fut::ActorFutureExt::map(
            actix::fut::ready(()),
            move |(), probe: &mut Probe, _| probe.note(note.as_str()),
        ));
    })
}
