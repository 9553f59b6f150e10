//! What is of no room: signs of life, and the counting of rooms on all nodes.

use tokio::{sync::oneshot, time::Instant};

use crate::backplane::{Arrival, PublicationId};

use super::{
    super::{
        Census,
        envelope::{Body, Envelope},
    },
    Bridge, Engine, nodes,
};

impl Bridge {
    /// Something that is of no room.
    pub(super) fn take_sign(&mut self, arrival: &Arrival, now: Instant) {
        let Some(Envelope { id, body }) = Envelope::open(&arrival.payload) else {
            return self.desk.meters.strange();
        };
        if id.origin == self.desk.origin {
            return;
        }
        match body {
            Body::Alive { first } => {
                let known = self.nodes.heard(id.origin, now);
                let lost = self.nodes.found(id.origin);
                if first {
                    self.mail.say(&nodes::private(id.origin), &Body::Here);
                } else if lost || !known {
                    self.mail
                        .say(self.nodes.topic(), &Body::Forgotten { node: id.origin });
                }
            }
            Body::Here => {
                self.nodes.heard(id.origin, now);
            }
            Body::Leaving => {
                self.nodes.forget(id.origin);
                self.rooms.lose_node(id.origin);
            }
            Body::Forgotten { node } if node == self.desk.origin => self.rooms.list_all(),
            Body::Forgotten { .. } => {}
            Body::Census { rooms } => self.answer_census(id, rooms),
            Body::Counted {
                census,
                rooms,
                more,
            } => {
                let count = |(room, count): (&str, u64)| {
                    (
                        room.to_owned(),
                        usize::try_from(count).unwrap_or(usize::MAX),
                    )
                };
                let rooms = rooms.into_iter().map(count);
                self.censuses.count(census, id.origin, rooms, more, now);
            }
            Body::Message { .. } | Body::Close { .. } | Body::Presence { .. } | Body::Ask => {
                self.desk.meters.strange();
            }
        }
    }

    pub(super) fn take_census(&mut self, rooms: &str, answer: oneshot::Sender<Census>) {
        let here = self.rooms.counts(rooms);
        if !matches!(self.engine, Engine::Linked(..)) {
            // The others cannot be asked.
            let census = Census {
                rooms: here.collect(),
                complete: false,
            };
            answer.send(census).ok();
            return;
        }
        let body = Body::Census { rooms };
        let number = self.mail.say(self.nodes.topic(), &body);
        let now = Instant::now();
        self.censuses
            .begin(number, self.nodes.known(), here, answer, now);
    }

    pub(super) fn answer_census(&mut self, asked: PublicationId, rooms: &str) {
        let counted: Vec<_> = self.rooms.counts(rooms).collect();
        let topic = nodes::private(asked.origin);
        let mut parts = counted.chunks(ROOMS).peekable();
        loop {
            let part = parts.next().unwrap_or_default();
            let rooms = part
                .iter()
                .map(|(room, count)| (room.as_str(), *count as u64));
            let body = Body::Counted {
                census: asked.number,
                rooms: rooms.collect(),
                more: parts.peek().is_some(),
            };
            self.mail.say(&topic, &body);
            if parts.peek().is_none() {
                break;
            }
        }
    }
}

/// How many rooms are told of at once.
const ROOMS: usize = 1000;
