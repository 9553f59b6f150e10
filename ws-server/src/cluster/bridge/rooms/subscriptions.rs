use tokio::time::Instant;

use crate::backplane::Topic;

use super::{
    super::{mail::Mail, room},
    Rooms,
};

impl Rooms {
    /// The topics to subscribe to and those to leave, if there are any and the
    /// engine has heard of the last.
    pub(in super::super) fn subscriptions(&mut self) -> Option<(Vec<Topic>, Vec<Topic>)> {
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

    pub(in super::super) fn subscribed(&mut self, topics: &[Topic]) {
        self.changing = false;
        let now = Instant::now();
        for topic in topics {
            self.subscribed.insert(topic.clone());
            self.begin(topic, now);
        }
    }

    /// What is published arrives from now on.
    pub(super) fn begin(&mut self, topic: &Topic, now: Instant) {
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
    pub(in super::super) fn linked(&mut self, mail: &mut Mail) {
        self.linked = true;
        for topic in self.deserted.drain() {
            if !self.all.contains_key(&topic) {
                room::tell_nobody(&topic, mail);
            }
        }
    }

    /// Takes for gone who was not listed anew after a loss.
    pub(in super::super) fn settle_doubts(&mut self, now: Instant) {
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

    /// The engine is gone.
    pub(in super::super) fn interrupt(&mut self, unsaid: Vec<Topic>) {
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
}
