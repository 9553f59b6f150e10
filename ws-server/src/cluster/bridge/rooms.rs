use std::{
    collections::{HashMap, HashSet, VecDeque},
    mem,
    sync::Arc,
    time::Duration,
};

use tokio::time::Instant;

use crate::{
    backplane::{Arrival, Keep, Page, Topic},
    cluster::{
        desk::{Desk, Letter, Opened},
        envelope::{self, Body, Envelope},
    },
    group::{MemberId, Parcel},
};

use super::{
    WINDOW,
    mail::{Mail, is_late},
    nodes::Nodes,
    room::{self, Room},
    roster::Change,
};

/// The rooms that have members on this node, and what the engine has been told
/// of them.
pub(super) struct Rooms {
    desk: Arc<Desk>,
    all: HashMap<Topic, Room>,
    linked: bool,
    subscribed: HashSet<Topic>,
    /// Those that were opened or closed since.
    changed: HashSet<Topic>,
    /// The engine is being told.
    changing: bool,
    /// Those whose record may have to be read.
    unread: VecDeque<Topic>,
    /// How many records are being read.
    reading: usize,
    /// Those whose members have news for the other nodes, and when these are
    /// told.
    news: HashSet<Topic>,
    tell: Option<Instant>,
    /// Those that hold mail.
    holding: HashSet<Topic>,
    /// Those that were closed while the other nodes could not be told: to them
    /// there are members still.
    deserted: HashSet<Topic>,
    /// Those whose members on other nodes have to be listed anew until then, or
    /// are gone.
    doubts: VecDeque<(Instant, Topic)>,
    /// For how long a node may be silent.
    silence: Duration,
}

impl Rooms {
    pub(super) fn new(desk: Arc<Desk>, silence: Duration) -> Self {
        Self {
            desk,
            all: HashMap::new(),
            linked: false,
            subscribed: HashSet::new(),
            changed: HashSet::new(),
            changing: false,
            unread: VecDeque::new(),
            reading: 0,
            news: HashSet::new(),
            tell: None,
            holding: HashSet::new(),
            deserted: HashSet::new(),
            doubts: VecDeque::new(),
            silence,
        }
    }

    pub(super) fn open(&mut self, topic: Topic, opened: Opened, mail: &mut Mail) {
        let room = Room::new(opened);
        if let Some(before) = self.all.insert(topic.clone(), room) {
            tracing::error!(%topic, "two sets of rooms of this node have the same name: the first hears no other nodes any more");
            self.release(&topic, before.held, mail);
        }
        if self.subscribed.contains(&topic) {
            self.begin(&topic, Instant::now());
        }
        self.changed.insert(topic);
        self.desk.meters.topics(self.all.len());
    }

    pub(super) fn close(&mut self, topic: &Topic, id: u64, mail: &mut Mail) {
        // Another may have taken its place.
        if self.all.get(topic).is_none_or(|room| room.id != id) {
            return;
        }
        if let Some(mut room) = self.all.remove(topic) {
            if self.subscribed.contains(topic) {
                if room.has_news() {
                    // Nobody is there any more.
                    room.tell_presence(topic, mail, Instant::now());
                }
            } else if room.has_told() {
                if self.linked {
                    room::tell_nobody(topic, mail);
                } else {
                    self.deserted.insert(topic.clone());
                }
            }
            self.release(topic, room.held, mail);
        }
        self.news.remove(topic);
        self.changed.insert(topic.clone());
        self.desk.meters.topics(self.all.len());
    }

    /// Something is to be published.
    pub(super) fn post(&mut self, letter: Letter, mail: &mut Mail) {
        let topic = &letter.publication.topic;
        if letter.publication.keep.is_some()
            && let Some(room) = self.all.get_mut(topic)
            && room.course.as_ref().is_some_and(|it| it.is_opening())
        {
            self.holding.insert(topic.clone());
            room.held.push(letter);
        } else {
            mail.post(letter);
        }
    }

    /// Somebody came or went on this node.
    pub(super) fn note(&mut self, topic: &Topic, member: MemberId, joined: Option<Vec<u8>>) {
        // Before the others can be told, nothing is noted: then they get a list.
        if let Some(room) = self.all.get_mut(topic)
            && self.subscribed.contains(topic)
        {
            room.note(member, joined);
            self.announce(topic, Instant::now() + WINDOW);
        }
    }

    /// All other nodes have to be told of all members, since they lost sight of
    /// this one.
    pub(super) fn list_all(&mut self) {
        let now = Instant::now();
        let topics: Vec<_> = self.subscribed.iter().cloned().collect();
        for topic in topics {
            if let Some(room) = self.all.get_mut(&topic) {
                room.list(now, false);
                self.announce(&topic, now + WINDOW);
            }
        }
    }

    /// The topics to subscribe to and those to leave, if there are any and the
    /// engine has heard of the last.
    pub(super) fn subscriptions(&mut self) -> Option<(Vec<Topic>, Vec<Topic>)> {
        if self.changing || self.changed.is_empty() {
            return None;
        }
        let (mut join, mut leave) = (Vec::new(), Vec::new());
        for topic in self.changed.drain() {
            match (
                self.all.contains_key(&topic),
                self.subscribed.contains(&topic),
            ) {
                (true, false) => join.push(topic),
                (false, true) => leave.push(topic),
                (true, true) | (false, false) => {}
            }
        }
        for topic in &leave {
            self.subscribed.remove(topic);
        }
        self.changing = !(join.is_empty() && leave.is_empty());
        self.changing.then_some((join, leave))
    }

    pub(super) fn subscribed(&mut self, topics: &[Topic]) {
        self.changing = false;
        let now = Instant::now();
        for topic in topics {
            self.subscribed.insert(topic.clone());
            self.begin(topic, now);
        }
    }

    /// What is published arrives from now on.
    fn begin(&mut self, topic: &Topic, now: Instant) {
        let Some(room) = self.all.get_mut(topic) else {
            return;
        };
        if let Some(course) = &mut room.course {
            course.subscribed(now);
            self.unread.push_back(topic.clone());
        }
        room.list(now, true);
        if room.roster.doubt() {
            self.doubts.push_back((now + self.silence, topic.clone()));
        }
        self.deserted.remove(topic);
        self.announce(topic, now);
    }

    /// There is an engine again.
    pub(super) fn linked(&mut self, mail: &mut Mail) {
        self.linked = true;
        for topic in self.deserted.drain() {
            if !self.all.contains_key(&topic) {
                room::tell_nobody(&topic, mail);
            }
        }
    }

    /// Takes for gone who was not listed anew after a loss.
    pub(super) fn settle_doubts(&mut self, now: Instant) {
        let due = |(until, _): &(Instant, Topic)| *until <= now;
        while self.doubts.front().is_some_and(due) {
            let topic = self.doubts.pop_front().map(|(_, topic)| topic);
            let room = topic.and_then(|topic| self.all.get_mut(&topic));
            if let Some(room) = room {
                let gone = room.roster.drop_doubted();
                if !gone.is_empty() {
                    room.listener.presence(&[], &gone);
                }
            }
        }
    }

    /// The records that are to be read now: which room, how much is kept, and
    /// behind which offset.
    pub(super) fn reads(&mut self, now: Instant) -> Vec<(Topic, u64, Keep, Option<u64>)> {
        let mut reads = Vec::new();
        for _ in 0..self.unread.len() {
            if self.reading >= READS {
                break;
            }
            let Some(topic) = self.unread.pop_front() else {
                break;
            };
            let room = self.all.get_mut(&topic);
            let Some((id, course)) = room.and_then(|it| Some((it.id, it.course.as_mut()?))) else {
                continue;
            };
            match course.due() {
                Some(at) if at <= now => {
                    let after = course.begin();
                    reads.push((topic, id, course.keep, after));
                    self.reading += 1;
                }
                Some(_) => self.unread.push_back(topic),
                None => {}
            }
        }
        reads
    }

    pub(super) fn read(&mut self, topic: &Topic, id: u64, page: Page, mail: &mut Mail) {
        self.reading -= 1;
        let Some(room) = self.all.get_mut(topic).filter(|room| room.id == id) else {
            return;
        };
        let Some(course) = &mut room.course else {
            return;
        };
        let now = Instant::now();
        let complete = course.read(page, &*room.listener, &self.desk.meters, now);
        if course.due().is_some() {
            self.unread.push_back(topic.clone());
        }
        if complete {
            let held = mem::take(&mut room.held);
            self.release(topic, held, mail);
        }
    }

    /// The engine cannot keep records, as it is.
    pub(super) fn unreadable(&mut self, topic: Topic, id: u64) {
        self.reading -= 1;
        let room = self.all.get_mut(&topic).filter(|room| room.id == id);
        if let Some(course) = room.and_then(|room| room.course.as_mut()) {
            course.put_off(Instant::now());
            self.unread.push_back(topic);
        }
    }

    fn release(&mut self, topic: &Topic, held: Vec<Letter>, mail: &mut Mail) {
        self.holding.remove(topic);
        for letter in held {
            mail.post(letter);
        }
    }

    /// Something has arrived.
    pub(super) fn take(
        &mut self,
        arrival: Arrival,
        nodes: &mut Nodes,
        mail: &mut Mail,
        now: Instant,
    ) {
        let Arrival {
            topic,
            payload,
            place,
        } = arrival;
        let meters = &self.desk.meters;
        let Some(room) = self.all.get_mut(&topic) else {
            return;
        };
        if let Some(place) = place {
            let Some(course) = &mut room.course else {
                // Other nodes keep a record, and this one does not.
                return meters.strange();
            };
            let was_due = course.due().is_some();
            course.take(place, payload, &*room.listener, meters, now);
            if course.due().is_some() && !was_due {
                self.unread.push_back(topic);
            }
            return;
        }
        if envelope::sender(&payload).is_some_and(|id| id.origin == self.desk.origin) {
            return;
        }
        let Some(Envelope { id, body }) = Envelope::open(&payload) else {
            return meters.strange();
        };
        match body {
            Body::Message {
                whom,
                latest,
                opcode,
                payload: part,
            } => {
                let Some(message) = envelope::message(opcode, part, &payload) else {
                    return meters.strange();
                };
                if !room.roster.is_new(id.origin, id.number, now) {
                    return meters.double();
                }
                let message = message.into();
                let parcel = match latest {
                    None => Parcel::Message(message),
                    Some(key) => Parcel::Latest(key, message),
                };
                room.listener.hear(parcel, whom.into_audience());
            }
            Body::Close { whom, code, reason } => {
                let Some(parcel) = envelope::close(code, reason) else {
                    return meters.strange();
                };
                if room.roster.is_new(id.origin, id.number, now) {
                    room.listener.hear(parcel, whom.into_audience());
                }
            }
            Body::Presence {
                previous,
                fresh,
                more,
                ask,
                process,
                joined,
                left,
            } => {
                if ask {
                    room.asked(now);
                }
                nodes.heard(id.origin, now);
                if nodes.found(id.origin) {
                    let node = id.origin;
                    mail.say(nodes.topic(), &Body::Forgotten { node });
                }
                let joined = joined.into_iter();
                let left = left.into_iter();
                let change = Change {
                    number: id.number,
                    previous,
                    fresh,
                    more,
                    joined: joined
                        .map(|(number, data)| (MemberId::new(process, number), data.0))
                        .collect(),
                    left: left.map(|number| MemberId::new(process, number)).collect(),
                };
                let changed = room.roster.apply(id.origin, change);
                if changed.missed {
                    mail.say(&topic, &Body::Ask);
                }
                if !(changed.joined.is_empty() && changed.left.is_empty()) {
                    room.listener.presence(&changed.joined, &changed.left);
                }
                if ask {
                    self.announce(&topic, now + WINDOW);
                }
            }
            Body::Ask => {
                room.asked(now);
                self.announce(&topic, now + WINDOW);
            }
            Body::Alive { .. }
            | Body::Here
            | Body::Leaving
            | Body::Forgotten { .. }
            | Body::Census { .. }
            | Body::Counted { .. } => meters.strange(),
        }
    }

    /// How many members the rooms of this name have on this node.
    pub(super) fn counts(&self, rooms: &str) -> impl Iterator<Item = (String, usize)> {
        let such = self
            .all
            .iter()
            .filter(move |(topic, _)| topic.rooms() == rooms);
        let counted = such.map(|(topic, room)| (topic.room_name(), room.listener.count()));
        counted.filter(|(_, count)| *count > 0)
    }

    /// A node is gone, and its members with it.
    pub(super) fn lose_node(&mut self, node: u64) {
        for room in self.all.values_mut() {
            let gone = room.roster.lose(node);
            if !gone.is_empty() {
                room.listener.presence(&[], &gone);
            }
        }
    }

    /// The engine is gone.
    pub(super) fn interrupt(&mut self, unsaid: Vec<Topic>) {
        self.linked = false;
        let closed = unsaid
            .into_iter()
            .filter(|topic| !self.all.contains_key(topic));
        self.deserted.extend(closed);
        self.doubts.clear();
        self.subscribed.clear();
        self.changing = false;
        self.reading = 0;
        self.unread.clear();
        self.changed = self.all.keys().cloned().collect();
        for room in self.all.values_mut() {
            if let Some(course) = &mut room.course {
                course.interrupt();
            }
        }
    }

    fn announce(&mut self, topic: &Topic, at: Instant) {
        if !self.news.contains(topic) {
            self.news.insert(topic.clone());
        }
        self.tell = Some(self.tell.map_or(at, |tell| tell.min(at)));
    }

    /// Tells the other nodes what they do not know, if it is time.
    pub(super) fn tell_presence(&mut self, now: Instant, mail: &mut Mail) {
        if self.tell.take_if(|at| *at <= now).is_none() {
            return;
        }
        for topic in mem::take(&mut self.news) {
            let Some(room) = self.all.get_mut(&topic) else {
                continue;
            };
            // What is not heard by anybody is told when it can be.
            if self.subscribed.contains(&topic) {
                room.tell_presence(&topic, mail, now);
                if let Some(at) = room.next_instant() {
                    self.announce(&topic, at);
                }
            }
        }
    }

    /// Gives up held mail that has waited too long.
    pub(super) fn give_up(&mut self, now: Instant, mail: &Mail) {
        let patience = mail.patience();
        self.holding.retain(|topic| {
            let Some(room) = self.all.get_mut(topic) else {
                return false;
            };
            for late in room
                .held
                .extract_if(.., |letter| is_late(letter, patience, now))
            {
                mail.drop_late(late);
            }
            !room.held.is_empty()
        });
    }

    pub(super) fn hold_mail(&self) -> bool {
        !self.holding.is_empty()
    }

    pub(super) fn next_instant(&self, linked: bool, mail: &Mail) -> Option<Instant> {
        let tell = self.tell.filter(|_| linked);
        let due = |topic| self.all.get(topic)?.course.as_ref()?.due();
        // Those that are due now have been begun, as far as may be.
        let may_read = linked && self.reading < READS;
        let read = may_read.then(|| self.unread.iter().filter_map(due).min());
        let oldest = |topic| Some(self.all.get(topic)?.held.first()?.since);
        let held = self.holding.iter().filter_map(oldest).min();
        let late = held.map(|since| Instant::from_std(since + mail.patience()));
        let doubt = self.doubts.front().map(|(until, _)| *until);
        [tell, read.flatten(), late, doubt]
            .into_iter()
            .flatten()
            .min()
    }
}

/// How many records are read at the same time.
const READS: usize = 32;
