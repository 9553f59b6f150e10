use std::{collections::VecDeque, mem, time::Duration};

use bytes::Bytes;
use tokio::time::Instant;

use crate::{
    backplane::{Keep, Page, Place},
    cluster::{
        Listener, Recorded,
        envelope::{self, Body, Envelope},
        meters::Meters,
    },
    group::Busy,
};

use super::RETRY;

/// How far a room has followed its record.
pub(super) struct Course {
    pub(super) keep: Keep,
    /// What the room has, once it has begun.
    epoch: Option<u64>,
    at: u64,
    /// The room knows nothing of the record yet.
    opening: bool,
    stage: Stage,
}

enum Stage {
    /// Nothing arrives.
    Cut,
    /// It has to be read what there is, not before this.
    Due(Instant),
    Reading(VecDeque<(Place, Bytes)>),
    Following,
}

impl Course {
    pub(super) const fn new(keep: Keep) -> Self {
        Self {
            keep,
            epoch: None,
            at: 0,
            opening: true,
            stage: Stage::Cut,
        }
    }

    /// Whether the room knows nothing of the record yet.
    pub(super) const fn is_opening(&self) -> bool {
        self.opening
    }

    pub(super) fn subscribed(&mut self, now: Instant) {
        self.stage = Stage::Due(now);
    }

    pub(super) fn interrupt(&mut self) {
        self.stage = Stage::Cut;
    }

    /// When it has to be read.
    pub(super) const fn due(&self) -> Option<Instant> {
        match &self.stage {
            Stage::Due(at) => Some(*at),
            Stage::Cut | Stage::Reading(_) | Stage::Following => None,
        }
    }

    /// Begins to read; tells behind which offset.
    pub(super) fn begin(&mut self) -> Option<u64> {
        self.stage = Stage::Reading(VecDeque::new());
        self.epoch.map(|_| self.at)
    }

    /// A message of the record arrives.
    pub(super) fn take(
        &mut self,
        place: Place,
        payload: Bytes,
        listener: &dyn Listener,
        meters: &Meters,
        now: Instant,
    ) {
        match &mut self.stage {
            // It is in what will be read.
            Stage::Cut | Stage::Due(_) => {}
            Stage::Reading(held) => {
                if held.len() < HELD {
                    held.push_back((place, payload));
                }
            }
            Stage::Following => self.follow(place, &payload, listener, meters, now),
        }
    }

    fn follow(
        &mut self,
        place: Place,
        payload: &Bytes,
        listener: &dyn Listener,
        meters: &Meters,
        now: Instant,
    ) {
        let same = self.epoch == Some(place.position.epoch);
        if same && place.position.offset <= self.at {
            // It was in what was read.
            return;
        }
        if same && place.previous == self.at {
            let offset = place.position.offset;
            match deliver(offset, payload, true, listener, meters) {
                Ok(()) => self.at = offset,
                Err(Busy) => self.stage = Stage::Due(now + RETRY),
            }
        } else {
            // Something is missing between, or the record is another.
            self.stage = Stage::Due(now);
        }
    }

    /// It could not be read.
    pub(super) fn put_off(&mut self, now: Instant) {
        self.stage = Stage::Due(now + UNREADABLE);
    }

    /// What was read has come; tells whether the room has all of it now.
    pub(super) fn read(
        &mut self,
        page: Page,
        listener: &dyn Listener,
        meters: &Meters,
        now: Instant,
    ) -> bool {
        let Stage::Reading(held) = mem::replace(&mut self.stage, Stage::Due(now)) else {
            return false;
        };
        // Others take the places of what an engine has forgotten of its newest.
        let anew = |epoch| epoch != page.epoch || page.last < self.at;
        if self.epoch.is_some_and(anew) {
            // What was read is behind an offset that means nothing any more.
            self.epoch = None;
            return false;
        }
        if self.epoch.is_none() || page.start > self.at {
            if !self.opening {
                meters.gap();
                tracing::warn!("messages of a room's record are missing");
            }
            listener.begin(page.epoch, page.start);
            self.epoch = Some(page.epoch);
            // The oldest may be kept itself.
            let oldest = page.entries.first().map_or(u64::MAX, |entry| entry.0 - 1);
            self.at = page.start.min(oldest);
        }
        for (offset, payload) in &page.entries {
            if *offset <= self.at {
                continue;
            }
            if deliver(*offset, payload, !self.opening, listener, meters).is_err() {
                self.stage = Stage::Due(now + RETRY);
                return false;
            }
            self.at = *offset;
        }
        if page.more {
            return false;
        }
        self.at = self.at.max(page.last);
        self.opening = false;
        self.stage = Stage::Following;
        listener.caught_up(self.at);
        let complete = held.len() < HELD;
        for (place, payload) in held {
            self.take(place, payload, listener, meters, now);
        }
        if !complete {
            self.stage = Stage::Due(now);
        }
        true
    }
}

fn deliver(
    offset: u64,
    payload: &Bytes,
    live: bool,
    listener: &dyn Listener,
    meters: &Meters,
) -> Result<(), Busy> {
    // The engine's own.
    if payload.is_empty() {
        return Ok(());
    }
    let Some(Envelope { id, body }) = Envelope::open(payload) else {
        meters.strange();
        return Ok(());
    };
    let Body::Message {
        whom,
        opcode,
        payload: part,
        ..
    } = body
    else {
        meters.strange();
        return Ok(());
    };
    let Some(message) = envelope::message(opcode, part, payload) else {
        meters.strange();
        return Ok(());
    };
    listener.record(Recorded {
        offset,
        id,
        message,
        audience: whom.into_audience(),
        live,
    })
}

/// How long it takes until a record is tried again that the engine cannot
/// keep as it is.
const UNREADABLE: Duration = Duration::from_secs(5);
/// How many messages are held while it is read what was before them; more, and
/// it is read again.
const HELD: usize = 1000;

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::{
        backplane::{Position, PublicationId},
        group::{Audience, MemberId, Parcel},
    };

    /// Writes down what it is told.
    #[derive(Default)]
    struct Diary {
        said: Mutex<Vec<String>>,
        /// A thread is blocked for so many messages.
        blocked: Mutex<usize>,
    }

    impl Diary {
        fn note(&self, text: String) {
            self.said.lock().unwrap().push(text);
        }

        fn take(&self) -> Vec<String> {
            mem::take(&mut self.said.lock().unwrap())
        }
    }

    impl Listener for Diary {
        fn hear(&self, _: Parcel, _: Audience) {}

        fn begin(&self, epoch: u64, start: u64) {
            self.note(format!("begin {epoch}-{start}"));
        }

        fn record(&self, recorded: Recorded) -> Result<(), Busy> {
            let mut blocked = self.blocked.lock().unwrap();
            if *blocked > 0 {
                *blocked -= 1;
                return Err(Busy);
            }
            self.note(format!("{} {}", recorded.offset, recorded.live));
            Ok(())
        }

        fn caught_up(&self, last: u64) {
            self.note(format!("caught up {last}"));
        }

        fn presence(&self, _: &[(MemberId, &[u8])], _: &[MemberId]) {}

        fn count(&self) -> usize {
            0
        }

        fn members(&self) -> Vec<(MemberId, Vec<u8>)> {
            Vec::new()
        }
    }

    fn payload() -> Bytes {
        let parcel = Parcel::Message("hi".into());
        let body = envelope::encode_parcel(&parcel, &Audience::All).unwrap();
        let id = PublicationId {
            origin: 1,
            number: 1,
        };
        envelope::seal(body, id)
    }

    /// What an engine answers that keeps these, and is asked for what is behind
    /// an offset.
    fn page(epoch: u64, last: u64, after: Option<u64>) -> Page {
        let start = after.unwrap_or(0).min(last);
        let entries = (start + 1)..=last;
        Page {
            epoch,
            // No less than it knows, and no more than is asked.
            start,
            last,
            entries: entries.map(|offset| (offset, payload())).collect(),
            more: false,
        }
    }

    struct Follower {
        course: Course,
        diary: Diary,
        meters: Meters,
    }

    impl Follower {
        /// One that has followed a record up to here.
        fn at(epoch: u64, last: u64) -> Self {
            let keep = Keep {
                messages: 100,
                bytes: usize::MAX,
                age: None,
            };
            let mut follower = Self {
                course: Course::new(keep),
                diary: Diary::default(),
                meters: Meters::new("memory"),
            };
            follower.subscribed(epoch, last);
            follower.diary.take();
            follower
        }

        /// Subscribes and reads until there is no more to read.
        fn subscribed(&mut self, epoch: u64, last: u64) {
            let now = Instant::now();
            self.course.subscribed(now);
            while self.course.due().is_some() {
                let after = self.course.begin();
                let page = page(epoch, last, after);
                self.course.read(page, &self.diary, &self.meters, now);
            }
        }
    }

    #[test]
    fn all_of_a_new_epoch_is_read_however_much_there_is() {
        for last in [0, 1, 3, 5] {
            let mut follower = Follower::at(1, 3);
            follower.subscribed(2, last);
            let mut expected = vec!["begin 2-0".to_owned()];
            expected.extend((1..=last).map(|offset| format!("{offset} true")));
            expected.push(format!("caught up {last}"));
            assert_eq!(follower.diary.take(), expected);
        }
    }

    #[test]
    fn engine_that_forgets_its_newest_is_noticed() {
        let mut follower = Follower::at(1, 5);
        follower.course.interrupt();
        follower.subscribed(1, 3);
        let expected = ["begin 1-0", "1 true", "2 true", "3 true", "caught up 3"];
        assert_eq!(follower.diary.take(), expected);
        let place = Place {
            position: Position {
                epoch: 1,
                offset: 4,
            },
            previous: 3,
        };
        let now = Instant::now();
        follower
            .course
            .take(place, payload(), &follower.diary, &follower.meters, now);
        assert_eq!(follower.diary.take(), ["4 true"]);
    }

    #[test]
    fn what_a_blocked_thread_did_not_take_comes_again() {
        let mut follower = Follower::at(1, 3);
        *follower.diary.blocked.lock().unwrap() = 1;
        let now = Instant::now();
        for offset in [4, 5] {
            let position = Position { epoch: 1, offset };
            let place = Place {
                position,
                previous: offset - 1,
            };
            let Follower {
                course,
                diary,
                meters,
            } = &mut follower;
            course.take(place, payload(), diary, meters, now);
        }
        assert_eq!(follower.course.due(), Some(now + RETRY));
        assert!(follower.diary.take().is_empty(), "nothing overtakes it");
        *follower.diary.blocked.lock().unwrap() = 1;
        follower.subscribed(1, 5);
        assert_eq!(follower.diary.take(), ["4 true", "5 true", "caught up 5"]);
    }

    #[test]
    fn what_was_missed_is_read_once() {
        let mut follower = Follower::at(1, 3);
        follower.course.interrupt();
        follower.subscribed(1, 5);
        assert_eq!(follower.diary.take(), ["4 true", "5 true", "caught up 5"]);
    }
}
