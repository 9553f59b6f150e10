//! How much is queued for a peer that reads little or nothing.

use actix::AsyncContext;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, duplex},
    task::spawn_local,
    time::sleep,
};
use ws_actors::{Io, SendError, WsContext};
use ws_core::{Cause, CloseCode, Timeout};

use crate::support::{
    frames::{self, PING, close, frame, text},
    millis, play,
    probe::{Heard, Probe},
    scene::{Setup, probe},
    seconds, settle,
};

#[test]
fn a_peer_that_asks_and_does_not_read_is_not_read_from() {
    play(async {
        let scene = echo().room(1000).open();
        for number in 0..2000 {
            scene.peer.send(text(&format!("{number:1000}")));
        }
        scene.reach(seconds(1)).await;
        let queued = queued(&scene.journal.notes());
        assert!(queued <= 130 * 1024, "{queued} bytes are queued");
        let (reads, taken) = (scene.peer.reads(), scene.peer.taken());
        assert!(reads < 200, "{reads} reads");
        assert_eq!(taken, 1000);
        // It reads a bit, and a bit more is read from it.
        scene.peer.take(50_000);
        scene.reach(seconds(2)).await;
        assert_eq!(scene.peer.taken(), 51_000);
        assert!((reads + 1..reads + 100).contains(&scene.peer.reads()));
        // It reads all, and gets all.
        scene.peer.take(usize::MAX);
        scene.reach(seconds(3)).await;
        let expected: Vec<_> = (0..2000).map(|it| format!("{it:1000}")).collect();
        assert_eq!(scene.peer.texts(), expected);
        assert!(!scene.is_over());
    });
}

#[test]
fn a_peer_on_a_stream_that_reads_slowly_gets_every_answer() {
    play(async {
        let (near, far) = duplex(512);
        let (_, _task) = echo().open_on(Io(near));
        let (mut reading, mut writing) = tokio::io::split(far);
        spawn_local(async move {
            for number in 0..500 {
                let message = format!("{number:1000}");
                writing.write_all(&text(&message)).await.unwrap();
            }
            writing
        });
        let mut bytes = Vec::new();
        let mut piece = [0; 777];
        while bytes.len() < 500 * (4 + 1000) {
            sleep(millis(5)).await;
            let count = reading.read(&mut piece).await.unwrap();
            bytes.extend_from_slice(&piece[..count]);
        }
        for (number, frame) in frames::read(&bytes).iter().enumerate() {
            assert_eq!(frame.text(), format!("{number:1000}"));
        }
    });
}

#[test]
fn a_flood_of_pings_of_a_peer_that_does_not_read_takes_no_memory() {
    play(async {
        let scene = echo().room(0).open();
        for _ in 0..10_000 {
            scene.peer.send(frame(PING, [7; 125]));
        }
        scene.peer.send(text("how much?"));
        scene.reach(seconds(1)).await;
        assert_eq!(scene.peer.unread(), 0);
        let queued = queued(&scene.journal.notes());
        assert!(queued < 10_000, "{queued} bytes are queued");
    });
}

#[test]
fn a_peer_that_never_reads_while_the_actor_floods_it_is_closed_with_1013_and_dropped() {
    play(async {
        let limit = 256 * 1024;
        let scene = floods_with(|ctx| ctx.text("x".repeat(1000)))
            .max_queued_bytes(limit)
            .room(1000)
            .open();
        scene.reach(millis(999)).await;
        let most = queued(&scene.journal.notes());
        assert!(most > limit, "{most} bytes: that is no flood");
        assert!(most <= limit + BESIDES, "{most} bytes are queued");
        assert_eq!(scene.peer.taken(), 1000);
        assert_eq!(scene.journal.closed(), None);
        assert!(scene.outbox.is_closed());
        assert_eq!(scene.outbox.queued_bytes(), 0);

        // It has until the close deadline to read.
        let full = scene.journal.when(&Heard::Note("full".into())).unwrap();
        scene.reach(full + millis(4999)).await;
        assert_eq!(scene.peer.dropped(), None);
        scene.reach(full + seconds(5)).await;
        assert_eq!(scene.peer.dropped(), Some(full + seconds(5)));
        assert!(scene.is_over());
        let outcome = scene.journal.outcome();
        assert_eq!(outcome.cause, Cause::SlowPeer);
        let sent = outcome.sent.unwrap();
        assert_eq!(sent.code(), Some(CloseCode::TRY_AGAIN_LATER));
        assert_eq!(scene.peer.taken(), 1000);
    });
}

#[test]
fn a_peer_that_reads_at_last_is_told_1013_behind_whole_messages() {
    play(async {
        let scene = floods_with(|ctx| ctx.text("x".repeat(1000)))
            .max_queued_bytes(10_000)
            .room(1000)
            .open();
        scene.reach(seconds(1)).await;
        scene.peer.take(usize::MAX);
        settle().await;
        assert_eq!(scene.peer.close_code(), Some(1013));
        let texts = scene.peer.texts();
        assert!((60..100).contains(&texts.len()), "{}", texts.len());
        assert!(texts.iter().all(|text| text.len() == 1000));
        scene.peer.send(close(1013));
        let (_, journal) = scene.end().await;
        assert_eq!(journal.cause(), Cause::SlowPeer);
    });
}

#[test]
fn messages_of_little_or_no_length_are_bounded_as_well() {
    type Sending = fn(&mut WsContext<Probe>) -> Result<(), SendError>;
    let sends: [Sending; 3] = [
        |ctx| ctx.binary("x"),
        |ctx| ctx.binary(""),
        |ctx| ctx.text(""),
    ];
    for send in sends {
        play(async {
            let scene = floods_with(send).max_queued_bytes(10_000).room(0).open();
            scene.reach(seconds(10)).await;
            let most = queued(&scene.journal.notes());
            assert!(most <= 10_000 + BESIDES, "{most} bytes are queued");
            assert!(scene.outbox.is_closed(), "the flood has no end");
        });
    }
}

#[test]
fn pings_of_the_actor_are_bounded_as_well() {
    play(async {
        let scene = floods_with(|ctx| ctx.ping(vec![0; 125]))
            .max_queued_bytes(10_000)
            .room(0)
            .open();
        scene.reach(seconds(10)).await;
        let most = queued(&scene.journal.notes());
        assert!(most <= 10_000 + BESIDES, "{most} bytes are queued");
    });
}

fn queued(notes: &[String]) -> usize {
    let queued = notes.iter().filter_map(|note| note.parse().ok());
    queued.max().unwrap()
}

/// Answers each text with itself, and notes how much is queued then.
fn echo() -> Setup {
    probe(|heard, ctx| {
        if let Heard::Text(text) = heard {
            ctx.text(text.clone()).unwrap();
            let queued = ctx.queued_bytes();
            ctx.spawn(actix::fut::ActorFutureExt::map(
                actix::fut::ready(()),
                move |(), probe: &mut Probe, _| {
                    probe.note(queued.to_string());
                },
            ));
        }
    })
}

/// Sends as fast as it can, and notes how much is queued, and when it may not.
fn floods_with(
    send: impl FnMut(&mut WsContext<Probe>) -> Result<(), SendError> + 'static,
) -> Setup {
    let mut send = Some(send);
    probe(move |heard, ctx| {
        if *heard == Heard::Started {
            let mut send = send.take().unwrap();
            ctx.run_interval(millis(10), move |probe, ctx| {
                for _ in 0..500 {
                    if let Err(error) = send(ctx) {
                        if let SendError::Full { .. } = error {
                            probe.note("full");
                        }
                        break;
                    }
                    probe.note(ctx.queued_bytes().to_string());
                }
            });
        }
    })
}

/// What may be queued besides the outbox, in bytes: what is with the transport
/// already, and one message more.
const BESIDES: usize = 64 * 1024 + 2000;
