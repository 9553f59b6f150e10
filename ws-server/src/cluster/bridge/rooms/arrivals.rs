use tokio::time::Instant;

use crate::{
    backplane::Arrival,
    cluster::envelope::{self, Body, Envelope},
    group::{MemberId, Parcel},
};

use super::{
    super::{WINDOW, mail::Mail, nodes::Nodes, roster::Change},
    Rooms,
};

impl Rooms {
    /// Something has arrived.
    pub(in super::super) fn take(
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
}
