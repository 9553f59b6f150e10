//! The life of a connection actor: how it begins, what it hears last, and how
//! `stop`, `terminate` and addresses work as in actix.
#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "what a probe does is for one test, and a panic fails it"
)]

use std::{cell::RefCell, rc::Rc};

use actix::{Actor, ActorContext, ActorState, Addr, AsyncContext, MailboxError, dev::SendError};
use tokio::{task::spawn_local, time::sleep};
use ws_actors::WsContext;
use ws_core::{Cause, CloseCode, Config, Timeout};

use self::support::{
    frames::{CLOSE, close, text},
    millis, play,
    probe::{Heard, Letter, Probe, delay, forever},
    scene::{Scene, listener, probe},
    seconds, settle,
};

mod support;

#[test]
fn started_comes_before_the_first_frame_and_stopped_last() {
    play(async {
        let (wire, peer) = support::wire::wire();
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

#[test]
fn the_state_is_that_of_an_actix_actor() {
    play(async {
        let scene = probe(|heard, ctx| {
            let expected = match heard {
                Heard::Started => ActorState::Started,
                Heard::Text(_) | Heard::Closed(_) => ActorState::Running,
                Heard::Stopping => ActorState::Stopping,
                Heard::Stopped => ActorState::Stopped,
                _ => panic!("{heard:?}"),
            };
            assert_eq!(ctx.state(), expected, "{heard:?}");
            assert_eq!(ctx.waiting(), expected.stopping(), "{heard:?}");
            if heard.is_text("wait") {
                ctx.wait(delay(seconds(1)));
                assert!(ctx.waiting());
            }
        })
        .open();
        scene.peer.send(text("hello"));
        scene.peer.send(text("wait"));
        scene.peer.send(text("hello again"));
        scene.peer.end();
        let (_, journal) = scene.end().await;
        assert_eq!(journal.texts().len(), 3);
        assert!(journal.has(&Heard::Stopped));
    });
}

#[test]
fn messages_to_the_address_reach_the_actor_and_are_answered() {
    play(async {
        let (scene, address) = listener().open_addressed();
        assert_eq!(address.send(Letter(41)).await, Ok(42));
        address.do_send(Letter(1));
        address.try_send(Letter(2)).unwrap();
        settle().await;
        assert_eq!(scene.journal.letters(), [41, 1, 2]);
        // Even if it is idle for long, it hears them at once.
        scene.reach(seconds(15)).await;
        address.do_send(Letter(3));
        scene.reach(seconds(16)).await;
        let heard = scene.journal.when(&Heard::Letter(3));
        assert_eq!(heard, Some(seconds(15)));
    });
}

#[test]
fn the_address_is_disconnected_after_the_end() {
    play(async {
        let (scene, address) = obedient().open_addressed();
        settle().await;
        assert!(address.connected());
        scene.peer.send(text("stop"));
        settle().await;
        // It waits for the peer's Close; nobody will hear this one.
        let unheard = address.send(Letter(1));
        scene.peer.send(close(1000));
        assert_eq!(unheard.await, Err(MailboxError::Closed));
        assert!(!address.connected());
        assert!(matches!(
            address.try_send(Letter(2)),
            Err(SendError::Closed(_))
        ));
        assert_eq!(address.send(Letter(3)).await, Err(MailboxError::Closed));
        assert_eq!(scene.journal.letters(), [0; 0]);
    });
}

#[test]
fn a_mailbox_that_is_full_refuses_what_may_be_refused() {
    play(async {
        let (scene, address) = obedient().open_addressed();
        scene.peer.send(text("wait"));
        settle().await;
        let sent = (0..1000)
            .take_while(|&number| address.try_send(Letter(number)).is_ok())
            .count();
        assert!((1..=100).contains(&sent), "{sent} messages");
    });
}

#[test]
fn messages_that_find_the_mailbox_full_wait_and_are_answered() {
    play(async {
        let (scene, address) = obedient().open_addressed();
        let asking: Vec<_> = (0..500)
            .map(|number| {
                let address = address.clone();
                spawn_local(async move { address.send(Letter(number)).await })
            })
            .collect();
        for (number, answer) in (0..).zip(asking) {
            assert_eq!(answer.await.unwrap(), Ok(number + 1));
        }
        assert_eq!(scene.journal.letters().len(), 500);
        assert_eq!(scene.time(), seconds(0));
    });
}

#[test]
fn an_address_that_is_given_out_late_reaches_the_actor_at_once() {
    play(async {
        let given: Rc<RefCell<Option<Addr<Probe>>>> = Rc::default();
        let slot = Rc::clone(&given);
        let scene = probe(move |heard, ctx| {
            if *heard == Heard::Started {
                let slot = Rc::clone(&slot);
                ctx.run_later(seconds(1), move |_, ctx| {
                    slot.replace(Some(ctx.address()));
                });
            }
        })
        .open();
        scene.reach(seconds(2)).await;
        let address = given.take().unwrap();
        address.do_send(Letter(1));
        scene.reach(seconds(100)).await;
        let heard = scene.journal.when(&Heard::Letter(1));
        assert_eq!(heard, Some(seconds(2)));
    });
}

#[test]
fn an_actor_outlives_its_addresses_and_gives_out_new_ones() {
    play(async {
        let given: Rc<RefCell<Option<Addr<Probe>>>> = Rc::default();
        let slot = Rc::clone(&given);
        let (scene, address) = probe(move |heard, ctx| {
            if let Heard::Text(_) = heard {
                slot.replace(Some(ctx.address()));
            }
        })
        .open_addressed();
        settle().await;
        drop(address);
        scene.reach(seconds(1)).await;
        scene.peer.send(text("address"));
        scene.reach(seconds(2)).await;
        let address = given.take().unwrap();
        assert_eq!(address.send(Letter(1)).await, Ok(2));
        assert_eq!(scene.time(), seconds(2));
        assert!(!scene.is_over());
    });
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

/// Does what texts tell it.
fn obedient() -> support::scene::Setup {
    probe(|heard, ctx| {
        if heard.is_text("close") {
            ctx.close(CloseCode::new(4000), "").unwrap();
        } else if heard.is_text("stop") {
            ctx.stop();
        } else if heard.is_text("terminate") {
            ctx.text("never sent").unwrap();
            ctx.terminate();
        } else if heard.is_text("wait") {
            ctx.wait(forever());
        }
    })
}

// The context is that of an ordinary actor.
const _: fn() = || {
    fn needs_async_context<A: Actor<Context: AsyncContext<A>>>() {}
    needs_async_context::<Probe>();
};
