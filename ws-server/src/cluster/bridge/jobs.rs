//! What the engine is doing, and what becomes of it.

use std::{
    hash::{BuildHasher, RandomState},
    sync::Arc,
    time::Duration,
};

use tokio::time::Instant;

use crate::backplane::{Arrivals, BackplaneError, Inbox, Link, Page, Published, Topic};

use super::{super::Status, Bridge, Engine};

/// What the engine has done.
pub(super) enum Done {
    Connected(Result<Box<dyn Link>, BackplaneError>, Arrivals),
    /// These are subscribed to now.
    Subscribed(Result<Vec<Topic>, BackplaneError>),
    Published(Result<Vec<Published>, BackplaneError>),
    Read(Topic, u64, Result<Page, BackplaneError>),
}

impl Bridge {
    /// Has the engine do what may be done now.
    pub(super) fn start_jobs(&mut self, now: Instant) {
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

    pub(super) fn connect(&mut self, failures: u32) {
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

    pub(super) fn finish(&mut self, done: Done) {
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
            // There is a link, and another would be no better.
            Done::Read(
                topic,
                room,
                Err(error @ (BackplaneError::Unsupported { .. } | BackplaneError::Refused { .. })),
            ) => {
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
    pub(super) fn lose(&mut self, error: BackplaneError) {
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

/// How many topics are subscribed to at once.
const TOPICS: usize = 1000;
/// How many messages of a record are read at once.
const PAGE: usize = 100;
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LAST_PAUSE: Duration = Duration::from_secs(5);
