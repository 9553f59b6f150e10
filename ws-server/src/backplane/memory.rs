use std::{
    cmp::Reverse,
    collections::{HashMap, VecDeque},
    fmt,
    hash::{BuildHasher, RandomState},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;

use super::{
    Arrival, Backplane, Inbox, Keep, Link, Page, Pending, Place, Position, Publication, Published,
    Topic,
};

/// An engine in memory, for nodes of one process: for tests, and for the
/// records of rooms that one process serves alone.
///
/// A clone is the same engine. Nothing of it outlives the process. A record to
/// which nobody is subscribed and that nothing was added to for a day is
/// forgotten, and so are the oldest of such above
/// [`max_idle_bytes`](Self::max_idle_bytes) of them.
#[derive(Clone)]
pub struct Memory(Arc<Mutex<Topics>>);

struct Topics {
    max_idle_bytes: usize,
    all: HashMap<Topic, Line>,
    /// When it was last looked for what may be forgotten.
    swept: Option<Instant>,
}

#[derive(Default)]
struct Line {
    subscribers: Vec<(u64, Inbox)>,
    record: Option<Record>,
}

struct Record {
    epoch: u64,
    last: u64,
    touched: Instant,
    entries: VecDeque<(u64, Instant, Bytes)>,
    /// In their payloads.
    bytes: usize,
    /// The newest number that each has published.
    origins: HashMap<u64, (u64, Instant)>,
}

impl Memory {
    /// An engine that nobody is connected to yet.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(Topics {
            max_idle_bytes: 64 << 20,
            all: HashMap::new(),
            swept: None,
        })))
    }

    /// The most bytes of records that are kept for rooms without members.
    ///
    /// Default: 64 MiB, so that a peer that chooses its rooms cannot fill the
    /// memory with what it leaves behind. It is looked at once in a second.
    #[must_use]
    pub fn max_idle_bytes(self, limit: usize) -> Self {
        self.lock().max_idle_bytes = limit;
        self
    }

    fn lock(&self) -> MutexGuard<'_, Topics> {
        // Nothing in here panics half way.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

impl Backplane for Memory {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn connect(&self, inbox: Inbox) -> Pending<'_, Box<dyn Link>> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let link: Box<dyn Link> = Box::new(MemoryLink {
            memory: self.clone(),
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            inbox,
        });
        Box::pin(async { Ok(link) })
    }
}

struct MemoryLink {
    memory: Memory,
    id: u64,
    inbox: Inbox,
}

impl Link for MemoryLink {
    fn subscribe<'a>(&'a self, topics: &'a [Topic]) -> Pending<'a, ()> {
        let mut all = self.memory.lock();
        for topic in topics {
            let subscribers = &mut all.all.entry(topic.clone()).or_default().subscribers;
            if subscribers.iter().all(|(id, _)| *id != self.id) {
                subscribers.push((self.id, self.inbox.clone()));
            }
        }
        Box::pin(async { Ok(()) })
    }

    fn unsubscribe<'a>(&'a self, topics: &'a [Topic]) -> Pending<'a, ()> {
        let mut all = self.memory.lock();
        for topic in topics {
            all.leave(topic, self.id);
        }
        all.sweep();
        Box::pin(async { Ok(()) })
    }

    fn publish<'a>(&'a self, batch: &'a [Publication]) -> Pending<'a, Vec<Published>> {
        let mut all = self.memory.lock();
        let published = batch.iter().map(|it| Ok(all.publish(it))).collect();
        Box::pin(async { Ok(published) })
    }

    fn read<'a>(
        &'a self,
        topic: &'a Topic,
        keep: Keep,
        after: Option<u64>,
        limit: usize,
    ) -> Pending<'a, Page> {
        let mut all = self.memory.lock();
        let line = all.all.entry(topic.clone()).or_default();
        let record = line.record.get_or_insert_with(Record::new);
        record.trim(keep);
        let page = record.page(after, limit);
        Box::pin(async { Ok(page) })
    }
}

impl Drop for MemoryLink {
    fn drop(&mut self) {
        let mut all = self.memory.lock();
        let topics: Vec<_> = all.all.keys().cloned().collect();
        for topic in topics {
            all.leave(&topic, self.id);
        }
    }
}

impl Topics {
    fn publish(&mut self, publication: &Publication) -> Option<Position> {
        let topic = &publication.topic;
        if publication.keep.is_some() && !self.all.contains_key(topic) {
            self.sweep();
            self.all.insert(topic.clone(), Line::default());
        }
        let line = self.all.get_mut(topic)?;
        let place = match publication.keep {
            None => None,
            Some(keep) => {
                let record = line.record.get_or_insert_with(Record::new);
                // It has this one already.
                let place = record.add(publication, keep)?;
                Some(place)
            }
        };
        for (_, inbox) in &line.subscribers {
            let arrival = Arrival {
                topic: topic.clone(),
                payload: publication.payload.clone(),
                place,
            };
            // One that is full or gone has learned of it.
            inbox.push(arrival).ok();
        }
        place.map(|place| place.position)
    }

    fn leave(&mut self, topic: &Topic, id: u64) {
        if let Some(line) = self.all.get_mut(topic) {
            line.subscribers.retain(|(other, _)| *other != id);
            if line.subscribers.is_empty() && line.record.is_none() {
                self.all.remove(topic);
            }
        }
    }

    /// Forgets records that nobody needs any more, now and then.
    fn sweep(&mut self) {
        let now = Instant::now();
        let due = |swept: Instant| now.duration_since(swept) >= SWEEP;
        if !self.swept.is_none_or(due) {
            return;
        }
        self.swept = Some(now);
        self.all.retain(|_, line| line.is_needed(now));
        let mut idle: Vec<_> = (self.all.iter())
            .filter(|(_, line)| line.subscribers.is_empty())
            .filter_map(|(topic, line)| Some((line.record.as_ref()?, topic)))
            .map(|(record, topic)| (record.touched, record.weight(), topic.clone()))
            .collect();
        idle.sort_unstable_by_key(|(touched, ..)| Reverse(*touched));
        let mut bytes = 0;
        for (_, weight, topic) in idle {
            bytes += weight;
            if bytes > self.max_idle_bytes {
                self.all.remove(&topic);
            }
        }
    }
}

impl Line {
    fn is_needed(&self, now: Instant) -> bool {
        let fresh = |record: &Record| now.duration_since(record.touched) < FORGOTTEN;
        !self.subscribers.is_empty() || self.record.as_ref().is_some_and(fresh)
    }
}

impl Record {
    fn new() -> Self {
        Self {
            epoch: RandomState::new().hash_one(0),
            last: 0,
            touched: Instant::now(),
            entries: VecDeque::new(),
            bytes: 0,
            origins: HashMap::new(),
        }
    }

    fn add(&mut self, publication: &Publication, keep: Keep) -> Option<Place> {
        let now = Instant::now();
        let id = publication.id;
        let newest = self.origins.get(&id.origin);
        if newest.is_some_and(|(number, _)| *number >= id.number) {
            return None;
        }
        self.origins.insert(id.origin, (id.number, now));
        if self.origins.len() > ORIGINS {
            let recent = |(_, at): &(u64, Instant)| now.duration_since(*at) < REPEATED;
            self.origins.retain(|_, newest| recent(newest));
        }
        self.touched = now;
        let previous = self.last;
        self.last += 1;
        let payload = publication.payload.clone();
        self.bytes += payload.len();
        self.entries.push_back((self.last, now, payload));
        self.trim(keep);
        let position = Position {
            epoch: self.epoch,
            offset: self.last,
        };
        Some(Place { position, previous })
    }

    fn trim(&mut self, keep: Keep) {
        let now = Instant::now();
        while let Some((_, at, payload)) = self.entries.front() {
            let count = self.entries.len();
            let old = keep.age.is_some_and(|age| now.duration_since(*at) > age);
            let many = count > keep.messages || (count > 1 && self.bytes > keep.bytes);
            if !(old || many) {
                break;
            }
            self.bytes -= payload.len();
            self.entries.pop_front();
        }
    }

    /// About what it holds in memory, in bytes.
    fn weight(&self) -> usize {
        let entry = size_of::<(u64, Instant, Bytes)>();
        size_of::<Self>() + self.bytes + self.entries.len() * entry
    }

    fn page(&self, after: Option<u64>, limit: usize) -> Page {
        let oldest = self.entries.front().map_or(self.last + 1, |it| it.0);
        let start = oldest - 1;
        let from = after.map_or(start, |after| after.max(start));
        let mut behind = self.entries.iter().filter(|entry| entry.0 > from);
        let entries: Vec<_> = (behind.by_ref().take(limit))
            .map(|(offset, _, payload)| (*offset, payload.clone()))
            .collect();
        Page {
            epoch: self.epoch,
            start,
            last: self.last,
            entries,
            more: behind.next().is_some(),
        }
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory")
            .field("topics", &self.lock().all.len())
            .finish()
    }
}

/// How often it is looked for records that nobody needs any more: as fast as
/// members can fill some, this is not much.
const SWEEP: Duration = Duration::from_secs(1);
/// How long a record is kept that nobody uses.
const FORGOTTEN: Duration = Duration::from_secs(24 * 3600);
/// From so many publishers of one topic on, those of long ago are forgotten.
const ORIGINS: usize = 64;
/// How long after it something may be published again by who has no answer.
const REPEATED: Duration = Duration::from_secs(120);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backplane::PublicationId;

    #[test]
    fn the_oldest_records_of_rooms_without_members_are_forgotten() {
        let memory = Memory::new().max_idle_bytes(10_000);
        let mut topics = memory.lock();
        for number in 1..=100 {
            let keep = Keep {
                messages: 10,
                bytes: usize::MAX,
                age: None,
            };
            let publication = Publication {
                topic: Topic::new("rooms", &number.to_string()),
                payload: vec![0; 1000].into(),
                id: PublicationId { origin: 1, number },
                keep: Some(keep),
            };
            assert!(topics.publish(&publication).is_some());
        }
        topics.swept = None;
        topics.sweep();
        let held: usize = (topics.all.values())
            .filter_map(|line| line.record.as_ref())
            .map(Record::weight)
            .sum();
        assert!((8_000..=10_000).contains(&held), "{held} bytes");
        assert!(topics.all.contains_key(&Topic::new("rooms", "100")));
    }
}
