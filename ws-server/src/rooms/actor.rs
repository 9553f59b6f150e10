use std::{fmt, hash::Hash, ops::Deref, sync::Arc};

use actix::{Actor, Handler, Message};
use ws_actors::WsContext;

use super::{JoinError, Membership, Presence, Room, Rooms, RoomsBuilder};

mod context;
mod inbox;
mod life;
mod running;

pub(super) use self::inbox::Host;
pub use self::{context::RoomContext, inbox::TellError};
use self::{inbox::Inbox, running::Running};

/// An actor that a room has of its own: the loop of a game, a document, a
/// schedule.
///
/// It is made when the first member joins, on that member's thread, and hears of
/// everybody who comes and goes. When the last has left, it is stopped.
///
/// Of rooms that [several nodes](RoomsBuilder::backplane) serve, each node has an
/// actor of its own, which hears of the members on that node. What it broadcasts
/// reaches all, and [`Room::members`] lists all.
///
/// If it panics, another is made in its place: it hears of all members as if they
/// had just joined, then [`restarted`](Self::restarted) is called, and then what
/// it was told meanwhile reaches it. Only the message that it was handling is
/// lost. One that panics again and again begins anew after delays that grow up
/// to 30 s; if by then all members have left, it is given up, and what waits for
/// it is [counted](crate::metrics::ROOM_MESSAGES_UNHEARD).
///
/// ```
/// use std::time::Duration;
/// use actix::{Actor, AsyncContext, Handler, Message};
/// use ws_server::{ActorMembership, ActorRooms, Presence, RoomActor, RoomContext, Rooms, Text, WsContext};
///
/// struct Counter(u64);
///
/// impl Actor for Counter {
///     type Context = RoomContext<Self>;
///
///     fn started(&mut self, ctx: &mut RoomContext<Self>) {
///         ctx.run_interval(Duration::from_secs(1), |counter, ctx| {
///             ctx.room().broadcast(counter.0.to_string()).ok();
///         });
///     }
/// }
///
/// impl RoomActor for Counter {
///     type Key = String;
///     type Data = ();
///
///     fn restarted(&mut self, ctx: &mut RoomContext<Self>) {
///         ctx.room().broadcast("the count begins anew").ok();
///     }
/// }
///
/// impl Handler<Presence<()>> for Counter {
///     type Result = ();
///
///     fn handle(&mut self, _: Presence<()>, _: &mut RoomContext<Self>) {}
/// }
///
/// #[derive(Message)]
/// #[rtype(result = "()")]
/// struct Add(u64);
///
/// impl Handler<Add> for Counter {
///     type Result = ();
///
///     fn handle(&mut self, Add(number): Add, _: &mut RoomContext<Self>) {
///         self.0 += number;
///     }
/// }
///
/// struct Person {
///     counters: ActorRooms<Counter>,
///     counter: Option<ActorMembership<Counter>>,
/// }
///
/// impl Actor for Person {
///     type Context = WsContext<Self>;
///
///     fn started(&mut self, ctx: &mut WsContext<Self>) {
///         self.counter = self.counters.join("one".to_owned(), (), ctx).ok();
///     }
/// }
///
/// impl Handler<Text> for Person {
///     type Result = ();
///
///     fn handle(&mut self, Text(text): Text, _: &mut WsContext<Self>) {
///         if let (Some(counter), Ok(number)) = (&self.counter, text.as_str().parse()) {
///             counter.tell(Add(number)).ok();
///         }
///     }
/// }
///
/// let counters = Rooms::builder().with_actor(|_room| Counter(0));
/// ```
pub trait RoomActor: Actor<Context = RoomContext<Self>> + Handler<Presence<Self::Data>> {
    /// What names its room.
    type Key: Clone + Eq + Hash + Send + Sync + 'static;
    /// What a member brings along.
    type Data: Send + Sync + 'static;

    /// Called on an actor that was made in the place of one that panicked, once
    /// it has heard of the members: what the other knew is lost, and they have
    /// to be told.
    fn restarted(&mut self, ctx: &mut RoomContext<Self>);
}

/// [`Rooms`] each of which has an actor of its own, made by
/// [`RoomsBuilder::with_actor`].
///
/// A clone is the same set of rooms. All that [`Rooms`] offers works on them;
/// connections join with [`join`](Self::join), to reach the room's actor.
pub struct ActorRooms<R: RoomActor>(Rooms<R::Key, R::Data>);

impl<K, D> RoomsBuilder<K, D>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    D: Send + Sync + 'static,
{
    /// Finishes the description, of rooms that have an actor each: `make` makes
    /// it, when the room begins and when it has panicked.
    #[must_use]
    pub fn with_actor<R>(
        self,
        make: impl Fn(&Room<K, D>) -> R + Send + Sync + 'static,
    ) -> ActorRooms<R>
    where
        R: RoomActor<Key = K, Data = D>,
    {
        let make: Arc<dyn Fn(&Room<K, D>) -> R + Send + Sync> = Arc::new(make);
        ActorRooms(self.open(Some(Box::new(move |room| {
            let inbox = Inbox::new();
            actix_rt::spawn(Running::new(room.clone(), &inbox, Arc::clone(&make)));
            inbox
        }))))
    }
}

impl<R: RoomActor> ActorRooms<R> {
    /// Makes the connection a member of a room, until the membership is dropped.
    ///
    /// # Errors
    ///
    /// As for [`Rooms::join`].
    pub fn join<A>(
        &self,
        key: R::Key,
        data: R::Data,
        ctx: &WsContext<A>,
    ) -> Result<ActorMembership<R>, JoinError>
    where
        A: Actor<Context = WsContext<A>>,
    {
        let membership = self.0.join(key, data, ctx)?;
        let inbox = inbox(membership.room());
        Ok(ActorMembership { membership, inbox })
    }

    /// Tells the actor of a room something; as
    /// [`ActorMembership::tell`].
    ///
    /// # Errors
    ///
    /// If the room has no members, or its actor is too far behind.
    pub fn tell<M>(&self, key: &R::Key, message: M) -> Result<(), TellError>
    where
        R: Handler<M>,
        M: Message + Send + 'static,
        M::Result: Send,
    {
        let room = self.0.get(key).ok_or(TellError::Gone)?;
        let told = inbox::<R>(&room).tell(message);
        room.meters().told(told);
        told
    }
}

/// How the actor of a room is reached.
fn inbox<R: RoomActor>(room: &Room<R::Key, R::Data>) -> Arc<Inbox<R>> {
    let host = room.host().map(|host| Arc::clone(host).as_any());
    let inbox = host.and_then(|host| host.downcast().ok());
    inbox.expect("all rooms of the set were made with this kind of actor")
}

impl<R: RoomActor> Deref for ActorRooms<R> {
    type Target = Rooms<R::Key, R::Data>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<R: RoomActor> Clone for ActorRooms<R> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<R: RoomActor> fmt::Debug for ActorRooms<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ActorRooms").field(&self.0).finish()
    }
}

/// A connection's place in a room with an actor, which it leaves when this is
/// dropped.
#[must_use = "a membership ends when it is dropped"]
pub struct ActorMembership<R: RoomActor> {
    membership: Membership<R::Key, R::Data>,
    inbox: Arc<Inbox<R>>,
}

impl<R: RoomActor> ActorMembership<R> {
    /// Tells the room's actor something.
    ///
    /// It hears of the member's joining before this, of its leaving after it,
    /// and of what is told on one thread in its order.
    ///
    /// # Errors
    ///
    /// If the actor is too far behind, or has stopped by itself.
    pub fn tell<M>(&self, message: M) -> Result<(), TellError>
    where
        R: Handler<M>,
        M: Message + Send + 'static,
        M::Result: Send,
    {
        let told = self.inbox.tell(message);
        self.membership.room().meters().told(told);
        told
    }
}

impl<R: RoomActor> Deref for ActorMembership<R> {
    type Target = Membership<R::Key, R::Data>;

    fn deref(&self) -> &Self::Target {
        &self.membership
    }
}

impl<R: RoomActor> fmt::Debug for ActorMembership<R>
where
    R::Key: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ActorMembership")
            .field(&self.membership)
            .finish()
    }
}
