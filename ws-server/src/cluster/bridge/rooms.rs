use std::{
    collections::{HashMap, HashSet, VecDeque},
    mem,
    sync::Arc,
    time::Duration,
};

use tokio::time::Instant;

use crate::{
    backplane::Topic,
    cluster::desk::{Desk, Letter, Opened},
    group::MemberId,
};

use super::{
    WINDOW,
    mail::{Mail, is_late},
    room::{self, Room},
};

mod arrivals;
mod records;
mod subscriptions;

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

    fn release(&mut self, topic: &Topic, held: Vec<Letter>, mail: &mut Mail) {
        self.holding.remove(topic);
        for letter in held {
            mail.post(letter);
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
