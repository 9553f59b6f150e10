//! A panic in an actor costs its own connection only.

use actix::{ActorContext, ActorFutureExt, AsyncContext, Handler, MailboxError, fut::wrap_future};
use tokio::time::sleep;
use ws_actors::{Flow, Handlers, Text, WsContext};

use crate::support::{
    frames::{CLOSE, close, text, texts},
    play,
    probe::{Heard, Letter, Probe, delay},
    scene::{Setup, open_wire, probe},
    seconds, settle,
};

#[test]
fn a_panic_closes_with_1011_wherever_it_comes_from_and_others_live_on() {
    let places = [
        "start",
        "frame",
        "letter",
        "spawned future",
        "later",
        "wait",
        "atomic response",
    ];
    for place in places {
        play(async {
            let neighbour = echo().open();
            let (scene, address) = clumsy(place).open_addressed();
            scene.peer.send(text(place));
            address.do_send(Letter(1));
            scene.reach(seconds(1)).await;

            assert_eq!(scene.peer.close_code(), Some(1011), "{place}");
            // Its actor is gone, without another word.
            let heard = scene.journal.all();
            assert_eq!(heard.last(), Some(&Heard::Dropped), "{place}");
            assert!(!heard.contains(&Heard::Stopping), "{place}");
            assert_eq!(scene.journal.closed(), None, "{place}");
            assert!(!address.connected(), "{place}");
            assert!(scene.outbox.is_closed(), "{place}");

            // The closing handshake goes on without it.
            assert_eq!(scene.peer.dropped(), None, "{place}");
            scene.peer.send(close(1011));
            let (peer, _) = scene.end().await;
            assert_eq!(peer.dropped(), Some(seconds(1)), "{place}");

            neighbour.peer.send(text("alive"));
            settle().await;
            assert_eq!(neighbour.peer.texts(), ["alive"], "{place}");
        });
    }
}

#[test]
fn a_connection_whose_actor_panicked_is_dropped_at_the_close_deadline() {
    play(async {
        let scene = clumsy("frame").open();
        scene.peer.send(text("frame"));
        // What the peer says is read, and goes nowhere.
        for _ in 0..10 {
            scene.peer.send(texts(0..100));
        }
        scene.reach(seconds(4)).await;
        assert_eq!(scene.peer.unread(), 0);
        assert_eq!(scene.peer.dropped(), None);
        let (peer, _) = scene.end().await;
        assert_eq!(peer.dropped(), Some(seconds(5)));
    });
}

#[test]
fn what_was_sent_before_a_panic_arrives_before_the_close() {
    for limit in [usize::MAX, 300] {
        play(async {
            let scene = probe(|heard, ctx| {
                if let Heard::Text(_) = heard {
                    for number in 0..100 {
                        ctx.text(number.to_string().repeat(1000)).unwrap();
                    }
                    panic!("as the test wants");
                }
            });
            // Whole, or cut into fragments.
            let scene = scene.flow(Flow::new().fragment_bytes(limit)).open();
            scene.peer.send(text("go"));
            settle().await;
            assert_eq!(scene.peer.messages().len(), 100);
            assert_eq!(scene.peer.frames_of(CLOSE).len(), 1);
            assert_eq!(scene.peer.close_code(), Some(1011));
        });
    }
}

#[test]
fn who_waits_for_an_answer_of_an_actor_that_panicked_gets_an_error() {
    play(async {
        let (_scene, address) = clumsy("letter").open_addressed();
        let (first, second) = (address.send(Letter(1)), address.send(Letter(2)));
        assert_eq!(first.await, Err(MailboxError::Closed));
        assert_eq!(second.await, Err(MailboxError::Closed));
    });
}

#[test]
fn a_panic_while_the_actor_ends_ends_it_all_the_same() {
    for place in ["closed", "stopping", "stopped"] {
        play(async {
            let scene = clumsy(place).open();
            scene.peer.send(text("hello"));
            scene.peer.send(close(1000));
            let (peer, journal) = scene.end().await;
            assert_eq!(peer.close_code(), Some(1000), "{place}");
            assert_eq!(peer.dropped(), Some(seconds(0)), "{place}");
            assert_eq!(journal.all().last(), Some(&Heard::Dropped), "{place}");
        });
    }
}

#[test]
fn a_panic_in_stopping_closes_with_1011() {
    play(async {
        let scene = probe(|heard, ctx| match heard {
            Heard::Text(_) => ctx.stop(),
            Heard::Stopping => panic!("as the test wants"),
            _ => {}
        })
        .open();
        scene.peer.send(text("stop"));
        settle().await;
        assert_eq!(scene.peer.close_code(), Some(1011));
        assert!(scene.journal.has(&Heard::Dropped));
    });
}

#[test]
fn a_panic_in_the_actors_destructor_ends_it_all_the_same() {
    play(async {
        let (peer, task) = open_wire(Grenade, Handlers::new().on::<Text>());
        peer.send(text("hello"));
        peer.send(close(1000));
        task.await.expect("the driver does not panic");
        assert_eq!(peer.close_code(), Some(1000));
        assert_eq!(peer.dropped(), Some(seconds(0)));
    });
}

#[test]
fn a_panic_in_the_destructor_of_what_the_actor_left_behind_ends_it_all_the_same() {
    play(async {
        let scene = probe(|heard, ctx| {
            if let Heard::Text(_) = heard {
                spawn_bomb(ctx);
                ctx.close(ws_core::CloseCode::NORMAL, "").unwrap();
            }
        })
        .open();
        scene.peer.send(text("hello"));
        scene.reach(seconds(1)).await;
        scene.peer.send(close(1000));
        sleep(seconds(1)).await;
        scene.task.await.expect("the driver does not panic");
        assert_eq!(scene.peer.dropped(), Some(seconds(1)));
    });
}

#[test]
fn a_panic_in_the_destructor_of_what_the_actor_asked_for_last_ends_it_all_the_same() {
    play(async {
        let scene = probe(|heard, ctx| match heard {
            Heard::Text(_) => {
                spawn_bomb(ctx);
                panic!("as the test wants");
            }
            Heard::Stopped => spawn_bomb(ctx),
            _ => {}
        });
        let scene = scene.open();
        scene.peer.send(text("hello"));
        scene.reach(seconds(1)).await;
        assert!(!scene.is_over(), "the closing handshake is given up");
        assert_eq!(scene.peer.close_code(), Some(1011));
        scene.peer.send(close(1011));
        scene.task.await.expect("the driver does not panic");
        assert!(scene.journal.has(&Heard::Dropped));
    });
}

fn spawn_bomb(ctx: &mut WsContext<Probe>) {
    let bomb = Bomb;
    ctx.spawn(delay(seconds(1)).map(move |(), _, _| drop(bomb)));
}

/// Panics in one place.
fn clumsy(place: &'static str) -> Setup {
    probe(move |heard, ctx| {
        let here = match heard {
            Heard::Started => "start",
            Heard::Text(text) if text == place => match place {
                "spawned future" => {
                    ctx.spawn(wrap_future(async { panic!("as the test wants") }));
                    return;
                }
                "later" => {
                    ctx.run_later(seconds(1), |_, _| panic!("as the test wants"));
                    return;
                }
                "wait" => {
                    ctx.wait(wrap_future(async { panic!("as the test wants") }));
                    return;
                }
                "atomic response" => {
                    let second = delay(seconds(1));
                    ctx.wait(second.map(|(), _, _: &mut WsContext<Probe>| {
                        panic!("as the test wants");
                    }));
                    return;
                }
                _ => "frame",
            },
            Heard::Letter(_) => "letter",
            Heard::Closed(_) => "closed",
            Heard::Stopping => "stopping",
            Heard::Stopped => "stopped",
            _ => return,
        };
        assert_ne!(here, place, "as the test wants");
    })
}

fn echo() -> Setup {
    probe(|heard, ctx| {
        if let Heard::Text(text) = heard {
            ctx.text(text.clone()).unwrap();
        }
    })
}

/// Panics when it is dropped.
struct Grenade;

impl actix::Actor for Grenade {
    type Context = WsContext<Self>;
}

impl Handler<Text> for Grenade {
    type Result = ();

    fn handle(&mut self, _: Text, _: &mut Self::Context) {}
}

impl Drop for Grenade {
    fn drop(&mut self) {
        panic!("as the test wants");
    }
}

/// A part of a future that panics when it is dropped before its time.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("as the test wants");
    }
}
