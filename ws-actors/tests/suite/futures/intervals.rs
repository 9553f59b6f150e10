//! Intervals tick, whatever the peer reads.

use actix::AsyncContext;

use crate::support::{
    frames::text,
    play,
    probe::Heard,
    scene::{Setup, probe},
    seconds, settle,
};

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

fn ticking(times: u32) -> Setup {
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
