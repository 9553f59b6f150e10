use std::{collections::HashMap, mem, sync::Arc, time::Duration};

use tokio::time::Instant;

use crate::{
    backplane::{MAX_PAYLOAD, Topic},
    cluster::{
        Listener,
        desk::{Letter, Opened},
        envelope::{Body, Raw},
    },
    group::MemberId,
};

use super::{mail::Mail, record::Course, roster::Roster};

/// One room of this node, as the bridge keeps it.
pub(super) struct Room {
    /// Names it among those that were open on this topic.
    pub(super) id: u64,
    /// Its members are told of to other nodes.
    lists: bool,
    pub(super) listener: Arc<dyn Listener>,
    pub(super) course: Option<Course>,
    pub(super) roster: Roster,
    /// What is published when the room has its record: who publishes as soon
    /// as it has joined hears it too.
    pub(super) held: Vec<Letter>,
    /// Who has come or gone since the others were told.
    changes: HashMap<MemberId, Option<Vec<u8>>>,
    /// The others have to be told of all members, and not before this.
    list: Option<Instant>,
    /// When they were last.
    listed: Option<Instant>,
    /// The others have to tell of theirs.
    ask: bool,
    /// The number of the last that was told.
    told: u64,
}

impl Room {
    pub(super) fn new(opened: Opened) -> Self {
        let Opened {
            room: id,
            keep,
            lists,
            listener,
        } = opened;
        Self {
            id,
            lists,
            listener,
            course: keep.map(Course::new),
            roster: Roster::default(),
            held: Vec::new(),
            changes: HashMap::new(),
            list: None,
            listed: None,
            ask: false,
            told: 0,
        }
    }

    /// Somebody came or went.
    ///
    /// Who went is told even if its coming was not: a list may have had it.
    pub(super) fn note(&mut self, member: MemberId, joined: Option<Vec<u8>>) {
        self.changes.insert(member, joined);
    }

    /// The others are told of all members.
    pub(super) fn list(&mut self, now: Instant, ask: bool) {
        if self.lists {
            self.list.get_or_insert(now);
            self.ask |= ask;
        }
    }

    /// When there is something to tell.
    pub(super) fn next_instant(&self) -> Option<Instant> {
        self.list
    }

    /// Tells the others of who is there.
    pub(super) fn tell_presence(&mut self, topic: &Topic, mail: &mut Mail, now: Instant) {
        if self.list.take_if(|at| *at <= now).is_some() {
            // They are in the list, or no more.
            self.changes.clear();
            self.listed = Some(now);
            let members = self.listener.members();
            self.tell(topic, mail, true, &members, &[]);
            return;
        }
        if self.changes.is_empty() {
            return;
        }
        let (mut joined, mut left) = (Vec::new(), Vec::new());
        for (member, change) in self.changes.drain() {
            match change {
                Some(data) => joined.push((member, data)),
                None => left.push(member),
            }
        }
        joined.sort_unstable_by_key(|(member, _)| *member);
        self.tell(topic, mail, false, &joined, &left);
    }

    fn tell(
        &mut self,
        topic: &Topic,
        mail: &mut Mail,
        mut fresh: bool,
        mut joined: &[(MemberId, Vec<u8>)],
        mut left: &[MemberId],
    ) {
        loop {
            let mut room = PART;
            let fits = |(_, data): &&(MemberId, Vec<u8>)| {
                let len = data.len() + ENTRY;
                let fits = len <= room;
                room = room.saturating_sub(len);
                fits
            };
            // One that is alone too long is told by itself, if at all.
            let count = joined.iter().take_while(fits).count();
            let count = count.max(1).min(joined.len());
            let (part, rest) = joined.split_at(count);
            let (gone, others_gone) = left.split_at(left.len().min(PART / ENTRY));
            (joined, left) = (rest, others_gone);
            let more = !(joined.is_empty() && left.is_empty());
            let sendable = part.iter().filter(|(_, data)| data.len() < MAX_PAYLOAD / 2);
            let process = part
                .first()
                .map(|(id, _)| *id)
                .or_else(|| gone.first().copied());
            let body = Body::Presence {
                previous: self.told,
                fresh: mem::take(&mut fresh),
                more,
                ask: mem::take(&mut self.ask),
                process: process.map_or(0, MemberId::process),
                joined: sendable.map(|(id, data)| (id.get(), Raw(data))).collect(),
                left: gone.iter().map(|id| id.get()).collect(),
            };
            self.told = mail.say(topic, &body);
            if !more {
                break;
            }
        }
    }

    /// Others have to be told of all members, though not too often.
    pub(super) fn asked(&mut self, now: Instant) {
        let next = self.listed.map_or(now, |listed| listed + PAUSE);
        self.list.get_or_insert_with(|| next.max(now));
    }

    /// Whether the others may know of members.
    pub(super) const fn has_told(&self) -> bool {
        self.told > 0
    }

    pub(super) fn has_news(&self) -> bool {
        self.list.is_some() || !self.changes.is_empty()
    }
}

/// Tells the others that nobody is in a room any more.
pub(super) fn tell_nobody(topic: &Topic, mail: &mut Mail) {
    mail.say(
        topic,
        &Body::Presence {
            previous: 0,
            fresh: true,
            more: false,
            ask: false,
            process: 0,
            joined: Vec::new(),
            left: Vec::new(),
        },
    );
}

/// How long it takes until all members are listed again for who asks.
const PAUSE: Duration = Duration::from_millis(200);
/// About how many bytes of members are told at once.
const PART: usize = 128 << 10;
/// What each of them takes beside its data, in bytes.
const ENTRY: usize = 16;
