use async_nats::{HeaderMap, Message};
use thiserror::Error;

use super::subjects::Subjects;
use crate::backplane::{Arrival, Place, Position, Topic};

/// A message is not as the stream republishes it.
#[derive(Debug, Error)]
#[error("its header {0} is missing or wrong")]
pub(super) struct Malformed(&'static str);

/// Reads a message of a room. The stream has added headers to one that is
/// recorded, and they say where it stands.
pub(super) fn arrival(
    message: Message,
    topic: &Topic,
    subjects: &Subjects,
) -> Result<Arrival, Malformed> {
    let headers = message.headers.as_ref();
    let recorded = headers.filter(|headers| headers.get_last("Nats-Stream").is_some());
    let place = recorded.map(|headers| place(headers, topic, subjects));
    Ok(Arrival {
        topic: topic.clone(),
        payload: message.payload,
        place: place.transpose()?,
    })
}

/// The last of a name is the stream's, whatever the publisher wrote.
fn place(headers: &HeaderMap, topic: &Topic, subjects: &Subjects) -> Result<Place, Malformed> {
    let subject = headers.get_last(SUBJECT);
    let epoch = subject.and_then(|subject| subjects.epoch(topic.rooms(), subject.as_str()));
    let number = |name: &'static str| {
        let value = headers
            .get_last(name)
            .and_then(|value| value.as_str().parse().ok());
        value.ok_or(Malformed(name))
    };
    Ok(Place {
        position: Position {
            epoch: epoch.ok_or(Malformed(SUBJECT))?,
            offset: number("Nats-Sequence")?,
        },
        previous: number("Nats-Last-Sequence")?,
    })
}

const SUBJECT: &str = "Nats-Subject";
