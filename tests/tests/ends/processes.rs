//! Ends by the end of a whole process: by `kill -9`, or when it is told to stop.

use std::{os::fd::OwnedFd, process::Stdio, sync::Arc};

use tokio::{
    process::{Child, Command},
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
};
use ws_actors::{
    Flow, Handlers,
    client::{Client, Connector},
};
use ws_core::Cause;
use ws_server::{Closed, Text};
use ws_tests::{
    program::Program,
    wait::{until, within},
    wire::{TEXT, Wire},
};

use crate::{
    scene::{Expected, Scene},
    stage::{PATHS, Terms},
    subject::{Brings, Do, Opened, Report, Subject, Trap},
};

#[actix_web::test]
async fn actor_hears_of_a_peer_whose_process_is_killed() {
    for moment in [Moment::Idle, Moment::Sending, Moment::SentTo] {
        for path in PATHS {
            if path.tls {
                // Its keys cannot be given to another process.
                continue;
            }
            let terms = Terms {
                flow: Flow::new().max_queued_bytes(64 << 20),
                ..Terms::default()
            };
            let mut scene = Scene::open(path, terms).await;
            match moment {
                Moment::Idle => {}
                Moment::Sending => {
                    let bytes = scene.wire.frame_bytes(TEXT, &[b'x'; 100_000]);
                    scene.wire.bytes(&bytes[..50_000]).await;
                }
                Moment::SentTo => {
                    scene.tell(|_, ctx| {
                        for _ in 0..8 {
                            ctx.binary(vec![0; 1 << 20]).unwrap();
                        }
                    });
                    scene.wire.frame().await.expect("it begins to arrive");
                }
            }
            let Scene {
                mut stage,
                wire,
                subject,
            } = scene;
            let mut process = give_away(wire);
            assert!(subject.handle.is_open());
            let killed = process.kill().await;
            killed.expect("it can be killed");
            let (outcome, _) = stage.closed().await;
            assert_eq!(Expected::of(&outcome), Expected::lost(), "{moment:?}");
            stage.is_left_empty(&outcome.cause).await;
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Moment {
    Idle,
    Sending,
    SentTo,
}

/// Hands the one and only end of a connection to a process that does nothing
/// with it.
fn give_away(wire: Wire) -> Child {
    let socket = OwnedFd::from(wire.into_socket());
    Command::new("sleep")
        .arg("1000")
        .stdin(Stdio::from(socket))
        .kill_on_drop(true)
        .spawn()
        .expect("every system has it")
}

#[actix_web::test]
async fn client_hears_of_a_server_whose_process_is_killed() {
    for talks in [false, true] {
        let mut echo = Program::start("echo", &["--port", "0"]);
        let mut caller = Caller::of(&mut echo).await;
        if talks {
            // Each sends back what the other says.
            caller.tell_to_talk();
        }
        echo.signal("KILL").await;
        let outcome = caller.closed().await;
        assert_eq!(outcome, Expected::lost());
        echo.ended().await;
        caller.is_gone().await;
    }
}

#[actix_web::test]
async fn client_hears_of_a_server_that_is_told_to_stop() {
    for talks in [false, true] {
        let mut echo = Program::start("echo", &["--port", "0"]);
        let mut caller = Caller::of(&mut echo).await;
        if talks {
            caller.tell_to_talk();
        }
        echo.signal("TERM").await;
        let outcome = caller.closed().await;
        let expected = Expected::new(Cause::Remote, Some(1001), Some(1001));
        assert_eq!(outcome, expected, "talks: {talks}");
        assert_eq!(echo.ended().await.status.code(), Some(0));
        caller.is_gone().await;
    }
}

/// A client of a program.
struct Caller {
    subject: Opened,
    reports: UnboundedReceiver<Report>,
    held: Arc<()>,
}

impl Caller {
    async fn of(echo: &mut Program) -> Self {
        let address = echo.address().await;
        let (reporter, mut reports) = unbounded_channel();
        let held = Arc::new(());
        let subject = Subject::new(Brings {
            reporter,
            rooms: None,
            held: Arc::downgrade(&held),
            trap: Trap::default(),
        });
        let connector = Connector::new(&format!("ws://{address}/echo"));
        let handlers = Handlers::new().on::<Text>().on::<Closed>();
        let client = Client::new(connector.expect("it is a URL"), handlers);
        let session = within("a connection", client.connect(subject)).await;
        actix_rt::spawn(session.expect("the server listens"));
        let Some(Report::Started(subject)) = within("the actor", reports.recv()).await else {
            panic!("the actor starts first");
        };
        Self {
            subject,
            reports,
            held,
        }
    }

    fn tell_to_talk(&self) {
        let talk = Do::new(|_, ctx| ctx.text("ball").expect("it is open"));
        self.subject.address.do_send(talk);
    }

    async fn closed(&mut self) -> Expected {
        let report = within("the end", self.reports.recv()).await;
        let Some(Report::Closed(outcome, _)) = report else {
            panic!("the end comes next");
        };
        Expected::of(&outcome)
    }

    async fn is_gone(&self) {
        until("the actor to be gone", || {
            Arc::strong_count(&self.held) == 1
        })
        .await;
    }
}
