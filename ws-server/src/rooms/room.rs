use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use ws_actors::SendError;
use ws_core::{CloseCode, ClosePayload, PreparedMessage, Utf8Bytes};

use crate::{
    backplane::Position,
    cluster::{Draft, Line, Receipt},
    group::{Audience, Busy, Group, MemberId, Parcel},
};

use super::{
    BroadcastError, Member, Members, Rooms, actor::Host, log::Log, meters::Meters, news::News,
};

mod doors;
mod elsewhere;

pub(super) use self::doors::{Arrived, Newcomer, Refused};

/// One of the [`Rooms`].
///
/// A clone is the same room. It may be kept beyond the room's end, when nobody
/// is in it any more on this node: then what is broadcast reaches nobody here,
/// also if another room has the same key meanwhile.
pub struct Room<K, D = ()>(Arc<Inner<K, D>>);

struct Inner<K, D> {
    key: K,
    rooms: Rooms<K, D>,
    group: Arc<Group>,
    /// What tells the room's own actor, if it has one.
    host: OnceLock<Arc<dyn Host<D>>>,
    /// The way to other nodes, if there may be any.
    line: Option<Line>,
    /// Who gives members something and has it published holds this.
    turn: Mutex<()>,
    state: Mutex<State<D>>,
}

struct State<D> {
    /// Of all nodes.
    members: Members<D>,
    /// How many of them are on this one.
    here: usize,
    /// The last of them has left: nobody joins any more.
    gone: bool,
    /// There if the room keeps a record.
    log: Option<Log>,
    /// There if members are told together who comes and goes.
    news: Option<News<D>>,
}

impl<K, D> Room<K, D> {
    /// What names the room.
    #[must_use]
    pub fn key(&self) -> &K {
        &self.0.key
    }

    /// The number of members, on all nodes.
    #[must_use]
    pub fn count(&self) -> usize {
        self.lock().members.len()
    }

    /// The number of members on this node.
    #[must_use]
    pub fn count_here(&self) -> usize {
        self.lock().here
    }

    /// Where the room is in its record, if it keeps one and has read it.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        self.lock().log.as_ref()?.position()
    }

    /// The members on all nodes; those of one node in the order in which they
    /// joined.
    #[must_use]
    pub fn members(&self) -> Members<D> {
        self.lock().members.clone()
    }

    /// Sends a message to all members.
    ///
    /// # Errors
    ///
    /// If a thread of the server is blocked, or other nodes cannot be reached
    /// and too much waits for them; then no member gets the message.
    pub fn broadcast(&self, message: impl Into<PreparedMessage>) -> Result<(), BroadcastError> {
        self.deliver(&Parcel::Message(message.into()), &Audience::All)
    }

    /// Sends a message to all members, and tells what becomes of it: when the
    /// receipt says so, the engine of the backplane has it, and in its record if
    /// the room [keeps](super::History) one.
    ///
    /// # Errors
    ///
    /// As for [`broadcast`](Self::broadcast).
    pub fn publish(&self, message: impl Into<PreparedMessage>) -> Result<Receipt, BroadcastError> {
        let parcel = Parcel::Message(message.into());
        self.deliver_and_tell(&parcel, &Audience::All)
    }

    /// Sends a message to all members but these.
    ///
    /// # Errors
    ///
    /// As for [`broadcast`](Self::broadcast).
    pub fn broadcast_except(
        &self,
        message: impl Into<PreparedMessage>,
        members: impl IntoIterator<Item = MemberId>,
    ) -> Result<(), BroadcastError> {
        let parcel = Parcel::Message(message.into());
        self.deliver(&parcel, &Audience::all_but(members))
    }

    /// Sends a message to the members of whom this is true.
    ///
    /// # Errors
    ///
    /// As for [`broadcast`](Self::broadcast).
    pub fn broadcast_where(
        &self,
        message: impl Into<PreparedMessage>,
        choose: impl FnMut(MemberId, &D) -> bool,
    ) -> Result<(), BroadcastError> {
        let parcel = Parcel::Message(message.into());
        self.deliver(&parcel, &self.chosen(choose))
    }

    /// Sends a message of which only the newest counts, such as a price or a
    /// position: to a member that has not taken the one with this key yet, it
    /// goes in the place of that.
    ///
    /// # Errors
    ///
    /// As for [`broadcast`](Self::broadcast).
    pub fn broadcast_latest(
        &self,
        key: u64,
        message: impl Into<PreparedMessage>,
    ) -> Result<(), BroadcastError> {
        self.deliver(&Parcel::Latest(key, message.into()), &Audience::All)
    }

    /// Sends a message to these members only, in one order with what is
    /// broadcast; in rooms that keep a [history](super::History) at once, ahead
    /// of broadcasts that are on their way through the engine.
    ///
    /// # Errors
    ///
    /// As for [`broadcast`](Self::broadcast).
    pub fn send_to(
        &self,
        members: impl IntoIterator<Item = MemberId>,
        message: impl Into<PreparedMessage>,
    ) -> Result<(), BroadcastError> {
        self.deliver(&Parcel::Message(message.into()), &Audience::only(members))
    }

    /// Closes the connections of all members, behind what was broadcast; in
    /// rooms that keep a [history](super::History) at once, ahead of broadcasts
    /// that are on their way through the engine. Give the last message as the
    /// reason there.
    ///
    /// # Errors
    ///
    /// If the code must not be sent, or the reason is longer than 123 bytes.
    pub fn close(&self, code: CloseCode, reason: impl Into<Utf8Bytes>) -> Result<(), SendError> {
        self.close_audience(code, reason, &Audience::All)
    }

    /// Closes the connections of the members of whom this is true, behind what
    /// was broadcast.
    ///
    /// # Errors
    ///
    /// As for [`close`](Self::close).
    pub fn close_where(
        &self,
        code: CloseCode,
        reason: impl Into<Utf8Bytes>,
        choose: impl FnMut(MemberId, &D) -> bool,
    ) -> Result<(), SendError> {
        self.close_audience(code, reason, &self.chosen(choose))
    }

    fn chosen(&self, mut choose: impl FnMut(MemberId, &D) -> bool) -> Audience {
        // Nothing is locked while the application's code runs.
        let members = self.members();
        let chosen = members.iter().filter(|it| choose(it.id(), it.data()));
        Audience::only(chosen.map(Member::id))
    }

    fn close_audience(
        &self,
        code: CloseCode,
        reason: impl Into<Utf8Bytes>,
        audience: &Audience,
    ) -> Result<(), SendError> {
        let payload = ClosePayload::new(code, reason)?;
        let close = Parcel::close(payload);
        let turn = self.turn();
        self.0.group.deliver_always(&close, audience);
        if let Some(line) = &self.0.line {
            line.close_members(&close, audience);
        }
        drop(turn);
        Ok(())
    }

    fn deliver(&self, parcel: &Parcel, audience: &Audience) -> Result<(), BroadcastError> {
        let delivered = self.give(parcel, audience, |line, draft| Ok(line.publish(draft)?));
        self.meters().broadcast(delivered.is_ok());
        delivered.map(Option::unwrap_or_default)
    }

    fn deliver_and_tell(
        &self,
        parcel: &Parcel,
        audience: &Audience,
    ) -> Result<Receipt, BroadcastError> {
        let publish = |line: &Line, draft| Ok(line.publish_and_tell(draft)?);
        let delivered = self.give(parcel, audience, publish);
        self.meters().broadcast(delivered.is_ok());
        delivered.map(|receipt| receipt.unwrap_or_else(Receipt::done))
    }

    /// Gives a parcel to members on this node and has it published for the
    /// others; what goes into the record comes back from there for all.
    fn give<T>(
        &self,
        parcel: &Parcel,
        audience: &Audience,
        publish: impl FnOnce(&Line, Draft) -> Result<T, BroadcastError>,
    ) -> Result<Option<T>, BroadcastError> {
        let Some(line) = &self.0.line else {
            self.give_here(parcel, audience)?;
            return Ok(None);
        };
        let draft = line.write(parcel, audience)?;
        if line.records(parcel, audience) {
            return draft.map(|draft| publish(line, draft)).transpose();
        }
        // Of several threads the one that is first here is so on other nodes.
        let _turn = self.turn();
        self.give_here(parcel, audience)?;
        draft.map(|draft| publish(line, draft)).transpose()
    }

    fn give_here(&self, parcel: &Parcel, audience: &Audience) -> Result<(), BroadcastError> {
        let delivered = self.0.group.deliver(parcel, audience);
        delivered.map_err(|Busy| BroadcastError::Blocked)
    }

    /// Whether the last member has left.
    pub(super) fn is_gone(&self) -> bool {
        self.lock().gone
    }

    pub(super) fn meters(&self) -> &Meters {
        &self.0.rooms.0.terms.meters
    }

    pub(super) fn host(&self) -> Option<&Arc<dyn Host<D>>> {
        self.0.host.get()
    }

    fn turn(&self) -> MutexGuard<'_, ()> {
        self.0.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, State<D>> {
        // Nothing in here panics half way.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K, D> Clone for Room<K, D> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// Rooms are the same if they are one, not if they are called the same.
impl<K, D> PartialEq for Room<K, D> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl<K, D> Eq for Room<K, D> {}

impl<K: fmt::Debug, D> fmt::Debug for Room<K, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Room")
            .field("key", &self.0.key)
            .field("members", &self.count())
            .finish_non_exhaustive()
    }
}
