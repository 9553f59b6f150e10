use std::{
    collections::VecDeque,
    future::pending,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use futures_util::{StreamExt, future::BoxFuture, stream::FuturesUnordered};
use tokio::{
    sync::{oneshot, watch},
    time::{Instant, sleep_until},
};

use crate::backplane::{Arrival, Arrivals, Backplane, Link};

use super::{
    Status, Terms,
    desk::{Desk, Order},
    envelope::Body,
};

mod censuses;
mod jobs;
mod mail;
mod nodes;
mod record;
mod room;
mod rooms;
mod roster;
mod signs;

use self::{censuses::Censuses, jobs::Done, mail::Mail, nodes::Nodes, rooms::Rooms};

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

/// How long it is waited for more before the other nodes are told who came and
/// went.
const WINDOW: Duration = Duration::from_millis(50);
/// How long it is waited for a thread that is blocked.
const RETRY: Duration = Duration::from_millis(100);
