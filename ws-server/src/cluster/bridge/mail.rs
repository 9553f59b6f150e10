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

    /// Gives up what has waited too long. What the node says of itself is not,
    /// as the others build on each of these.
    pub(super) fn give_up(&mut self, now: Instant) {
        let mut own = Vec::new();
        while self
            .waiting
            .front()
            .is_some_and(|it| is_late(it, self.patience, now))
        {
            match self.waiting.pop_front() {
                Some(letter) if letter.weight == 0 => own.push(letter),
                Some(letter) => self.drop_late(letter),
                None => {}
            }
        }
        for letter in own.into_iter().rev() {
            self.waiting.push_front(letter);
        }
    }

    /// Gives up this.
    pub(super) fn drop_late(&self, letter: Letter) {
        self.desk.settle(letter.weight);
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
        let oldest = self.waiting.iter().find(|letter| letter.weight > 0)?;
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

#[cfg(test)]
mod tests {
    use super::{super::super::meters::Meters, *};

    const PATIENCE: Duration = Duration::from_secs(10);

    #[test]
    fn what_the_node_says_of_itself_is_not_given_up() {
        let desk = Desk::new(1, 1 << 20, Meters::new("memory"));
        let mut mail = Mail::new(Arc::new(desk), PATIENCE);
        let topic = Topic::new("rooms", "lobby");
        mail.say(&topic, &Body::Ask);
        mail.give_up(Instant::now() + PATIENCE * 2);
        assert_eq!(mail.next_instant(), None, "nothing is to be given up");
        assert_eq!(mail.batch().map(|batch| batch.len()), Some(1));
    }
}
