//! Of `diary`: an actor's life is the same, from its start to its end.

use actix_web::web::{Data, ServiceConfig};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use ws_core::{CloseCode, Event, Message};
use ws_tests::{client::Client, server::Server, wait::within};

use crate::{after, before, serving::Program};

/// A server with the program, and what it writes.
pub(crate) struct Diary {
    pub(crate) server: Server,
    entries: UnboundedReceiver<String>,
}

impl Diary {
    pub(crate) fn open(program: Program) -> Self {
        Self::open_with(program)
    }

    pub(crate) fn open_with(program: impl Fn(&mut ServiceConfig) + Clone + Send + 'static) -> Self {
        let (log, entries) = unbounded_channel();
        let server = Server::start(move |app| {
            app.app_data(Data::new(log.clone()));
            program(app);
        });
        Self { server, entries }
    }

    /// Somebody whose connection has begun.
    pub(crate) async fn client(&mut self) -> Client {
        let client = Client::connect(self.server.address(), "/diary").await;
        for expected in BEGINNING {
            assert_eq!(self.entry().await, expected);
        }
        client
    }

    pub(crate) async fn entry(&mut self) -> String {
        let entry = within("an entry", self.entries.recv()).await;
        entry.expect("the server is there")
    }

    /// The entries to the end of the actor's life.
    pub(crate) async fn rest(&mut self) -> Vec<String> {
        let mut entries = Vec::new();
        loop {
            entries.push(self.entry().await);
            if entries.last().is_some_and(|it| it.starts_with("stopped")) {
                return entries;
            }
        }
    }
}

const PROGRAMS: [Program; 2] = [before::diary::configure, after::diary::configure];
const BEGINNING: [&str; 3] = [
    "started, Running",
    "a note before it began",
    "stream started",
];

#[actix_web::test]
async fn diary_of_who_is_closed_by_the_client() {
    for program in PROGRAMS {
        let mut diary = Diary::open(program);
        let mut client = diary.client().await;
        client.send("echo").await;
        assert_eq!(client.text().await, "echo");
        client.send(vec![1, 2]).await;
        assert_eq!(diary.entry().await, r#"Binary(b"\x01\x02")"#);
        client.close(1001, "bye").await;
        // It hears of it, and says nothing to it.
        let closed = r#"Close(Some(CloseReason { code: Away, description: Some("bye") }))"#;
        assert_eq!(diary.entry().await, closed);
        if !is_old(program) {
            assert!(client.closed().await.is_clean());
        }
        client.vanish();
        assert_end(&diary.rest().await, is_old(program));
    }
}

#[actix_web::test]
async fn diary_of_whose_client_is_lost() {
    for program in PROGRAMS {
        for lose in [Client::vanish, Client::reset] {
            let mut diary = Diary::open(program);
            lose(diary.client().await);
            let rest = diary.rest().await;
            // After a reset the old crate drops the actor where it stands.
            if rest != END[1..] || !is_old(program) {
                assert_end(&rest, true);
            }
        }
    }
}

#[actix_web::test]
async fn diary_of_who_stops() {
    for program in PROGRAMS {
        for command in ["stop", "terminate"] {
            let mut diary = Diary::open(program);
            let mut client = diary.client().await;
            client.send("stay").await;
            assert_eq!(diary.entry().await, "stopping, Stopping");
            assert_eq!(client.text().await, "not yet");
            client.send(command).await;
            assert_eq!(client.text().await, "last");
            client.closed().await;
            let expected = if command == "stop" {
                &END[1..]
            } else {
                &END[2..]
            };
            assert_eq!(diary.rest().await, expected);
        }
    }
}

#[actix_web::test]
async fn diary_of_who_closes() {
    for program in PROGRAMS {
        let mut diary = Diary::open(program);
        let mut client = diary.client().await;
        client.send("close").await;
        assert_eq!(client.text().await, "before");
        let outcome = client.closed().await;
        assert_eq!(outcome.code(), CloseCode::POLICY_VIOLATION);
        assert_eq!(outcome.received.unwrap().reason(), "as you wish");
        // The answer is heard, though it has no reason.
        let answer = "Close(Some(CloseReason { code: Policy, description: None }))";
        assert_eq!(diary.entry().await, answer);
        client.vanish();
        assert_end(&diary.rest().await, is_old(program));

        let mut client = diary.client().await;
        client.send("close without").await;
        assert_eq!(client.closed().await.code(), CloseCode::NO_STATUS);
        assert_eq!(diary.entry().await, "Close(None)");
        client.vanish();
        assert_end(&diary.rest().await, is_old(program));
    }
}

#[actix_web::test]
async fn diary_of_who_waits_and_spawns() {
    for program in PROGRAMS {
        let mut diary = Diary::open(program);
        let mut client = diary.client().await;
        for command in ["wait", "first", "wait"] {
            client.queue(command);
        }
        client.send("second").await;
        for expected in ["waited", "first", "waited", "second"] {
            assert_eq!(client.text().await, expected);
        }
        for (command, expected) in [
            ("spawn", "spawned, another: true"),
            ("later", "cancelled: true"),
            ("notes", "some were refused: true"),
        ] {
            client.send(command).await;
            assert_eq!(client.text().await, expected);
        }
        while diary.entry().await != "a note to itself" {}
    }
}

#[actix_web::test]
async fn diary_of_who_speaks_in_fragments() {
    for program in PROGRAMS {
        let mut diary = Diary::open(program);
        let mut client = diary.client().await;
        client.send("fragments").await;
        let mut events = [
            client.event().await,
            client.event().await,
            client.event().await,
        ];
        // Here a Ping goes past a message in fragments.
        events.sort_by_key(|event| matches!(event, Event::Ping(_)));
        let expected = [
            Event::Message(Message::text("in fragments")),
            Event::Message(Message::binary(vec![1])),
            Event::Ping("between".into()),
        ];
        assert_eq!(events, expected);
        client.send("more").await;
        assert_eq!(client.text().await, "more");
        assert_eq!(diary.entry().await, r#"Pong(b"between")"#);
    }
}

/// The old crate did not end connections: an actor that stays, stays until the
/// client has gone, and hears of that as of a loss.
fn is_old(program: Program) -> bool {
    std::ptr::fn_addr_eq(program, PROGRAMS[0])
}

fn assert_end(rest: &[String], lost: bool) {
    let (first, last) = rest.split_first().expect("there is an end");
    assert_eq!(last, &END[1..]);
    if lost {
        assert!(first.starts_with("I/O error"), "{first}");
    } else {
        assert_eq!(first, END[0]);
    }
}

const END: [&str; 3] = ["stream finished", "stopping, Stopping", "stopped, Stopped"];
