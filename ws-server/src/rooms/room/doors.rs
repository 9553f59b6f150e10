use std::{
    hash::Hash,
    sync::{Arc, Mutex, OnceLock},
};

use ws_core::PreparedMessage;

use crate::group::{Audience, Group, MemberId, Parcel, Seat};

use super::{
    super::{
        JoinError, Member, Members, Membership, Presence, Recovery, Rooms, Since, log::Log,
        news::News, place::Place,
    },
    Inner, Room, State,
};

/// Who is about to join.
pub(in super::super) struct Newcomer<D> {
    pub(in super::super) member: Member<D>,
    pub(in super::super) place: Place,
    pub(in super::super) announcement: Option<PreparedMessage>,
    pub(in super::super) since: Since,
}

/// Somebody who has joined, and who was there already.
pub(in super::super) type Arrived<K, D> = (Membership<K, D>, Members<D>);

/// Why somebody did not join.
pub(in super::super) enum Refused<D> {
    /// This room has ended, and there may be another.
    Gone(Box<Newcomer<D>>),
    Error(JoinError),
}

impl<K: Clone + Eq + Hash, D> Room<K, D> {
    /// A room that nobody is in yet.
    pub(in super::super) fn open(rooms: Rooms<K, D>, key: K) -> Self {
        let terms = &rooms.0.terms;
        terms.meters.opened();
        let group = Group::new(Arc::clone(&terms.meters) as _);
        let reach = terms.reach.as_ref();
        let line = reach.map(|reach| reach.line(&terms.name, &key));
        let history = reach.and_then(|reach| reach.history.clone());
        let state = Mutex::new(State {
            members: Members::default(),
            here: 0,
            gone: false,
            log: history.map(|it| Log::new(it, Arc::clone(&terms.meters))),
            news: terms.together().map(|_| News::default()),
        });
        let room = Self(Arc::new(Inner {
            key,
            rooms,
            group,
            host: OnceLock::new(),
            line,
            turn: Mutex::default(),
            state,
        }));
        let terms = &room.0.rooms.0.terms;
        if let Some(open) = &terms.open {
            room.0.host.get_or_init(|| open(&room));
        }
        if let (Some(line), Some(reach)) = (&room.0.line, &terms.reach) {
            line.open(reach.listener(&room), reach.codec.is_some());
        }
        room
    }

    /// Makes somebody a member; tells who was there already, if that is asked.
    pub(in super::super) fn admit(
        &self,
        newcomer: Newcomer<D>,
        list: bool,
    ) -> Result<Arrived<K, D>, Refused<D>> {
        let terms = &self.0.rooms.0.terms;
        let data = self.write_data(newcomer.member.data());
        loop {
            let recovery = self.recovery(newcomer.since);
            // Made while nothing is locked, as it is the application's code.
            let report = recovery.and_then(|recovery| self.reported(&recovery));
            let mut state = self.lock();
            if state.gone {
                drop(state);
                return Err(Refused::Gone(Box::new(newcomer)));
            }
            if state.members.len() >= terms.max_members {
                let limit = terms.max_members;
                return Err(Refused::Error(JoinError::RoomFull { limit }));
            }
            // Whoever comes and goes again and again leaves nothing else behind.
            let limit = UNHEARD + state.members.len();
            if self.host().is_some_and(|host| host.unheard() >= limit) {
                return Err(Refused::Error(JoinError::ActorBehind { limit }));
            }
            let since = newcomer.since.as_told(recovery);
            if !state.stands(since, recovery) {
                continue;
            }
            let Newcomer {
                member,
                place,
                announcement,
                since: _,
            } = newcomer;
            let others = match &state.news {
                _ if !list => Members::default(),
                // The rest is told to all of them together.
                Some(news) => news.told(),
                None => state.members.clone(),
            };
            let seat = self.0.group.join(member.id(), place.outbox());
            state.members.insert(member.clone());
            state.here += 1;
            if let Some(log) = &mut state.log {
                match recovery {
                    Some(_) => self.hand(log, member.id(), since, report),
                    None => log.wait(member.id(), since),
                }
            }
            if let (Some(line), Some(data)) = (&self.0.line, data) {
                line.presence(member.id(), Some(data));
            }
            self.tell(&mut state, Presence::Joined(member.clone()), announcement);
            drop(state);
            terms.meters.joined();
            return Ok((Membership::new(self.clone(), member, seat, place), others));
        }
    }

    /// Lets a member go.
    pub(in super::super) fn release(&self, member: &Member<D>, seat: Seat) {
        let left = Presence::Left(member.clone());
        let terms = &self.0.rooms.0.terms;
        // Made before anything is locked, as it is the application's code.
        let announcement = terms.announcement(&self.0.key, &left);
        let mut state = self.lock();
        let gone = state.members.remove(member.id());
        drop(seat);
        state.here -= 1;
        state.gone = state.here == 0;
        let empty = state.gone;
        if let Some(log) = &mut state.log {
            log.forget(member.id());
        }
        if let Some(line) = &self.0.line {
            if self.codec().is_some() {
                line.presence(member.id(), None);
            }
            if empty {
                line.close();
            }
        }
        self.tell(&mut state, left, announcement);
        drop(state);
        terms.meters.left();
        drop(gone);
        if empty {
            terms.meters.closed();
            self.0.rooms.forget(self);
        }
    }
}

impl<K, D> Room<K, D> {
    /// What somebody gets who joins now, if that is known.
    fn recovery(&self, since: Since) -> Option<Recovery> {
        self.lock().log.as_mut()?.recovery(since)
    }

    pub(super) fn reported(&self, recovery: &Recovery) -> Option<PreparedMessage> {
        let reach = self.0.rooms.0.terms.reach.as_ref()?;
        reach.history.as_ref()?.reported(recovery)
    }

    /// Gives a member what it missed, as the room is locked.
    pub(super) fn hand(
        &self,
        log: &mut Log,
        member: MemberId,
        since: Since,
        report: Option<PreparedMessage>,
    ) {
        let missed = log.catch_up(member, since);
        let audience = Audience::only([member]);
        for message in report.into_iter().chain(missed) {
            let parcel = Parcel::Message(message);
            self.0.group.deliver_always(&parcel, &audience);
        }
    }

    /// Tells who has to know, in one order, as the room is locked.
    fn tell(
        &self,
        state: &mut State<D>,
        presence: Presence<D>,
        announcement: Option<PreparedMessage>,
    ) {
        if let Some(announcement) = announcement {
            let others = Audience::Others(presence.member().id());
            let parcel = Parcel::Message(announcement);
            self.0.group.deliver_always(&parcel, &others);
        }
        if !state.gone {
            self.note(state, [presence.clone()]);
        }
        if let Some(host) = self.host() {
            host.tell(presence);
        }
    }

    /// Notes what members are told together.
    pub(super) fn note(
        &self,
        state: &mut State<D>,
        changes: impl IntoIterator<Item = Presence<D>>,
    ) {
        let together = self.0.rooms.0.terms.together();
        if let (Some(together), Some(news)) = (together, &mut state.news) {
            together.note(self, news, changes);
        }
    }

    /// Tells all members who came and went.
    pub(in super::super) fn tell_news(&self) {
        let Some(together) = self.0.rooms.0.terms.together() else {
            return;
        };
        let mut state = self.lock();
        let now = state.members.clone();
        let changes = state.news.as_mut().map_or_else(Vec::new, News::take);
        drop(state);
        // Made while nothing is locked, as it is the application's code. Who
        // joins now has the list of before, and is told too.
        let message = (!changes.is_empty()).then(|| together.make(&self.0.key, &changes));
        let mut state = self.lock();
        if let Some(message) = message.flatten() {
            let parcel = Parcel::Message(message);
            self.0.group.deliver_always(&parcel, &Audience::All);
        }
        let more = state.news.as_mut().is_some_and(|news| news.set_told(now));
        if more {
            self.note(&mut state, []);
        }
    }
}

impl Since {
    /// The same for who has been told where the room is: it gets what has come
    /// since then.
    fn as_told(self, told: Option<Recovery>) -> Self {
        match (self, told) {
            (Self::Now, Some(told)) => Self::After(told.position),
            (since, _) => since,
        }
    }
}

impl<D> State<D> {
    /// Whether what somebody is to be told of its recovery still holds. More
    /// may have come since, but nothing may be missing now.
    fn stands(&mut self, since: Since, told: Option<Recovery>) -> bool {
        let now = self.log.as_mut().and_then(|log| log.recovery(since));
        match (told, now) {
            (Some(told), Some(now)) => {
                told.complete == now.complete && told.position.epoch == now.position.epoch
            }
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        }
    }
}

/// Of how many comings and goings the actor of a room may not have heard when
/// somebody joins, beside those of the members.
const UNHEARD: usize = 1 << 14;
