use std::{
    fmt::{self, Display},
    hash::{BuildHasher, RandomState},
    marker::PhantomData,
    sync::Arc,
};

use tokio::sync::Mutex;
use ws_core::PreparedMessage;

use crate::{
    History,
    backplane::{
        Arrivals, Backplane, BackplaneError, Inbox, Keep, Link, MAX_PAYLOAD, Position, Publication,
        PublicationId, Topic,
    },
    group::{Audience, Parcel},
};

use super::envelope;

/// Publishes to rooms from a process that serves none: a job, a command, a
/// service of another kind.
///
/// It needs the engine and no server of this crate. `K` is what names a room, as
/// in the [`Rooms`](crate::Rooms) that serve it.
///
/// ```no_run
/// # async fn nightly() -> Result<(), Box<dyn std::error::Error>> {
/// # use ws_server::backplane::Memory as Engine;
/// use ws_server::Publisher;
///
/// let publisher = Publisher::<String>::connect(Engine::new(), "chat").await?;
/// publisher.publish(&"lobby".to_owned(), "the backup is done").await?;
/// # Ok(())
/// # }
/// ```
pub struct Publisher<K: ?Sized> {
    backplane: Arc<dyn Backplane>,
    rooms: String,
    keep: Option<Keep>,
    origin: u64,
    way: Mutex<Way>,
    key: PhantomData<fn(&K)>,
}

struct Way {
    link: Option<(Box<dyn Link>, Arrivals)>,
    number: u64,
}

impl<K: Display + ?Sized> Publisher<K> {
    /// Connects to the engine of the rooms of this
    /// [name](crate::RoomsBuilder::name).
    ///
    /// # Errors
    ///
    /// If the engine cannot be reached.
    pub async fn connect(
        backplane: impl Backplane,
        rooms: impl Into<String>,
    ) -> Result<Self, BackplaneError> {
        let publisher = Self {
            backplane: Arc::new(backplane),
            rooms: rooms.into(),
            keep: None,
            origin: RandomState::new().hash_one(0),
            way: Mutex::new(Way {
                link: None,
                number: 0,
            }),
            key: PhantomData,
        };
        let mut way = publisher.way.lock().await;
        way.link(&*publisher.backplane).await?;
        drop(way);
        Ok(publisher)
    }

    /// The rooms keep a [`History`]: this one, as those who serve them say.
    #[must_use]
    pub const fn history(mut self, history: &History) -> Self {
        self.keep = Some(history.keep());
        self
    }

    /// Sends a message to all members of a room, and waits until the engine has
    /// it; tells its position, if the room keeps a [`History`] and the engine
    /// knows it.
    ///
    /// A connection that was lost is made anew. What goes into a record is sent
    /// again then if nobody knows whether it arrived, since the engine takes it
    /// once; other messages are not.
    ///
    /// # Errors
    ///
    /// If the engine cannot be reached or refuses the message, or if the
    /// connection is lost before it has answered.
    pub async fn publish(
        &self,
        room: &K,
        message: impl Into<PreparedMessage>,
    ) -> Result<Option<Position>, BackplaneError> {
        let parcel = Parcel::Message(message.into());
        let body = envelope::encode_parcel(&parcel, &Audience::All).unwrap_or_default();
        if body.len() > MAX_PAYLOAD {
            return Err(BackplaneError::Refused {
                engine: self.backplane.name(),
                reason: format!("it is longer than {MAX_PAYLOAD} bytes"),
            });
        }
        let mut way = self.way.lock().await;
        way.number += 1;
        let id = PublicationId {
            origin: self.origin,
            number: way.number,
        };
        let publication = [Publication {
            topic: Topic::new(&self.rooms, &room.to_string()),
            payload: envelope::seal(body, id),
            id,
            keep: self.keep,
        }];
        let tries = if self.keep.is_some() { 2 } else { 1 };
        for _ in 1..tries {
            if let Ok(published) = way.publish(&*self.backplane, &publication).await {
                return published;
            }
        }
        way.publish(&*self.backplane, &publication).await?
    }
}

impl Way {
    async fn link(&mut self, backplane: &dyn Backplane) -> Result<&dyn Link, BackplaneError> {
        let link = match self.link.take() {
            Some(link) => link,
            None => {
                // Nothing is subscribed to, so nothing arrives but a loss.
                let (inbox, arrivals) = Inbox::new(1 << 20);
                (backplane.connect(inbox).await?, arrivals)
            }
        };
        Ok(&*self.link.insert(link).0)
    }

    async fn publish(
        &mut self,
        backplane: &dyn Backplane,
        publication: &[Publication],
    ) -> Result<Result<Option<Position>, BackplaneError>, BackplaneError> {
        if let Some((_, arrivals)) = &mut self.link
            && arrivals.is_lost()
        {
            self.link = None;
        }
        let published = self.link(backplane).await?.publish(publication).await;
        let mut published = published.inspect_err(|_| self.link = None)?;
        Ok(published.pop().unwrap_or(Ok(None)))
    }
}

impl<K: ?Sized> fmt::Debug for Publisher<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Publisher")
            .field("backplane", &self.backplane)
            .field("rooms", &self.rooms)
            .finish_non_exhaustive()
    }
}
