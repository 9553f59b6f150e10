//! What an actor hears first and last, whoever ends its connection.

use tokio::time::sleep;
use ws_core::{Cause, CloseCode, Config, Timeout};

use super::obedient::obedient;
use crate::support::{
    frames::{close, text},
    millis, play,
    probe::Heard,
    scene::{Scene, listener},
    seconds, settle,
    wire::wire,
};

#[test]
fn started_comes_before_the_first_frame_and_stopped_last() {
    play(async {
        let (wire, peer) = wire();
        peer.send(text("early"));
        peer.end();
        let (journal, task) = listener().open_on(wire);
        task.await.unwrap();
        assert_eq!(
            journal.all(),
            [
                Heard::Started,
                Heard::text("early"),
                Heard::Closed(journal.outcome()),
                Heard::Stopping,
                Heard::Stopped,
                Heard::Dropped,
            ]
        );
    });
}

#[test]
fn closed_comes_once_and_then_the_actor_stops_whoever_ends_the_connection() {
    type Ending = fn(&Scene);
    let endings: [(&str, Ending); 8] = [
        ("the peer closes", |scene| scene.peer.send(close(1000))),
        ("the peer ends", |scene| scene.peer.end()),
        ("the transport breaks", |scene| scene.peer.reset()),
        ("the peer is at fault", |scene| {
            scene.peer.send([0xFF, 0xFF]);
            scene.peer.send([0xFF, 0xFF]);
        }),
        ("the peer goes silent", |scene| scene.peer.jam(0)),
        ("the actor closes", |scene| scene.peer.send(text("close"))),
        ("the actor stops", |scene| scene.peer.send(text("stop"))),
        ("the actor terminates", |scene| {
            scene.peer.send(text("terminate"));
        }),
    ];
    for (what, end) in endings {
        play(async {
            let scene = obedient().open();
            settle().await;
            end(&scene);
            // The peer does not answer, nor end the transport.
            sleep(seconds(100)).await;
            assert!(scene.is_over(), "{what}");
            let mut heard = scene.journal.all();
            heard.retain(|it| !matches!(it, Heard::Text(_)));
            let closed = Heard::Closed(scene.journal.outcome());
            let mut expected = vec![
                Heard::Started,
                closed,
                Heard::Stopping,
                Heard::Stopped,
                Heard::Dropped,
            ];
            if what == "the actor stops" {
                expected.swap(1, 2);
            } else if what == "the actor terminates" {
                expected.remove(2);
            }
            assert_eq!(heard, expected, "{what}");
        });
    }
}

#[test]
fn an_actor_is_told_the_cause_of_its_end() {
    play(async {
        let config = Config::new().ping_interval(Some(seconds(1)));
        let scene = listener().config(config).open();
        let (peer, journal) = scene.end().await;
        let outcome = journal.outcome();
        assert_eq!(outcome.cause, Cause::Timeout(Timeout::Pong));
        assert_eq!(outcome.code(), CloseCode::ABNORMAL);
        assert_eq!(peer.close_code(), Some(1011));
    });
}

#[test]
fn an_actor_without_a_handler_for_closed_is_stopped_as_well() {
    play(async {
        let scene = listener().handlers(ws_actors::Handlers::new()).open();
        scene.reach(millis(1)).await;
        scene.peer.end();
        let (_, journal) = scene.end().await;
        assert_eq!(
            journal.all(),
            [
                Heard::Started,
                Heard::Stopping,
                Heard::Stopped,
                Heard::Dropped
            ]
        );
    });
}

#[test]
fn a_driver_that_is_dropped_drops_actor_and_transport() {
    play(async {
        let (scene, address) = listener().open_addressed();
        settle().await;
        scene.task.abort();
        settle().await;
        assert!(scene.journal.has(&Heard::Dropped));
        assert_eq!(scene.peer.dropped(), Some(seconds(0)));
        assert!(!address.connected());
    });
}
