//! Frames for an actor that takes its time over each, or waits.

use std::{cell::Cell, rc::Rc};

use actix::AsyncContext;
use tokio::time::sleep;
use ws_actors::{Handlers, Text};
use ws_core::Config;

use super::actors::{Atomic, Elsewhere, Later};
use crate::support::{
    frames::{BINARY, PING, PONG, TEXT, close, frame, text},
    millis, play,
    probe::{Heard, delay},
    scene::{self, open_wire, probe},
    seconds, settle,
};

#[test]
fn a_response_act_future_is_driven_beside_other_frames() {
    play(async {
        let (peer, _task) = open_wire(Later, Later::handlers());
        peer.send(frame(TEXT, "first"));
        peer.send(frame(TEXT, "second"));
        sleep(millis(999)).await;
        assert_eq!(peer.texts(), ["heard first", "heard second"]);
        sleep(millis(1)).await;
        settle().await;
        assert_eq!(peer.texts()[2..], ["done first", "done second"]);
    });
}

#[test]
fn an_atomic_response_is_driven_and_other_frames_wait_for_it() {
    play(async {
        let (peer, _task) = open_wire(Atomic, Atomic::handlers());
        peer.send(frame(TEXT, "first"));
        peer.send(frame(BINARY, "second"));
        peer.send(frame(TEXT, "third"));
        sleep(millis(999)).await;
        assert_eq!(peer.texts(), ["heard first"]);
        sleep(millis(1)).await;
        settle().await;
        // What does not wait itself is heard as soon as its turn comes.
        let until_third = ["heard first", "done first", "heard second", "heard third"];
        assert_eq!(peer.texts(), until_third);
        sleep(seconds(1)).await;
        settle().await;
        assert_eq!(peer.texts()[4..], ["done third"]);
        peer.send(frame(BINARY, "fourth"));
        settle().await;
        assert_eq!(peer.texts()[5..], ["heard fourth"]);
    });
}

#[test]
fn a_response_future_is_driven() {
    play(async {
        let done = Rc::new(Cell::new(false));
        let handlers = Handlers::new().on::<Text>();
        let (peer, _task) = open_wire(Elsewhere(Rc::clone(&done)), handlers);
        peer.send(text("go"));
        sleep(millis(999)).await;
        assert!(!done.get());
        sleep(millis(1)).await;
        settle().await;
        assert!(done.get());
    });
}

#[test]
fn messages_are_heard_in_order_by_an_actor_that_waits_for_each() {
    play(async {
        let config = Config::new().ping_interval(None);
        let (peer, _task) = open_wire(Atomic, Atomic::handlers().config(config));
        let mut expected = Vec::new();
        for number in 0..200 {
            peer.send(text(&number.to_string()));
            expected.extend([format!("heard {number}"), format!("done {number}")]);
        }
        sleep(seconds(200)).await;
        settle().await;
        assert_eq!(peer.texts(), expected);
    });
}

#[test]
fn pings_are_answered_while_the_actor_waits() {
    play(async {
        let scene = waits_a_minute().open();
        scene.peer.send(text("wait"));
        scene.reach(seconds(10)).await;
        scene.peer.send(frame(PING, "in between"));
        scene.reach(seconds(11)).await;
        assert_eq!(scene.peer.frames_of(PONG)[0].payload, b"in between");
        assert_eq!(scene.peer.taken_at(), Some(seconds(10)));
        // The actor hears of it when it is back.
        let ping = Heard::Ping(b"in between".into());
        assert!(!scene.journal.has(&ping));
        scene.reach(seconds(60)).await;
        assert_eq!(scene.journal.when(&ping), Some(seconds(60)));
    });
}

#[test]
fn what_was_heard_does_not_count_as_read_ahead() {
    play(async {
        let scene = probe(|heard, ctx| {
            if matches!(heard, Heard::Binary(_)) {
                ctx.wait(delay(seconds(10)));
            }
        })
        .open();
        let large = frame(BINARY, vec![0; 40 * 1024]);
        scene.peer.send(large.clone());
        scene.reach(seconds(5)).await;
        scene.peer.send(large.clone());
        scene.reach(seconds(15)).await;
        // The second one is under way. A third fits into 64 KiB of read-ahead.
        scene.peer.send(large);
        scene.reach(seconds(16)).await;
        scene.peer.send(frame(PING, "alone"));
        scene.reach(seconds(17)).await;
        assert_eq!(scene.peer.frames_of(PONG).len(), 1);
    });
}

#[test]
fn a_close_is_answered_while_the_actor_waits_which_hears_of_it_later() {
    play(async {
        let scene = probe(|heard, ctx| {
            if heard.is_text("wait") {
                ctx.wait(delay(seconds(4)));
            }
        })
        .open();
        scene.peer.send(text("wait"));
        scene.reach(seconds(1)).await;
        scene.peer.send(text("last words"));
        scene.peer.send(close(1001));
        scene.reach(seconds(2)).await;
        assert_eq!(scene.peer.close_code(), Some(1001));
        assert_eq!(scene.peer.dropped(), Some(seconds(1)));
        assert_eq!(scene.journal.closed(), None);
        let (_, journal) = scene.end().await;
        assert_eq!(journal.when(&Heard::text("last words")), Some(seconds(4)));
        assert_eq!(journal.closed(), Some(seconds(4)));
        assert!(journal.outcome().is_clean());
    });
}

/// Waits for a minute after each text.
fn waits_a_minute() -> scene::Setup {
    probe(|heard, ctx| {
        if let Heard::Text(_) = heard {
            ctx.wait(delay(seconds(60)));
        }
    })
}
