//! Ends by a panic, in each place where there is code of the application. Others
//! on the same thread live on.

use std::{convert::Infallible, future, task::Poll, time::Duration};

use actix::{ActorContext, ActorFutureExt, AsyncContext, WrapFuture, fut::wrap_future};
use futures_util::stream;
use ws_core::{Cause, CloseCode, Opcode};
use ws_tests::{
    raw::End,
    wire::{TEXT, Wire},
};

use crate::{
    scene::{Expected, Scene, on_all_paths},
    stage::{PATHS, Path, Side, Stage, Terms, converse},
    subject::{Opened, Place, Subject},
};

/// Where an actor panics while its connection is open.
struct Panic {
    name: &'static str,
    trap: Option<Place>,
    spring: fn(&Scene),
}

const PANICS: [Panic; 7] = [
    Panic {
        name: "in the handler of a frame",
        trap: Some(Place::Text),
        spring: |_| {},
    },
    Panic {
        name: "in the handler of another actor's message",
        trap: None,
        spring: |it| it.tell(|_, _| panic!("as the test wants")),
    },
    Panic {
        name: "in a future that it spawned",
        trap: None,
        spring: |it| {
            it.tell(|subject, ctx| {
                ctx.spawn(future::ready(()).into_actor(subject).map(fail));
            });
        },
    },
    Panic {
        name: "in a future that it waits for",
        trap: None,
        spring: |it| {
            it.tell(|subject, ctx| {
                ctx.wait(future::ready(()).into_actor(subject).map(fail));
            });
        },
    },
    Panic {
        name: "in something that it does later",
        trap: None,
        spring: |it| {
            it.tell(|_, ctx| {
                ctx.run_later(Duration::from_millis(1), |_, _| panic!("as the test wants"));
            });
        },
    },
    Panic {
        name: "as it stops",
        trap: Some(Place::Stopping),
        spring: |it| it.tell(|_, ctx| ctx.stop()),
    },
    Panic {
        name: "as a future of its is dropped",
        trap: None,
        spring: |it| {
            it.tell(|_, ctx| {
                let bomb = Bomb;
                ctx.spawn(wrap_future(async move {
                    let _bomb = bomb;
                    future::pending::<()>().await;
                }));
                ctx.stop();
            });
        },
    },
];

fn fail((): (), _: &mut Subject, _: &mut ws_server::WsContext<Subject>) {
    panic!("as the test wants");
}

struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("as the test wants");
    }
}

#[actix_web::test]
async fn panic_closes_with_1011_and_others_live_on() {
    for panic in PANICS {
        for path in PATHS {
            println!("{} {path:?}", panic.name);
            let (stage, others) = with_others(path).await;
            let mut scene = Scene::on(stage).await;
            if let Some(place) = panic.trap {
                scene.stage.trap.lay(place);
            }
            (panic.spring)(&scene);
            if panic.trap == Some(Place::Text) {
                scene.wire.send(TEXT, "bang").await;
            }
            let code = scene.wire.closed().await;
            assert_eq!(code, Some(CloseCode::INTERNAL_ERROR));
            scene.wire.close(1011).await;
            scene.see_end().await;
            leave(scene.stage, others, "panic").await;
        }
    }
}

/// The actor is whole, and hears of it.
#[actix_web::test]
async fn panic_in_a_message_that_an_actor_streams_fails_the_stream() {
    on_all_paths(Terms::default, |mut scene| async move {
        scene.tell(|_, ctx| {
            let parts = stream::poll_fn(|_| -> Poll<Option<Result<&str, Infallible>>> {
                panic!("as the test wants")
            });
            ctx.stream(Opcode::TEXT, parts).unwrap();
        });
        let code = scene.wire.closed().await;
        assert_eq!(code, Some(CloseCode::INTERNAL_ERROR));
        scene.wire.close(1011).await;
        scene.see_end().await;
        let expected = Expected::new(Cause::StreamFailed, Some(1011), Some(1011));
        scene.ends(&expected).await;
    })
    .await;
}

#[actix_web::test]
async fn panic_of_an_actor_that_starts_closes_with_1011_and_others_live_on() {
    for path in PATHS {
        if path.side == Side::Client {
            continue;
        }
        let (mut stage, others) = with_others(path).await;
        stage.trap.lay(Place::Started);
        let mut wire = stage.open().await;
        stage.started().await;
        assert_eq!(wire.closed().await, Some(CloseCode::INTERNAL_ERROR));
        wire.close(1011).await;
        assert_eq!(wire.ended().await, End::Eof);
        leave(stage, others, "panic").await;
    }
}

/// Then the connection is over, and its cause what it was.
#[actix_web::test]
async fn panic_behind_the_end_leaves_the_cause_what_it_was() {
    for place in [
        Place::Closed,
        Place::Stopping,
        Place::Stopped,
        Place::Dropped,
    ] {
        for path in PATHS {
            println!("{place:?} {path:?}");
            let (stage, others) = with_others(path).await;
            let mut scene = Scene::on(stage).await;
            scene.stage.trap.lay(place);
            scene.wire.close(4000).await;
            assert_eq!(scene.wire.closed().await, Some(CloseCode::new(4000)));
            scene.see_end().await;
            let (outcome, _) = scene.stage.closed().await;
            let expected = Expected::new(Cause::Remote, Some(4000), Some(4000));
            assert_eq!(Expected::of(&outcome), expected);
            leave(scene.stage, others, "remote").await;
        }
    }
}

/// Others on the path: one on each thread of a server.
async fn with_others(path: Path) -> (Stage, Vec<(Wire, Opened)>) {
    let mut stage = Stage::build(path, Terms::default()).await;
    let others = vec![stage.connect().await, stage.connect().await];
    (stage, others)
}

/// Checks that the others live, ends them, and checks what is counted.
async fn leave(mut stage: Stage, others: Vec<(Wire, Opened)>, cause: &str) {
    for (mut wire, subject) in others {
        converse(&mut wire).await;
        let closed = subject.handle.close(CloseCode::NORMAL, "");
        closed.expect("the code may be sent");
        assert_eq!(wire.closed().await, Some(CloseCode::NORMAL));
        wire.close(1000).await;
        wire.end_sending().await;
        assert_eq!(wire.ended().await, End::Eof);
        assert_eq!(stage.closed().await.0.cause, Cause::Local);
    }
    stage.is_left_with(&[("local", 2), (cause, 1)]).await;
}
