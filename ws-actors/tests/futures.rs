//! Futures, timers and streams that run beside a connection actor, and
//! `ctx.wait()`.
#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "what a probe does is for one test, and a panic fails it"
)]

use std::{
    cell::Cell,
    ops::Range,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use actix::{
    ActorContext, ActorFutureExt, AsyncContext, SpawnHandle, StreamHandler, dev::Stream,
    fut::wrap_future,
};
use tokio::{sync::mpsc, time::sleep};
use ws_actors::WsContext;

use self::support::{
    frames::{close, text},
    play,
    probe::{Heard, Letter, Probe, delay, forever},
    scene::probe,
    seconds, settle, watched,
};

mod support;

#[test]
fn an_interval_ticks_while_the_peer_does_not_read() {
    // actix-web issue 2441: an actor inside a response body gets 0 of 20.
    play(async {
        let scene = ticking(20).room(0).open();
        scene.reach(seconds(20)).await;
        let ticks: Vec<_> = (1..=20).map(|it| it.to_string()).collect();
        assert_eq!(scene.journal.notes(), ticks);
        assert_eq!(scene.peer.taken(), 0);
        for (tick, second) in ticks.iter().zip(1..) {
            let when = scene.journal.when(&Heard::Note(tick.clone()));
            assert_eq!(when, Some(seconds(second)));
        }
        // Nothing of it was lost.
        scene.peer.take(usize::MAX);
        settle().await;
        assert_eq!(scene.peer.texts(), ticks);
    });
}

#[test]
fn an_interval_ticks_while_the_peer_reads_a_byte_now_and_then() {
    play(async {
        let scene = ticking(20).room(0).open();
        for second in 1..=20 {
            scene.reach(seconds(second)).await;
            scene.peer.take(1);
            scene.peer.send(text("still here"));
        }
        assert_eq!(scene.journal.notes().len(), 20);
        assert_eq!(scene.peer.taken(), 19);
    });
}

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

#[test]
fn an_actor_hears_a_stream_until_it_ends() {
    play(async {
        let (numbers, receiver) = mpsc::unbounded_channel();
        let mut receiver = Some(Received(receiver));
        let scene = probe(move |heard, ctx| {
            if *heard == Heard::Started {
                ctx.add_stream(receiver.take().unwrap());
            }
        })
        .open();
        numbers.send(1).unwrap();
        scene.reach(seconds(1)).await;
        scene.peer.send(text("between"));
        scene.reach(seconds(2)).await;
        numbers.send(2).unwrap();
        drop(numbers);
        scene.reach(seconds(3)).await;
        assert_eq!(
            scene.journal.all(),
            [
                Heard::Started,
                Heard::Note("begins".into()),
                Heard::Note("item 1".into()),
                Heard::text("between"),
                Heard::Note("item 2".into()),
                Heard::Note("ends".into()),
            ]
        );
        let when = scene.journal.when(&Heard::Note("item 2".into()));
        assert_eq!(when, Some(seconds(2)));
    });
}

#[test]
fn a_long_stream_is_heard_at_once() {
    play(async {
        let scene = probe(move |heard, ctx| {
            if *heard == Heard::Started {
                ctx.add_stream(Items(0..1000));
            }
        })
        .open();
        settle().await;
        assert_eq!(scene.journal.notes().len(), 1002);
        assert_eq!(scene.time(), seconds(0));
    });
}

#[test]
fn a_stream_goes_on_after_each_wait_however_short() {
    // Such streams rely on the context to come back to them.
    for waits in ["not at all", "for a moment"] {
        play(async {
            let scene = probe(move |heard, ctx| {
                if *heard == Heard::Started {
                    ctx.add_stream(Waiting(Items(0..100), waits));
                }
            })
            .open();
            settle().await;
            settle().await;
            assert_eq!(scene.journal.notes().len(), 100, "waiting {waits}");
        });
    }
}

#[test]
fn a_stream_goes_on_after_a_stop_that_the_actor_takes_back() {
    play(async {
        let scene = probe(move |heard, ctx| {
            if *heard == Heard::Started {
                ctx.add_stream(Waiting(Items(0..3), "to stop"));
            }
        })
        .continuing(100)
        .open();
        settle().await;
        assert_eq!(scene.journal.notes().len(), 3);
    });
}

#[test]
fn a_message_stream_goes_on_after_each_wait() {
    play(async {
        let scene = probe(|heard, ctx| match heard {
            Heard::Started => ctx.add_message_stream(Letters(Items(0..50))),
            Heard::Letter(_) => ctx.wait(wrap_future(async {})),
            _ => {}
        })
        .open();
        settle().await;
        assert_eq!(scene.journal.letters(), Vec::from_iter(0..50));
    });
}

#[test]
fn an_actor_that_waits_as_it_starts_hears_frames_and_messages_afterwards() {
    play(async {
        let (scene, address) = probe(|heard, ctx| {
            if *heard == Heard::Started {
                ctx.run_interval(seconds(1), |probe, _| probe.note("tick"));
                ctx.wait(delay(seconds(3)));
            }
        })
        .open_addressed();
        scene.peer.send(text("frame"));
        address.do_send(Letter(1));
        scene.reach(seconds(2)).await;
        assert_eq!(scene.journal.all(), [Heard::Started]);
        scene.reach(seconds(3)).await;
        // As in actix, timers stand still as well, and catch up.
        let heard = scene.journal.all();
        assert_eq!(heard[1..3], [Heard::text("frame"), Heard::Letter(1)]);
        assert_eq!(scene.journal.notes().len(), 3);
    });
}

#[test]
fn the_youngest_wait_is_finished_first() {
    play(async {
        let scene = probe(|heard, ctx| {
            if *heard == Heard::Started {
                for (name, time) in [("elder", 1), ("younger", 5)] {
                    let wait = delay(seconds(time));
                    ctx.wait(wait.map(move |(), probe, _| probe.note(name)));
                }
            }
        })
        .open();
        scene.reach(seconds(4)).await;
        assert_eq!(scene.journal.notes(), [""; 0]);
        scene.reach(seconds(5)).await;
        assert_eq!(scene.journal.notes(), ["younger", "elder"]);
    });
}

#[test]
fn a_wait_may_begin_another() {
    play(async {
        let scene = probe(|heard, ctx| {
            if heard.is_text("wait") {
                ctx.wait(delay(seconds(1)).map(|(), _, ctx: &mut WsContext<Probe>| {
                    ctx.wait(delay(seconds(1)));
                }));
            }
        })
        .open();
        scene.peer.send(text("wait"));
        scene.peer.send(text("behind"));
        scene.reach(seconds(3)).await;
        let behind = scene.journal.when(&Heard::text("behind"));
        assert_eq!(behind, Some(seconds(2)));
    });
}

#[test]
fn an_actor_that_waits_forever_is_stopped_soon_after_its_connection_ended() {
    let endings: [fn(&support::wire::Peer); 3] = [
        |peer| peer.send(close(1000)),
        |peer| peer.end(),
        |peer| peer.reset(),
    ];
    for end in endings {
        play(async {
            let scene = waits_forever().open();
            scene.peer.send(text("wait"));
            scene.peer.send(text("unheard so far"));
            scene.reach(seconds(1)).await;
            end(&scene.peer);
            scene.reach(seconds(2)).await;
            assert_eq!(scene.peer.dropped(), Some(seconds(1)));
            assert!(!scene.is_over());
            scene.reach(seconds(11)).await;
            assert!(scene.is_over());
            // It hears what it has missed, and that it is over.
            let heard = scene.journal.all();
            let closed = Heard::Closed(scene.journal.outcome());
            assert_eq!(
                heard[2..],
                [
                    Heard::text("unheard so far"),
                    closed,
                    Heard::Stopping,
                    Heard::Stopped,
                    Heard::Dropped,
                ]
            );
        });
    }
}

#[test]
fn an_actor_that_waits_again_and_again_is_stopped_after_its_connection_ended() {
    play(async {
        let scene = probe(|heard, ctx| {
            if let Heard::Text(_) = heard {
                ctx.wait(forever());
            }
        })
        .open();
        for _ in 0..10 {
            scene.peer.send(text("wait"));
        }
        scene.peer.send(close(1000));
        scene.reach(seconds(10)).await;
        assert!(scene.is_over());
        assert_eq!(scene.journal.texts().len(), 10);
    });
}

#[test]
fn an_actor_that_waits_forever_with_more_frames_than_are_read_ahead_is_stopped_as_well() {
    play(async {
        let scene = waits_forever().open();
        scene.peer.send(text("wait"));
        for _ in 0..500 {
            scene.peer.send(text("unheard"));
        }
        settle().await;
        scene.peer.reset();
        // Pings and their deadline, the write deadline, the grace: all of it.
        scene.reach(seconds(300)).await;
        assert!(scene.peer.dropped().is_some(), "the transport is kept");
        assert!(scene.is_over(), "the actor is kept");
    });
}

fn ticking(times: u32) -> support::scene::Setup {
    probe(move |heard, ctx| {
        if *heard == Heard::Started {
            let mut ticks = 0;
            ctx.run_interval(seconds(1), move |probe, ctx| {
                if ticks < times {
                    ticks += 1;
                    probe.note(ticks.to_string());
                    ctx.text(ticks.to_string()).unwrap();
                }
            });
        }
    })
}

fn waits_forever() -> support::scene::Setup {
    probe(|heard, ctx| {
        if heard.is_text("wait") {
            ctx.wait(forever());
        }
    })
}

/// A stream whose items are there at once.
struct Items(Range<u32>);

impl Stream for Items {
    type Item = u32;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<u32>> {
        Poll::Ready(self.0.next())
    }
}

/// A stream of what others send.
struct Received(mpsc::UnboundedReceiver<u32>);

impl Stream for Received {
    type Item = u32;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<u32>> {
        self.0.poll_recv(cx)
    }
}

impl StreamHandler<u32> for Probe {
    fn started(&mut self, _: &mut Self::Context) {
        self.note("begins");
    }

    fn handle(&mut self, item: u32, _: &mut Self::Context) {
        self.note(format!("item {item}"));
    }

    fn finished(&mut self, _: &mut Self::Context) {
        self.note("ends");
    }
}

/// A stream after each of whose items the actor waits, or stops.
struct Waiting(Items, &'static str);

impl Stream for Waiting {
    type Item = &'static str;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<&'static str>> {
        let item = Pin::new(&mut self.0).poll_next(cx);
        item.map(|item| item.map(|_| self.1))
    }
}

impl StreamHandler<&'static str> for Probe {
    fn handle(&mut self, waits: &'static str, ctx: &mut Self::Context) {
        self.note(waits);
        match waits {
            "not at all" => ctx.wait(wrap_future(async {})),
            "for a moment" => ctx.wait(wrap_future(tokio::task::yield_now())),
            _ => ctx.stop(),
        }
    }

    fn finished(&mut self, _: &mut Self::Context) {}
}

/// A stream of messages.
struct Letters(Items);

impl Stream for Letters {
    type Item = Letter;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Letter>> {
        Pin::new(&mut self.0).poll_next(cx).map(|it| it.map(Letter))
    }
}
