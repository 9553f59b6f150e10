//! What every engine has to do.

use std::{collections::VecDeque, time::Duration};

use bytes::Bytes;
use tokio::sync::mpsc;
use ws_server::backplane::{
    Arrival, Arrivals, Backplane, BackplaneError, Inbox, Keep, Link, Page, Position, Publication,
    PublicationId, Published, Topic,
};
use ws_tests::wait::within;

pub(crate) mod delivery;
pub(crate) mod loss;
pub(crate) mod reach;
pub(crate) mod record;

/// An engine under test. Each test has one of its own.
pub(crate) trait Subject: Sized {
    /// A publisher that has subscribed hears itself also what is not recorded.
    const ECHOES: bool = true;

    /// Starts one, unless it is left out.
    async fn start() -> Option<Self>;

    /// How it is reached.
    fn backplane(&self) -> Box<dyn Backplane>;

    /// How one is reached that does not run; none, if it always does.
    fn nowhere() -> Option<Box<dyn Backplane>>;
}

/// An engine that can be ended.
pub(crate) trait Mortal: Subject {
    /// What was recorded is there after a restart.
    const PERSISTENT: bool;

    /// Ends it on the spot.
    fn kill(&mut self);

    /// Starts it again at the same place.
    async fn restart(&mut self);

    /// Has it do nothing, with its connections open, until it is killed.
    fn pause(&self);
}

/// A node of the cluster, as its engine sees it.
pub(crate) struct Node {
    pub(crate) link: Box<dyn Link>,
    pub(crate) origin: u64,
    number: u64,
    arrivals: Arrivals,
    arrived: VecDeque<Arrival>,
}

impl Node {
    pub(crate) async fn connect(engine: &impl Subject) -> Self {
        Self::connect_as(engine, fastrand::u64(..)).await
    }

    /// One that publishes under this name, from the number 1 on.
    pub(crate) async fn connect_as(engine: &impl Subject, origin: u64) -> Self {
        let (inbox, arrivals) = Inbox::new(1 << 26);
        let backplane = engine.backplane();
        let link = within("a link", backplane.connect(inbox)).await;
        Self {
            link: link.unwrap_or_else(|error| panic!("{error}")),
            origin,
            number: 0,
            arrivals,
            arrived: VecDeque::new(),
        }
    }

    pub(crate) async fn subscribe(&self, topics: &[Topic]) {
        let subscribed = within("the subscription", self.link.subscribe(topics)).await;
        subscribed.unwrap_or_else(|error| panic!("{error}"));
    }

    pub(crate) async fn unsubscribe(&self, topics: &[Topic]) {
        let left = within("the end of a subscription", self.link.unsubscribe(topics)).await;
        left.unwrap_or_else(|error| panic!("{error}"));
    }

    /// Makes a publication, with the next number.
    pub(crate) fn publication(
        &mut self,
        topic: &Topic,
        payload: impl Into<Bytes>,
        keep: Option<Keep>,
    ) -> Publication {
        self.number += 1;
        Publication {
            topic: topic.clone(),
            payload: payload.into(),
            id: PublicationId {
                origin: self.origin,
                number: self.number,
            },
            keep,
        }
    }

    /// Publishes, and is told that all were taken.
    pub(crate) async fn publish(&self, batch: &[Publication]) -> Vec<Option<Position>> {
        let published = self.try_publish(batch).await;
        let published = published.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(published.len(), batch.len());
        let positions = published.into_iter();
        let position = |published: Published| published.unwrap_or_else(|error| panic!("{error}"));
        positions.map(position).collect()
    }

    pub(crate) async fn try_publish(
        &self,
        batch: &[Publication],
    ) -> Result<Vec<Published>, BackplaneError> {
        within("what became of a batch", self.link.publish(batch)).await
    }

    /// Publishes one that is not recorded.
    pub(crate) async fn say(&mut self, topic: &Topic, text: &str) {
        let said = self.publication(topic, text.to_owned(), None);
        assert_eq!(self.publish(&[said]).await, [None]);
    }

    /// Publishes one that is recorded.
    pub(crate) async fn record(&mut self, topic: &Topic, text: &str) -> Position {
        let recorded = self.publication(topic, text.to_owned(), Some(KEEP));
        let positions = self.publish(&[recorded]).await;
        positions[0].expect("it was recorded, for the first time")
    }

    /// Waits for what arrives next.
    pub(crate) async fn next(&mut self) -> Arrival {
        while self.arrived.is_empty() {
            let arrived = within("an arrival", self.arrivals.next()).await;
            self.arrived = arrived.unwrap_or_else(|error| panic!("{error}"));
        }
        self.arrived.pop_front().expect("there is one")
    }

    /// Waits for so many.
    pub(crate) async fn take(&mut self, count: usize) -> Vec<Arrival> {
        let mut arrivals = Vec::with_capacity(count);
        while arrivals.len() < count {
            arrivals.push(self.next().await);
        }
        arrivals
    }

    /// Waits for a text on a topic.
    pub(crate) async fn hears(&mut self, topic: &Topic, expected: &str) {
        let arrival = self.next().await;
        assert_eq!((&arrival.topic, text(&arrival.payload)), (topic, expected));
    }

    /// Waits until the link is lost, whatever arrives before.
    pub(crate) async fn lost(&mut self) -> BackplaneError {
        loop {
            if let Err(error) = within("the link to be lost", self.arrivals.next()).await {
                return error;
            }
        }
    }

    pub(crate) async fn read(
        &self,
        topic: &Topic,
        keep: Keep,
        after: Option<u64>,
        limit: usize,
    ) -> Page {
        let page = self.link.read(topic, keep, after, limit);
        let page = within("a page", page).await;
        page.unwrap_or_else(|error| panic!("{error}"))
    }

    /// Reads all that is kept, page by page.
    pub(crate) async fn read_all(&self, topic: &Topic, keep: Keep) -> Page {
        let mut all = self.read(topic, keep, None, 100).await;
        while all.more {
            let (last, _) = all.entries.last().expect("there is more behind something");
            let next = self.read(topic, keep, Some(*last), 100).await;
            assert_eq!(next.epoch, all.epoch);
            assert!(!next.entries.is_empty(), "it said that there is more");
            all.entries.extend(next.entries);
            (all.last, all.more) = (next.last, next.more);
        }
        all
    }

    /// Publishes batches of ten until the link is lost, and tells what it is
    /// told of each. Gives the batch that was not answered.
    pub(crate) async fn publish_on(
        mut self,
        topic: Topic,
        recorded: mpsc::UnboundedSender<(u64, String)>,
    ) -> Vec<Publication> {
        loop {
            let first = self.number;
            let mut batch = Vec::new();
            for number in first..first + 10 {
                batch.push(self.publication(&topic, number.to_string(), Some(KEEP)));
            }
            let Ok(published) = self.try_publish(&batch).await else {
                return batch;
            };
            for (publication, published) in batch.iter().zip(published) {
                let position = published.expect("it takes what it gets");
                let position = position.expect("it was recorded, for the first time");
                let payload = text(&publication.payload).to_owned();
                recorded.send((position.offset, payload)).ok();
            }
        }
    }
}

pub(crate) fn text(payload: &[u8]) -> &str {
    str::from_utf8(payload).expect("it is text")
}

/// What a page says, as texts.
pub(crate) fn texts(page: &Page) -> Vec<&str> {
    page.entries
        .iter()
        .map(|(_, payload)| text(payload))
        .collect()
}

pub(crate) fn topic(room: &str) -> Topic {
    Topic::new("chat", room)
}

/// More than any test records.
pub(crate) const KEEP: Keep = Keep {
    messages: 1_000_000,
    bytes: usize::MAX,
    age: None,
};

/// Short, but long enough for a machine that has much to do.
pub(crate) const SHORT: Duration = Duration::from_secs(2);
