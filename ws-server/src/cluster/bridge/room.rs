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

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::{
        cluster::{Recorded, desk::Desk, envelope::Envelope, meters::Meters},
        group::{Audience, Busy, Parcel},
    };

    /// A room with these members.
    #[derive(Default)]
    struct Members(Mutex<Vec<MemberId>>);

    impl Listener for Members {
        fn hear(&self, _: Parcel, _: Audience) {}

        fn begin(&self, _: u64, _: u64) {}

        fn record(&self, _: Recorded) -> Result<(), Busy> {
            Ok(())
        }

        fn caught_up(&self, _: u64) {}

        fn presence(&self, _: &[(MemberId, &[u8])], _: &[MemberId]) {}

        fn count(&self) -> usize {
            0
        }

        fn members(&self) -> Vec<(MemberId, Vec<u8>)> {
            let members = self.0.lock().unwrap();
            members.iter().map(|id| (*id, Vec::new())).collect()
        }
    }

    /// Whom the mail says to be there and to have gone: numbers.
    fn told(mail: &mut Mail) -> Vec<(bool, Vec<u64>, Vec<u64>)> {
        let batch = mail.batch().unwrap_or_default();
        let told = batch.iter().map(|publication| {
            let envelope = Envelope::open(&publication.payload).unwrap();
            let Body::Presence {
                fresh,
                joined,
                left,
                ..
            } = envelope.body
            else {
                panic!("{:?}", envelope.body);
            };
            (fresh, joined.iter().map(|it| it.0).collect(), left)
        });
        told.collect()
    }

    #[test]
    fn who_was_listed_and_came_and_went_before_that_was_told_is_told_to_have_gone() {
        let desk = Arc::new(Desk::new(1, 1 << 20, Meters::new("memory")));
        let mut mail = Mail::new(desk, Duration::from_secs(10));
        let topic = Topic::new("rooms", "lobby");
        let listener = Arc::new(Members::default());
        let mut room = Room::new(Opened {
            room: 1,
            keep: None,
            lists: true,
            listener: Arc::clone(&listener) as _,
        });
        // It has joined by the time that all are listed; that it has is on its
        // way.
        let visitor = MemberId::next();
        listener.0.lock().unwrap().push(visitor);
        let now = Instant::now();
        room.list(now, false);
        room.tell_presence(&topic, &mut mail, now);
        let listed = (true, vec![visitor.get()], vec![]);
        assert_eq!(told(&mut mail), [listed]);
        mail.published(vec![Ok(None)]);
        room.note(visitor, Some(Vec::new()));
        room.note(visitor, None);
        room.tell_presence(&topic, &mut mail, now);
        assert_eq!(told(&mut mail), [(false, vec![], vec![visitor.get()])]);
    }
}
