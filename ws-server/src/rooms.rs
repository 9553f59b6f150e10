use std::{
    collections::{HashMap, hash_map::Entry},
    fmt,
    hash::Hash,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use actix::Actor;
use ws_actors::WsContext;

use crate::{
    backplane::Topic,
    cluster::{Census, Cluster},
    group::MemberId,
};

mod actor;
mod broadcast;
mod builder;
mod error;
mod history;
mod log;
mod membership;
mod meters;
mod news;
mod place;
mod presence;
mod reach;
mod room;

pub use self::{
    actor::{ActorMembership, ActorRooms, RoomActor, RoomContext, TellError},
    builder::RoomsBuilder,
    error::{BroadcastError, JoinError},
    history::{History, Recovery, Since},
    membership::Membership,
    presence::{Member, Members, Presence},
    room::Room,
};
use self::{
    builder::Terms,
    place::Place,
    room::{Arrived, Newcomer, Refused},
};

/// Rooms that connections join, and that messages are broadcast to.
///
/// `K` names a room, `D` is what a member brings along, such as its name. A
/// clone is the same set of rooms, and works from any thread: from actors, from
/// plain HTTP handlers, from tasks. A room exists while it has members.
///
/// A broadcast is encoded once, and compressed once for all connections that
/// compress alike. All members get the messages of a room in the same order. A
/// member that reads too slowly costs the others nothing: its
/// [`Flow`](crate::Flow) says what becomes of it, by default its connection
/// closes with 1013.
///
/// ```
/// use actix::{Actor, Handler};
/// use ws_server::{Membership, Rooms, Text, WsContext};
///
/// struct Chat {
///     rooms: Rooms<String>,
///     room: Option<Membership<String>>,
/// }
///
/// impl Actor for Chat {
///     type Context = WsContext<Self>;
///
///     fn started(&mut self, ctx: &mut WsContext<Self>) {
///         self.room = self.rooms.join("lobby".to_owned(), (), ctx).ok();
///     }
/// }
///
/// impl Handler<Text> for Chat {
///     type Result = ();
///
///     fn handle(&mut self, Text(text): Text, _: &mut WsContext<Self>) {
///         if let Some(room) = &self.room {
///             room.broadcast_to_others(text).ok();
///         }
///     }
/// }
/// ```
///
/// [`builder`](Self::builder) sets limits, and has joining and leaving
/// announced. A room with an actor of its own is one of [`ActorRooms`].
pub struct Rooms<K, D = ()>(Arc<Inner<K, D>>);

struct Inner<K, D> {
    rooms: RwLock<RoomsByKey<K, D>>,
    terms: Terms<K, D>,
}

type RoomsByKey<K, D> = HashMap<K, Room<K, D>>;

impl<K: Clone + Eq + Hash, D> Rooms<K, D> {
    /// No rooms yet, and the default limits.
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Begins to say on which terms rooms are joined.
    #[must_use]
    pub fn builder() -> RoomsBuilder<K, D> {
        RoomsBuilder::new()
    }

    /// Makes the connection a member of a room, until the membership is dropped.
    ///
    /// It hears what is broadcast from now on. Keep the membership in the actor:
    /// it ends with it.
    ///
    /// # Errors
    ///
    /// If the room is full, or the connection is in too many.
    pub fn join<A>(
        &self,
        key: K,
        data: D,
        ctx: &WsContext<A>,
    ) -> Result<Membership<K, D>, JoinError>
    where
        A: Actor<Context = WsContext<A>>,
    {
        Ok(self.admit(&key, data, Since::Now, ctx, false)?.0)
    }

    /// As [`join`](Self::join), and tells who was there already.
    ///
    /// The list fits what is [announced](RoomsBuilder::announce) afterwards:
    /// nobody is in both, and nobody is missing. Whoever is the first on its node
    /// is told of members on other nodes when these have answered, as if they
    /// joined then.
    ///
    /// # Errors
    ///
    /// As for [`join`](Self::join).
    pub fn join_and_list<A>(
        &self,
        key: K,
        data: D,
        ctx: &WsContext<A>,
    ) -> Result<(Membership<K, D>, Members<D>), JoinError>
    where
        A: Actor<Context = WsContext<A>>,
    {
        self.admit(&key, data, Since::Now, ctx, true)
    }

    /// As [`join_and_list`](Self::join_and_list), and gives it the messages
    /// that it has missed, if the rooms keep a [`History`]: first what that
    /// [reports](History::report), then those messages, then what is sent from
    /// now on.
    ///
    /// # Errors
    ///
    /// As for [`join`](Self::join).
    pub fn join_since<A>(
        &self,
        key: K,
        data: D,
        since: Since,
        ctx: &WsContext<A>,
    ) -> Result<(Membership<K, D>, Members<D>), JoinError>
    where
        A: Actor<Context = WsContext<A>>,
    {
        self.admit(&key, data, since, ctx, true)
    }

    /// A room that has members on this node, to address it often or to keep it.
    #[must_use]
    pub fn get(&self, key: &K) -> Option<Room<K, D>> {
        self.read().get(key).cloned()
    }

    /// All rooms that have members on this node, and the number of their members
    /// on all, in no order.
    #[must_use]
    pub fn list(&self) -> Vec<(K, usize)> {
        let rooms: Vec<_> = self.read().values().cloned().collect();
        let counted = rooms.iter().map(|room| (room.key().clone(), room.count()));
        counted.filter(|(_, count)| *count > 0).collect()
    }

    /// Counts the rooms that have members on any node: asks all of them, and
    /// waits for a second at most.
    pub async fn census(&self) -> Census
    where
        K: fmt::Display,
    {
        let reach = self.0.terms.reach.as_ref();
        let topic = Topic::new(&self.0.terms.name, "");
        if let Some(reach) = reach
            && let Some(census) = reach.cluster.census(topic.rooms()).await
        {
            return census;
        }
        let rooms = self.list().into_iter();
        Census {
            rooms: rooms.map(|(key, count)| (key.to_string(), count)).collect(),
            // Once it has left a cluster, a node knows nothing of the others.
            complete: reach.is_none(),
        }
    }

    /// The number of members in a room, on all nodes; none, if none of them is on
    /// this one.
    #[must_use]
    pub fn count(&self, key: &K) -> usize {
        self.get(key).map_or(0, |room| room.count())
    }

    /// The members of a room, on all nodes; none, if none of them is on this
    /// one.
    #[must_use]
    pub fn members(&self, key: &K) -> Members<D> {
        self.get(key)
            .map_or_else(Members::default, |room| room.members())
    }

    /// The node of the cluster that these rooms belong to, if they have a
    /// [backplane](RoomsBuilder::backplane) or keep a [`History`].
    #[must_use]
    pub fn cluster(&self) -> Option<&Cluster> {
        Some(&self.0.terms.reach.as_ref()?.cluster)
    }

    fn admit<A>(
        &self,
        key: &K,
        data: D,
        since: Since,
        ctx: &WsContext<A>,
        list: bool,
    ) -> Result<Arrived<K, D>, JoinError>
    where
        A: Actor<Context = WsContext<A>>,
    {
        let admitted = self.try_admit(key, data, since, ctx, list);
        admitted.inspect_err(|error| self.0.terms.meters.refused(error))
    }

    fn try_admit<A>(
        &self,
        key: &K,
        data: D,
        since: Since,
        ctx: &WsContext<A>,
        list: bool,
    ) -> Result<Arrived<K, D>, JoinError>
    where
        A: Actor<Context = WsContext<A>>,
    {
        let set = Arc::as_ptr(&self.0).addr();
        let place = Place::take(ctx.outbox(), set, self.0.terms.max_rooms)?;
        let member = Member::new(MemberId::next(), data);
        let joined = Presence::Joined(member.clone());
        let mut newcomer = Newcomer {
            member,
            place,
            // Made before anything is locked, as it is the application's code.
            announcement: self.0.terms.announcement(key, &joined),
            since,
        };
        loop {
            let room = self.get_or_open(key);
            match room.admit(newcomer, list) {
                Ok(joined) => return Ok(joined),
                Err(Refused::Gone(again)) => newcomer = *again,
                Err(Refused::Error(error)) => return Err(error),
            }
            // Its last member has left, and is about to do this.
            self.forget(&room);
        }
    }

    fn get_or_open(&self, key: &K) -> Room<K, D> {
        if let Some(room) = self.get(key) {
            return room;
        }
        match self.write().entry(key.clone()) {
            Entry::Occupied(room) => room.get().clone(),
            Entry::Vacant(place) => {
                let room = Room::open(self.clone(), key.clone());
                place.insert(room).clone()
            }
        }
    }

    /// Drops a room that everybody has left.
    fn forget(&self, room: &Room<K, D>) {
        let mut rooms = self.write();
        if rooms.get(room.key()).is_some_and(|other| other == room) {
            let forgotten = rooms.remove_entry(room.key());
            drop(rooms);
            // Keys may be anybody's code.
            drop(forgotten);
        }
    }
}

impl<K, D> Rooms<K, D> {
    fn with(terms: Terms<K, D>) -> Self {
        let rooms = RwLock::default();
        Self(Arc::new(Inner { rooms, terms }))
    }

    fn read(&self) -> RwLockReadGuard<'_, RoomsByKey<K, D>> {
        // A panic in a key's code leaves the map whole.
        self.0.rooms.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, RoomsByKey<K, D>> {
        self.0.rooms.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K, D> Clone for Rooms<K, D> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K: Clone + Eq + Hash, D> Default for Rooms<K, D> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K, D> fmt::Debug for Rooms<K, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rooms")
            .field("rooms", &self.read().len())
            .finish()
    }
}
