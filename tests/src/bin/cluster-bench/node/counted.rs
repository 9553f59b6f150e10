use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use ws_server::backplane::{
    Backplane, Inbox, Keep, Link, Page, Pending, Publication, Published, Topic,
};

use crate::orders::Counts;

/// An engine, and what goes to it.
#[derive(Debug)]
pub(super) struct Counted<B> {
    engine: B,
    counter: Arc<Counter>,
}

/// What has gone to an engine.
#[derive(Debug, Default)]
pub(super) struct Counter {
    links: AtomicUsize,
    subscribed: AtomicUsize,
    read: AtomicUsize,
    published: AtomicUsize,
    bytes: AtomicUsize,
}

struct CountedLink {
    link: Box<dyn Link>,
    counter: Arc<Counter>,
}

impl<B> Counted<B> {
    pub(super) const fn new(engine: B, counter: Arc<Counter>) -> Self {
        Self { engine, counter }
    }
}

impl Counter {
    pub(super) fn counts(&self) -> Counts {
        let count = |of: &AtomicUsize| of.load(Ordering::SeqCst);
        Counts {
            links: count(&self.links),
            subscribed: count(&self.subscribed).saturating_sub(OWN),
            read: count(&self.read),
            published: count(&self.published),
            bytes: count(&self.bytes),
            announced: 0,
        }
    }
}

impl<B: Backplane> Backplane for Counted<B> {
    fn name(&self) -> &'static str {
        self.engine.name()
    }

    fn connect(&self, inbox: Inbox) -> Pending<'_, Box<dyn Link>> {
        Box::pin(async move {
            let link = self.engine.connect(inbox).await?;
            self.counter.subscribed.store(0, Ordering::SeqCst);
            self.counter.read.store(0, Ordering::SeqCst);
            self.counter.links.fetch_add(1, Ordering::SeqCst);
            let counter = Arc::clone(&self.counter);
            Ok(Box::new(CountedLink { link, counter }) as Box<dyn Link>)
        })
    }
}

impl Link for CountedLink {
    fn subscribe<'a>(&'a self, topics: &'a [Topic]) -> Pending<'a, ()> {
        Box::pin(async move {
            self.link.subscribe(topics).await?;
            self.counter
                .subscribed
                .fetch_add(topics.len(), Ordering::SeqCst);
            Ok(())
        })
    }

    fn unsubscribe<'a>(&'a self, topics: &'a [Topic]) -> Pending<'a, ()> {
        self.link.unsubscribe(topics)
    }

    fn publish<'a>(&'a self, batch: &'a [Publication]) -> Pending<'a, Vec<Published>> {
        let bytes = batch.iter().map(|it| it.payload.len()).sum();
        self.counter
            .published
            .fetch_add(batch.len(), Ordering::SeqCst);
        self.counter.bytes.fetch_add(bytes, Ordering::SeqCst);
        self.link.publish(batch)
    }

    fn read<'a>(
        &'a self,
        topic: &'a Topic,
        keep: Keep,
        after: Option<u64>,
        limit: usize,
    ) -> Pending<'a, Page> {
        Box::pin(async move {
            let page = self.link.read(topic, keep, after, limit).await?;
            self.counter.read.fetch_add(1, Ordering::SeqCst);
            Ok(page)
        })
    }
}

/// The topics of the node itself: that of all nodes, and where it is answered.
const OWN: usize = 2;
