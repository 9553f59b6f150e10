use std::{
    fmt,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use ws_actors::SendError;
use ws_core::{Cause, CloseCode, ClosePayload, PreparedMessage, Utf8Bytes};

use crate::group::{Audience, Group, MemberId, Parcel, Seat};

use super::{
    BroadcastError, JoinError, Member, Members, Membership, Presence, Rooms, actor::Host,
    meters::Meters, place::Place,
};

/// One of the [`Rooms`].
///
/// A clone is the same room. It may be kept beyond the room's end, when nobody
/// is in it any more: then what is broadcast reaches nobody, also if another
/// room has the same key meanwhile.
pub struct Room<K, D = ()>(Arc<Inner<K, D>>);

struct Inner<K, D> {
    key: K,
    rooms: Rooms<K, D>,
    group: Arc<Group>,
    /// What tells the room's own actor, if it has one.
    host: OnceLock<Arc<dyn Host<D>>>,
    state: Mutex<State<D>>,
}

struct State<D> {
    members: Members<D>,
    /// The last has left: nobody joins any more.
    gone: bool,
}

/// Who is about to join.
pub(super) struct Newcomer<D> {
    pub(super) member: Member<D>,
    pub(super) place: Place,
    pub(super) announcement: Option<PreparedMessage>,
}

/// Why somebody did not join.
pub(super) enum Refused<D> {
    /// This room has ended, and there may be another.
    Gone(Box<Newcomer<D>>),
    Error(JoinError),
}

impl<K, D> Room<K, D> {
    /// What names the room.
    #[must_use]
    pub fn key(&self) -> &K {
        &self.0.key
    }

    /// The number of members.
    #[must_use]
    pub fn count(&self) -> usize {
        self.lock().members.len()
    }

    /// The members, in the order in which they joined.
    #[must_use]
    pub fn members(&self) -> Members<D> {
        self.lock().members.clone()
    }

    /// Sends a message to all members.
    ///
    /// # Errors
    ///
    /// If a thread of the server is blocked; then no member gets the message.
    pub fn broadcast(&self, message: impl Into<PreparedMessage>) -> Result<(), BroadcastError> {
        self.deliver(&Parcel::Message(message.into()), &Audience::All)
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
    /// broadcast.
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

    /// Closes the connections of all members, behind what was broadcast.
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
        let close = Parcel::Close(Arc::new((payload, Cause::Local)));
        self.0.group.deliver_always(&close, audience);
        Ok(())
    }

    fn deliver(&self, parcel: &Parcel, audience: &Audience) -> Result<(), BroadcastError> {
        let delivered = self.0.group.deliver(parcel, audience);
        self.meters().broadcast(delivered.is_ok());
        delivered.map_err(|_busy| BroadcastError)
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

    fn lock(&self) -> MutexGuard<'_, State<D>> {
        // Nothing in here panics half way.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Coming and going.
impl<K: Clone + Eq + Hash, D> Room<K, D> {
    /// A room that nobody is in yet.
    pub(super) fn open(rooms: Rooms<K, D>, key: K) -> Self {
        rooms.0.terms.meters.opened();
        let group = Group::new(Arc::clone(&rooms.0.terms.meters) as _);
        let state = Mutex::new(State {
            members: Members::default(),
            gone: false,
        });
        let room = Self(Arc::new(Inner {
            key,
            rooms,
            group,
            host: OnceLock::new(),
            state,
        }));
        if let Some(open) = &room.0.rooms.0.terms.open {
            room.0.host.get_or_init(|| open(&room));
        }
        room
    }

    /// Makes somebody a member; tells who was there already, if that is asked.
    pub(super) fn admit(
        &self,
        newcomer: Newcomer<D>,
        list: bool,
    ) -> Result<(Membership<K, D>, Members<D>), Refused<D>> {
        let terms = &self.0.rooms.0.terms;
        let mut state = self.lock();
        if state.gone {
            return Err(Refused::Gone(Box::new(newcomer)));
        }
        if state.members.len() >= terms.max_members {
            let limit = terms.max_members;
            return Err(Refused::Error(JoinError::RoomFull { limit }));
        }
        let Newcomer {
            member,
            place,
            announcement,
        } = newcomer;
        let others = if list {
            state.members.clone()
        } else {
            Members::default()
        };
        let seat = self.0.group.join(member.id(), place.outbox());
        state.members.insert(member.clone());
        self.tell(Presence::Joined(member.clone()), announcement);
        drop(state);
        terms.meters.joined();
        Ok((Membership::new(self.clone(), member, seat, place), others))
    }

    /// Lets a member go.
    pub(super) fn release(&self, member: &Member<D>, seat: Seat) {
        let left = Presence::Left(member.clone());
        let terms = &self.0.rooms.0.terms;
        // Made before anything is locked, as it is the application's code.
        let announcement = terms.announcement(&self.0.key, &left);
        let mut state = self.lock();
        let gone = state.members.remove(member.id());
        drop(seat);
        state.gone = state.members.is_empty();
        let empty = state.gone;
        self.tell(left, announcement);
        drop(state);
        terms.meters.left();
        drop(gone);
        if empty {
            terms.meters.closed();
            self.0.rooms.forget(self);
        }
    }

    /// Tells who has to know, in one order, as the room is locked.
    fn tell(&self, presence: Presence<D>, announcement: Option<PreparedMessage>) {
        if let Some(announcement) = announcement {
            let others = Audience::Others(presence.member().id());
            let parcel = Parcel::Message(announcement);
            self.0.group.deliver_always(&parcel, &others);
        }
        if let Some(host) = self.host() {
            host.tell(presence);
        }
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
