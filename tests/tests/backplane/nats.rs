//! The suite on NATS, and what is its own.

use std::{collections::VecDeque, fs};

use bytes::Bytes;
use ws_server::backplane::{
    Arrival, Arrivals, Backplane, BackplaneError, Inbox, Keep, Link, Nats, Page, Position,
    Publication, PublicationId, Published, Storage, Topic,
};
use ws_tests::{
    engine::{self, Engine, free_port, nats as servers},
    tls::Authority,
    wait::within,
};

use crate::suite::{Mortal, Subject};

mod cluster;
mod limits;
mod login;
mod loss;
mod record;
mod stream;

mod persistent {
    crate::passes_all!(super::Persistent);
    crate::passes_all_losses!(super::Persistent);
}

mod forgetful {
    crate::passes! { super::Forgetful:
        loss {
            what_was_recorded_outlives_the_engine_or_the_epoch_tells
        }
    }
}

mod tls {
    crate::passes_all!(super::Tls);
}

/// Has all on its disk.
struct Persistent(Engine);

/// Keeps what is recorded in its memory.
struct Forgetful(Engine);

/// Speaks TLS.
struct Tls(Engine, Authority);

impl Subject for Persistent {
    const ECHOES: bool = false;

    async fn start() -> Option<Self> {
        if !engine::asked_for() {
            return None;
        }
        Some(Self(Engine::start(servers::jetstream()).await))
    }

    fn backplane(&self) -> Box<dyn Backplane> {
        Box::new(nats(&self.0.url()))
    }

    fn nowhere() -> Option<Box<dyn Backplane>> {
        Some(Box::new(nats(&format!("nats://127.0.0.1:{}", free_port()))))
    }
}

impl Mortal for Persistent {
    const PERSISTENT: bool = true;

    fn kill(&mut self) {
        self.0.kill();
    }

    async fn restart(&mut self) {
        self.0.restart().await;
    }

    fn pause(&self) {
        self.0.pause();
    }
}

impl Subject for Forgetful {
    const ECHOES: bool = false;

    async fn start() -> Option<Self> {
        if !engine::asked_for() {
            return None;
        }
        Some(Self(Engine::start(servers::jetstream()).await))
    }

    fn backplane(&self) -> Box<dyn Backplane> {
        Box::new(nats(&self.0.url()).storage(Storage::Memory))
    }

    fn nowhere() -> Option<Box<dyn Backplane>> {
        Persistent::nowhere()
    }
}

impl Mortal for Forgetful {
    const PERSISTENT: bool = false;

    fn kill(&mut self) {
        self.0.kill();
    }

    async fn restart(&mut self) {
        self.0.restart().await;
    }

    fn pause(&self) {
        self.0.pause();
    }
}

impl Subject for Tls {
    const ECHOES: bool = false;

    async fn start() -> Option<Self> {
        if !engine::asked_for() {
            return None;
        }
        let authority = Authority::new(&format!("backplane-nats-{:x}", fastrand::u64(..)));
        let server = Engine::start(servers::jetstream().with_tls(&authority)).await;
        Some(Self(server, authority))
    }

    fn backplane(&self) -> Box<dyn Backplane> {
        let pem = fs::read(self.1.file()).expect("it has been written");
        Box::new(nats(&self.0.url()).root_certificates(pem))
    }

    fn nowhere() -> Option<Box<dyn Backplane>> {
        Some(Box::new(nats(&format!("tls://127.0.0.1:{}", free_port()))))
    }
}

fn nats(url: &str) -> Nats {
    let nats = Nats::connect(url).expect("it is a URL");
    // One test has many sets of rooms, and disks are as full as they are.
    nats.max_bytes(32 << 20)
}

/// A node, as far as an engine knows it.
struct Node {
    link: Box<dyn Link>,
    arrivals: Arrivals,
    waiting: VecDeque<Arrival>,
    origin: u64,
    number: u64,
}

impl Node {
    async fn connect(nats: &Nats) -> Self {
        let (inbox, arrivals) = Inbox::new(1 << 24);
        let link = within("a connection", nats.connect(inbox)).await;
        Self {
            link: link.expect("the server is there"),
            arrivals,
            waiting: VecDeque::new(),
            origin: fastrand::u64(..),
            number: 0,
        }
    }

    async fn to(url: &str) -> Self {
        Self::connect(&Nats::connect(url).expect("it is a URL")).await
    }

    async fn subscribe(&self, topic: &Topic) {
        let topics = [topic.clone()];
        let subscribed = within("a subscription", self.link.subscribe(&topics)).await;
        subscribed.expect("the server is there");
    }

    fn publication(&mut self, topic: &Topic, text: &str, keep: Option<Keep>) -> Publication {
        self.number += 1;
        Publication {
            topic: topic.clone(),
            payload: Bytes::copy_from_slice(text.as_bytes()),
            id: PublicationId {
                origin: self.origin,
                number: self.number,
            },
            keep,
        }
    }

    async fn try_publish(&self, batch: &[Publication]) -> Result<Vec<Published>, BackplaneError> {
        within("publications", self.link.publish(batch)).await
    }

    /// Publishes texts that are to be recorded, and gives their positions.
    async fn record<const N: usize>(
        &mut self,
        topic: &Topic,
        keep: Keep,
        texts: [&str; N],
    ) -> [Position; N] {
        let batch = texts.map(|text| self.publication(topic, text, Some(keep)));
        let published = self.try_publish(&batch).await.expect("the server is there");
        let positions = published.into_iter().map(|one| {
            let position = one.expect("it takes what is published");
            position.expect("it is recorded")
        });
        let positions: Vec<_> = positions.collect();
        positions.try_into().expect("each has an answer")
    }

    async fn read(&self, topic: &Topic, keep: Keep, after: Option<u64>, limit: usize) -> Page {
        let page = within("a page", self.link.read(topic, keep, after, limit)).await;
        page.expect("the server is there")
    }

    async fn next(&mut self) -> Arrival {
        while self.waiting.is_empty() {
            let arrivals = within("a message", self.arrivals.next()).await;
            self.waiting = arrivals.expect("the server is there");
        }
        self.waiting.pop_front().expect("there is one")
    }

    /// Waits until the link is lost, and says why.
    async fn lost(&mut self) -> BackplaneError {
        loop {
            let arrivals = within("the loss of the link", self.arrivals.next()).await;
            if let Err(lost) = arrivals {
                return lost;
            }
        }
    }
}

fn topic() -> Topic {
    Topic::new("chat", "the lobby")
}

fn texts(page: &Page) -> Vec<&str> {
    let texts = page.entries.iter();
    texts.map(|(_, payload)| text(payload)).collect()
}

fn text(payload: &Bytes) -> &str {
    std::str::from_utf8(payload).expect("texts were published")
}

const KEEP: Keep = Keep {
    messages: 10,
    bytes: usize::MAX,
    age: None,
};
