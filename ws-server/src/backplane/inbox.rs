use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use thiserror::Error;
use tokio::sync::Notify;

use super::{BackplaneError, Position, Topic};

/// Where a [`Link`](super::Link) leaves what arrives. A clone is the same.
#[derive(Clone)]
pub struct Inbox(Arc<Shared>);

/// The other end of an [`Inbox`].
pub struct Arrivals(Arc<Shared>);

/// Something was published on a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "engines of others make it")]
pub struct Arrival {
    /// Where.
    pub topic: Topic,
    /// What.
    pub payload: Bytes,
    /// Where it stands in the record, if it was recorded.
    pub place: Option<Place>,
}

/// Where a message stands in the record of its topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "engines of others make it")]
pub struct Place {
    /// Its position.
    pub position: Position,
    /// The offset of the message before; 0 if it is the first.
    pub previous: u64,
}

/// More has arrived than is kept: the link has to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("messages arrive faster than they are taken; the link has to end")]
#[non_exhaustive]
pub struct Overrun;

struct Shared {
    limit: usize,
    state: Mutex<State>,
    news: Notify,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Arrival>,
    bytes: usize,
    lost: Option<BackplaneError>,
}

impl Inbox {
    /// An inbox that keeps so many bytes.
    #[must_use]
    pub fn new(limit: usize) -> (Self, Arrivals) {
        let shared = Arc::new(Shared {
            limit,
            state: Mutex::default(),
            news: Notify::new(),
        });
        (Self(Arc::clone(&shared)), Arrivals(shared))
    }

    /// Leaves what has arrived.
    ///
    /// # Errors
    ///
    /// If there is no room for it, or nobody takes anything any more. The link
    /// counts as lost then.
    pub fn push(&self, arrival: Arrival) -> Result<(), Overrun> {
        let mut state = self.0.lock();
        if state.lost.is_some() {
            return Err(Overrun);
        }
        if state.bytes >= self.0.limit {
            state.lost = Some(BackplaneError::Lost {
                engine: "backplane",
                source: Box::new(Overrun),
            });
            drop(state);
            self.0.news.notify_one();
            return Err(Overrun);
        }
        state.bytes += arrival.len();
        let first = state.waiting.is_empty();
        state.waiting.push_back(arrival);
        drop(state);
        if first {
            self.0.news.notify_one();
        }
        Ok(())
    }

    /// Says that the link is gone: nothing arrives any more.
    pub fn lost(&self, error: BackplaneError) {
        self.0.lock().lost.get_or_insert(error);
        self.0.news.notify_one();
    }
}

impl Arrivals {
    /// Waits for something, and takes all there is.
    ///
    /// # Errors
    ///
    /// If the link is lost, and all that came before has been taken.
    pub async fn next(&mut self) -> Result<VecDeque<Arrival>, BackplaneError> {
        loop {
            {
                let mut state = self.0.lock();
                if !state.waiting.is_empty() {
                    state.bytes = 0;
                    return Ok(std::mem::take(&mut state.waiting));
                }
                if let Some(lost) = state.lost.take() {
                    // Whoever pushes now learns that nobody listens.
                    state.lost = Some(gone());
                    return Err(lost);
                }
            }
            self.0.news.notified().await;
        }
    }
}

impl Arrivals {
    /// Whether the link is lost, though not all that came before may have been
    /// taken.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.0.lock().lost.is_some()
    }
}

impl Drop for Arrivals {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.lost.get_or_insert_with(gone);
        state.waiting.clear();
    }
}

fn gone() -> BackplaneError {
    BackplaneError::Lost {
        engine: "backplane",
        source: "it is not listened to any more".into(),
    }
}

impl Arrival {
    /// What it holds in memory, in bytes.
    fn len(&self) -> usize {
        self.payload.len() + size_of::<Self>()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing in here panics half way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox")
            .field("waiting", &self.0.lock().waiting.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Arrivals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arrivals")
            .field("waiting", &self.0.lock().waiting.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrival(text: &'static str) -> Arrival {
        Arrival {
            topic: Topic::new("rooms", "lobby"),
            payload: Bytes::from_static(text.as_bytes()),
            place: None,
        }
    }

    #[actix_web::test]
    async fn what_came_before_the_loss_is_taken_first() {
        let (inbox, mut arrivals) = Inbox::new(1 << 20);
        inbox.push(arrival("one")).unwrap();
        inbox.lost(gone());
        assert!(inbox.push(arrival("two")).is_err());
        assert_eq!(arrivals.next().await.unwrap(), [arrival("one")]);
        assert!(arrivals.next().await.is_err());
        assert!(arrivals.next().await.is_err());
    }

    #[actix_web::test]
    async fn link_ends_when_too_much_has_arrived() {
        let (inbox, mut arrivals) = Inbox::new(100);
        inbox.push(arrival("one")).unwrap();
        inbox.push(arrival("two")).unwrap_or(());
        while inbox.push(arrival("more")).is_ok() {}
        assert!(!arrivals.next().await.unwrap().is_empty());
        assert!(arrivals.next().await.is_err());
    }

    #[actix_web::test]
    async fn nothing_is_kept_for_who_has_left() {
        let (inbox, arrivals) = Inbox::new(1 << 20);
        drop(arrivals);
        assert!(inbox.push(arrival("one")).is_err());
    }
}
