//! A client's actor that writes down what it hears, and servers to lose.

use std::{cell::RefCell, future::Future, net::SocketAddr, rc::Rc, time::Duration};

use actix::{Actor, Handler, Message, Running};
use tokio::{
    net::TcpListener,
    task::{JoinHandle, LocalSet, spawn_local},
    time::{Instant, timeout},
};
use ws_actors::{
    Closed, ConnectionHandle, Handlers, SendError, Text, WsContext,
    client::{Client, Connected, Connector, Disconnected, Loss},
};
use ws_core::{Cause, CloseCode, Outcome};

/// Plays a scenario on one thread and a paused clock.
pub(crate) fn play<F: Future>(scenario: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime");
    LocalSet::new().block_on(&runtime, async {
        let ended = timeout(Duration::from_secs(30 * 24 * 3600), scenario).await;
        ended.expect("the scenario waits for something that never comes")
    })
}

/// What the actor hears.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Heard {
    Started,
    Connected(u32),
    /// The code, or the kind of failure; and when the next attempt is made.
    Disconnected(String, Option<Duration>),
    Text(String),
    Letter(u32),
    Closed(Cause),
    Stopping,
    Stopped,
}

/// What was heard, and when.
#[derive(Clone, Default)]
pub(crate) struct Journal(Rc<RefCell<Vec<(Duration, Heard)>>>);

impl Journal {
    pub(crate) fn all(&self) -> Vec<Heard> {
        let entries = self.0.borrow();
        entries.iter().map(|(_, heard)| heard.clone()).collect()
    }

    pub(crate) fn texts(&self) -> Vec<String> {
        let all = self.all().into_iter();
        all.filter_map(|heard| match heard {
            Heard::Text(text) => Some(text),
            _ => None,
        })
        .collect()
    }

    /// The losses: what they were, the delay named, and when they were told.
    pub(crate) fn losses(&self) -> Vec<(String, Option<Duration>, Duration)> {
        let entries = self.0.borrow();
        let losses = entries.iter().filter_map(|(at, heard)| match heard {
            Heard::Disconnected(why, retry_in) => Some((why.clone(), *retry_in, *at)),
            _ => None,
        });
        losses.collect()
    }

    /// How it ended, which it hears once and before it stops.
    pub(crate) fn end(&self) -> Cause {
        let all = self.all();
        assert_eq!(all.last(), Some(&Heard::Stopped), "{all:?}");
        let stoppings = all.iter().filter(|heard| **heard == Heard::Stopping);
        // Who terminates is not asked.
        assert!(stoppings.count() <= 1, "{all:?}");
        let mut causes = all.iter().filter_map(|heard| match heard {
            Heard::Closed(cause) => Some(cause.clone()),
            _ => None,
        });
        let cause = causes.next().expect("it hears of the end");
        assert_eq!(causes.next(), None, "{all:?}");
        cause
    }

    pub(crate) fn has(&self, heard: &Heard) -> bool {
        self.all().contains(heard)
    }
}

pub(crate) type React = Box<dyn FnMut(&Heard, &mut WsContext<Caller>)>;

/// The actor: it writes down what it hears, and does what the test says.
pub(crate) struct Caller {
    start: Instant,
    journal: Journal,
    react: React,
}

impl Caller {
    pub(crate) fn new(react: impl FnMut(&Heard, &mut WsContext<Self>) + 'static) -> Self {
        Self {
            start: Instant::now(),
            journal: Journal::default(),
            react: Box::new(react),
        }
    }

    pub(crate) fn journal(&self) -> Journal {
        self.journal.clone()
    }

    pub(crate) fn handlers() -> Handlers<Self> {
        Handlers::new()
            .on::<Text>()
            .on::<Connected>()
            .on::<Disconnected>()
            .on::<Closed>()
    }

    fn hear(&mut self, heard: Heard, ctx: &mut WsContext<Self>) {
        let entry = (self.start.elapsed(), heard.clone());
        self.journal.0.borrow_mut().push(entry);
        (self.react)(&heard, ctx);
    }
}

/// A client of this address.
pub(crate) fn client(address: SocketAddr) -> Client<Caller> {
    client_with(address, Caller::handlers())
}

pub(crate) fn client_with(address: SocketAddr, handlers: Handlers<Caller>) -> Client<Caller> {
    let connector = Connector::new(&format!("ws://{address}/")).unwrap();
    Client::new(connector.compression(None), handlers)
}

/// A session that runs, and what is seen of it.
pub(crate) struct Scene {
    pub(crate) journal: Journal,
    pub(crate) handle: ConnectionHandle,
    pub(crate) address: actix::Addr<Caller>,
    task: JoinHandle<Outcome>,
}

/// Starts a session.
pub(crate) fn start(
    client: &Client<Caller>,
    react: impl FnMut(&Heard, &mut WsContext<Caller>) + 'static,
) -> Scene {
    let caller = Caller::new(react);
    let journal = caller.journal();
    let session = client.session(caller);
    Scene {
        journal,
        handle: session.handle(),
        address: session.address(),
        task: spawn_local(session),
    }
}

impl Scene {
    /// Waits for the session's end, which is as its actor was told.
    pub(crate) async fn end(self) -> Cause {
        let outcome = self.task.await.expect("a session never panics");
        assert_eq!(self.journal.end(), outcome.cause);
        assert!(!self.handle.is_open());
        outcome.cause
    }

    /// Waits until the journal is so.
    pub(crate) async fn until(&self, is_so: impl Fn(&Journal) -> bool) {
        for _ in 0..1_000_000 {
            if is_so(&self.journal) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        panic!("{:?}", self.journal.all());
    }
}

/// An address that nobody listens at.
pub(crate) async fn nobody() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap()
}

pub(crate) const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) fn assert_offline(result: Result<(), SendError>) {
    assert!(matches!(result, Err(SendError::Offline)), "{result:?}");
}

impl Actor for Caller {
    type Context = WsContext<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.hear(Heard::Started, ctx);
    }

    fn stopping(&mut self, ctx: &mut Self::Context) -> Running {
        self.hear(Heard::Stopping, ctx);
        Running::Stop
    }

    fn stopped(&mut self, ctx: &mut Self::Context) {
        self.hear(Heard::Stopped, ctx);
    }
}

impl Handler<Text> for Caller {
    type Result = ();

    fn handle(&mut self, Text(text): Text, ctx: &mut Self::Context) {
        self.hear(Heard::Text(text.to_string()), ctx);
    }
}

impl Handler<Connected> for Caller {
    type Result = ();

    fn handle(&mut self, connected: Connected, ctx: &mut Self::Context) {
        self.hear(Heard::Connected(connected.before), ctx);
    }
}

impl Handler<Disconnected> for Caller {
    type Result = ();

    fn handle(&mut self, disconnected: Disconnected, ctx: &mut Self::Context) {
        let why = match &disconnected.loss {
            Loss::Ended(outcome) if outcome.received.is_some() => outcome.code().get().to_string(),
            Loss::Ended(outcome) => format!("{:?}", outcome.cause),
            Loss::Failed(error) => match error.response() {
                Some(response) => format!(
                    "{} {}",
                    response.status,
                    String::from_utf8_lossy(&response.body)
                ),
                None => "failed".to_owned(),
            },
            _ => panic!("{disconnected:?}"),
        };
        self.hear(Heard::Disconnected(why, disconnected.retry_in), ctx);
    }
}

impl Handler<Closed> for Caller {
    type Result = ();

    fn handle(&mut self, Closed(outcome): Closed, ctx: &mut Self::Context) {
        self.hear(Heard::Closed(outcome.cause), ctx);
    }
}

#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Letter(pub(crate) u32);

impl Handler<Letter> for Caller {
    type Result = ();

    fn handle(&mut self, Letter(number): Letter, ctx: &mut Self::Context) {
        self.hear(Heard::Letter(number), ctx);
    }
}

/// Closes a connection with this code, and hears the answer.
pub(crate) async fn close(mut side: crate::support::side::Side<tokio::net::TcpStream>, code: u16) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let payload = ws_core::ClosePayload::new(CloseCode::new(code), "").unwrap();
    let now = std::time::Instant::now();
    side.connection.close(now, payload).unwrap();
    side.stream
        .write_all_buf(side.connection.transmit())
        .await
        .unwrap();
    // The answer, and whatever came before it.
    let mut rest = Vec::new();
    let read = side.stream.read_buf(&mut rest).await.unwrap();
    assert!(read > 0, "no answer");
}
