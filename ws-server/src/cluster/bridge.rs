use std::{
    collections::VecDeque,
    future::pending,
    hash::{BuildHasher, RandomState},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use futures_util::{StreamExt, future::BoxFuture, stream::FuturesUnordered};
use tokio::{
    sync::{oneshot, watch},
    time::{Instant, sleep_until},
};

use crate::backplane::{
    Arrival, Arrivals, Backplane, BackplaneError, Inbox, Link, Page, PublicationId, Published,
    Topic,
};

use super::{
    Census, Status, Terms,
    desk::{Desk, Order},
    envelope::{Body, Envelope},
};

mod censuses;
mod mail;
mod nodes;
mod record;
mod room;
mod rooms;
mod roster;

use self::{censuses::Censuses, mail::Mail, nodes::Nodes, rooms::Rooms};

/// What joins this node to the others: one future on a thread of its own.
///
/// It takes orders from the [`Desk`], has the engine do what they need, and
/// hands what arrives to the rooms. It waits for nothing but its next turn:
/// whatever the engine is doing is a job in flight.
pub(super) struct Bridge {
    backplane: Arc<dyn Backplane>,
    terms: Terms,
    desk: Arc<Desk>,
    status: watch::Sender<Status>,
    engine: Engine,
    jobs: FuturesUnordered<BoxFuture<'static, Done>>,
    mail: Mail,
    rooms: Rooms,
    nodes: Nodes,
    censuses: Censuses,
    leaving: Option<Leaving>,
}

/// The way to the engine.
enum Engine {
    /// It is tried again then.
    Away {
        failures: u32,
        again: Instant,
    },
    Connecting {
        failures: u32,
    },
    Linked(Arc<dyn Link>, Arrivals),
}

/// What the engine has done.
enum Done {
    Connected(Result<Box<dyn Link>, BackplaneError>, Arrivals),
    /// These are subscribed to now.
    Subscribed(Result<Vec<Topic>, BackplaneError>),
    Published(Result<Vec<Published>, BackplaneError>),
    Read(Topic, u64, Result<Page, BackplaneError>),
}

struct Leaving {
    told: Option<oneshot::Sender<()>>,
    until: Instant,
    /// The others have been told.
    said: bool,
}

impl Bridge {
    pub(super) fn new(
        backplane: Arc<dyn Backplane>,
        terms: Terms,
        desk: Arc<Desk>,
        status: watch::Sender<Status>,
    ) -> Self {
        let now = Instant::now();
        Self {
            engine: Engine::Away {
                failures: 0,
                again: now,
            },
            mail: Mail::new(Arc::clone(&desk), terms.patience),
            rooms: Rooms::new(Arc::clone(&desk), terms.silence),
            censuses: Censuses::default(),
            nodes: Nodes::new(Arc::clone(&desk), terms.silence, now),
            backplane,
            terms,
            desk,
            status,
            jobs: FuturesUnordered::new(),
            leaving: None,
        }
    }

    /// Works until the node has left.
    pub(super) fn run(self) {
        let desk = Arc::clone(&self.desk);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        match runtime {
            Ok(runtime) => {
                let worked = catch_unwind(AssertUnwindSafe(|| runtime.block_on(self.work())));
                if worked.is_err() {
                    tracing::error!("the backplane panicked: this node leaves the cluster");
                }
            }
            Err(error) => tracing::error!(%error, "no runtime for the backplane: rooms stay alone"),
        }
        desk.meters.connected(false);
        desk.close();
    }

    async fn work(mut self) {
        loop {
            let now = Instant::now();
            self.keep_time(now);
            if self.has_left(now) {
                return;
            }
            self.start_jobs(now);
            let wake = self.next_instant();
            let arrivals = match &mut self.engine {
                Engine::Linked(_, arrivals) => Some(arrivals),
                Engine::Away { .. } | Engine::Connecting { .. } => None,
            };
            let arrived = async {
                match arrivals {
                    Some(arrivals) => arrivals.next().await,
                    None => pending().await,
                }
            };
            tokio::select! {
                () = self.desk.arrival() => self.take_orders(),
                arrived = arrived => match arrived {
                    Ok(arrived) => self.take_arrivals(arrived),
                    Err(error) => self.lose(error),
                },
                Some(done) = self.jobs.next() => self.finish(done),
                () = sleep_until(wake) => {}
            }
            let now = Instant::now();
            let late = now.saturating_duration_since(wake);
            if late > self.terms.silence / 3 {
                tracing::warn!(?late, "the backplane's thread was held up");
                self.nodes.overslept(late, now);
            }
        }
    }

    fn take_orders(&mut self) {
        for order in self.desk.take() {
            match order {
                Order::Open(topic, opened) => self.rooms.open(topic, opened, &mut self.mail),
                Order::Close { topic, room } => self.rooms.close(&topic, room, &mut self.mail),
                Order::Publish(letter) => self.rooms.post(*letter, &mut self.mail),
                Order::Presence {
                    topic,
                    member,
                    joined,
                } => self.rooms.note(&topic, member, joined),
                Order::Census { rooms, answer } => self.take_census(&rooms, answer),
                Order::Leave(told) => {
                    let until = Instant::now() + self.terms.patience;
                    self.leaving.get_or_insert(Leaving {
                        told,
                        until,
                        said: false,
                    });
                }
            }
        }
    }

    fn take_arrivals(&mut self, arrived: VecDeque<Arrival>) {
        let now = Instant::now();
        for arrival in arrived {
            self.desk.meters.received();
            if arrival.topic == *self.nodes.topic() || arrival.topic == *self.nodes.private() {
                self.take_sign(&arrival, now);
            } else {
                self.rooms
                    .take(arrival, &mut self.nodes, &mut self.mail, now);
            }
        }
    }

    /// Something that is of no room.
    fn take_sign(&mut self, arrival: &Arrival, now: Instant) {
        let Some(Envelope { id, body }) = Envelope::open(&arrival.payload) else {
            return self.desk.meters.strange();
        };
        if id.origin == self.desk.origin {
            return;
        }
        match body {
            Body::Alive { first } => {
                let known = self.nodes.heard(id.origin, now);
                let lost = self.nodes.found(id.origin);
                if first {
                    self.mail.say(&nodes::private(id.origin), &Body::Here);
                } else if lost || !known {
                    self.mail
                        .say(self.nodes.topic(), &Body::Forgotten { node: id.origin });
                }
            }
            Body::Here => {
                self.nodes.heard(id.origin, now);
            }
            Body::Leaving => {
                self.nodes.forget(id.origin);
                self.rooms.lose_node(id.origin);
            }
            Body::Forgotten { node } if node == self.desk.origin => self.rooms.list_all(),
            Body::Forgotten { .. } => {}
            Body::Census { rooms } => self.answer_census(id, rooms),
            Body::Counted {
                census,
                rooms,
                more,
            } => {
                let count = |(room, count): (&str, u64)| {
                    (
                        room.to_owned(),
                        usize::try_from(count).unwrap_or(usize::MAX),
                    )
                };
                let rooms = rooms.into_iter().map(count);
                self.censuses.count(census, id.origin, rooms, more, now);
            }
            Body::Message { .. } | Body::Close { .. } | Body::Presence { .. } | Body::Ask => {
                self.desk.meters.strange();
            }
        }
    }

    fn take_census(&mut self, rooms: &str, answer: oneshot::Sender<Census>) {
        let here = self.rooms.counts(rooms);
        if !matches!(self.engine, Engine::Linked(..)) {
            // The others cannot be asked.
            let census = Census {
                rooms: here.collect(),
                complete: false,
            };
            answer.send(census).ok();
            return;
        }
        let body = Body::Census { rooms };
        let number = self.mail.say(self.nodes.topic(), &body);
        let now = Instant::now();
        self.censuses
            .begin(number, self.nodes.known(), here, answer, now);
    }

    fn answer_census(&mut self, asked: PublicationId, rooms: &str) {
        let counted: Vec<_> = self.rooms.counts(rooms).collect();
        let topic = nodes::private(asked.origin);
        let mut parts = counted.chunks(ROOMS).peekable();
        loop {
            let part = parts.next().unwrap_or_default();
            let rooms = part
                .iter()
                .map(|(room, count)| (room.as_str(), *count as u64));
            let body = Body::Counted {
                census: asked.number,
                rooms: rooms.collect(),
                more: parts.peek().is_some(),
            };
            self.mail.say(&topic, &body);
            if parts.peek().is_none() {
                break;
            }
        }
    }

    /// Does what is due.
    fn keep_time(&mut self, now: Instant) {
        self.mail.give_up(now);
        self.rooms.give_up(now, &self.mail);
        self.rooms.settle_doubts(now);
        self.censuses.settle(now);
        for node in self.nodes.silent(now) {
            tracing::warn!(
                node = format_args!("{node:x}"),
                "a node is silent and counts as dead"
            );
            self.rooms.lose_node(node);
        }
        if matches!(self.engine, Engine::Linked(..)) {
            if let Some(first) = self.nodes.beat(now) {
                self.mail.say(self.nodes.topic(), &Body::Alive { first });
            }
            self.rooms.tell_presence(now, &mut self.mail);
        }
    }

    fn next_instant(&self) -> Instant {
        let again = match &self.engine {
            Engine::Away { again, .. } => Some(*again),
            Engine::Connecting { .. } | Engine::Linked(..) => None,
        };
        let linked = matches!(self.engine, Engine::Linked(..));
        let leaving = self.leaving.as_ref().map(|leaving| leaving.until);
        let instants = [
            again,
            leaving,
            self.mail.next_instant(),
            self.rooms.next_instant(linked, &self.mail),
            self.nodes.next_instant(linked),
            self.censuses.next_instant(),
        ];
        let far = Instant::now() + Duration::from_secs(3600);
        instants.into_iter().flatten().min().unwrap_or(far)
    }

    /// Has the engine do what may be done now.
    fn start_jobs(&mut self, now: Instant) {
        let link = match &self.engine {
            Engine::Away { failures, again } if *again <= now => {
                let failures = *failures;
                return self.connect(failures);
            }
            Engine::Away { .. } | Engine::Connecting { .. } => return,
            Engine::Linked(link, _) => link,
        };
        if let Some((join, leave)) = self.rooms.subscriptions() {
            let link = Arc::clone(link);
            self.jobs.push(Box::pin(async move {
                let subscribed = async {
                    for topics in leave.chunks(TOPICS) {
                        link.unsubscribe(topics).await?;
                    }
                    for topics in join.chunks(TOPICS) {
                        link.subscribe(topics).await?;
                    }
                    Ok(())
                };
                Done::Subscribed(subscribed.await.map(|()| join))
            }));
        }
        for (topic, room, keep, after) in self.rooms.reads(now) {
            let link = Arc::clone(link);
            self.jobs.push(Box::pin(async move {
                let page = link.read(&topic, keep, after, PAGE).await;
                Done::Read(topic, room, page)
            }));
        }
        if let Some(batch) = self.mail.batch() {
            let link = Arc::clone(link);
            self.jobs.push(Box::pin(async move {
                Done::Published(link.publish(&batch).await)
            }));
        }
    }

    fn connect(&mut self, failures: u32) {
        self.engine = Engine::Connecting { failures };
        let backplane = Arc::clone(&self.backplane);
        let limit = self.terms.inbox;
        let topics = [self.nodes.topic(), self.nodes.private()].map(Topic::clone);
        self.jobs.push(Box::pin(async move {
            let (inbox, arrivals) = Inbox::new(limit);
            let link = async {
                let link = backplane.connect(inbox).await?;
                link.subscribe(&topics).await?;
                Ok(link)
            };
            Done::Connected(link.await, arrivals)
        }));
    }

    fn finish(&mut self, done: Done) {
        match done {
            Done::Connected(Ok(link), arrivals) => {
                self.engine = Engine::Linked(Arc::from(link), arrivals);
                self.desk.meters.connected(true);
                self.status.send_replace(Status::Connected);
                self.nodes.linked(Instant::now());
                self.rooms.linked(&mut self.mail);
                tracing::info!(
                    backplane = self.backplane.name(),
                    "connected to the backplane"
                );
            }
            Done::Read(topic, room, Err(error @ BackplaneError::Unsupported { .. })) => {
                tracing::error!(%topic, %error, "a room goes without its record");
                self.rooms.unreadable(topic, room);
            }
            Done::Connected(Err(error), _)
            | Done::Subscribed(Err(error))
            | Done::Published(Err(error))
            | Done::Read(_, _, Err(error)) => self.lose(error),
            Done::Subscribed(Ok(topics)) => self.rooms.subscribed(&topics),
            Done::Published(Ok(published)) => self.mail.published(published),
            Done::Read(topic, room, Ok(page)) => {
                self.rooms.read(&topic, room, page, &mut self.mail)
            }
        }
    }

    /// The engine is gone, or has not been reached.
    fn lose(&mut self, error: BackplaneError) {
        let failures = match &self.engine {
            Engine::Connecting { failures } => *failures,
            Engine::Linked(..) => {
                self.desk.meters.lost_link();
                self.desk.meters.connected(false);
                0
            }
            Engine::Away { .. } => return,
        };
        let pause = pause(failures);
        tracing::warn!(%error, ?pause, "no backplane: members of this node are served alone");
        self.status.send_replace(Status::Failed(Arc::new(error)));
        self.engine = Engine::Away {
            failures: failures.saturating_add(1),
            again: Instant::now() + pause,
        };
        // Whatever the engine was doing, nobody will know.
        self.jobs.clear();
        let mut unsaid = self.mail.interrupt();
        unsaid.retain(|topic| topic.rooms() != self.nodes.topic().rooms());
        if let Some(leaving) = &mut self.leaving {
            leaving.said = false;
        }
        self.rooms.interrupt(unsaid);
    }

    /// Whether there is no more to do for a node that leaves.
    fn has_left(&mut self, now: Instant) -> bool {
        let Some(leaving) = &mut self.leaving else {
            return false;
        };
        let linked = matches!(self.engine, Engine::Linked(..));
        let done = self.mail.is_empty() && !self.rooms.hold_mail();
        if done && linked && !leaving.said {
            leaving.said = true;
            self.mail.say(self.nodes.topic(), &Body::Leaving);
            return false;
        }
        if !done && now < leaving.until {
            return false;
        }
        self.status.send_replace(Status::Left);
        if let Some(told) = leaving.told.take() {
            told.send(()).ok();
        }
        true
    }
}

/// How long it is waited before the engine is tried again: at least half of
/// what doubles each time, and by chance up to the whole, so that not all nodes
/// come at once.
fn pause(failures: u32) -> Duration {
    let most = FIRST_PAUSE.saturating_mul(1 << failures.min(16));
    let most = most.min(LAST_PAUSE);
    let chance = RandomState::new().hash_one(failures) >> 40;
    #[expect(clippy::cast_precision_loss, reason = "24 bits of it")]
    let part = 0.5 + 0.5 * (chance as f64 / f64::from(1 << 24));
    most.mul_f64(part)
}

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LAST_PAUSE: Duration = Duration::from_secs(5);
/// How many topics are subscribed to at once.
const TOPICS: usize = 1000;
/// How many rooms are told of at once.
const ROOMS: usize = 1000;
/// How many messages of a record are read at once.
const PAGE: usize = 100;
/// How long it is waited for more before the other nodes are told who came and
/// went.
const WINDOW: Duration = Duration::from_millis(50);
/// How long it is waited for a thread that is blocked.
const RETRY: Duration = Duration::from_millis(100);
