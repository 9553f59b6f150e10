use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use actix::Actor;
use thiserror::Error;
use ws_actors::WsContext;
use ws_core::PreparedMessage;

use crate::group::{Group, MemberId, Parcel, Seat};

/// Rooms that connections join, and that messages are broadcast to.
///
/// `K` names a room, `D` is what a member brings along, such as its name. A
/// clone is the same set of rooms, and works from any thread: from actors, from
/// plain HTTP handlers, from tasks. A room exists while it has members.
///
/// A broadcast is encoded once. All members get the messages of a room in the
/// same order. A member that reads too slowly loses its connection (1013) and
/// costs the others nothing.
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
///         self.room = Some(self.rooms.join("lobby".to_owned(), (), ctx));
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
pub struct Rooms<K, D = ()>(Arc<Mutex<HashMap<K, Room<D>>>>);

struct Room<D> {
    group: Arc<Group>,
    members: BTreeMap<MemberId, D>,
}

/// A broadcast reached nobody, because a thread of the server is blocked and
/// the messages for its connections pile up. Try again later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a thread of the server is blocked and takes no more broadcasts")]
#[non_exhaustive]
pub struct BroadcastError;

impl<K: Clone + Eq + Hash, D> Rooms<K, D> {
    /// No rooms yet.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::default())
    }

    /// Makes the connection a member of a room, until the membership is dropped.
    ///
    /// It hears what is broadcast from now on. Keep the membership in the actor:
    /// it ends with it.
    #[must_use = "a membership ends when it is dropped"]
    pub fn join<A>(&self, key: K, data: D, ctx: &WsContext<A>) -> Membership<K, D>
    where
        A: Actor<Context = WsContext<A>>,
    {
        let mut rooms = self.lock();
        let room = rooms.entry(key.clone()).or_insert_with(|| Room {
            group: Group::new(),
            members: BTreeMap::new(),
        });
        let seat = room.group.join(ctx.outbox());
        room.members.insert(seat.id(), data);
        drop(rooms);
        Membership {
            rooms: self.clone(),
            key,
            seat,
        }
    }

    /// Sends a message to all members of a room.
    ///
    /// # Errors
    ///
    /// If a thread of the server is blocked; then no member gets the message.
    /// A room without members is no error.
    pub fn broadcast(
        &self,
        key: &K,
        message: impl Into<PreparedMessage>,
    ) -> Result<(), BroadcastError> {
        self.deliver(key, message.into(), None)
    }

    /// Sends a message to all members of a room but one.
    ///
    /// # Errors
    ///
    /// As for [`broadcast`](Self::broadcast).
    pub fn broadcast_except(
        &self,
        key: &K,
        message: impl Into<PreparedMessage>,
        member: MemberId,
    ) -> Result<(), BroadcastError> {
        self.deliver(key, message.into(), Some(member))
    }

    /// The number of members in a room.
    #[must_use]
    pub fn count(&self, key: &K) -> usize {
        self.lock().get(key).map_or(0, |room| room.members.len())
    }

    /// The rooms that there are, and how many members each has, in no order.
    #[must_use]
    pub fn list(&self) -> Vec<(K, usize)> {
        let rooms = self.lock();
        let rooms = rooms.iter();
        rooms
            .map(|(key, room)| (key.clone(), room.members.len()))
            .collect()
    }

    /// The members of a room, in the order in which they joined.
    #[must_use]
    pub fn members(&self, key: &K) -> Vec<(MemberId, D)>
    where
        D: Clone,
    {
        let rooms = self.lock();
        let members = rooms.get(key).map(|room| &room.members);
        let members = members.into_iter().flatten();
        members.map(|(&id, data)| (id, data.clone())).collect()
    }

    fn deliver(
        &self,
        key: &K,
        message: PreparedMessage,
        except: Option<MemberId>,
    ) -> Result<(), BroadcastError> {
        let rooms = self.lock();
        let Some(room) = rooms.get(key) else {
            return Ok(());
        };
        let parcel = Parcel::Message(message);
        room.group
            .deliver(&parcel, except)
            .map_err(|_busy| BroadcastError)
    }
}

impl<K, D> Rooms<K, D> {
    fn lock(&self) -> MutexGuard<'_, HashMap<K, Room<D>>> {
        // A panic in a key's or a member's code leaves the maps whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
            .field("rooms", &self.lock().len())
            .finish()
    }
}

/// A connection's place in a room, which it leaves when this is dropped.
#[must_use = "a membership ends when it is dropped"]
pub struct Membership<K: Clone + Eq + Hash, D = ()> {
    rooms: Rooms<K, D>,
    key: K,
    seat: Seat,
}

impl<K: Clone + Eq + Hash, D> Membership<K, D> {
    /// The room.
    #[must_use]
    pub const fn room(&self) -> &K {
        &self.key
    }

    /// The member's name among all members of all rooms.
    #[must_use]
    pub const fn id(&self) -> MemberId {
        self.seat.id()
    }

    /// Sends a message to all members, this one included.
    ///
    /// # Errors
    ///
    /// As for [`Rooms::broadcast`].
    pub fn broadcast(&self, message: impl Into<PreparedMessage>) -> Result<(), BroadcastError> {
        self.rooms.broadcast(&self.key, message)
    }

    /// Sends a message to all other members.
    ///
    /// # Errors
    ///
    /// As for [`Rooms::broadcast`].
    pub fn broadcast_to_others(
        &self,
        message: impl Into<PreparedMessage>,
    ) -> Result<(), BroadcastError> {
        self.rooms.broadcast_except(&self.key, message, self.id())
    }

    /// The members of the room, in the order in which they joined.
    #[must_use]
    pub fn members(&self) -> Vec<(MemberId, D)>
    where
        D: Clone,
    {
        self.rooms.members(&self.key)
    }
}

impl<K: Clone + Eq + Hash, D> Drop for Membership<K, D> {
    fn drop(&mut self) {
        let mut rooms = self.rooms.lock();
        let Some(room) = rooms.get_mut(&self.key) else {
            return;
        };
        let data = room.members.remove(&self.seat.id());
        if room.members.is_empty() {
            rooms.remove(&self.key);
        }
        drop(rooms);
        // Its destructor may be anybody's.
        drop(data);
    }
}

impl<K: Clone + Eq + Hash + fmt::Debug, D> fmt::Debug for Membership<K, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Membership")
            .field("room", &self.key)
            .field("id", &self.id())
            .finish_non_exhaustive()
    }
}
