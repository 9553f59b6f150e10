//! NATS: what is its own.

use std::collections::VecDeque;

use bytes::Bytes;
use ws_server::backplane::{
    Arrival, Arrivals, Backplane, BackplaneError, Inbox, Keep, Link, Nats, Page, Position,
    Publication, PublicationId, Published, Topic,
};
use ws_tests::wait::within;

mod cluster;
mod limits;
mod login;
mod loss;
mod record;
mod stream;

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
    age: None,
};
