use std::{collections::VecDeque, sync::Arc, time::Duration};

use tokio::time::Instant;

use crate::backplane::{BackplaneError, Publication, Published, Topic};

use super::super::{
    PublishError,
    desk::{Desk, Letter},
    envelope::{self, Body},
};

/// What is to be published, in its order. One batch is under way at a time, so
/// that nothing overtakes when it has to be repeated; what comes meanwhile is
/// the next one.
pub(super) struct Mail {
    desk: Arc<Desk>,
    patience: Duration,
    waiting: VecDeque<Letter>,
    under_way: Vec<Letter>,
}

impl Mail {
    pub(super) const fn new(desk: Arc<Desk>, patience: Duration) -> Self {
        Self {
            desk,
            patience,
            waiting: VecDeque::new(),
            under_way: Vec::new(),
        }
    }

    pub(super) fn post(&mut self, letter: Letter) {
        self.waiting.push_back(letter);
    }

    /// Says something of the node's own, and tells its number.
    pub(super) fn say(&mut self, topic: &Topic, body: &Body<'_>) -> u64 {
        let id = self.desk.next_id();
        self.waiting.push_back(Letter {
            publication: Publication {
                topic: topic.clone(),
                payload: envelope::seal(envelope::encode(body), id),
                id,
                keep: None,
            },
            since: Instant::now().into_std(),
            tried: false,
            weight: 0,
            answer: None,
        });
        id.number
    }

    /// What is published next, if nothing is under way.
    pub(super) fn batch(&mut self) -> Option<Vec<Publication>> {
        if !self.under_way.is_empty() || self.waiting.is_empty() {
            return None;
        }
        let mut bytes = 0;
        let fits = |letter: &&Letter| {
            bytes += letter.publication.payload.len();
            bytes <= BATCH_BYTES
        };
        let count = self.waiting.iter().take(BATCH).take_while(fits).count();
        let letters = self.waiting.drain(..count.max(1));
        self.under_way.extend(letters);
        let publications = self.under_way.iter().map(|it| it.publication.clone());
        Some(publications.collect())
    }

    pub(super) fn published(&mut self, published: Vec<Published>) {
        let mut published = published.into_iter();
        for letter in self.under_way.drain(..) {
            self.desk.settle(letter.weight);
            let result = match published.next() {
                Some(Ok(position)) => {
                    self.desk.meters.published();
                    Ok(position)
                }
                Some(Err(error)) => {
                    self.desk.meters.given_up();
                    tracing::warn!(topic = %letter.publication.topic, %error, "a message was not published");
                    Err(refusal(error))
                }
                None => Err(PublishError::Unknown),
            };
            if let Some(answer) = letter.answer {
                answer.send(result).ok();
            }
        }
    }

    /// Nobody knows what became of what was under way: it goes again. Only what
    /// the node said of itself is said anew when there is a link; tells on
    /// which topics.
    pub(super) fn interrupt(&mut self) -> Vec<Topic> {
        for mut letter in self.under_way.drain(..).rev() {
            letter.tried = true;
            self.waiting.push_front(letter);
        }
        let mut unsaid = Vec::new();
        self.waiting.retain(|letter| {
            if letter.weight == 0 {
                unsaid.push(letter.publication.topic.clone());
            }
            letter.weight > 0
        });
        unsaid
    }

    /// Gives up what has waited too long.
    pub(super) fn give_up(&mut self, now: Instant) {
        while self
            .waiting
            .front()
            .is_some_and(|it| is_late(it, self.patience, now))
        {
            if let Some(letter) = self.waiting.pop_front() {
                self.drop_late(letter);
            }
        }
    }

    /// Gives up this.
    pub(super) fn drop_late(&self, letter: Letter) {
        self.desk.settle(letter.weight);
        if letter.weight == 0 {
            return;
        }
        self.desk.meters.given_up();
        if let Some(answer) = letter.answer {
            let error = if letter.tried {
                PublishError::Unknown
            } else {
                PublishError::Expired {
                    patience: self.patience,
                }
            };
            answer.send(Err(error)).ok();
        }
    }

    pub(super) const fn patience(&self) -> Duration {
        self.patience
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.under_way.is_empty()
    }

    /// When the oldest is given up.
    pub(super) fn next_instant(&self) -> Option<Instant> {
        let oldest = self.waiting.front()?;
        Some(Instant::from_std(oldest.since + self.patience))
    }
}

pub(super) fn is_late(letter: &Letter, patience: Duration, now: Instant) -> bool {
    now.into_std().duration_since(letter.since) >= patience
}

fn refusal(error: BackplaneError) -> PublishError {
    PublishError::Refused {
        reason: error.to_string(),
    }
}

/// The most messages of a batch.
const BATCH: usize = 512;
/// The most bytes of a batch, if it is more than one message.
const BATCH_BYTES: usize = 1 << 20;
