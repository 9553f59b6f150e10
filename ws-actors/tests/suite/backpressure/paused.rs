//! An actor that wants to hear no frames for a while.

use actix::AsyncContext;
use ws_actors::WsContext;
use ws_core::{Cause, CloseCode, Config, Timeout};

use crate::support::{
    frames::{PING, PONG, close, frame, text, texts},
    play,
    probe::{Heard, Letter, Probe},
    scene::{Scene, Setup, probe},
    seconds, settle,
};

#[test]
fn an_actor_that_pauses_hears_no_frames_but_all_else() {
    play(async {
        let (scene, address) = pauses_on("pause").open_addressed();
        scene.peer.send([text("pause"), text("later")].concat());
        scene.peer.send(text("later"));
        scene.peer.send(frame(PING, "anyone?"));
        settle().await;
        assert_eq!(scene.peer.frames_of(PONG).len(), 1);
        assert_eq!(address.send(Letter(1)).await, Ok(2));
        scene.outbox.send("news".into()).unwrap();
        scene.reach(seconds(5)).await;
        assert_eq!(scene.peer.texts(), ["news"]);
        assert_eq!(scene.journal.texts(), ["pause"]);
        let ticks = scene.journal.notes();
        assert_eq!(ticks, ["tick"; 5]);
    });
}

#[test]
fn an_actor_hears_all_in_order_once_it_resumes_wherever_it_does() {
    for (from, expected) in [("letter", 4), ("timer", 3), ("future", 3), ("interval", 3)] {
        play(async {
            let (scene, address) = resumes_from(from).open_addressed();
            scene.peer.send([text("pause"), texts(0..1000)].concat());
            scene.peer.send(texts(1000..1010));
            scene.reach(seconds(4)).await;
            address.do_send(Letter(1));
            settle().await;
            let texts = scene.journal.texts();
            assert_eq!(texts.len(), 1 + 1010, "{from}");
            let numbers = (0..1010).map(|it: u32| it.to_string());
            assert!(texts[1..].iter().cloned().eq(numbers), "{from}");
            let instants = scene.journal.instants(|it| it.is_text("1009"));
            assert_eq!(instants, [seconds(expected)], "{from}");
        });
    }
}

#[test]
fn what_is_read_ahead_of_an_actor_that_pauses_is_bounded() {
    for (size, at_most) in [(0, 70), (4096, 20), (60_000, 4)] {
        play(async {
            let scene = pauses_on("pause").open();
            scene.peer.send(text("pause"));
            for _ in 0..1000 {
                scene.peer.send(text(&"x".repeat(size)));
            }
            scene.reach(seconds(5)).await;
            let read = scene.peer.reads();
            assert!((2..=at_most).contains(&read), "{read} reads of {size}");
        });
    }
}

#[test]
fn a_peer_is_not_blamed_for_an_actor_that_pauses_for_long() {
    // It may have answered the Ping, behind what nobody reads.
    play(async {
        let scene = pauses_on("pause").open();
        scene.peer.send(text("pause"));
        for number in 0..100 {
            scene.peer.send(text(&number.to_string()));
        }
        scene.reach(seconds(500)).await;
        assert!(!scene.is_over());
        assert_eq!(scene.journal.closed(), None);
    });
    // As long as all is read, its silence is its own.
    play(async {
        let scene = pauses_on("pause").open();
        scene.peer.send(text("pause"));
        scene.reach(seconds(100)).await;
        assert!(scene.is_over());
        assert_eq!(scene.journal.cause(), Cause::Timeout(Timeout::Pong));
    });
}

#[test]
fn an_actor_that_pauses_for_ever_hears_of_its_end() {
    type Ending = fn(&Scene);
    let endings: [(&str, Ending); 5] = [
        ("the peer closes", |scene| scene.peer.send(close(1000))),
        ("the peer ends", |scene| scene.peer.end()),
        ("the transport breaks", |scene| scene.peer.reset()),
        ("the peer is at fault", |scene| scene.peer.send([0xFF; 2])),
        ("others close", |scene| {
            let payload = ws_core::ClosePayload::new(CloseCode::GOING_AWAY, "");
            scene.outbox.close(payload.unwrap());
        }),
    ];
    for (what, end) in endings {
        play(async {
            let scene = pauses_on("pause").open();
            scene.peer.send(text("pause"));
            scene.reach(seconds(1)).await;
            end(&scene);
            scene.reach(seconds(30)).await;
            assert!(scene.is_over(), "{what}");
            scene.journal.outcome();
            assert!(scene.journal.has(&Heard::Stopped), "{what}");
        });
    }
}

#[test]
fn an_actor_that_pauses_for_ever_keeps_the_lifetime() {
    play(async {
        let config = Config::new().max_lifetime(Some(seconds(100)));
        let scene = pauses_on("pause").config(config).open();
        scene.peer.send([text("pause"), texts(0..1000)].concat());
        scene.reach(seconds(100)).await;
        assert_eq!(scene.peer.close_code(), Some(1001));
        scene.reach(seconds(120)).await;
        assert!(scene.is_over());
        assert_eq!(scene.peer.dropped(), Some(seconds(105)));
    });
}

#[test]
fn an_actor_that_pauses_and_resumes_in_one_breath_misses_nothing() {
    play(async {
        let scene = probe(|heard, ctx| {
            if let Heard::Text(_) = heard {
                ctx.pause_reading();
                ctx.resume_reading();
            }
        })
        .open();
        scene.peer.send(texts(0..1000));
        settle().await;
        assert_eq!(scene.journal.texts().len(), 1000);
    });
}

/// Pauses when it hears this, and ticks.
fn pauses_on(word: &'static str) -> Setup {
    probe(move |heard, ctx| match heard {
        Heard::Started => {
            ctx.run_interval(seconds(1), |probe, _| probe.note("tick"));
        }
        Heard::Text(text) if text == word => ctx.pause_reading(),
        _ => {}
    })
}

/// Pauses at the first text, and resumes after 3 s or at a letter.
fn resumes_from(place: &'static str) -> Setup {
    let resume = |_: &mut Probe, ctx: &mut WsContext<Probe>| ctx.resume_reading();
    probe(move |heard, ctx| match heard {
        Heard::Text(text) if text == "pause" => {
            ctx.pause_reading();
            match place {
                "timer" => {
                    ctx.run_later(seconds(3), resume);
                }
                "interval" => {
                    ctx.run_interval(seconds(3), resume);
                }
                "future" => {
                    let delay = crate::support::probe::delay(seconds(3));
                    ctx.spawn(actix::fut::ActorFutureExt::map(
                        delay,
                        |(), _: &mut Probe, ctx: &mut WsContext<Probe>| ctx.resume_reading(),
                    ));
                }
                _ => {}
            }
        }
        Heard::Letter(_) if place == "letter" => ctx.resume_reading(),
        _ => {}
    })
}
