//! Actors that terminate: the transport is dropped without a Close.

use actix::ActorContext;
use ws_core::Cause;

use super::obedient::obedient;
use crate::support::{frames::text, play, probe::Heard, scene::probe, seconds, settle};

#[test]
fn an_actor_that_terminates_drops_the_transport_without_a_close() {
    play(async {
        let scene = obedient().open();
        scene.peer.jam(0);
        scene.peer.send(text("terminate"));
        scene.peer.send(text("too late"));
        let (peer, journal) = scene.end().await;
        assert_eq!(peer.dropped(), Some(seconds(0)));
        assert_eq!(peer.shut_down(), None);
        assert_eq!(peer.taken(), 0);
        let outcome = journal.outcome();
        assert_eq!((&outcome.sent, &outcome.received), (&None, &None));
        assert_eq!(
            journal.all(),
            [
                Heard::Started,
                Heard::text("terminate"),
                Heard::Closed(outcome),
                Heard::Stopped,
                Heard::Dropped,
            ]
        );
    });
}

#[test]
fn an_actor_that_terminates_as_it_starts_drops_the_transport() {
    play(async {
        let scene = probe(|heard, ctx| {
            if *heard == Heard::Started {
                ctx.terminate();
            }
        })
        .open();
        scene.peer.send(text("hello"));
        let (peer, journal) = scene.end().await;
        assert_eq!(peer.dropped(), Some(seconds(0)));
        assert_eq!(peer.taken(), 0);
        assert_eq!(journal.texts(), [""; 0]);
        assert!(journal.has(&Heard::Stopped));
    });
}

#[test]
fn an_actor_that_terminates_while_it_stops_drops_the_transport() {
    for continues in [0, 1] {
        play(async {
            let scene = probe(|heard, ctx| match heard {
                Heard::Text(_) => ctx.stop(),
                Heard::Stopping => ctx.terminate(),
                _ => {}
            })
            .continuing(continues)
            .open();
            scene.peer.send(text("stop"));
            settle().await;
            assert_eq!(scene.peer.dropped(), Some(seconds(0)));
            assert_eq!(scene.peer.taken(), 0);
        });
    }
}

#[test]
fn an_actor_that_terminates_once_closed_drops_the_transport() {
    play(async {
        let scene = probe(|heard, ctx| {
            if let Heard::Closed(_) = heard {
                ctx.terminate();
            }
        })
        .open();
        // After such a fault the end of the transport is left to the peer.
        scene.peer.send([0xFF, 0xFF]);
        settle().await;
        assert!(matches!(scene.journal.cause(), Cause::Protocol(_)));
        assert_eq!(scene.peer.dropped(), Some(seconds(0)));
    });
}
