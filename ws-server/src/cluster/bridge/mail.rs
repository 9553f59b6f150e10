use std::{collections::VecDeque, sync::Arc, time::Duration};

use tokio::time::Instant;

use crate::backplane::{BackplaneError, Publication, Published, Topic};

use super::super::{
    PublishError,
    desk::{Desk, Letter},
    envelope::{self, Body},
};

/// What is to be published. One batch is under way at a time, so that nothing
/// overtakes when it has to be repeated; what comes meanwhile is the next one.
///
/// What members say goes in its order, and so does what the node says of itself,
/// but the two have nothing to do with each other: when all rooms list their
/// members after a loss, nobody's message waits behind that.
pub(super) struct Mail {
    desk: Arc<Desk>,
    patience: Duration,
    waiting: VecDeque<Letter>,
    /// What the node says of itself.
    own: VecDeque<Letter>,
    under_way: Vec<Letter>,
}

impl Mail {
    pub(super) const fn new(desk: Arc<Desk>, patience: Duration) -> Self {
        Self {
            desk,
            patience,
            waiting: VecDeque::new(),
            own: VecDeque::new(),
            under_way: Vec::new(),
        }
    }

    pub(super) fn post(&mut self, letter: Letter) {
        self.waiting.push_back(letter);
    }

    /// Says something of the node's own, and tells its number.
    pub(super) fn say(&mut self, topic: &Topic, body: &Body<'_>) -> u64 {
        let id = self.desk.next_id();
        let letter = Letter {
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
        };
        if matches!(body, Body::Alive { .. }) {
            // However much there is to tell, this node is not dead.
            self.own.push_front(letter);
        } else {
            self.own.push_back(letter);
        }
        id.number
    }

    /// What is published next, if nothing is under way.
    pub(super) fn batch(&mut self) -> Option<Vec<Publication>> {
        if !self.under_way.is_empty() {
            return None;
        }
        let mut bytes = 0;
        for (letters, most) in [(&mut self.waiting, BATCH), (&mut self.own, OWN)] {
            let fits = |letter: &&Letter| {
                bytes += letter.publication.payload.len();
                bytes <= BATCH_BYTES
            };
            let count = letters.iter().take(most).take_while(fits).count();
            // One that is too long for any batch goes all the same.
            let count = count.max(1).min(letters.len());
            self.under_way.extend(letters.drain(..count));
        }
        let publications = self.under_way.iter().map(|it| it.publication.clone());
        Some(publications.collect()).filter(|batch: &Vec<_>| !batch.is_empty())
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
            let queue = if letter.weight == 0 {
                &mut self.own
            } else {
                &mut self.waiting
            };
            queue.push_front(letter);
        }
        let unsaid = self.own.drain(..);
        unsaid.map(|letter| letter.publication.topic).collect()
    }

    /// Gives up what has waited too long. What the node says of itself is not,
    /// as the others build on each of these.
    pub(super) fn give_up(&mut self, now: Instant) {
        let late = |letter: &Letter| is_late(letter, self.patience, now);
        while self.waiting.front().is_some_and(late) {
            if let Some(letter) = self.waiting.pop_front() {
                self.drop_late(letter);
            }
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
        self.waiting.is_empty() && self.own.is_empty() && self.under_way.is_empty()
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
/// The most that the node says of itself in a batch.
const OWN: usize = 256;
/// The most bytes of a batch, if it is more than one message.
const BATCH_BYTES: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use super::{
        super::super::{desk::Order, meters::Meters},
        *,
    };

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

    #[test]
    fn messages_do_not_wait_behind_what_the_node_says_of_itself() {
        let desk = Arc::new(Desk::new(1, 1 << 20, Meters::new("memory")));
        let mut mail = Mail::new(Arc::clone(&desk), PATIENCE);
        let lobby = Topic::new("rooms", "lobby");
        for _ in 0..10 * OWN {
            mail.say(&Topic::new("rooms", "other"), &Body::Ask);
        }
        let body = envelope::encode(&Body::Ask);
        desk.publish(&lobby, body, None, None)
            .expect("there is room");
        for order in desk.take() {
            if let Order::Publish(letter) = order {
                mail.post(*letter);
            }
        }
        mail.say(&Topic::of_nodes("all"), &Body::Alive { first: false });
        let batch = mail.batch().expect("there is much to say");
        assert_eq!(batch[0].topic, lobby);
        assert_eq!(batch[1].topic, Topic::of_nodes("all"));
        assert_eq!(batch.len(), 1 + OWN);
        // Of the rest none is lost, though the link is.
        assert_eq!(mail.interrupt().len(), 10 * OWN + 1);
        assert_eq!(mail.batch().map(|batch| batch.len()), Some(1));
    }
}
