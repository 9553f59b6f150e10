use std::{cell::OnceCell, fmt, pin::Pin};

use actix::{
    Actor, ActorContext, ActorFuture, ActorState, Addr, AsyncContext, Handler, Message,
    SpawnHandle,
    dev::{
        Envelope, OneshotSender, ToEnvelope,
        channel::{AddressReceiver, channel},
    },
};

use super::{Room, RoomActor};

/// The actix context of a [`RoomActor`].
///
/// It is an ordinary [`AsyncContext`]: timers, streams and futures work as in any
/// actor. Members reach the actor with
/// [`ActorMembership::tell`](super::ActorMembership::tell), others with its
/// address as well.
pub struct RoomContext<R: RoomActor> {
    room: Room<R::Key, R::Data>,
    pub(super) state: ActorState,
    /// A future of [`AsyncContext::wait`] is under way.
    pub(super) waiting: bool,
    pub(super) asked: Asked<R>,
    /// Made when somebody asks for the address.
    mailbox: OnceCell<AddressReceiver<R>>,
    last_handle: SpawnHandle,
}

/// A future that runs beside an actor.
pub(super) type Task<R> = Pin<Box<dyn ActorFuture<R, Output = ()>>>;

/// What the actor asked of its runtime.
pub(super) struct Asked<R> {
    pub(super) spawn: Vec<(SpawnHandle, Task<R>)>,
    pub(super) wait: Vec<Task<R>>,
    pub(super) cancel: Vec<SpawnHandle>,
}

impl<R: RoomActor> RoomContext<R> {
    pub(super) fn new(room: Room<R::Key, R::Data>) -> Self {
        Self {
            room,
            state: ActorState::Started,
            waiting: false,
            asked: Asked::default(),
            mailbox: OnceCell::new(),
            last_handle: SpawnHandle::default(),
        }
    }

    /// The actor's room.
    pub const fn room(&self) -> &Room<R::Key, R::Data> {
        &self.room
    }

    pub(super) fn mailbox(&mut self) -> Option<&mut AddressReceiver<R>> {
        self.mailbox.get_mut()
    }
}

impl<R> Asked<R> {
    pub(super) const fn is_empty(&self) -> bool {
        self.spawn.is_empty() && self.wait.is_empty() && self.cancel.is_empty()
    }
}

impl<R> Default for Asked<R> {
    fn default() -> Self {
        Self {
            spawn: Vec::new(),
            wait: Vec::new(),
            cancel: Vec::new(),
        }
    }
}

impl<R: RoomActor> ActorContext for RoomContext<R> {
    /// Ends the actor, though the room has members still: they cannot reach it
    /// any more, nor can those who join later.
    fn stop(&mut self) {
        if self.state.alive() {
            self.state = ActorState::Stopping;
        }
    }

    fn terminate(&mut self) {
        self.state = ActorState::Stopped;
    }

    fn state(&self) -> ActorState {
        self.state
    }
}

impl<R: RoomActor> AsyncContext<R> for RoomContext<R> {
    /// The address of this actor: another one that takes its place after a panic
    /// has another.
    fn address(&self) -> Addr<R> {
        let mailbox = self.mailbox.get_or_init(|| channel(MAILBOX).1);
        Addr::new(mailbox.sender())
    }

    fn spawn<F>(&mut self, future: F) -> SpawnHandle
    where
        F: ActorFuture<R, Output = ()> + 'static,
    {
        self.last_handle = self.last_handle.next();
        self.asked.spawn.push((self.last_handle, Box::pin(future)));
        self.last_handle
    }

    fn wait<F>(&mut self, future: F)
    where
        F: ActorFuture<R, Output = ()> + 'static,
    {
        self.asked.wait.push(Box::pin(future));
    }

    fn waiting(&self) -> bool {
        self.waiting || !self.asked.wait.is_empty() || !self.state.alive()
    }

    fn cancel_future(&mut self, handle: SpawnHandle) -> bool {
        self.asked.cancel.push(handle);
        true
    }
}

impl<R, M> ToEnvelope<R, M> for RoomContext<R>
where
    R: RoomActor + Actor<Context = Self> + Handler<M>,
    M: Message + Send + 'static,
    M::Result: Send,
{
    fn pack(message: M, tx: Option<OneshotSender<M::Result>>) -> Envelope<R> {
        Envelope::new(message, tx)
    }
}

impl<R: RoomActor> fmt::Debug for RoomContext<R>
where
    R::Key: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RoomContext")
            .field("room", &self.room)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// actix's own mailbox capacity.
const MAILBOX: usize = 16;
