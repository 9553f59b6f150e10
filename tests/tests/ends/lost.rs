//! Ends without a Close frame: the peer is gone, by a reset or by the end of its
//! side, at whatever moment.

use std::{convert::Infallible, future, time::Duration};

use actix::{AsyncContext, WrapFuture};
use futures_util::{FutureExt, future::LocalBoxFuture, stream};
use tokio::sync::oneshot;
use ws_actors::{Flow, WsContext};
use ws_core::{Cause, CloseCode, Opcode};
use ws_tests::{
    raw::End,
    wire::{TEXT, TEXT_BEGINS, Wire},
};

use crate::{
    scene::{Expected, Scene, on_all_paths},
    stage::{Terms, converse},
    subject::Subject,
};

/// A moment in which the peer is lost, and what comes of it.
struct Moment {
    name: &'static str,
    come: for<'a> fn(&'a mut Scene) -> LocalBoxFuture<'a, ()>,
    expected: fn() -> Expected,
}

const MOMENTS: [Moment; 7] = [
    Moment {
        name: "while nothing happens",
        come: |it| converse(&mut it.wire).boxed_local(),
        expected: Expected::lost,
    },
    Moment {
        name: "amid the head of a frame",
        come: |it| it.wire.bytes(&[TEXT]).boxed_local(),
        expected: Expected::lost,
    },
    Moment {
        name: "amid the payload of a frame",
        come: |it| {
            async {
                let bytes = it.wire.frame_bytes(TEXT, &[b'x'; 100_000]);
                it.wire.bytes(&bytes[..50_000]).await;
            }
            .boxed_local()
        },
        expected: Expected::lost,
    },
    Moment {
        name: "between two fragments",
        come: |it| it.wire.send(TEXT_BEGINS, "it begins").boxed_local(),
        expected: Expected::lost,
    },
    Moment {
        name: "while much is sent to it",
        come: |it| {
            async {
                it.tell(|_, ctx| {
                    for _ in 0..8 {
                        ctx.binary(vec![0; 1 << 20]).expect("there is room");
                    }
                });
                it.wire.frame().await.expect("it begins to arrive");
            }
            .boxed_local()
        },
        expected: Expected::lost,
    },
    Moment {
        name: "while a message without end is sent to it",
        come: |it| {
            async {
                crate::closes::stream_without_end(it);
                it.wire.frame().await.expect("it begins to arrive");
            }
            .boxed_local()
        },
        expected: Expected::lost,
    },
    Moment {
        name: "instead of answering a Close",
        come: |it| {
            async {
                it.tell(|_, ctx| ctx.close(CloseCode::new(4001), "").expect("it is open"));
                assert_eq!(it.wire.closed().await, Some(CloseCode::new(4001)));
            }
            .boxed_local()
        },
        expected: || Expected::new(Cause::TransportLost, Some(4001), None),
    },
];

fn terms() -> Terms {
    Terms {
        flow: Flow::new().max_queued_bytes(64 << 20),
        ..Terms::default()
    }
}

#[actix_web::test]
async fn actor_hears_of_a_reset_at_whatever_moment() {
    lose_at_each_moment(Wire::reset).await;
}

#[actix_web::test]
async fn actor_hears_of_a_peer_that_is_gone_at_whatever_moment() {
    lose_at_each_moment(drop).await;
}

async fn lose_at_each_moment(lose: fn(Wire)) {
    for moment in &MOMENTS {
        println!("{}", moment.name);
        on_all_paths(terms, |mut scene| async move {
            (moment.come)(&mut scene).await;
            let Scene {
                mut stage, wire, ..
            } = scene;
            lose(wire);
            let (outcome, _) = stage.closed().await;
            assert_eq!(Expected::of(&outcome), (moment.expected)());
            stage.is_left_empty(&outcome.cause).await;
        })
        .await;
    }
}

/// A peer that ends its side could still be told something, but not be heard
/// any more.
#[actix_web::test]
async fn peer_that_ends_its_side_is_lost_though_it_reads_on() {
    for moment in &MOMENTS {
        println!("{}", moment.name);
        on_all_paths(terms, |mut scene| async move {
            (moment.come)(&mut scene).await;
            scene.wire.end_sending().await;
            scene.wire.drained().await;
            scene.ends(&(moment.expected)()).await;
        })
        .await;
    }
}

#[actix_web::test]
async fn actor_that_waits_hears_of_its_lost_peer_some_time_later() {
    on_all_paths(terms, |mut scene| async move {
        scene.tell(|subject, ctx| {
            ctx.wait(future::pending::<()>().into_actor(subject));
        });
        scene.wire.send(TEXT, "never heard").await;
        scene.wire.end_sending().await;
        // It has five seconds, of real time here.
        scene.ends(&Expected::lost()).await;
    })
    .await;
}

/// So much has come that nothing more is read: the end shows when a Ping is
/// written.
#[actix_web::test]
async fn actor_that_is_behind_hears_of_a_peer_that_is_gone() {
    for hindrance in Hindrance::ALL {
        println!("{hindrance:?}");
        let terms = || {
            let terms = Terms::default();
            Terms {
                config: terms.config.ping_interval(Some(Duration::from_millis(50))),
                ..terms
            }
        };
        on_all_paths(terms, |mut scene| async move {
            let (fly, flies) = oneshot::channel();
            scene.tell(move |subject, ctx| {
                actix::spawn(async {
                    flies.await.expect("the test goes on");
                    tokio::time::pause();
                });
                hindrance.arise(subject, ctx);
            });
            for _ in 0..100 {
                scene.wire.send(TEXT, "never heard").await;
            }
            // Nobody reads either, so that the end is a reset.
            drop(scene.wire);
            fly.send(()).expect("the actor's thread lives");
            let (outcome, _) = scene.stage.closed().await;
            assert_eq!(Expected::of(&outcome), Expected::lost());
            scene.stage.is_left_empty(&outcome.cause).await;
        })
        .await;
    }
}

/// Why an actor hears no more of what its peer says.
#[derive(Debug, Clone, Copy)]
enum Hindrance {
    Waits,
    Pauses,
    /// A message that comes to no end, with much behind it.
    Streams,
}

impl Hindrance {
    const ALL: [Self; 3] = [Self::Waits, Self::Pauses, Self::Streams];

    fn arise(self, subject: &Subject, ctx: &mut WsContext<Subject>) {
        match self {
            Self::Waits => ctx.wait(future::pending::<()>().into_actor(subject)),
            Self::Pauses => ctx.pause_reading(),
            Self::Streams => {
                let parts = stream::pending::<Result<&str, Infallible>>();
                ctx.stream(Opcode::TEXT, parts).expect("it is open");
                ctx.binary(vec![0; 100_000]).expect("there is room");
            }
        }
    }
}

/// Whoever wants a Close frame to be sent drains the connections before.
#[actix_web::test]
async fn actor_hears_that_its_thread_ends() {
    on_all_paths(terms, |mut scene| async move {
        scene.stage.stop_at_once();
        assert_eq!(scene.wire.ended().await, End::Eof);
        scene.ends(&Expected::lost()).await;
    })
    .await;
}
