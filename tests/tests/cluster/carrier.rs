//! What nodes are joined by, and ways to break it.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use ws_server::backplane::{
    Backplane, BackplaneError, Inbox, Keep, Link, Memory, Nats, Page, Pending, Publication,
    Published, Redis, Storage, Topic,
};
use ws_tests::{
    cable::Cable,
    engine::{self, Engine, nats, redis},
};

/// An engine that runs.
#[derive(Debug)]
pub(crate) enum Carrier {
    Memory(Memory),
    Redis(Engine),
    Nats(Engine, Storage),
}

/// An engine, as a node reaches it.
#[derive(Debug, Clone)]
pub(crate) struct Way(Arc<dyn Backplane>);

impl Carrier {
    pub(crate) fn memory() -> Self {
        Self::Memory(Memory::new())
    }

    /// A Redis that has all on its disk, unless it is to be left out.
    pub(crate) async fn redis() -> Option<Self> {
        if !engine::asked_for() {
            return None;
        }
        Some(Self::Redis(Engine::start(redis::persistent()).await))
    }

    /// A Redis that has forgotten all when it is restarted.
    pub(crate) async fn forgetful_redis() -> Option<Self> {
        if !engine::asked_for() {
            return None;
        }
        Some(Self::Redis(Engine::start(redis::forgetful()).await))
    }

    /// A NATS that has all on its disk.
    pub(crate) async fn nats() -> Option<Self> {
        if !engine::asked_for() {
            return None;
        }
        let engine = Engine::start(nats::jetstream()).await;
        Some(Self::Nats(engine, Storage::File))
    }

    /// A NATS that has forgotten all when it is restarted.
    pub(crate) async fn forgetful_nats() -> Option<Self> {
        match Self::nats().await? {
            Self::Nats(engine, _) => Some(Self::Nats(engine, Storage::Memory)),
            other => Some(other),
        }
    }

    /// The straight way to it.
    pub(crate) fn way(&self) -> Way {
        match self {
            Self::Memory(memory) => Way(Arc::new(memory.clone())),
            Self::Redis(engine) | Self::Nats(engine, _) => self.at(&engine.url()),
        }
    }

    /// The way through a cable.
    pub(crate) fn through(&self, cable: &Cable) -> Way {
        let port = self.address().port().to_string();
        let url = self.server().url();
        self.at(&url.replace(&port, &cable.address().port().to_string()))
    }

    pub(crate) async fn cable(&self) -> Cable {
        Cable::to(self.address()).await
    }

    fn at(&self, url: &str) -> Way {
        match self {
            Self::Memory(_) => self.way(),
            Self::Redis(_) => {
                let redis = Redis::connect(url).expect("it is a URL");
                Way(Arc::new(redis.response_timeout(ANSWER)))
            }
            Self::Nats(_, storage) => {
                let nats = Nats::connect(url).expect("it is a URL");
                let nats = nats.storage(*storage);
                Way(Arc::new(nats.request_timeout(ANSWER)))
            }
        }
    }

    fn address(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.server().port()).into()
    }

    fn server(&self) -> &Engine {
        match self {
            Self::Redis(engine) | Self::Nats(engine, _) => engine,
            Self::Memory(_) => panic!("memory has no server"),
        }
    }

    /// The program that it is.
    pub(crate) fn engine(&mut self) -> &mut Engine {
        match self {
            Self::Redis(engine) | Self::Nats(engine, _) => engine,
            Self::Memory(_) => panic!("memory has no server"),
        }
    }
}

impl Backplane for Way {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn connect(&self, inbox: Inbox) -> Pending<'_, Box<dyn Link>> {
        self.0.connect(inbox)
    }
}

/// A way that breaks when the test says so, and counts what goes.
#[derive(Debug, Clone)]
pub(crate) struct Valve(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    way: Way,
    closed: AtomicBool,
    /// What is published arrives, and its answer does not.
    deaf: AtomicBool,
    published: AtomicUsize,
    inbox: Mutex<Option<Inbox>>,
}

impl Valve {
    pub(crate) fn on(way: Way) -> Self {
        Self(Arc::new(Shared {
            way,
            closed: AtomicBool::new(false),
            deaf: AtomicBool::new(false),
            published: AtomicUsize::new(0),
            inbox: Mutex::default(),
        }))
    }

    /// Cuts the connection, and has none made.
    pub(crate) fn close(&self) {
        self.0.closed.store(true, Ordering::SeqCst);
        if let Some(inbox) = &*self.0.inbox.lock().expect("nothing panics here") {
            inbox.lost(lost());
        }
    }

    pub(crate) fn open(&self) {
        self.0.closed.store(false, Ordering::SeqCst);
    }

    /// Has the connection cut when the next batch was published, before its
    /// answer comes.
    pub(crate) fn lose_next_answer(&self) {
        self.0.deaf.store(true, Ordering::SeqCst);
    }

    /// Whether that has happened.
    pub(crate) fn has_lost_answer(&self) -> bool {
        !self.0.deaf.load(Ordering::SeqCst)
    }

    /// Whether no node uses it any more.
    pub(crate) fn is_alone(&self) -> bool {
        Arc::strong_count(&self.0) == 1
    }

    /// How many publications have gone through.
    pub(crate) fn published(&self) -> usize {
        self.0.published.load(Ordering::SeqCst)
    }
}

impl Backplane for Valve {
    fn name(&self) -> &'static str {
        self.0.way.name()
    }

    fn connect(&self, inbox: Inbox) -> Pending<'_, Box<dyn Link>> {
        Box::pin(async move {
            self.0.check()?;
            let link = self.0.way.connect(inbox.clone()).await?;
            *self.0.inbox.lock().expect("nothing panics here") = Some(inbox);
            let shared = Arc::clone(&self.0);
            Ok(Box::new(ValveLink { shared, link }) as Box<dyn Link>)
        })
    }
}

impl Shared {
    fn check(&self) -> Result<(), BackplaneError> {
        if self.closed.load(Ordering::SeqCst) {
            return Err(lost());
        }
        Ok(())
    }
}

struct ValveLink {
    shared: Arc<Shared>,
    link: Box<dyn Link>,
}

impl Link for ValveLink {
    fn subscribe<'a>(&'a self, topics: &'a [Topic]) -> Pending<'a, ()> {
        Box::pin(async move {
            self.shared.check()?;
            self.link.subscribe(topics).await
        })
    }

    fn unsubscribe<'a>(&'a self, topics: &'a [Topic]) -> Pending<'a, ()> {
        Box::pin(async move {
            self.shared.check()?;
            self.link.unsubscribe(topics).await
        })
    }

    fn publish<'a>(&'a self, batch: &'a [Publication]) -> Pending<'a, Vec<Published>> {
        Box::pin(async move {
            self.shared.check()?;
            let published = self.link.publish(batch).await?;
            self.shared
                .published
                .fetch_add(batch.len(), Ordering::SeqCst);
            if self.shared.deaf.swap(false, Ordering::SeqCst) {
                return Err(lost());
            }
            Ok(published)
        })
    }

    fn read<'a>(
        &'a self,
        topic: &'a Topic,
        keep: Keep,
        after: Option<u64>,
        limit: usize,
    ) -> Pending<'a, Page> {
        Box::pin(async move {
            self.shared.check()?;
            self.link.read(topic, keep, after, limit).await
        })
    }
}

fn lost() -> BackplaneError {
    BackplaneError::Lost {
        engine: "valve",
        source: "the test has closed it".into(),
    }
}

/// How long an engine may take to answer.
const ANSWER: Duration = Duration::from_secs(1);

/// Makes tests of these, for each engine.
macro_rules! on_all_engines {
    ($($test:ident)*) => {
        mod memory {
            $(#[actix_web::test]
            async fn $test() {
                super::$test(crate::carrier::Carrier::memory()).await;
            })*
        }
        crate::carrier::on_real_engines! { $($test)* }
    };
}

/// The same, for those that are programs.
macro_rules! on_real_engines {
    ($($test:ident)*) => {
        mod redis {
            $(#[actix_web::test]
            async fn $test() {
                if let Some(carrier) = crate::carrier::Carrier::redis().await {
                    super::$test(carrier).await;
                }
            })*
        }

        mod nats {
            $(#[actix_web::test]
            async fn $test() {
                if let Some(carrier) = crate::carrier::Carrier::nats().await {
                    super::$test(carrier).await;
                }
            })*
        }
    };
}

pub(crate) use {on_all_engines, on_real_engines};
