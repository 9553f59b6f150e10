//! Heartbeat, write deadline and close deadline hold, whatever the peer does
//! or leaves undone, and whatever the actor is busy with.
#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "what a probe does is for one test, and a panic fails it"
)]

use actix::AsyncContext;
use tokio::{
    io::{AsyncReadExt, duplex},
    task::spawn_local,
    time::sleep,
};
use ws_actors::Io;
use ws_core::{Cause, CloseCode, ClosePayload, Config, Timeout};

use self::support::{
    flood::{Flood, pass},
    frames::{PING, PONG, close, frame, text, texts},
    millis, play,
    probe::{Heard, Noise, delay, forever},
    scene::{Scene, Setup, listener, probe},
    seconds, settle, settle_for, watched,
};

mod support;

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
fn a_transport_that_takes_no_byte_is_given_up_at_the_write_deadline() {
    play(async {
        let scene = sends_after_a_second().room(0).open();
        scene.reach(millis(30_999)).await;
        assert_eq!(scene.journal.closed(), None);
        scene.reach(seconds(31)).await;
        assert_eq!(scene.journal.cause(), Cause::Timeout(Timeout::Write));
        assert_eq!(scene.journal.closed(), Some(seconds(31)));
        assert_eq!(scene.peer.dropped(), Some(seconds(31)));
        assert!(scene.is_over());
    });
}

#[test]
fn the_write_deadline_counts_from_when_something_is_sent_however_long_all_was_still() {
    play(async {
        let config = Config::new().ping_interval(None);
        let scene = listener().config(config).room(0).open();
        scene.reach(seconds(3600)).await;
        scene.outbox.send("good morning".into()).unwrap();
        scene.reach(seconds(3600 + 29)).await;
        assert_eq!(scene.journal.closed(), None);
        // The peer reads in time.
        scene.peer.take(usize::MAX);
        scene.reach(seconds(3600 + 100)).await;
        assert_eq!(scene.peer.texts(), ["good morning"]);
        assert!(!scene.is_over());
    });
}

#[test]
fn a_fault_that_is_seen_late_leaves_the_peer_its_time_to_read_why() {
    play(async {
        let scene = probe(|heard, ctx| {
            if heard.is_text("0") {
                ctx.wait(delay(seconds(18)));
            }
        })
        .open();
        // The fault stands behind more than is read ahead of a waiting actor.
        let mut bytes = texts(0..500);
        bytes.extend([0xFF; 2]);
        scene.peer.send(bytes);
        scene.reach(seconds(18)).await;
        assert_eq!(scene.peer.close_code(), Some(1002));
        assert_eq!(scene.peer.dropped(), None);
        scene.reach(seconds(23)).await;
        assert_eq!(scene.peer.dropped(), Some(seconds(23)));
    });
}

#[test]
fn a_peer_that_sends_but_does_not_read_is_given_up_at_the_write_deadline() {
    play(async {
        let scene = sends_after_a_second().room(0).open();
        for second in 1..31 {
            scene.reach(seconds(second)).await;
            scene.peer.send(text("alive"));
        }
        scene.reach(seconds(31)).await;
        assert_eq!(scene.journal.cause(), Cause::Timeout(Timeout::Write));
        assert_eq!(scene.peer.dropped(), Some(seconds(31)));
    });
}

#[test]
fn a_peer_that_reads_a_byte_now_and_then_is_kept() {
    play(async {
        let scene = sends_after_a_second().room(0).open();
        for tick in 1..60 {
            scene.reach(seconds(10 * tick)).await;
            scene.peer.take(1);
            scene.peer.send(text("alive"));
        }
        settle().await;
        assert!(!scene.is_over());
        assert_eq!(scene.peer.taken(), 59);
    });
}

#[test]
fn an_actor_that_waits_forever_keeps_the_deadlines_of_a_silent_peer() {
    for room in [6, usize::MAX] {
        play(async {
            let scene = waits_from_the_start().room(room).open();
            shows_pong_timeout(&scene).await;
            // It hears of it when it is not waited for any longer.
            assert_eq!(scene.journal.all(), [Heard::Started]);
            scene.reach(seconds(60)).await;
            assert!(scene.is_over());
            assert_eq!(scene.journal.cause(), Cause::Timeout(Timeout::Pong));
        });
    }
}

#[test]
fn an_actor_that_waits_forever_keeps_the_write_deadline() {
    watched(|| {
        play(async {
            let scene = probe(|heard, ctx| {
                if heard.is_text("wait") {
                    ctx.text("stuck").unwrap();
                    ctx.wait(forever());
                }
            })
            .room(0)
            .open();
            scene.peer.send(text("wait"));
            // More than is read ahead, so that reading stops.
            for _ in 0..500 {
                scene.peer.send(text("unheard"));
            }
            scene.reach(seconds(30)).await;
            assert_eq!(scene.peer.dropped(), Some(seconds(30)));
            assert!(scene.peer.unread() > 0);
            scene.reach(seconds(40)).await;
            assert!(scene.is_over());
            assert_eq!(scene.journal.cause(), Cause::Timeout(Timeout::Write));
        });
    });
}

#[test]
fn an_actor_that_waits_forever_keeps_the_close_deadline() {
    play(async {
        let scene = waits_from_the_start().open();
        scene.reach(seconds(1)).await;
        let payload = ClosePayload::new(CloseCode::GOING_AWAY, "");
        scene.outbox.close(payload.unwrap());
        scene.reach(seconds(2)).await;
        assert_eq!(scene.peer.close_code(), Some(1001));
        scene.reach(millis(5999)).await;
        assert_eq!(scene.peer.dropped(), None);
        scene.reach(seconds(6)).await;
        assert_eq!(scene.peer.dropped(), Some(seconds(6)));
    });
}

#[test]
fn a_mailbox_that_is_flooded_without_a_pause_keeps_the_deadlines() {
    play(async {
        let (scene, address) = listener().room(6).open_addressed();
        let flood = Flood::of(address);
        pass(seconds(50), seconds(5)).await;
        drop(flood);
        assert!(scene.journal.noise() > 10_000, "that is no flood");
        assert_eq!(scene.journal.closed(), Some(seconds(40)));
        assert_eq!(scene.journal.cause(), Cause::Timeout(Timeout::Pong));
        assert_eq!(scene.peer.dropped(), Some(seconds(45)));
    });
}

#[test]
fn a_mailbox_that_is_flooded_without_a_pause_keeps_the_write_and_the_close_deadline() {
    play(async {
        let (scene, address) = listener().room(0).open_addressed();
        let (closing, same) = listener().open_addressed();
        let _floods = [Flood::of(address), Flood::of(same)];
        scene.outbox.send("stuck".into()).unwrap();
        let payload = ClosePayload::new(CloseCode::GOING_AWAY, "");
        closing.outbox.close(payload.unwrap());
        settle_for(3).await;
        pass(seconds(30), seconds(5)).await;
        assert_eq!(scene.journal.cause(), Cause::Timeout(Timeout::Write));
        assert_eq!(scene.peer.dropped(), Some(seconds(30)));
        assert_eq!(closing.peer.close_code(), Some(1001));
        assert_eq!(closing.peer.dropped(), Some(seconds(5)));
    });
}

#[test]
fn a_mailbox_that_is_flooded_now_and_then_keeps_the_deadlines() {
    play(async {
        let (scene, address) = listener().open_addressed();
        for time in [5, 15, 25, 30, 35, 39] {
            scene.reach(seconds(time)).await;
            for _ in 0..500 {
                address.do_send(Noise);
            }
        }
        shows_pong_timeout(&scene).await;
        assert_eq!(scene.journal.noise(), 3000);
    });
}

#[test]
fn a_peer_that_floods_and_does_not_answer_the_close_is_dropped_at_its_deadline() {
    play(async {
        let scene = probe(|heard, ctx| {
            if *heard == Heard::Started {
                ctx.close(CloseCode::NORMAL, "").unwrap();
            }
        })
        .open();
        scene.peer.send_forever(texts(0..10));
        settle_for(3).await;
        pass(seconds(10), millis(500)).await;
        scene.peer.stop_sending();
        assert_eq!(scene.peer.close_code(), Some(1000));
        assert_eq!(scene.peer.dropped(), Some(seconds(5)));
    });
}

#[test]
fn a_peer_that_floods_on_after_its_fault_is_dropped_at_the_close_deadline() {
    play(async {
        let scene = listener().open();
        scene.peer.send([0xFF; 100]);
        scene.peer.send_forever(vec![0xFF; 100]);
        settle_for(3).await;
        pass(seconds(10), millis(500)).await;
        scene.peer.stop_sending();
        assert_eq!(scene.peer.close_code(), Some(1002));
        assert_eq!(scene.peer.dropped(), Some(seconds(5)));
    });
}

#[test]
fn a_peer_that_floods_and_does_not_read_is_dropped_at_the_write_deadline() {
    play(async {
        let scene = sends_after_a_second().room(0).open();
        scene.peer.send_forever(frame(PONG, ""));
        settle_for(3).await;
        pass(seconds(60), seconds(1)).await;
        scene.peer.stop_sending();
        let dropped = scene.peer.dropped().expect("the transport is kept");
        assert!(dropped <= seconds(32), "{dropped:?}");
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
fn the_deadlines_of_a_custom_config_are_kept() {
    let config = Config::new()
        .ping_interval(Some(seconds(1)))
        .pong_timeout(seconds(2))
        .close_timeout(seconds(3))
        .write_timeout(seconds(4));
    play(async {
        let scene = listener().config(config.clone()).room(6).open();
        scene.reach(seconds(1)).await;
        assert_eq!(scene.peer.frames_of(PING).len(), 1);
        scene.reach(seconds(3)).await;
        assert_eq!(scene.journal.cause(), Cause::Timeout(Timeout::Pong));
        assert_eq!(scene.journal.closed(), Some(seconds(3)));
        scene.reach(seconds(6)).await;
        assert_eq!(scene.peer.dropped(), Some(seconds(6)));
    });
    play(async {
        let config = config.clone().ping_interval(None);
        let scene = sends_after_a_second().config(config).room(0).open();
        scene.reach(seconds(5)).await;
        assert_eq!(scene.journal.cause(), Cause::Timeout(Timeout::Write));
        assert_eq!(scene.peer.dropped(), Some(seconds(5)));
    });
}

#[test]
fn a_peer_is_never_pinged_if_the_config_says_so() {
    play(async {
        let config = Config::new().ping_interval(None);
        let scene = listener().config(config).open();
        scene.reach(seconds(24 * 3600)).await;
        assert_eq!(scene.peer.taken(), 0);
        assert!(!scene.is_over());
        scene.peer.send(text("good morning"));
        settle().await;
        assert_eq!(scene.journal.texts(), ["good morning"]);
    });
}

#[test]
fn a_peer_that_does_not_answer_the_close_is_dropped_at_its_deadline() {
    play(async {
        let scene = probe(|heard, ctx| {
            if heard.is_text("close") {
                ctx.close(CloseCode::new(4000), "bye").unwrap();
            }
        })
        .open();
        scene.reach(seconds(10)).await;
        scene.peer.send(text("close"));
        // It may go on sending for a while, and is heard.
        scene.reach(seconds(12)).await;
        scene.peer.send(text("unread mail"));
        scene.reach(millis(14_999)).await;
        assert_eq!(scene.journal.texts(), ["close", "unread mail"]);
        assert_eq!(scene.journal.closed(), None);
        scene.reach(seconds(15)).await;
        assert_eq!(scene.peer.dropped(), Some(seconds(15)));
        assert_eq!(scene.journal.cause(), Cause::Timeout(Timeout::Close));
    });
}

#[test]
fn a_transport_that_takes_its_time_to_shut_down_has_it_until_the_close_deadline() {
    for released in [true, false] {
        play(async {
            let scene = listener().open();
            scene.peer.hold_shutdown(true);
            scene.peer.send([0xFF, 0xFF]);
            scene.reach(seconds(2)).await;
            assert_eq!(scene.peer.close_code(), Some(1002));
            assert_eq!(scene.peer.shut_down(), None);
            if released {
                scene.peer.hold_shutdown(false);
                settle().await;
                assert_eq!(scene.peer.shut_down(), Some(seconds(2)));
            }
            scene.reach(seconds(5)).await;
            assert_eq!(scene.peer.dropped(), Some(seconds(5)));
        });
    }
}

#[test]
fn a_transport_that_holds_bytes_back_is_not_dropped_before_they_left_or_the_close_deadline() {
    for released in [true, false] {
        play(async {
            let scene = listener().open();
            scene.peer.hold_flush(true);
            scene.peer.send(close(1000));
            scene.reach(seconds(2)).await;
            assert_eq!(scene.peer.dropped(), None);
            if released {
                scene.peer.hold_flush(false);
                settle().await;
                assert_eq!(scene.peer.dropped(), Some(seconds(2)));
            }
            scene.reach(seconds(5)).await;
            assert!(scene.peer.dropped().is_some());
        });
    }
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

#[test]
fn a_close_that_is_answered_late_but_in_time_is_clean() {
    play(async {
        let scene = probe(|heard, ctx| {
            if *heard == Heard::Started {
                ctx.close(CloseCode::NORMAL, "").unwrap();
            }
        })
        .open();
        scene.reach(millis(4999)).await;
        scene.peer.send(close(1000));
        let (peer, journal) = scene.end().await;
        assert!(journal.outcome().is_clean());
        assert_eq!(peer.dropped(), Some(millis(4999)));
    });
}

/// A peer that leaves its Ping without an answer.
async fn shows_pong_timeout(scene: &Scene) {
    scene.reach(seconds(20)).await;
    assert_eq!(scene.peer.frames_of(PING).len(), 1);
    assert_eq!(scene.peer.taken_at(), Some(seconds(20)));
    scene.reach(millis(39_999)).await;
    assert_eq!(scene.journal.closed(), None);
    scene.reach(seconds(40)).await;
    if let Some(closed) = scene.journal.closed() {
        assert_eq!(closed, seconds(40));
        assert_eq!(scene.journal.cause(), Cause::Timeout(Timeout::Pong));
    }
    scene.reach(millis(44_999)).await;
    assert_eq!(scene.peer.dropped(), None);
    scene.reach(seconds(45)).await;
    assert_eq!(scene.peer.dropped(), Some(seconds(45)));
}

fn waits_from_the_start() -> Setup {
    probe(|heard, ctx| {
        if *heard == Heard::Started {
            ctx.wait(forever());
        }
    })
}

fn sends_after_a_second() -> Setup {
    probe(|heard, ctx| {
        if *heard == Heard::Started {
            ctx.run_later(seconds(1), |_, ctx| {
                ctx.text("x".repeat(100)).unwrap();
            });
        }
    })
}
