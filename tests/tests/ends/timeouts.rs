//! Ends by a deadline: the peer is there, and does not do what it should.
//!
//! Sockets are real and time is not: on the actor's thread none passes but what
//! is waited for, as soon as nothing else is to do.

use std::{sync::mpsc, time::Duration};

use actix::AsyncContext;
use tokio::sync::oneshot;
use ws_actors::Flow;
use ws_core::{Cause, CloseCode, Config, Timeout};
use ws_tests::{
    cable::Cable,
    raw::End,
    wait::within,
    wire::{TEXT, TEXT_BEGINS, Wire},
};

use crate::{
    scene::{Expected, on_all_paths},
    stage::{PATHS, Side, Stage, Terms, converse},
    subject::Do,
};

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The deadlines as they are by default, and one for messages.
fn terms() -> Terms {
    Terms {
        config: Config::new().message_timeout(Some(seconds(7))),
        flow: Flow::new().max_queued_bytes(64 << 20),
        ..Terms::default()
    }
}

/// Without any but the one on closing: time may fly before the peer has had its
/// say.
fn undisturbed() -> Terms {
    let terms = Terms::default();
    Terms {
        config: terms.config.close_timeout(seconds(5)),
        ..terms
    }
}

/// About so much: pings come up to a tenth earlier by chance.
fn assert_is(after: Duration, expected: Duration) {
    let earliest = expected - seconds(2);
    assert!(
        earliest <= after && after <= expected + Duration::from_millis(100),
        "{after:?} instead of {expected:?}"
    );
}

#[actix_web::test]
async fn silent_peer_is_closed_with_1011() {
    on_all_paths(terms, |mut scene| async move {
        scene.let_time_fly().await;
        let frame = scene.wire.frame().await.expect("a Ping comes first");
        assert_eq!(frame.first, 0x89);
        assert_eq!(scene.wire.closed().await, Some(CloseCode::INTERNAL_ERROR));
        assert_eq!(scene.wire.ended().await, End::Eof);
        let expected = Expected::new(Cause::Timeout(Timeout::Pong), Some(1011), None);
        assert_is(scene.ends_in_time(&expected).await, seconds(40));
    })
    .await;
}

/// Whatever is sent to it goes nowhere, and nothing comes back.
#[actix_web::test]
async fn peer_whose_host_is_gone_is_closed_though_it_is_sent_something_all_the_time() {
    for path in PATHS {
        if path.side == Side::Client {
            continue;
        }
        let mut stage = Stage::build(path, terms()).await;
        let cable = Cable::to(stage.house().server.address()).await;
        let mut wire = Wire::open(cable.address(), "/", stage.authority()).await;
        converse(&mut wire).await;
        let subject = stage.started().await;
        cable.stall();
        subject.address.do_send(Do::new(|subject, ctx| {
            ctx.run_interval(seconds(3), |_, ctx| ctx.text("hello?").unwrap_or_default());
            subject.let_time_fly();
        }));
        let (outcome, after) = stage.closed().await;
        let expected = Expected::new(Cause::Timeout(Timeout::Pong), Some(1011), None);
        assert_eq!(Expected::of(&outcome), expected);
        assert_is(after.expect("time flies"), seconds(40));
        stage.is_left_empty(&outcome.cause).await;
    }
}

#[actix_web::test]
async fn message_that_does_not_come_to_its_end_is_not_waited_for() {
    for between in [false, true] {
        on_all_paths(terms, |mut scene| async move {
            if between {
                scene.wire.send(TEXT_BEGINS, "it begins").await;
            } else {
                let bytes = scene.wire.frame_bytes(TEXT, &[b'x'; 100_000]);
                scene.wire.bytes(&bytes[..50_000]).await;
            }
            scene.let_time_fly().await;
            let code = scene.wire.closed().await;
            assert_eq!(code, Some(CloseCode::POLICY_VIOLATION));
            let expected = Expected::new(Cause::Timeout(Timeout::Message), Some(1008), None);
            assert_is(scene.ends_in_time(&expected).await, seconds(7));
        })
        .await;
    }
}

#[actix_web::test]
async fn peer_that_never_reads_is_dropped() {
    let terms = || Terms {
        config: terms().config.ping_interval(None),
        ..terms()
    };
    on_all_paths(terms, |scene| async move {
        scene.tell(|subject, ctx| {
            for _ in 0..16 {
                ctx.binary(vec![0; 1 << 20]).unwrap();
            }
            subject.let_time_fly();
        });
        let expected = Expected::new(Cause::Timeout(Timeout::Write), None, None);
        // The system may take some more bytes meanwhile.
        let after = scene.ends_in_time(&expected).await;
        assert!(seconds(29) <= after && after <= seconds(61), "{after:?}");
    })
    .await;
}

#[actix_web::test]
async fn peer_that_does_not_answer_a_close_is_dropped() {
    on_all_paths(terms, |mut scene| async move {
        scene.tell(|subject, ctx| {
            ctx.close(CloseCode::new(4001), "").unwrap();
            subject.let_time_fly();
        });
        assert_eq!(scene.wire.closed().await, Some(CloseCode::new(4001)));
        assert_eq!(scene.wire.drained().await, End::Eof);
        let expected = Expected::new(Cause::Timeout(Timeout::Close), Some(4001), None);
        assert_is(scene.ends_in_time(&expected).await, seconds(5));
    })
    .await;
}

#[actix_web::test]
async fn peer_that_neither_reads_nor_answers_a_close_is_dropped() {
    on_all_paths(terms, |scene| async move {
        scene.tell(|subject, ctx| {
            for _ in 0..16 {
                ctx.binary(vec![0; 1 << 20]).unwrap();
            }
            ctx.close(CloseCode::new(4001), "").unwrap();
            subject.let_time_fly();
        });
        let expected = Expected::new(Cause::Timeout(Timeout::Close), Some(4001), None);
        assert_is(scene.ends_in_time(&expected).await, seconds(5));
    })
    .await;
}

/// Its Close frame is answered, behind what it does not read.
#[actix_web::test]
async fn peer_that_closes_and_does_not_read_is_dropped() {
    let terms = || Terms {
        flow: terms().flow,
        ..undisturbed()
    };
    on_all_paths(terms, |mut scene| async move {
        scene.tell(|subject, ctx| {
            for _ in 0..16 {
                ctx.binary(vec![0; 1 << 20]).unwrap();
            }
            subject.let_time_fly();
        });
        scene.wire.close(1000).await;
        let expected = Expected::new(Cause::Remote, Some(1000), Some(1000));
        let (outcome, _) = scene.stage.closed().await;
        assert_eq!(Expected::of(&outcome), expected);
        scene.stage.is_left_empty(&outcome.cause).await;
        drop(scene.wire);
    })
    .await;
}

/// Whoever has said its last word waits for the other side, and not for ever.
#[actix_web::test]
async fn peer_that_does_not_end_the_connection_after_a_fault_is_dropped() {
    on_all_paths(undisturbed, |mut scene| async move {
        scene.let_time_fly().await;
        scene.wire.send(0xff, "").await;
        assert_eq!(scene.wire.closed().await, Some(CloseCode::PROTOCOL_ERROR));
        let (outcome, _) = scene.stage.closed().await;
        assert!(matches!(outcome.cause, Cause::Protocol(_)), "{outcome:?}");
        scene.stage.is_left_empty(&outcome.cause).await;
        drop(scene.wire);
    })
    .await;
}

/// §7.1.1: the server is to end the connection. A client waits for that, and not
/// for ever.
#[actix_web::test]
async fn server_that_does_not_end_the_connection_after_both_closes_is_dropped() {
    for asked in [false, true] {
        on_all_paths(undisturbed, |mut scene| async move {
            if scene.side() == Side::Server {
                return;
            }
            let cause = if asked {
                let (enter, entered) = oneshot::channel();
                let (release, released) = mpsc::channel();
                scene.tell(move |subject, ctx| {
                    enter.send(()).unwrap();
                    // By then the other Close has come: it need not be waited for.
                    released.recv().unwrap();
                    ctx.close(CloseCode::NORMAL, "").unwrap();
                    subject.let_time_fly();
                });
                within("the actor to act", entered).await.unwrap();
                scene.wire.close(1000).await;
                release.send(()).unwrap();
                Cause::Local
            } else {
                scene.let_time_fly().await;
                scene.wire.close(1000).await;
                Cause::Remote
            };
            assert_eq!(scene.wire.closed().await, Some(CloseCode::NORMAL));
            assert_eq!(scene.wire.ended().await, End::Eof);
            let expected = Expected::new(cause, Some(1000), Some(1000));
            scene.ends_in_time(&expected).await;
        })
        .await;
    }
}

#[actix_web::test]
async fn connection_that_nobody_uses_or_that_is_old_is_closed_with_1001() {
    for (timeout, config) in [
        (Timeout::Idle, terms().config.idle_timeout(Some(seconds(9)))),
        (
            Timeout::Lifetime,
            terms().config.max_lifetime(Some(seconds(9))),
        ),
    ] {
        let terms = || Terms {
            config: config.clone(),
            ..terms()
        };
        on_all_paths(terms, |mut scene| async move {
            scene.let_time_fly().await;
            let code = scene.wire.closed().await;
            assert_eq!(code, Some(CloseCode::GOING_AWAY));
            assert_eq!(scene.wire.drained().await, End::Eof);
            // It does not answer that.
            let expected = Expected::new(Cause::Timeout(timeout), Some(1001), None);
            assert_is(scene.ends_in_time(&expected).await, seconds(14));
        })
        .await;
    }
}
