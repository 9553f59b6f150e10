use std::{
    borrow::Cow,
    fmt,
    hash::Hash,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use serde::{Serialize, de::DeserializeOwned};
use ws_core::PreparedMessage;

use crate::{backplane::Memory, cluster::Cluster};

use super::{
    Presence, Room, Rooms,
    actor::Host,
    history::History,
    meters::Meters,
    news::{Announcer, Together},
    reach::{Codec, Reach, Ways},
};

/// Says on which terms [`Rooms`] are joined.
///
/// ```
/// use ws_server::{Presence, Rooms};
///
/// let rooms = Rooms::<String, String>::builder()
///     .max_members(500)
///     .announce(|_, presence| match presence {
///         Presence::Joined(member) => Some(format!("{} is here", member.data()).into()),
///         Presence::Left(member) => Some(format!("{} has left", member.data()).into()),
///     })
///     .build();
/// ```
pub struct RoomsBuilder<K, D = ()> {
    name: Cow<'static, str>,
    max_members: usize,
    max_rooms: usize,
    announcer: Option<Announcer<K, D>>,
    cluster: Option<Cluster>,
    history: Option<History>,
    codec: Option<Codec<D>>,
    /// There if the rooms reach other nodes, or keep a record.
    ways: Option<Ways<K, D>>,
}

type Open<K, D> = Box<dyn Fn(&Room<K, D>) -> Arc<dyn Host<D>> + Send + Sync>;

impl<K: Clone + Eq + Hash, D> RoomsBuilder<K, D> {
    pub(super) fn new() -> Self {
        Self {
            name: Cow::Borrowed("rooms"),
            max_members: usize::MAX,
            max_rooms: 100,
            announcer: None,
            cluster: None,
            history: None,
            codec: None,
            ways: None,
        }
    }

    /// What [metrics](crate::metrics) call the rooms, and by which other nodes
    /// know them. Default: `rooms`.
    #[must_use]
    pub fn name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.name = name.into();
        self
    }

    /// The most members that a room may have, at least one.
    ///
    /// Default: no limit of its own, as the server limits its connections.
    #[must_use]
    pub fn max_members(mut self, limit: usize) -> Self {
        self.max_members = limit.max(1);
        self
    }

    /// The most of these rooms that one connection may be in.
    ///
    /// Default: 100, so that a peer that chooses its rooms cannot fill the
    /// server with them.
    #[must_use]
    pub const fn max_rooms_per_connection(mut self, limit: usize) -> Self {
        self.max_rooms = limit;
        self
    }

    /// Has joining and leaving broadcast to the other members of the room: with
    /// the message that `announce` makes of it, or not at all.
    ///
    /// The announcements are in one order with each other, with what is
    /// broadcast, and with what [`Rooms::join_and_list`] tells.
    #[must_use]
    pub fn announce(
        mut self,
        announce: impl Fn(&K, &Presence<D>) -> Option<PreparedMessage> + Send + Sync + 'static,
    ) -> Self {
        self.announcer = Some(Announcer::Each(Box::new(announce)));
        self
    }

    /// Has joining and leaving told to all members of the room together: with
    /// the message that `announce` makes of what happened in this time, or not
    /// at all.
    ///
    /// For rooms that many enter at once, such as after a restart: a thousand
    /// who join would be told of a thousand each otherwise. Who came and went
    /// meanwhile is not in it, and who joined hears of itself too. The messages
    /// are in one order with each other, with what is broadcast, and with what
    /// [`Rooms::join_and_list`] tells, which is who was there when all were told
    /// last.
    #[must_use]
    pub fn announce_together(
        mut self,
        every: Duration,
        announce: impl Fn(&K, &[Presence<D>]) -> Option<PreparedMessage> + Send + Sync + 'static,
    ) -> Self
    where
        K: Send + Sync + 'static,
        D: Send + Sync + 'static,
    {
        let together = Together::new(every, Box::new(announce));
        self.announcer = Some(Announcer::Together(together));
        self
    }

    /// Has all nodes with this engine serve the same rooms: those of the same
    /// [`name`](Self::name) and the same key, as it is displayed.
    ///
    /// It takes an engine, such as [`Memory`](crate::backplane::Memory), or a
    /// [`Cluster`] that was made of one, to set its limits or to share it with
    /// other rooms. What is broadcast to a room reaches members on all nodes,
    /// and the lists of members have those of all nodes, who bring along what
    /// serde can write and read.
    ///
    /// Members on the node of who broadcasts are given the message at once,
    /// those on other nodes when it has come there: all get the messages of one
    /// node in their order. If all have to get all messages in the same order,
    /// and none may be missing, let the rooms keep a
    /// [`history`](Self::history).
    #[must_use]
    pub fn backplane(mut self, cluster: impl Into<Cluster>) -> Self
    where
        K: fmt::Display + Send + Sync + 'static,
        D: Serialize + DeserializeOwned + Send + Sync + 'static,
    {
        self.cluster = Some(cluster.into());
        self.codec = Some(Codec::new());
        self.ways = Some(Ways::new());
        self
    }

    /// Has each room keep its newest messages, and all members get them in one
    /// order.
    ///
    /// Without a [`backplane`](Self::backplane) they are kept in memory, for a
    /// day after the last has left a room.
    #[must_use]
    pub fn history(mut self, history: History) -> Self
    where
        K: fmt::Display + Send + Sync + 'static,
        D: Send + Sync + 'static,
    {
        self.history = Some(history);
        self.ways = Some(Ways::new());
        self
    }

    /// Finishes the description.
    #[must_use]
    pub fn build(self) -> Rooms<K, D> {
        self.open(None)
    }

    pub(super) fn open(self, open: Option<Open<K, D>>) -> Rooms<K, D> {
        let (cluster, codec) = (self.cluster, self.codec);
        let history = self.history.map(Arc::new);
        let reach = self.ways.map(|ways| Reach {
            cluster: cluster.unwrap_or_else(|| Memory::new().into()),
            history,
            codec,
            ways,
        });
        Rooms::with(Terms {
            reach,
            max_members: self.max_members,
            max_rooms: self.max_rooms,
            announcer: self.announcer,
            open,
            meters: Arc::new(Meters::new(&self.name)),
            name: self.name,
        })
    }
}

impl<K, D> fmt::Debug for RoomsBuilder<K, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RoomsBuilder")
            .field("name", &self.name)
            .field("max_members", &self.max_members)
            .field("max_rooms_per_connection", &self.max_rooms)
            .finish_non_exhaustive()
    }
}

/// The terms on which rooms are joined.
pub(super) struct Terms<K, D> {
    pub(super) name: Cow<'static, str>,
    pub(super) reach: Option<Reach<K, D>>,
    pub(super) max_members: usize,
    pub(super) max_rooms: usize,
    pub(super) announcer: Option<Announcer<K, D>>,
    pub(super) open: Option<Open<K, D>>,
    pub(super) meters: Arc<Meters>,
}

impl<K, D> Terms<K, D> {
    /// What the others are told at once.
    pub(super) fn announcement(&self, key: &K, presence: &Presence<D>) -> Option<PreparedMessage> {
        let announce = match self.announcer.as_ref()? {
            Announcer::Each(announce) => announce,
            Announcer::Together(_) => return None,
        };
        // Who leaves may be leaving because of a panic, and all have to know.
        let made = catch_unwind(AssertUnwindSafe(|| announce(key, presence)));
        made.unwrap_or_else(|_| {
            tracing::error!("announcing a member panicked: the others are not told");
            None
        })
    }

    /// How they are told together, if they are.
    pub(super) const fn together(&self) -> Option<&Together<K, D>> {
        match &self.announcer {
            Some(Announcer::Together(together)) => Some(together),
            Some(Announcer::Each(_)) | None => None,
        }
    }
}
