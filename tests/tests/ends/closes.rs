//! Ends by a Close frame, whoever sends the first one and why.

use std::{sync::mpsc, time::Duration};

use actix::ActorContext;
use futures_util::{FutureExt, StreamExt, future::LocalBoxFuture, stream};
use tokio::{sync::oneshot, time::Instant};
use ws_core::{Cause, CloseCode, Opcode};
use ws_server::Drain;
use ws_tests::{
    raw::End as TcpEnd,
    wait::within,
    wire::{BINARY, CLOSE, TEXT, TEXT_BEGINS},
};

use crate::{
    scene::{Expected, Scene, on_all_paths},
    stage::{Side, Terms},
};

/// Something that ends a connection, and what comes of it.
struct End {
    name: &'static str,
    act: for<'a> fn(&'a mut Scene) -> LocalBoxFuture<'a, ()>,
    expected: fn() -> Expected,
}

#[actix_web::test]
async fn peer_that_closes_is_answered_and_the_actor_told_why() {
    play(&[
        End {
            name: "with 1000",
            act: |it| it.wire.close(1000).boxed_local(),
            expected: || Expected::new(Cause::Remote, Some(1000), Some(1000)),
        },
        End {
            name: "with a code of its own",
            act: |it| it.wire.close(4999).boxed_local(),
            expected: || Expected::new(Cause::Remote, Some(4999), Some(4999)),
        },
        End {
            name: "without a code",
            act: |it| it.wire.send(CLOSE, "").boxed_local(),
            expected: || Expected::new(Cause::Remote, Some(1005), Some(1005)),
        },
        End {
            name: "amid its fragmented message",
            act: |it| {
                async {
                    it.wire.send(TEXT_BEGINS, "it begins").await;
                    it.wire.close(1001).await;
                }
                .boxed_local()
            },
            expected: || Expected::new(Cause::Remote, Some(1001), Some(1001)),
        },
        End {
            name: "amid the actor's fragmented message",
            act: |it| {
                async {
                    stream_without_end(it);
                    assert_eq!(it.wire.frame().await.expect("it begins").first, 0x01);
                    it.wire.close(1000).await;
                }
                .boxed_local()
            },
            expected: || Expected::new(Cause::Remote, Some(1000), Some(1000)),
        },
        End {
            name: "and says more behind it",
            act: |it| {
                async {
                    let mut bytes = it.wire.frame_bytes(CLOSE, &[0x03, 0xe8]);
                    bytes.extend(it.wire.frame_bytes(TEXT, b"not heard"));
                    bytes.extend([0xff; 10]);
                    it.wire.bytes(&bytes).await;
                }
                .boxed_local()
            },
            expected: || Expected::new(Cause::Remote, Some(1000), Some(1000)),
        },
    ])
    .await;
}

#[actix_web::test]
async fn actor_that_closes_is_told_that_it_did() {
    play(&[
        End {
            name: "close",
            act: |it| {
                async {
                    it.tell(|_, ctx| ctx.close(CloseCode::new(4001), "enough").unwrap());
                    answer(it, 4001).await;
                }
                .boxed_local()
            },
            expected: || Expected::new(Cause::Local, Some(4001), Some(4001)),
        },
        End {
            name: "stop",
            act: |it| {
                async {
                    it.tell(|_, ctx| ctx.stop());
                    answer(it, 1000).await;
                }
                .boxed_local()
            },
            expected: || Expected::new(Cause::Local, Some(1000), Some(1000)),
        },
        End {
            name: "by its handle",
            act: |it| {
                async {
                    let closed = it.subject.handle.close(CloseCode::new(4003), "enough");
                    closed.unwrap();
                    answer(it, 4003).await;
                }
                .boxed_local()
            },
            expected: || Expected::new(Cause::Local, Some(4003), Some(4003)),
        },
        End {
            name: "amid a message of the peer",
            act: |it| {
                async {
                    it.wire.send(TEXT_BEGINS, "it begins").await;
                    it.tell(|_, ctx| ctx.close(CloseCode::new(4001), "").unwrap());
                    answer(it, 4001).await;
                }
                .boxed_local()
            },
            expected: || Expected::new(Cause::Local, Some(4001), Some(4001)),
        },
        End {
            name: "answered with another code",
            act: |it| {
                async {
                    it.tell(|_, ctx| ctx.close(CloseCode::new(4001), "").unwrap());
                    assert_eq!(it.wire.closed().await, Some(CloseCode::new(4001)));
                    it.wire.close(1000).await;
                }
                .boxed_local()
            },
            expected: || Expected::new(Cause::Local, Some(4001), Some(1000)),
        },
        End {
            name: "while the peer does so, too",
            act: |it| {
                async {
                    let (enter, entered) = oneshot::channel();
                    let (release, released) = mpsc::channel();
                    it.tell(move |_, ctx| {
                        enter.send(()).unwrap();
                        // By then the other Close has come, and was not read.
                        released.recv().unwrap();
                        ctx.close(CloseCode::new(4001), "").unwrap();
                    });
                    within("the actor to act", entered).await.unwrap();
                    it.wire.close(4002).await;
                    release.send(()).unwrap();
                    assert_eq!(it.wire.closed().await, Some(CloseCode::new(4001)));
                }
                .boxed_local()
            },
            expected: || Expected::new(Cause::Local, Some(4001), Some(4002)),
        },
    ])
    .await;
}

#[actix_web::test]
async fn others_close_and_the_actor_is_told_why() {
    play(&[
        End {
            name: "its time is over",
            act: |it| {
                async {
                    it.subject.handle.expire_at(Instant::now().into_std());
                    answer(it, 4401).await;
                }
                .boxed_local()
            },
            expected: || Expected::new(Cause::Expired, Some(4401), Some(4401)),
        },
        End {
            name: "nobody handles that kind of data",
            act: |it| {
                async {
                    it.wire.send(BINARY, "no").await;
                    answer(it, 1003).await;
                }
                .boxed_local()
            },
            expected: || Expected::new(Cause::Rejected, Some(1003), Some(1003)),
        },
        End {
            name: "what it streams fails",
            act: |it| {
                async {
                    it.tell(|_, ctx| {
                        let parts = stream::iter([Ok("part"), Err("failed")]);
                        ctx.stream(Opcode::TEXT, parts).unwrap();
                    });
                    answer(it, 1011).await;
                }
                .boxed_local()
            },
            expected: || Expected::new(Cause::StreamFailed, Some(1011), Some(1011)),
        },
    ])
    .await;
}

#[actix_web::test]
async fn room_and_drain_close_and_the_actor_is_told_why() {
    let by_room = || Expected::new(Cause::Local, Some(4004), Some(4004));
    let by_drain = || Expected::new(Cause::Drain, Some(1001), Some(1001));
    for tls in [false, true] {
        let path = crate::stage::Path {
            side: Side::Server,
            tls,
        };
        let mut scene = Scene::open(path, Terms::default()).await;
        let rooms = &scene.stage.house().rooms;
        rooms.close(&(), CloseCode::new(4004), "out").unwrap();
        answer(&mut scene, 4004).await;
        scene.see_end().await;
        scene.ends(&by_room()).await;

        let mut scene = Scene::open(path, Terms::default()).await;
        let shutdown = scene.stage.house().shutdown.clone();
        let drain = Drain::new().limit(Duration::from_secs(3600));
        let (left, ()) = tokio::join!(shutdown.drain(&drain), async {
            answer(&mut scene, 1001).await;
            scene.see_end().await;
        });
        assert_eq!(left, 0);
        scene.ends(&by_drain()).await;
    }
}

#[actix_web::test]
async fn peer_that_ends_its_side_behind_its_close_is_answered() {
    on_all_paths(Terms::default, |mut scene| async move {
        scene.wire.close(1000).await;
        scene.wire.end_sending().await;
        assert_eq!(scene.wire.closed().await, Some(CloseCode::NORMAL));
        assert_eq!(scene.wire.ended().await, TcpEnd::Eof);
        let expected = Expected::new(Cause::Remote, Some(1000), Some(1000));
        scene.ends(&expected).await;
    })
    .await;
}

#[actix_web::test]
async fn actor_that_terminates_ends_the_connection_without_a_word() {
    on_all_paths(Terms::default, |mut scene| async move {
        scene.tell(|_, ctx| ctx.terminate());
        assert_eq!(scene.wire.ended().await, TcpEnd::Eof);
        scene.ends(&Expected::new(Cause::Local, None, None)).await;
    })
    .await;
}

/// Plays each of these ends on each path.
async fn play(ends: &[End]) {
    for end in ends {
        println!("{}", end.name);
        on_all_paths(Terms::default, |mut scene| async move {
            (end.act)(&mut scene).await;
            let expected = (end.expected)();
            if expected.cause == Cause::Remote {
                let seen = scene.wire.closed().await;
                let told = expected.sent.filter(|it| *it != CloseCode::NO_STATUS);
                assert_eq!(seen, told, "{}", end.name);
            }
            scene.see_end().await;
            scene.ends(&expected).await;
        })
        .await;
    }
}

/// Waits for the actor's Close frame, and answers it.
pub(crate) async fn answer(scene: &mut Scene, code: u16) {
    assert_eq!(scene.wire.closed().await, Some(CloseCode::new(code)));
    scene.wire.close(code).await;
}

pub(crate) fn stream_without_end(scene: &Scene) {
    scene.tell(|_, ctx| {
        let parts = stream::repeat("part").map(Ok::<_, std::convert::Infallible>);
        let begun = ctx.stream(Opcode::TEXT, parts);
        begun.expect("the connection is open");
    });
}
