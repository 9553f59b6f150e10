//! `Closed` tells once why a connection ended, and its driver tells the same.

use actix::ActorContext;
use ws_actors::{Flow, Handlers, RateLimit};
use ws_core::{Cause, CloseCode, ClosePayload, Config, Opcode, Timeout};

use crate::support::{
    frames::{BINARY, TEXT_BEGINS, close, frame, text, texts},
    play,
    probe::{Heard, Probe},
    scene::{Scene, Setup, probe},
    seconds, settle,
};

#[test]
fn closed_comes_once_with_the_cause_and_the_driver_tells_the_same() {
    for end in ENDS {
        play(async {
            let scene = obedient().open();
            settle().await;
            (end.act)(&scene);
            let Scene { task, journal, .. } = scene;
            let outcome = task.await.expect("a driver never panics");
            let name = end.name;
            assert!((end.is_cause)(&outcome.cause), "{name}: {outcome:?}");
            if name == "panic" {
                // Nobody is left who could be told.
                assert_eq!(journal.closed(), None);
            } else {
                assert_eq!(journal.outcome(), outcome, "{name}");
            }
            let sent = outcome.sent.and_then(|it| it.code()).map(CloseCode::get);
            assert_eq!(sent, end.sent, "{name}");
            assert_eq!(journal.all().last(), Some(&Heard::Dropped), "{name}");
        });
    }
}

#[test]
fn an_actor_is_told_which_deadline_its_peer_missed() {
    type Act = fn(&Scene);
    let table: [(Timeout, Act, u64); 4] = [
        (Timeout::Pong, |_| {}, 40),
        (
            Timeout::Message,
            |scene| scene.peer.send(frame(TEXT_BEGINS, "begun")),
            3,
        ),
        (Timeout::Close, |scene| scene.peer.send(text("close")), 5),
        (
            Timeout::Write,
            |scene| {
                scene.peer.jam(0);
                scene.outbox.send("stuck".into()).unwrap();
            },
            30,
        ),
    ];
    for (timeout, act, time) in table {
        play(async {
            let config = Config::new().message_timeout(Some(seconds(3)));
            let scene = obedient().config(config).open();
            settle().await;
            act(&scene);
            let Scene { task, journal, .. } = scene;
            let outcome = task.await.expect("a driver never panics");
            assert_eq!(outcome.cause, Cause::Timeout(timeout));
            assert_eq!(journal.outcome(), outcome);
            assert_eq!(journal.closed(), Some(seconds(time)), "{timeout:?}");
        });
    }
}

#[test]
fn a_peer_that_answers_a_close_for_a_deadline_leaves_the_cause_what_it_was() {
    for lifetime in [false, true] {
        play(async {
            let config = Config::new();
            let (config, timeout) = if lifetime {
                (config.max_lifetime(Some(seconds(9))), Timeout::Lifetime)
            } else {
                (config.idle_timeout(Some(seconds(9))), Timeout::Idle)
            };
            let scene = obedient().config(config).open();
            scene.reach(seconds(9)).await;
            assert_eq!(scene.peer.close_code(), Some(1001));
            scene.peer.send(close(1001));
            let (_, journal) = scene.end().await;
            assert_eq!(journal.closed(), Some(seconds(9)));
            assert_eq!(journal.cause(), Cause::Timeout(timeout));
            assert!(journal.outcome().is_clean());
        });
    }
}

struct End {
    name: &'static str,
    act: fn(&Scene),
    is_cause: fn(&Cause) -> bool,
    /// The code that the peer is sent.
    sent: Option<u16>,
}

/// All ends but deadlines. The peer answers a Close where it matters.
const ENDS: [End; 13] = [
    End {
        name: "peer closes",
        act: |scene| scene.peer.send(close(1000)),
        is_cause: |cause| *cause == Cause::Remote,
        sent: Some(1000),
    },
    End {
        name: "local close",
        act: |scene| obey(scene, "close", 4000),
        is_cause: |cause| *cause == Cause::Local,
        sent: Some(4000),
    },
    End {
        name: "stop",
        act: |scene| obey(scene, "stop", 1000),
        is_cause: |cause| *cause == Cause::Local,
        sent: Some(1000),
    },
    End {
        name: "terminate",
        act: |scene| scene.peer.send(text("terminate")),
        is_cause: |cause| *cause == Cause::Local,
        sent: None,
    },
    End {
        name: "transport ended",
        act: |scene| scene.peer.end(),
        is_cause: |cause| *cause == Cause::TransportLost,
        sent: None,
    },
    End {
        name: "transport broke",
        act: |scene| scene.peer.reset(),
        is_cause: |cause| *cause == Cause::TransportLost,
        sent: None,
    },
    End {
        name: "protocol fault",
        act: |scene| scene.peer.send([0xFF; 2]),
        is_cause: |cause| matches!(cause, Cause::Protocol(_)),
        sent: Some(1002),
    },
    End {
        name: "panic",
        act: |scene| obey(scene, "panic", 1011),
        is_cause: |cause| *cause == Cause::Panic,
        sent: Some(1011),
    },
    End {
        name: "drain",
        act: |scene| {
            let payload = ClosePayload::new(CloseCode::GOING_AWAY, "").unwrap();
            scene.outbox.close_because(payload, Cause::Drain);
            answer(scene, 1001);
        },
        is_cause: |cause| *cause == Cause::Drain,
        sent: Some(1001),
    },
    End {
        name: "slow peer",
        act: |scene| {
            scene.outbox.send("fills it".into()).unwrap();
            scene.outbox.send("x".repeat(10_000).into()).unwrap_err();
            answer(scene, 1013);
        },
        is_cause: |cause| *cause == Cause::SlowPeer,
        sent: Some(1013),
    },
    End {
        name: "rate limit",
        act: |scene| {
            scene.peer.send(texts(0..20));
            answer(scene, 1008);
        },
        is_cause: |cause| *cause == Cause::RateLimit,
        sent: Some(1008),
    },
    End {
        name: "rejected",
        act: |scene| {
            scene.peer.send(frame(BINARY, "no binary"));
            answer(scene, 1003);
        },
        is_cause: |cause| *cause == Cause::Rejected,
        sent: Some(1003),
    },
    End {
        name: "stream failed",
        act: |scene| obey(scene, "stream", 1011),
        is_cause: |cause| *cause == Cause::StreamFailed,
        sent: Some(1011),
    },
];

/// Tells the actor, and answers the Close that comes of it.
fn obey(scene: &Scene, word: &str, code: u16) {
    scene.peer.send(text(word));
    answer(scene, code);
}

/// Answers the Close that comes, and ends the transport.
fn answer(scene: &Scene, code: u16) {
    let peer = scene.peer.clone();
    tokio::task::spawn_local(async move {
        settle().await;
        peer.send(close(code));
        peer.end();
    });
}

/// Does what texts tell it; it takes no binary and no floods.
fn obedient() -> Setup {
    let limit = RateLimit::new().messages(1, 10).closes();
    let flow = Flow::new().max_queued_bytes(1000).rate_limit(limit);
    let handlers = Handlers::<Probe>::new()
        .on::<ws_actors::Text>()
        .on::<ws_actors::Closed>();
    probe(|heard, ctx| {
        let Heard::Text(text) = heard else {
            return;
        };
        match text.as_str() {
            "close" => ctx.close(CloseCode::new(4000), "").unwrap(),
            "stop" => ctx.stop(),
            "terminate" => ctx.terminate(),
            "panic" => panic!("as the test wants"),
            "stream" => {
                let parts = futures_util::stream::iter([Err::<&str, _>("failed")]);
                ctx.stream(Opcode::TEXT, parts).unwrap();
            }
            _ => {}
        }
    })
    .handlers(handlers.flow(flow))
}
