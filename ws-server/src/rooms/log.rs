use std::{
    collections::{HashSet, VecDeque},
    mem,
    sync::Arc,
    time::Instant,
};

use ws_core::PreparedMessage;

use crate::{
    backplane::{Position, PublicationId},
    group::{Audience, MemberId},
};

use super::{
    history::{History, Recovery, Since},
    meters::{Kept, Meters},
};

/// What a room of this node has of its record, as members are sent it.
pub(super) struct Log {
    history: Arc<History>,
    epoch: u64,
    /// Everything behind this offset is there.
    start: u64,
    last: u64,
    entries: VecDeque<Entry>,
    kept: Kept,
    /// Of what members had before the record began anew: one that was published
    /// again may be recorded twice by an engine that lost its memory.
    before: HashSet<PublicationId>,
    /// The record has been read.
    read: bool,
    /// Those that joined before.
    waiting: Vec<(MemberId, Since)>,
    /// Those that have been told more elsewhere, and up to which offset.
    ahead: Vec<(MemberId, u64)>,
}

struct Entry {
    offset: u64,
    id: PublicationId,
    since: Instant,
    message: PreparedMessage,
}

impl Log {
    pub(super) fn new(history: Arc<History>, meters: Arc<Meters>) -> Self {
        Self {
            history,
            epoch: 0,
            start: 0,
            last: 0,
            entries: VecDeque::new(),
            kept: Kept::new(meters),
            before: HashSet::new(),
            read: false,
            waiting: Vec::new(),
            ahead: Vec::new(),
        }
    }

    /// Where the room is, once that is known.
    pub(super) fn position(&self) -> Option<Position> {
        self.read.then_some(Position {
            epoch: self.epoch,
            offset: self.last,
        })
    }

    /// The record begins, perhaps anew; tells of the gap if there is one.
    pub(super) fn begin(&mut self, epoch: u64, start: u64) -> Option<Recovery> {
        if epoch == self.epoch {
            self.ahead.retain(|(_, offset)| *offset > start);
        } else {
            self.ahead.clear();
        }
        if self.before.len() > 2 * self.history.keep().messages {
            self.before.clear();
        }
        let entries = self.entries.drain(..);
        self.before.extend(entries.map(|entry| entry.id));
        self.kept.set(0);
        (self.epoch, self.start, self.last) = (epoch, start, start);
        self.read.then_some(Recovery {
            position: Position {
                epoch,
                offset: start,
            },
            messages: 0,
            complete: false,
        })
    }

    /// The position of a message to come.
    pub(super) const fn place(&self, offset: u64) -> Position {
        Position {
            epoch: self.epoch,
            offset,
        }
    }

    /// Whether members had it before the record began anew.
    pub(super) fn is_known(&self, id: PublicationId) -> bool {
        self.before.contains(&id)
    }

    /// Who of an audience has not been told this elsewhere.
    pub(super) fn audience(&mut self, offset: u64, audience: Audience) -> Audience {
        self.ahead.retain(|(_, told)| *told >= offset);
        if self.ahead.is_empty() {
            return audience;
        }
        audience.without(self.ahead.iter().map(|(member, _)| *member))
    }

    pub(super) fn push(&mut self, offset: u64, id: PublicationId, message: PreparedMessage) {
        self.last = offset;
        self.kept.set(self.kept.bytes() + weight(&message));
        self.entries.push_back(Entry {
            offset,
            id,
            since: Instant::now(),
            message,
        });
        self.trim();
    }

    fn trim(&mut self) {
        let keep = self.history.keep();
        let now = Instant::now();
        while let Some(oldest) = self.entries.front() {
            let old = keep
                .age
                .is_some_and(|age| now.duration_since(oldest.since) > age);
            let count = self.entries.len();
            let many = count > keep.messages || (count > 1 && self.kept.bytes() > keep.bytes);
            if !(old || many) {
                break;
            }
            if let Some(oldest) = self.entries.pop_front() {
                self.start = oldest.offset;
                self.kept.set(self.kept.bytes() - weight(&oldest.message));
            }
        }
    }

    /// What somebody gets who joins now; nothing is known before the record has
    /// been read.
    pub(super) fn recovery(&mut self, since: Since) -> Option<Recovery> {
        self.trim();
        let mut position = self.position()?;
        let (behind, complete) = self.behind(since);
        // It may have been told more elsewhere.
        position.offset = position.offset.max(behind);
        let messages = self.entries.iter().filter(|it| it.offset > behind).count();
        Some(Recovery {
            position,
            messages,
            complete,
        })
    }

    /// Behind which offset somebody gets all there is, and whether nothing is
    /// missing then.
    const fn behind(&self, since: Since) -> (u64, bool) {
        match since {
            Since::Now => (self.last, true),
            Since::Kept => (0, true),
            Since::After(position) if position.epoch != self.epoch => (0, false),
            Since::After(position) if position.offset < self.start => (0, false),
            Since::After(position) => (position.offset, true),
        }
    }

    /// The messages that somebody gets who joins now.
    pub(super) fn catch_up(&mut self, member: MemberId, since: Since) -> Vec<PreparedMessage> {
        let (behind, _) = self.behind(since);
        if behind > self.last {
            self.ahead.push((member, behind));
        }
        let missed = self.entries.iter().filter(|it| it.offset > behind);
        missed.map(|it| it.message.clone()).collect()
    }

    /// Has somebody wait until the record has been read.
    pub(super) fn wait(&mut self, member: MemberId, since: Since) {
        self.waiting.push((member, since));
    }

    /// The record has been read up to this offset, if nobody waits any more.
    pub(super) fn finish(&mut self, last: u64) -> Vec<(MemberId, Since)> {
        self.last = self.last.max(last);
        self.read = true;
        mem::take(&mut self.waiting)
    }

    pub(super) fn forget(&mut self, member: MemberId) {
        self.waiting.retain(|(other, _)| *other != member);
        self.ahead.retain(|(other, _)| *other != member);
    }
}

fn weight(message: &PreparedMessage) -> usize {
    message.len() + size_of::<Entry>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(messages: usize) -> Log {
        let meters = Arc::new(Meters::new("rooms"));
        let mut log = Log::new(Arc::new(History::messages(messages)), meters);
        assert_eq!(log.begin(1, 0), None);
        log.finish(0);
        log
    }

    fn id(number: u64) -> PublicationId {
        PublicationId { origin: 7, number }
    }

    fn after(epoch: u64, offset: u64) -> Since {
        Since::After(Position { epoch, offset })
    }

    #[test]
    fn who_was_told_more_elsewhere_stays_where_it_is() {
        let mut log = log(10);
        log.push(1, id(1), "one".into());
        let recovery = log.recovery(after(1, 3)).unwrap();
        assert_eq!(recovery.position.offset, 3);
        assert!(recovery.complete);
        let ada = MemberId::next();
        assert!(log.catch_up(ada, after(1, 3)).is_empty());
        assert!(!log.audience(3, Audience::All).has(ada));
        assert!(log.audience(4, Audience::All).has(ada));
    }

    #[test]
    fn message_that_is_recorded_anew_is_there_for_those_who_come() {
        let mut log = log(10);
        log.push(1, id(1), "one".into());
        assert!(!log.is_known(id(1)));
        assert!(log.begin(2, 0).is_some(), "members learn of the gap");
        // Whoever was there has had it.
        assert!(log.is_known(id(1)));
        log.push(1, id(1), "one".into());
        log.push(2, id(2), "two".into());
        let recovery = log.recovery(after(2, 0)).unwrap();
        assert_eq!((recovery.messages, recovery.complete), (2, true));
    }
}
