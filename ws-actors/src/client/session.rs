use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use actix::{Actor, Addr};
use tokio::time::{Instant, sleep};
use tracing::field::display;
use ws_core::Outcome;

use crate::{
    ConnectionHandle, Driver, Handlers, HandlersError, Io, Occurrence, WsContext,
    context::Reconnects,
};

use super::{ConnectError, Connected, Connector, Disconnected, Loss, Opened, Reconnect, Stream};

/// An actor that is a client: where it connects to, and what becomes of it when
/// a connection ends.
///
/// The actor is written as for a server, with a [`WsContext`] and handlers of
/// frames; [`Connected`] and [`Disconnected`] tell it of its connections. It
/// keeps its state, its address and its timers from one connection to the next.
///
/// ```no_run
/// use actix::{Actor, Handler};
/// use ws_actors::{Handlers, Text, WsContext};
/// use ws_actors::client::{Client, Connected, Connector, Reconnect};
///
/// struct Listener;
///
/// impl Actor for Listener {
///     type Context = WsContext<Self>;
/// }
///
/// impl Handler<Connected> for Listener {
///     type Result = ();
///
///     fn handle(&mut self, _: Connected, ctx: &mut WsContext<Self>) {
///         ctx.text("subscribe prices").ok();
///     }
/// }
///
/// impl Handler<Text> for Listener {
///     type Result = ();
///
///     fn handle(&mut self, Text(text): Text, _: &mut WsContext<Self>) {
///         println!("{text}");
///     }
/// }
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let connector = Connector::new("wss://example.com/prices")?;
/// let client = Client::new(connector, Handlers::new().on::<Connected>().on::<Text>())
///     .reconnect(Reconnect::new());
/// // an error here is the first connection's: a wrong URL, a refusal
/// let session = client.connect(Listener).await?;
/// actix::spawn(session);
/// # Ok(())
/// # }
/// ```
pub struct Client<A: Actor> {
    connector: Connector,
    handlers: Arc<Handlers<A>>,
    reconnect: Option<Reconnect>,
    offline: Offline,
}

/// What becomes of messages while a client has no connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[expect(
    clippy::exhaustive_enums,
    reason = "there is nothing else to do with them"
)]
pub enum Offline {
    /// They are kept, within the limits of [`Flow`](crate::Flow), and leave in
    /// order over the next connection.
    #[default]
    Keep,
    /// They are refused with [`SendError::Offline`](crate::SendError::Offline).
    Refuse,
}

impl<A: Actor<Context = WsContext<A>>> Client<A> {
    /// A client that connects once, with the limits and deadlines of its
    /// handlers.
    #[must_use]
    pub fn new(connector: Connector, handlers: impl Into<Arc<Handlers<A>>>) -> Self {
        let handlers = handlers.into();
        Self {
            connector: connector.config(handlers.protocol()),
            handlers,
            reconnect: None,
            offline: Offline::default(),
        }
    }

    /// Replaces connections that end. Default: none is.
    #[must_use]
    pub fn reconnect(mut self, reconnect: Reconnect) -> Self {
        self.reconnect = Some(reconnect);
        self
    }

    /// What becomes of messages while there is no connection. Default: they are
    /// kept.
    ///
    /// What had left already when a connection broke may or may not have
    /// arrived: only the server knows, and a protocol above has to ask it.
    #[must_use]
    pub const fn while_offline(mut self, offline: Offline) -> Self {
        self.offline = offline;
        self
    }

    /// Opens the first connection; spawn what comes back.
    ///
    /// # Errors
    ///
    /// If it cannot be opened. It is not tried again: the address may be wrong,
    /// and whoever starts a client wants to know. A response other than 101 is in
    /// the error, with its body.
    pub async fn connect(&self, actor: A) -> Result<Session<A>, ConnectError> {
        self.handlers.check()?;
        let opened = self.connector.connect().await?;
        let mut session = self.session(actor);
        session.attach(opened);
        Ok(session)
    }

    /// A session that opens its first connection, too, when it is spawned, and
    /// tries again if that fails.
    pub fn session(&self, actor: A) -> Session<A> {
        let waiting = match self.offline {
            Offline::Keep => Reconnects::Keeping,
            Offline::Refuse => Reconnects::Refusing,
        };
        Session {
            driver: Driver::offline(actor, Arc::clone(&self.handlers), waiting),
            connector: self.connector.clone(),
            checked: self.handlers.check(),
            reconnect: self.reconnect.clone(),
            waiting,
            attempt: None,
            failures: 0,
            connections: 0,
            since: None,
        }
    }

    /// Spawns a [`session`](Self::session), and gives the actor's address.
    ///
    /// # Panics
    ///
    /// Outside of a tokio `LocalSet`, such as actix's.
    pub fn start(&self, actor: A) -> Addr<A> {
        let session = self.session(actor);
        let address = session.address();
        actix::spawn(session);
        address
    }
}

/// A client's actor and its connections, one after the other, as one future.
///
/// Spawn it with [`actix::spawn`]. It completes when the actor has stopped, with
/// how its last connection ended.
#[must_use = "a session does nothing until it is spawned"]
pub struct Session<A: Actor<Context = WsContext<A>>> {
    driver: Driver<A, Io<Stream>>,
    connector: Connector,
    /// Whether the handlers go together.
    checked: Result<(), HandlersError>,
    reconnect: Option<Reconnect>,
    waiting: Reconnects,
    attempt: Option<Attempt>,
    /// How many attempts have failed since a connection lasted.
    failures: u32,
    /// How many connections there were.
    connections: u32,
    /// When the present connection was opened.
    since: Option<Instant>,
}

type Attempt = Pin<Box<dyn Future<Output = Result<Opened, ConnectError>>>>;

impl<A: Actor<Context = WsContext<A>>> Session<A> {
    /// The address of the actor.
    #[must_use]
    pub fn address(&self) -> Addr<A> {
        self.driver.address()
    }

    /// A handle for any thread, which outlives connections as the actor does.
    #[must_use]
    pub fn handle(&self) -> ConnectionHandle {
        self.driver.handle()
    }

    fn attempt(&mut self, delay: Duration) {
        let connector = self.connector.clone();
        let checked = self.checked.clone();
        self.attempt = Some(Box::pin(async move {
            checked?;
            if delay > Duration::ZERO {
                sleep(delay).await;
            }
            connector.connect().await
        }));
    }

    fn attach(&mut self, opened: Opened) {
        let then = match &self.reconnect {
            Some(_) => self.waiting,
            None => Reconnects::No,
        };
        let peer = opened.stream.peer_addr();
        self.driver
            .attach(opened.connection, Io(opened.stream), then);
        let span = self.driver.span();
        span.record("path", opened.url.target());
        if let Ok(peer) = peer {
            span.record("peer", display(peer));
        }
        self.driver.notify(Occurrence::Connected(Connected {
            before: self.connections,
            url: opened.url,
            headers: opened.headers,
        }));
        self.connections = self.connections.saturating_add(1);
        self.since = Some(Instant::now());
    }

    /// Decides whether to try again; false if not.
    fn lose(&mut self, loss: Loss) -> bool {
        match (&loss, self.since.take()) {
            (Loss::Ended(_), Some(since)) if since.elapsed() >= LASTING => self.failures = 0,
            _ => self.failures = self.failures.saturating_add(1),
        }
        let reconnect = self.reconnect.as_ref();
        let retry_in = reconnect.and_then(|it| it.delay(&loss, self.failures));
        self.driver
            .notify(Occurrence::Disconnected(Disconnected { loss, retry_in }));
        if let Some(delay) = retry_in {
            self.attempt(delay);
        }
        retry_in.is_some()
    }
}

impl<A: Actor<Context = WsContext<A>>> Future for Session<A> {
    type Output = Outcome;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Outcome> {
        let this = self.get_mut();
        if this.connections == 0 && this.failures == 0 && this.attempt.is_none() {
            this.attempt(Duration::ZERO);
        }
        loop {
            if let Some(attempt) = &mut this.attempt
                && let Poll::Ready(result) = attempt.as_mut().poll(cx)
            {
                this.attempt = None;
                match result {
                    Ok(opened) => this.attach(opened),
                    Err(error) => {
                        if !this.lose(Loss::Failed(Arc::new(error))) {
                            return Poll::Ready(this.driver.give_up());
                        }
                        continue;
                    }
                }
            }
            if let Poll::Ready(outcome) = Pin::new(&mut this.driver).poll(cx) {
                return Poll::Ready(outcome);
            }
            if let Some(outcome) = this.driver.take_loss() {
                if !this.lose(Loss::Ended(outcome)) {
                    return Poll::Ready(this.driver.give_up());
                }
            } else if this.attempt.is_some() && this.driver.is_leaving() {
                return Poll::Ready(this.driver.give_up());
            } else {
                return Poll::Pending;
            }
        }
    }
}

impl<A: Actor> fmt::Debug for Client<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("connector", &self.connector)
            .field("handlers", &self.handlers)
            .field("reconnect", &self.reconnect)
            .field("offline", &self.offline)
            .finish()
    }
}

impl<A: Actor<Context = WsContext<A>>> fmt::Debug for Session<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("driver", &self.driver)
            .field("failures", &self.failures)
            .finish_non_exhaustive()
    }
}

/// How long a connection has to last before its loss counts as a first one.
const LASTING: Duration = Duration::from_secs(10);
