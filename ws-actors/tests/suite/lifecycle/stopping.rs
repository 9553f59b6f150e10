//! Actors that stop, or continue after all.

use actix::{ActorContext, AsyncContext};
use ws_actors::WsContext;
use ws_core::{Cause, CloseCode};

use super::obedient::obedient;
use crate::support::{
    frames::{CLOSE, close, text},
    play,
    probe::{Heard, Letter, Probe, delay, forever},
    scene::probe,
    seconds, settle,
};

#[test]
fn an_actor_that_stops_closes_with_1000_and_hears_nothing_but_closed() {
    play(async {
        let (scene, address) = obedient().open_addressed();
        scene.peer.send(text("stop"));
        scene.peer.send(text("too late"));
        scene.reach(seconds(1)).await;
        assert_eq!(scene.peer.close_code(), Some(1000));
        address.do_send(Letter(1));
        scene.peer.send(text("far too late"));
        scene.reach(seconds(2)).await;
        assert_eq!(scene.peer.dropped(), None);
        scene.peer.send(close(1000));
        let (peer, journal) = scene.end().await;
        assert_eq!(peer.dropped(), Some(seconds(2)));
        let outcome = journal.outcome();
        assert_eq!(outcome.cause, Cause::Local);
        assert!(outcome.is_clean());
        assert_eq!(
            journal.all(),
            [
                Heard::Started,
                Heard::text("stop"),
                Heard::Stopping,
                Heard::Closed(outcome),
                Heard::Stopped,
                Heard::Dropped,
            ]
        );
    });
}

#[test]
fn an_actor_that_closes_and_then_stops_keeps_its_code_and_hears_no_more() {
    play(async {
        let scene = probe(|heard, ctx| {
            if heard.is_text("close") {
                ctx.close(CloseCode::new(4000), "").unwrap();
                ctx.stop();
            }
        })
        .open();
        scene.peer.send(text("close"));
        scene.peer.send(text("too late"));
        settle().await;
        assert_eq!(scene.peer.close_code(), Some(4000));
        scene.peer.send(close(4000));
        let (_, journal) = scene.end().await;
        assert_eq!(journal.texts(), ["close"]);
        assert!(journal.outcome().is_clean());
    });
}

#[test]
fn an_actor_that_stops_as_it_starts_hears_no_frame() {
    play(async {
        let scene = probe(|heard, ctx| {
            if *heard == Heard::Started {
                ctx.stop();
            }
        })
        .open();
        scene.peer.send(text("hello"));
        scene.peer.send(close(1000));
        let (peer, journal) = scene.end().await;
        assert_eq!(peer.close_code(), Some(1000));
        assert_eq!(journal.texts(), [""; 0]);
        assert_eq!(journal.cause(), Cause::Local);
    });
}

#[test]
fn an_actor_that_continues_keeps_its_connection() {
    play(async {
        let scene = probe(|heard, ctx| {
            if heard.is_text("stop") {
                ctx.stop();
            } else if let Heard::Text(text) = heard {
                ctx.text(text.clone()).unwrap();
            }
        })
        .continuing(1)
        .open();
        scene.peer.send(text("stop"));
        scene.peer.send(text("go on"));
        settle().await;
        assert!(scene.journal.has(&Heard::Stopping));
        assert_eq!(scene.peer.texts(), ["go on"]);
        assert_eq!(scene.peer.frames_of(CLOSE), []);
        // It is asked each time.
        scene.peer.send(text("stop"));
        settle().await;
        assert_eq!(scene.peer.close_code(), Some(1000));
    });
}

#[test]
fn an_actor_that_continues_keeps_what_it_waits_for_and_what_it_spawned() {
    play(async {
        let scene = probe(|heard, ctx| {
            if heard.is_text("stop") {
                ctx.run_later(seconds(2), |probe, _| probe.note("spawned"));
                ctx.wait(actix::fut::ActorFutureExt::map(
                    delay(seconds(1)),
                    |(), probe: &mut Probe, _: &mut WsContext<Probe>| probe.note("waited"),
                ));
                ctx.stop();
            }
        })
        .continuing(1)
        .open();
        scene.peer.send(text("stop"));
        scene.reach(seconds(3)).await;
        assert_eq!(scene.journal.notes(), ["waited", "spawned"]);
    });
}

#[test]
fn an_actor_that_stops_amid_a_wait_is_stopped_at_once() {
    for terminates in [false, true] {
        play(async {
            let scene = probe(move |heard, ctx| {
                if let Heard::Text(_) = heard {
                    let second = delay(seconds(1));
                    ctx.wait(actix::fut::ActorFutureExt::then(
                        second,
                        move |(), _: &mut Probe, ctx: &mut WsContext<Probe>| {
                            if terminates {
                                ctx.terminate();
                            } else {
                                ctx.stop();
                            }
                            forever()
                        },
                    ));
                }
            })
            .open();
            scene.peer.send(text("wait"));
            scene.reach(seconds(1)).await;
            if terminates {
                assert_eq!(scene.peer.dropped(), Some(seconds(1)));
            } else {
                assert_eq!(scene.peer.close_code(), Some(1000));
            }
        });
    }
}
