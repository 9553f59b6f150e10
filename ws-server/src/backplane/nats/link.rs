use std::{
    collections::HashMap,
    future::poll_fn,
    pin::Pin,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_nats::{
    Client, ConnectOptions, RequestErrorKind, ServerAddr, Subscriber,
    client::Request,
    jetstream::{Context, ContextBuilder},
};
use futures_core::Stream;
use tokio::{
    fs,
    task::JoinHandle,
    time::{Instant, timeout_at},
};

use super::{
    ENGINE, Nats,
    address::Login,
    arrival::arrival,
    loss::{Loss, lost},
    order::Order,
    page,
    publish::{self, too_long},
    record::Records,
    subjects::Subjects,
};
use crate::backplane::{
    BackplaneError, Inbox, Keep, Link, Page, Pending, Publication, Published, Topic,
};

/// A connection to NATS.
pub(super) struct NatsLink {
    pub(super) client: Client,
    pub(super) context: Context,
    pub(super) subjects: Subjects,
    pub(super) records: Records,
    /// How long an answer may take.
    pub(super) patience: Duration,
    loss: Loss,
    listeners: Mutex<HashMap<Topic, Listener>>,
}

/// A task that takes what comes of one topic. Ends when dropped, and the
/// subscription with it.
struct Listener(JoinHandle<()>);

impl NatsLink {
    pub(super) async fn connect(nats: &Nats, inbox: Inbox) -> Result<Self, BackplaneError> {
        let unreachable = |source| BackplaneError::Unreachable {
            engine: ENGINE,
            address: nats.address.shown().to_owned(),
            source,
        };
        let loss = Loss::new(inbox);
        let options = options(nats, &loss).await.map_err(unreachable)?;
        let client = options.connect(&*nats.address.servers).await;
        let client = client.map_err(|error| unreachable(error.into()))?;
        // When the connection is lost, the library would make another one in
        // silence, and nobody would know what was missed. So it is left
        // nothing to connect to, and gives up at once.
        let nowhere: ServerAddr = NOWHERE.parse().map_err(lost)?;
        loss.or(nats.connect_timeout, client.set_server_pool(&[nowhere][..]))
            .await?
            .map_err(lost)?;
        let context = ContextBuilder::new()
            .timeout(nats.request_timeout)
            .build(client.clone());
        Ok(Self {
            records: Records::new(nats, context.clone()),
            subjects: nats.subjects.clone(),
            patience: nats.request_timeout,
            client,
            context,
            loss,
            listeners: Mutex::default(),
        })
    }

    /// Awaits something that takes a moment, unless the link is lost.
    pub(super) async fn or<T>(&self, future: impl Future<Output = T>) -> Result<T, BackplaneError> {
        self.loss.or(self.patience, future).await
    }

    /// Awaits something that has a limit of its own, unless the link is lost.
    pub(super) async fn until_lost<T>(
        &self,
        future: impl Future<Output = T>,
    ) -> Result<T, BackplaneError> {
        self.loss.or(Duration::MAX, future).await
    }

    /// Waits until the server has seen all that was sent before. The library's
    /// own `flush` only waits until it has left.
    pub(super) async fn round_trip(&self) -> Result<(), BackplaneError> {
        let request = Request::new().timeout(None);
        let nobody = self.client.send_request(self.subjects.nobody(), request);
        match self.or(nobody).await? {
            Err(error) if error.kind() != RequestErrorKind::NoResponders => Err(lost(error)),
            // That nobody is there is an answer as good as any.
            Ok(_) | Err(_) => Ok(()),
        }
    }

    async fn listen(&self, topic: &Topic) -> Result<(), BackplaneError> {
        if self.listeners().contains_key(topic) {
            return Ok(());
        }
        let subject = self.subjects.live(topic).ok_or_else(too_long)?;
        let subscriber = self.or(self.client.subscribe(subject)).await?;
        let listening = listen(
            subscriber.map_err(lost)?,
            topic.clone(),
            self.subjects.clone(),
            self.loss.clone(),
        );
        let listener = Listener(tokio::spawn(listening));
        self.listeners().insert(topic.clone(), listener);
        Ok(())
    }

    fn listeners(&self) -> MutexGuard<'_, HashMap<Topic, Listener>> {
        // Nothing in here panics half way.
        self.listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Link for NatsLink {
    fn subscribe<'a>(&'a self, topics: &'a [Topic]) -> Pending<'a, ()> {
        Box::pin(async move {
            for topic in topics {
                self.listen(topic).await?;
            }
            self.round_trip().await
        })
    }

    fn unsubscribe<'a>(&'a self, topics: &'a [Topic]) -> Pending<'a, ()> {
        Box::pin(async move {
            let mut listeners = self.listeners();
            for topic in topics {
                listeners.remove(topic);
            }
            Ok(())
        })
    }

    fn publish<'a>(&'a self, batch: &'a [Publication]) -> Pending<'a, Vec<Published>> {
        Box::pin(publish::publish(self, batch))
    }

    fn read<'a>(
        &'a self,
        topic: &'a Topic,
        keep: Keep,
        after: Option<u64>,
        limit: usize,
    ) -> Pending<'a, Page> {
        Box::pin(page::read(self, topic, keep, after, limit))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn options(
    nats: &Nats,
    loss: &Loss,
) -> Result<ConnectOptions, Box<dyn std::error::Error + Send + Sync>> {
    let mut options = ConnectOptions::new();
    if let Some(file) = &nats.credentials {
        let content = fs::read_to_string(file).await;
        // The reasons of these name the file, and nothing that is in it.
        let wrong = |error| format!("credentials file {}: {error}", file.display());
        options = options
            .credentials(&content.map_err(wrong)?)
            .map_err(wrong)?;
    }
    options = match nats.address.login.clone() {
        Login::Nobody => options,
        Login::Token(token) => options.token(token),
        Login::User(user, password) => options.user_and_password(user, password),
    };
    let loss = loss.clone();
    Ok(options
        .name("ws-server")
        .tls_client_config(nats.roots.config().await?)
        // Whoever publishes has delivered to its own members before.
        .no_echo()
        .ignore_discovered_servers()
        .connection_timeout(nats.connect_timeout)
        .request_timeout(Some(nats.request_timeout))
        .ping_interval(PING_INTERVAL)
        .max_reconnects(nats.address.servers.len())
        .reconnect_delay_callback(|_| Duration::ZERO)
        .event_callback(move |event| {
            loss.hear(&event);
            std::future::ready(())
        }))
}

async fn listen(mut subscriber: Subscriber, topic: Topic, subjects: Subjects, loss: Loss) {
    let mut order = Order::default();
    loop {
        let next = poll_fn(|context| Pin::new(&mut subscriber).poll_next(context));
        let message = match order.until() {
            None => Ok(next.await),
            Some(until) => timeout_at(until, next).await,
        };
        let arrival = match message {
            Ok(Some(message)) => arrival(message, &topic, &subjects).map(Some),
            Ok(None) => return loss.happens("disconnected"),
            Err(_) => Ok(None),
        };
        let arrival = arrival.unwrap_or_else(|malformed| {
            tracing::warn!(%topic, %malformed, "left out what somebody else published");
            None
        });
        let now = Instant::now();
        let mut ready = arrival.and_then(|arrival| order.take(arrival, now));
        while let Some(arrival) = ready.take().or_else(|| order.next(now)) {
            if let Err(overrun) = loss.inbox().push(arrival) {
                return loss.happens(overrun.to_string());
            }
        }
    }
}

/// The library gives up when a third one is due and none has been answered: a
/// connection that is dead on one side is found after three times this.
const PING_INTERVAL: Duration = Duration::from_secs(3);

/// Nobody can listen on port 0.
const NOWHERE: &str = "nats://127.0.0.1:0";
