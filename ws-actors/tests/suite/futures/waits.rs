//! `ctx.wait()`: what stands still meanwhile, and what ends it.

use actix::{ActorFutureExt, AsyncContext};
use ws_actors::WsContext;

use crate::support::{
    frames::{close, text},
    play,
    probe::{Heard, Letter, Probe, delay, forever},
    scene::{Setup, probe},
    seconds, settle,
    wire::Peer,
};

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
    let endings: [fn(&Peer); 3] = [
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

fn waits_forever() -> Setup {
    probe(|heard, ctx| {
        if heard.is_text("wait") {
            ctx.wait(forever());
        }
    })
}
