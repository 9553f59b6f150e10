//! A driver that is dropped before its end.

use std::{cell::RefCell, rc::Rc, sync::Arc};

use actix::{ActorContext, AsyncContext};
use tokio::{runtime::Builder, task::LocalSet};
use ws_actors::{Driver, Flow, RateLimit};
use ws_core::{Cause, Role};

use crate::support::{
    frames::{close, text, texts},
    play,
    probe::{Heard, Probe, forever},
    scene::{Scene, connection, listener, probe},
    seconds, settle,
    wire::wire,
};

#[test]
fn an_actor_whose_task_is_aborted_hears_of_its_end_once() {
    play(async {
        let scene = listener().open();
        scene.peer.send(text("hello"));
        scene.reach(seconds(1)).await;
        scene.task.abort();
        settle().await;
        let outcome = scene.journal.outcome();
        assert_eq!(outcome.cause, Cause::TransportLost);
        let expected = [
            Heard::Started,
            Heard::text("hello"),
            Heard::Closed(outcome),
            Heard::Stopping,
            Heard::Stopped,
            Heard::Dropped,
        ];
        assert_eq!(scene.journal.all(), expected);
        assert_eq!(scene.peer.dropped(), Some(seconds(1)));
        assert!(scene.outbox.is_closed());
    });
}

#[test]
fn an_actor_hears_of_its_end_whatever_it_is_about_when_its_task_is_aborted() {
    type Act = fn(&Scene);
    let states: [(&str, Act); 5] = [
        ("waiting", |scene| scene.peer.send(text("wait"))),
        ("deaf", |scene| scene.peer.send(text("pause"))),
        ("stopping", |scene| scene.peer.send(text("stop"))),
        ("closing", |scene| scene.peer.send(text("close"))),
        ("behind", |scene| {
            scene.peer.jam(0);
            scene.outbox.send("x".repeat(100_000).into()).unwrap();
        }),
    ];
    for (what, act) in states {
        play(async {
            let scene = obedient().open();
            act(&scene);
            scene.peer.send(text("unheard"));
            settle().await;
            scene.task.abort();
            settle().await;
            scene.journal.outcome();
            for once in [Heard::Stopping, Heard::Stopped, Heard::Dropped] {
                assert_eq!(scene.journal.times(&once), 1, "{what}: {once:?}");
            }
        });
    }
}

#[test]
fn an_actor_that_has_heard_of_its_end_does_not_hear_of_it_again() {
    play(async {
        // After a fault the transport is left to the peer for a while.
        let scene = listener().open();
        scene.peer.send([0xFF; 2]);
        settle().await;
        assert!(!scene.is_over());
        let heard = scene.journal.all();
        scene.task.abort();
        settle().await;
        assert_eq!(scene.journal.all(), heard);
    });
}

#[test]
fn an_actor_hears_of_its_end_when_the_whole_thread_ends() {
    let runtime = Builder::new_current_thread().enable_time().build();
    let runtime = runtime.unwrap();
    let set = LocalSet::new();
    let scene = set.block_on(&runtime, async {
        let scene = listener().open();
        settle().await;
        scene
    });
    assert_eq!(scene.journal.closed(), None);
    drop(set);
    assert_eq!(scene.journal.cause(), Cause::TransportLost);
    assert!(scene.journal.has(&Heard::Stopped));
}

#[test]
fn an_actor_whose_driver_never_ran_is_not_started() {
    play(async {
        let (wire, peer) = wire();
        let heard = Rc::new(RefCell::new(Vec::new()));
        let log = Rc::clone(&heard);
        let react = move |it: &Heard, _: &mut ws_actors::WsContext<Probe>| {
            log.borrow_mut().push(it.clone());
        };
        let (actor, handlers) = (Probe::new(Box::new(react), 0), Probe::handlers());
        let connection = connection(Role::Server, &handlers);
        let driver = Driver::new(actor, connection, wire, Arc::new(handlers));
        let (outbox, handle, address) = (driver.outbox(), driver.handle(), driver.address());
        peer.send(text("unheard"));
        handle.send("unsent").unwrap();
        drop(driver);
        assert_eq!(*heard.borrow(), []);
        assert!(peer.dropped().is_some());
        assert!(outbox.is_closed() && !handle.is_open() && !address.connected());
        assert_eq!(peer.taken(), 0);
    });
}

#[test]
fn a_panic_in_what_a_dropped_actor_hears_stays_there() {
    play(async {
        let scene = probe(|heard, _| {
            if let Heard::Closed(_) | Heard::Stopping = heard {
                panic!("as the test wants");
            }
        })
        .open();
        let neighbour = listener().open();
        settle().await;
        scene.task.abort();
        settle().await;
        assert!(scene.journal.has(&Heard::Dropped));
        assert_eq!(scene.peer.dropped(), Some(seconds(0)));
        neighbour.peer.send(close(1000));
        let (_, journal) = neighbour.end().await;
        assert!(journal.outcome().is_clean());
    });
}

#[test]
fn an_actor_whose_peer_is_too_fast_hears_of_the_end_of_a_dropped_driver() {
    play(async {
        let limit = RateLimit::new().messages(1, 5);
        let scene = listener().flow(Flow::new().rate_limit(limit)).open();
        scene.peer.send(texts(0..10));
        settle().await;
        assert_eq!(scene.journal.texts().len(), 5);
        scene.task.abort();
        settle().await;
        assert_eq!(scene.journal.cause(), Cause::TransportLost);
        assert!(scene.journal.has(&Heard::Stopped));
    });
}

fn obedient() -> crate::support::scene::Setup {
    probe(|heard, ctx| {
        if let Heard::Text(text) = heard {
            match text.as_str() {
                "wait" => ctx.wait(forever()),
                "pause" => ctx.pause_reading(),
                "stop" => ctx.stop(),
                "close" => ctx.close(ws_core::CloseCode::NORMAL, "").unwrap(),
                _ => {}
            }
        }
    })
}
