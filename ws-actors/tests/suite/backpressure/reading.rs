//! Reading stops while the actor waits, and goes on afterwards.

use std::{cell::Cell, rc::Rc};

use actix::AsyncContext;
use tokio::{
    io::{AsyncWriteExt, duplex},
    task::spawn_local,
    time::sleep,
};
use ws_actors::{Handlers, Io, Text};
use ws_core::{Cause, Timeout};

use crate::support::{
    frames::{BINARY, PING, PONG, close, frame, text, texts},
    millis, play,
    probe::{Heard, delay},
    scene::{Setup, probe},
    seconds, settle,
};

#[test]
fn reading_stops_while_the_actor_waits_and_goes_on_afterwards() {
    play(async {
        let (near, far) = duplex(1024);
        let (journal, _task) = waits_ten_seconds().open_on(Io(near));
        let (_reading, mut writing) = tokio::io::split(far);
        let written = Rc::new(Cell::new(0));
        let counted = Rc::clone(&written);
        spawn_local(async move {
            for number in 0..1000 {
                let message = format!("{number:1000}");
                writing.write_all(&text(&message)).await.unwrap();
                counted.set(counted.get() + 1);
            }
            writing
        });
        sleep(millis(1)).await;
        let stuck_at = written.get();
        assert!((10..200).contains(&stuck_at), "stuck at {stuck_at}");
        sleep(seconds(9)).await;
        assert_eq!(written.get(), stuck_at);
        assert_eq!(journal.texts().len(), 1);
        sleep(seconds(1)).await;
        settle().await;
        assert_eq!(written.get(), 1000);
        let expected: Vec<_> = (0..1000).map(|it| format!("{it:1000}")).collect();
        assert_eq!(journal.texts(), expected);
    });
}

#[test]
fn reading_stops_after_so_many_frames_or_bytes_whichever_come_first() {
    for (size, at_most) in [(0, 70), (4096, 20), (60_000, 4)] {
        play(async {
            let scene = waits_ten_seconds().open();
            for _ in 0..1000 {
                scene.peer.send(frame(BINARY, vec![0; size]));
            }
            scene.reach(seconds(5)).await;
            let read = scene.peer.reads();
            assert!((2..=at_most).contains(&read), "{read} reads of {size}");
            scene.reach(seconds(10)).await;
            assert!(scene.peer.reads() > read);
        });
    }
}

#[test]
fn reading_stops_for_frames_of_one_read_as_well() {
    play(async {
        let scene = waits_ten_seconds().open();
        scene.peer.send(texts(0..5000));
        scene.peer.send(texts(5000..5010));
        scene.peer.send(frame(PING, "behind"));
        scene.reach(seconds(5)).await;
        assert_eq!(scene.peer.unread(), 2);
        assert_eq!(scene.peer.frames(), []);
        scene.reach(seconds(10)).await;
        let expected: Vec<_> = (0..5010).map(|it| it.to_string()).collect();
        assert_eq!(scene.journal.texts(), expected);
        assert_eq!(scene.peer.frames_of(PONG).len(), 1);
    });
}

#[test]
fn frames_that_nobody_will_hear_are_not_kept_for_an_actor_that_waits() {
    play(async {
        // It hears texts only, so that pings have no room to take.
        let handlers = Handlers::new().on::<Text>();
        let scene = probe(|heard, ctx| {
            if let Heard::Text(_) = heard {
                ctx.wait(delay(seconds(300)));
            }
        })
        .handlers(handlers)
        .open();
        scene.peer.send(text("wait"));
        for second in 1..=200 {
            scene.reach(seconds(second)).await;
            scene.peer.send(frame(PING, second.to_be_bytes()));
        }
        settle().await;
        assert_eq!(scene.peer.frames_of(PONG).len(), 200);
        assert_eq!(scene.peer.taken_at(), Some(seconds(200)));
    });
}

#[test]
fn a_peer_is_not_blamed_for_an_actor_that_waits_for_long() {
    play(async {
        let scene = probe(|heard, ctx| {
            if heard.is_text("0") {
                ctx.wait(delay(seconds(300)));
            }
        })
        .open();
        scene.peer.send(texts(0..1000));
        // Its Pong is there, but it stands behind frames that nobody hears.
        scene.peer.send(frame(PONG, [0, 0, 0, 1]));
        scene.reach(seconds(299)).await;
        assert_eq!(scene.peer.unread(), 1);
        assert!(!scene.is_over());
        // They would show that the transport is gone.
        assert_eq!(scene.peer.frames_of(PING).len(), 14);
        scene.reach(seconds(301)).await;
        assert_eq!(scene.journal.texts().len(), 1000);
        assert_eq!(scene.journal.closed(), None);
        // From here on it has to give signs of life again.
        scene.reach(seconds(400)).await;
        assert_eq!(scene.journal.cause(), Cause::Timeout(Timeout::Pong));
    });
}

#[test]
fn a_close_behind_what_is_read_ahead_is_heard_when_the_actor_is_back() {
    play(async {
        let scene = waits_ten_seconds().open();
        scene.peer.send(texts(0..1000));
        scene.peer.send(close(1000));
        scene.peer.end();
        let (peer, journal) = scene.end().await;
        assert_eq!(journal.texts().len(), 1000);
        assert!(journal.outcome().is_clean());
        assert_eq!(peer.dropped(), Some(seconds(10)));
    });
}

fn waits_ten_seconds() -> Setup {
    let mut waited = false;
    probe(move |heard, ctx| {
        if !waited && matches!(heard, Heard::Text(_) | Heard::Binary(_)) {
            waited = true;
            ctx.wait(delay(seconds(10)));
        }
    })
}
