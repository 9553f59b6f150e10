use std::mem;

use tokio::time::Instant;

use crate::backplane::{Keep, Page, Topic};

use super::{super::mail::Mail, READS, Rooms};

impl Rooms {
    /// The records that are to be read now: which room, how much is kept, and
    /// behind which offset.
    pub(in super::super) fn reads(&mut self, now: Instant) -> Vec<(Topic, u64, Keep, Option<u64>)> {
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

    pub(in super::super) fn read(&mut self, topic: &Topic, id: u64, page: Page, mail: &mut Mail) {
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
    pub(in super::super) fn unreadable(&mut self, topic: Topic, id: u64) {
        self.reading -= 1;
        let room = self.all.get_mut(&topic).filter(|room| room.id == id);
        if let Some(course) = room.and_then(|room| room.course.as_mut()) {
            course.put_off(Instant::now());
            self.unread.push_back(topic);
        }
    }
}
