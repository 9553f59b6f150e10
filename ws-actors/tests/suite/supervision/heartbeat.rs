//! A peer is pinged when it is silent, and dropped when it stays so.

use actix::AsyncContext;
use tokio::{
    io::{AsyncReadExt, duplex},
    task::spawn_local,
    time::sleep,
};
use ws_actors::Io;
use ws_core::{Cause, Timeout};

use super::shared::shows_pong_timeout;
use crate::support::{
    frames::{PING, PONG, frame, text},
    millis, play,
    probe::{Heard, delay},
    scene::{listener, probe},
    seconds, settle,
};

#[test]
fn a_peer_that_never_reads_nor_sends_is_pinged_closed_and_dropped() {
    play(async {
        // There is room for the Ping, and for half of the Close frame.
        let scene = listener().room(6 + 10).open();
        scene.reach(millis(19_999)).await;
        assert_eq!(scene.peer.taken(), 0);
        shows_pong_timeout(&scene).await;
        assert_eq!(scene.peer.taken(), 16);
        assert_eq!(scene.peer.shut_down(), None);
        assert_eq!(scene.journal.closed(), Some(seconds(40)));
        assert_eq!(scene.journal.when(&Heard::Dropped), Some(seconds(40)));
        assert!(scene.is_over());
    });
}

#[test]
fn a_peer_that_reads_but_never_sends_is_pinged_closed_and_dropped() {
    play(async {
        let scene = listener().open();
        shows_pong_timeout(&scene).await;
        let frames = scene.peer.frames();
        assert_eq!(frames.len(), 2);
        assert!(frames[0].is(PING));
        assert_eq!(scene.peer.close_code(), Some(1011));
        // It is given the chance to end the transport itself.
        assert_eq!(scene.peer.shut_down(), Some(seconds(40)));
    });
}

#[test]
fn a_peer_on_a_stream_that_never_reads_nor_sends_is_dropped() {
    play(async {
        let (near, mut far) = duplex(16);
        let (journal, task) = listener().open_on(Io(near));
        sleep(millis(44_999)).await;
        settle().await;
        assert_eq!(journal.closed(), Some(seconds(40)));
        assert_eq!(journal.cause(), Cause::Timeout(Timeout::Pong));
        assert!(!task.is_finished());
        sleep(millis(1)).await;
        settle().await;
        assert!(task.is_finished());
        let mut rest = Vec::new();
        far.read_to_end(&mut rest).await.unwrap();
        assert_eq!(rest.len(), 16);
    });
}

#[test]
fn a_lively_peer_is_never_pinged() {
    play(async {
        let scene = listener().open();
        let bytes = text("slow");
        let mut slow = bytes.iter().cycle();
        for tick in 1..=100 {
            scene.reach(seconds(19 * tick)).await;
            // A byte is enough, whole frame or not.
            scene.peer.send([*slow.next().unwrap()]);
        }
        settle().await;
        assert_eq!(scene.peer.frames(), []);
        assert_eq!(scene.journal.texts().len(), 100 / bytes.len());
        // What the actor sends is no sign of life of its peer.
        for _ in 0..21 {
            scene.outbox.send("news".into()).unwrap();
            sleep(seconds(1)).await;
        }
        assert_eq!(scene.peer.frames_of(PING).len(), 1);
    });
}

#[test]
fn a_peer_that_answers_pings_is_kept() {
    play(async {
        let scene = listener().open();
        for ping in 1..=1000 {
            let ten_late = seconds(30 * ping);
            scene.reach(ten_late).await;
            let pings = scene.peer.frames_of(PING);
            assert_eq!(pings.len() as u64, ping);
            let payload = &pings.last().unwrap().payload;
            scene.peer.send(frame(PONG, payload));
        }
        assert!(!scene.is_over());
        assert_eq!(scene.journal.closed(), None);
    });
}

#[test]
fn the_round_trip_is_measured() {
    play(async {
        let scene = probe(|heard, ctx| match heard {
            Heard::Started => assert_eq!(ctx.round_trip(), None),
            Heard::Pong(_, round_trip) => {
                let expected = round_trip.or(Some(millis(150)));
                assert_eq!(ctx.round_trip(), expected);
            }
            _ => {}
        })
        .open();
        scene.reach(millis(20_150)).await;
        let ping = scene.peer.frames()[0].payload.clone();
        scene.peer.send(frame(PONG, &ping));
        settle().await;
        scene.reach(millis(20_500)).await;
        // This one answers nothing, and changes nothing.
        scene.peer.send(frame(PONG, "unasked"));
        settle().await;
        let heard = scene.journal.all();
        let expected = [
            Heard::Pong(ping, Some(millis(150))),
            Heard::Pong(b"unasked".into(), None),
        ];
        assert_eq!(heard[1..], expected);
    });
}

#[test]
fn the_round_trip_is_measured_while_the_actor_waits() {
    play(async {
        let scene = probe(|heard, ctx| match heard {
            Heard::Started => ctx.wait(delay(seconds(30))),
            Heard::Pong(..) => assert_eq!(ctx.round_trip(), Some(seconds(2))),
            _ => {}
        })
        .open();
        scene.reach(seconds(22)).await;
        let ping = scene.peer.frames()[0].payload.clone();
        scene.peer.send(frame(PONG, &ping));
        scene.reach(seconds(31)).await;
        let pong = Heard::Pong(ping, Some(seconds(2)));
        assert_eq!(scene.journal.when(&pong), Some(seconds(30)));
    });
}

#[test]
fn deadlines_of_many_connections_do_not_disturb_each_other() {
    play(async {
        let mut scenes = Vec::new();
        for _ in 0..50 {
            scenes.push(listener().room(6).open());
            sleep(millis(100)).await;
        }
        sleep(seconds(60)).await;
        for scene in scenes {
            assert_eq!(scene.journal.closed(), Some(seconds(40)));
            assert_eq!(scene.peer.dropped(), Some(seconds(45)));
        }
    });
}

#[test]
fn a_silent_peer_that_reads_all_that_is_sent_is_closed() {
    // A feed of news in bursts, to a proxy whose client is dead.
    play(async {
        let scene = probe(|heard, ctx| {
            if *heard == Heard::Started {
                ctx.run_interval(seconds(5), |_, ctx| {
                    ctx.binary(vec![0; 100 * 1024]).ok();
                });
            }
        })
        .room(0)
        .open();
        let peer = scene.peer.clone();
        let reading = spawn_local(async move {
            loop {
                peer.jam(0);
                peer.take(16 * 1024);
                sleep(millis(10)).await;
            }
        });
        scene.reach(seconds(300)).await;
        reading.abort();
        let closed = scene.journal.closed().expect("it is kept");
        assert!(closed <= seconds(60), "{closed:?}");
        assert_eq!(scene.journal.cause(), Cause::Timeout(Timeout::Pong));
    });
}
