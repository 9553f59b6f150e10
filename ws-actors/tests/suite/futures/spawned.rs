//! Futures that an actor spawns, cancels and leaves behind, and what it tells
//! itself.

use std::{cell::Cell, rc::Rc};

use actix::{ActorContext, ActorFutureExt, AsyncContext, SpawnHandle, fut::wrap_future};
use tokio::time::sleep;

use crate::support::{
    frames::{close, text},
    play,
    probe::{Heard, Letter, Probe},
    scene::probe,
    seconds, settle, watched,
};

#[test]
fn a_future_that_was_cancelled_does_not_go_on() {
    play(async {
        let guard = Rc::new(());
        let held = Rc::clone(&guard);
        let scene = probe(move |heard, ctx| {
            if *heard == Heard::Started {
                let held = Rc::clone(&held);
                let handle = ctx.run_interval(seconds(1), move |probe, _| {
                    probe.note(format!("tick {}", Rc::strong_count(&held)));
                });
                ctx.run_later(seconds(5), |probe, _| probe.note("later"));
                ctx.run_later(seconds(3), move |_, ctx| {
                    assert!(ctx.cancel_future(handle));
                });
            }
        })
        .open();
        scene.reach(seconds(1)).await;
        assert_eq!(Rc::strong_count(&guard), 3);
        scene.reach(seconds(3)).await;
        assert_eq!(Rc::strong_count(&guard), 2, "it is dropped at once");
        scene.reach(seconds(10)).await;
        let notes = scene.journal.notes();
        assert_eq!(notes, ["tick 3", "tick 3", "tick 3", "later"]);
    });
}

#[test]
fn a_future_is_cancelled_by_itself_or_before_it_began() {
    play(async {
        let scene = probe(|heard, ctx| {
            if *heard == Heard::Started {
                let handle: Rc<Cell<SpawnHandle>> = Rc::default();
                let own = Rc::clone(&handle);
                handle.set(ctx.run_interval(seconds(1), move |probe, ctx| {
                    probe.note("tick");
                    ctx.cancel_future(own.get());
                }));
                let never = ctx.run_later(seconds(0), |probe, _| probe.note("never"));
                ctx.cancel_future(never);
            }
        })
        .open();
        scene.reach(seconds(10)).await;
        assert_eq!(scene.journal.notes(), ["tick"]);
    });
}

#[test]
fn futures_end_as_soon_as_the_actor_stops() {
    play(async {
        let guard = Rc::new(());
        let mut held = Some(Rc::clone(&guard));
        let scene = probe(move |heard, ctx| {
            if *heard == Heard::Started {
                let held = held.take();
                ctx.run_interval(seconds(1), move |probe, _| {
                    let _held = &held;
                    probe.note("tick");
                });
            } else if heard.is_text("stop") {
                ctx.stop();
            } else if *heard == Heard::Stopping {
                // This one comes too late to be run.
                let late = wrap_future(async {});
                ctx.spawn(late.map(|(), probe: &mut Probe, _| probe.note("late")));
            }
        })
        .open();
        scene.reach(seconds(1)).await;
        assert_eq!(Rc::strong_count(&guard), 2);
        scene.peer.send(text("stop"));
        scene.reach(seconds(4)).await;
        assert_eq!(Rc::strong_count(&guard), 1);
        scene.peer.send(close(1000));
        let (_, journal) = scene.end().await;
        assert_eq!(journal.notes(), ["tick"]);
    });
}

#[test]
fn a_spawned_future_acts_on_the_actor_and_its_peer() {
    play(async {
        let scene = probe(|heard, ctx| {
            if let Heard::Text(_) = heard {
                let answer = wrap_future(async {
                    sleep(seconds(2)).await;
                    "done"
                });
                ctx.spawn(answer.map(|answer, probe: &mut Probe, ctx| {
                    probe.note(answer);
                    ctx.text(answer).unwrap();
                }));
            }
        })
        .open();
        scene.peer.send(text("go"));
        scene.reach(seconds(2)).await;
        assert_eq!(scene.journal.notes(), ["done"]);
        assert_eq!(scene.peer.texts(), ["done"]);
        assert_eq!(scene.peer.taken_at(), Some(seconds(2)));
    });
}

#[test]
fn any_number_of_futures_run_beside_an_actor_and_none_is_passed_over() {
    watched(|| {
        play(async {
            let (scene, address) = probe(|heard, ctx| {
                if *heard == Heard::Started {
                    for _ in 0..10_000 {
                        ctx.run_later(seconds(1), |probe, _| probe.journal.count());
                    }
                }
            })
            .open_addressed();
            settle().await;
            // They are polled when something else wakes the actor, too.
            address.do_send(Letter(1));
            scene.reach(seconds(1)).await;
            assert_eq!(scene.journal.counted(), 10_000);
            // Then there is nothing left to do, so that time passes.
            scene.reach(seconds(19)).await;
            assert_eq!(scene.journal.letters(), [1]);
        });
    });
}

#[test]
fn an_actor_notifies_itself() {
    play(async {
        let scene = probe(|heard, ctx| match heard {
            Heard::Started => {
                ctx.notify(Letter(1));
                ctx.notify_later(Letter(2), seconds(1));
            }
            Heard::Letter(number @ 1..9) => ctx.notify(Letter(number * 10)),
            _ => {}
        })
        .open();
        settle().await;
        assert_eq!(scene.journal.letters(), [1, 10]);
        scene.reach(seconds(1)).await;
        assert_eq!(scene.journal.letters(), [1, 10, 2, 20]);
    });
}
