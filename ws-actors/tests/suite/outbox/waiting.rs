//! An actor that waits for its peer, as its endpoint wants.

use std::time::Duration;

use actix::AsyncContext;
use ws_actors::{Flow, Overflow, SendError, WsContext};
use ws_core::{Cause, Config, Timeout};

use super::shared::sized;
use crate::support::{
    frames::{PING, PONG, close, frame, text},
    millis, play,
    probe::{Heard, Letter, Probe},
    scene::{Setup, once, probe},
    seconds, settle,
};

#[test]
fn an_actor_hears_nothing_while_64_kib_are_on_their_way_and_then_goes_on() {
    play(async {
        let (scene, address) = sends_much().open_addressed();
        scene.reach(millis(1500)).await;
        scene.peer.jam(0);
        scene.peer.send(text("send"));
        settle().await;
        scene.peer.send(text("unheard"));
        address.do_send(Letter(1));
        scene.reach(millis(9500)).await;
        assert_eq!(scene.journal.texts(), ["send"]);
        assert_eq!(scene.journal.letters(), [0; 0]);
        assert_eq!(scene.journal.notes(), ["tick"]);

        // A bit is not enough, half of it is.
        scene.peer.take(20_000);
        scene.reach(millis(9600)).await;
        assert_eq!(scene.journal.texts(), ["send"]);
        scene.peer.take(usize::MAX);
        settle().await;
        assert_eq!(scene.journal.texts(), ["send", "unheard"]);
        assert_eq!(scene.journal.letters(), [1]);
        scene.reach(millis(12_500)).await;
        assert!(scene.journal.notes().len() >= 3);
        assert_eq!(scene.peer.messages().len(), 1);
    });
}

#[test]
fn an_actor_that_waits_for_its_peer_answers_pings_and_the_close() {
    play(async {
        let scene = sends_much().open();
        settle().await;
        scene.peer.jam(80_000);
        scene.peer.send(text("send"));
        settle().await;
        scene.peer.send(frame(PING, "anyone?"));
        scene.peer.take(usize::MAX);
        settle().await;
        assert_eq!(scene.peer.frames_of(PONG).len(), 1);
        scene.peer.send(close(1000));
        let (_, journal) = scene.end().await;
        assert!(journal.outcome().is_clean());
    });
}

#[test]
fn an_actor_that_waits_for_its_peer_hears_of_its_end() {
    play(async {
        let scene = sends_much().room(0).open();
        scene.peer.send(text("send"));
        scene.reach(millis(500)).await;
        scene.peer.reset();
        settle().await;
        assert!(scene.is_over());
        assert_eq!(scene.journal.closed(), Some(millis(500)));
    });
}

#[test]
fn who_sends_all_the_same_is_refused_once_the_outbox_is_full_and_nothing_else_is_lost() {
    play(async {
        let scene = sends_much().room(0).open();
        scene.peer.send(text("send"));
        settle().await;
        let mut accepted = 0;
        let full = loop {
            match scene.outbox.send(sized(accepted).into()) {
                Ok(()) => accepted += 1,
                Err(error) => break error,
            }
        };
        assert!(matches!(full, SendError::Full { limit: 10_000, .. }));
        assert_eq!(accepted, 9);
        assert_eq!(scene.outbox.given_up(), 1);
        assert!(!scene.outbox.is_closed());
        scene.peer.take(usize::MAX);
        settle().await;
        let expected: Vec<_> = (0..accepted).map(sized).collect();
        assert_eq!(scene.peer.texts(), expected);
        scene.outbox.send("more".into()).unwrap();
    });
}

#[test]
fn an_actor_that_answers_all_that_a_slow_peer_asks_loses_nothing() {
    play(async {
        let flow = Flow::new()
            .overflow(Overflow::Wait)
            .max_queued_bytes(100_000);
        let scene = probe(|heard, ctx| {
            if let Heard::Text(text) = heard {
                // Twenty times as much as was asked.
                for _ in 0..20 {
                    ctx.text(text.clone()).unwrap();
                }
            }
        })
        .flow(flow)
        .room(0)
        .open();
        for number in 0..200 {
            scene.peer.send(text(&sized(number)));
        }
        while scene.peer.taken() < 200 * 20 * (4 + 1000) {
            settle().await;
            scene.peer.take(100_000);
        }
        let expected = (0..200 * 20).map(|it| sized(it / 20));
        assert!(scene.peer.texts().into_iter().eq(expected));
        assert_eq!(scene.outbox.given_up(), 0);
        assert!(!scene.is_over());
    });
}

#[test]
fn an_interval_that_feeds_a_slow_peer_pauses_with_it() {
    play(async {
        let flow = Flow::new().overflow(Overflow::Wait);
        let mut sent = 0;
        let scene = probe(move |heard, ctx| {
            if *heard == Heard::Started {
                ctx.run_interval(millis(10), move |probe, ctx| {
                    ctx.text(sized(sent)).unwrap();
                    sent += 1;
                    probe.journal.count();
                });
            }
        })
        .flow(flow)
        .room(0)
        .open();
        scene.reach(seconds(20)).await;
        let sent = scene.journal.counted();
        assert!((64..=67).contains(&sent), "{sent} were sent");
        scene.peer.take(usize::MAX);
        scene.reach(seconds(21)).await;
        assert!(scene.journal.counted() >= sent + 99);
        assert_eq!(scene.outbox.given_up(), 0);
    });
}

/// Answers a text with 100 KB, and ticks.
fn sends_much() -> Setup {
    let flow = Flow::new()
        .overflow(Overflow::Wait)
        .max_queued_bytes(10_000);
    probe(|heard, ctx| match heard {
        Heard::Started => {
            ctx.run_interval(seconds(1), |probe, _| probe.note("tick"));
        }
        Heard::Text(text) if text == "send" => ctx.binary(vec![0; 100_000]).unwrap(),
        _ => {}
    })
    .flow(flow)
}

#[test]
fn an_actor_that_sends_without_end_waits_until_the_write_deadline() {
    play(async {
        for room in [0, 100_000, 3 << 20] {
            let flow = Flow::new().overflow(Overflow::Wait);
            let config = Config::new().ping_interval(None);
            let scene = once(flood).flow(flow).config(config).room(room).open();
            let (_, journal) = scene.end().await;
            assert_eq!(journal.cause(), Cause::Timeout(Timeout::Write), "{room}");
        }
    });
}

fn flood(ctx: &mut WsContext<Probe>) {
    for _ in 0..8 {
        ctx.binary(vec![0; 64 * 1024]).unwrap();
    }
    ctx.run_later(Duration::ZERO, |_, ctx| flood(ctx));
}
