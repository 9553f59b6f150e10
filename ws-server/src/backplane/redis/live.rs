//! What Redis sends without being asked.

use std::{
    collections::HashMap,
    error::Error,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;
use redis::{PushInfo, PushKind, Value};

use super::{
    ENGINE,
    names::Names,
    record::parse_position,
    value::{digits, text},
};
use crate::backplane::{Arrival, BackplaneError, Inbox, Place, Topic};

/// Where live messages go, and whether there are any to come.
#[derive(Debug)]
pub(super) struct Live {
    inbox: Inbox,
    names: Names,
    lost: AtomicBool,
    /// Topics by their channels.
    wanted: Mutex<HashMap<String, Topic>>,
}

impl Live {
    pub(super) fn new(inbox: Inbox, names: Names) -> Self {
        Self {
            inbox,
            names,
            lost: AtomicBool::new(false),
            wanted: Mutex::default(),
        }
    }

    /// From now on what comes on the channel of this topic is taken.
    pub(super) fn want(&self, topic: &Topic) -> String {
        let channel = self.names.of(topic);
        self.wanted().insert(channel.clone(), topic.clone());
        channel
    }

    /// From now on it is not.
    pub(super) fn forget(&self, topic: &Topic) -> String {
        let channel = self.names.of(topic);
        self.wanted().remove(&channel);
        channel
    }

    /// Takes what a server sends. It is called before the answers behind it
    /// are given to who waits for them.
    pub(super) fn take(&self, push: PushInfo) {
        let is = |kinds: &[PushKind]| kinds.contains(&push.kind);
        if is(&[PushKind::Message, PushKind::SMessage]) {
            self.message(push.data);
        } else if is(&[PushKind::Unsubscribe, PushKind::SUnsubscribe]) {
            // If nobody asked for it, the channel has moved to another server,
            // and the library takes this for an answer to something else.
            let channel = push.data.first().and_then(text);
            if channel.is_some_and(|channel| self.wanted().contains_key(channel)) {
                self.fail("a channel was taken away: its slot is moved");
            }
        } else if is(&[PushKind::Disconnection]) {
            self.fail("the server ended the connection");
        }
    }

    fn message(&self, data: Vec<Value>) {
        let Ok([channel, Value::BulkString(payload)]) = <[Value; 2]>::try_from(data) else {
            return;
        };
        let topic = text(&channel).and_then(|channel| self.wanted().get(channel).cloned());
        // It was on its way when the topic was left.
        let Some(topic) = topic else {
            return;
        };
        let Some((place, payload)) = open(payload) else {
            tracing::warn!(%topic, "somebody else published on this channel");
            return;
        };
        let arrival = Arrival {
            topic,
            payload,
            place,
        };
        if let Err(overrun) = self.inbox.push(arrival) {
            self.fail(overrun);
        }
    }

    /// Says that the link is lost, and gives the error to say so.
    pub(super) fn fail(&self, reason: impl Into<Box<dyn Error + Send + Sync>>) -> BackplaneError {
        let reason = reason.into();
        let said = lost(reason.to_string());
        self.lost.store(true, Ordering::SeqCst);
        self.inbox.lost(lost(reason));
        said
    }

    /// Whether the link is still good: no answer counts if it is not.
    pub(super) fn check(&self) -> Result<(), BackplaneError> {
        if self.lost.load(Ordering::SeqCst) {
            return Err(lost("it was lost before"));
        }
        Ok(())
    }

    fn wanted(&self) -> MutexGuard<'_, HashMap<String, Topic>> {
        // Nothing in here panics half way.
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A live message that is not recorded. The others are made by the script.
pub(super) fn unrecorded(payload: &[u8]) -> Vec<u8> {
    [b"0", payload].concat()
}

/// Takes a live message apart: `0PAYLOAD`, or
/// `1EPOCH-OFFSET PREVIOUS PAYLOAD`.
fn open(message: Vec<u8>) -> Option<(Option<Place>, Bytes)> {
    let mut message = Bytes::from(message);
    match message.first()? {
        b'0' => Some((None, message.split_off(1))),
        b'1' => {
            let head = &message[1..message.len().min(HEAD)];
            let mut words = head.splitn(3, |byte| *byte == b' ');
            let (position, previous) = (words.next()?, words.next()?);
            // Otherwise the second may not have ended.
            words.next()?;
            let place = Place {
                position: parse_position(position)?,
                previous: digits(str::from_utf8(previous).ok()?)?,
            };
            let ends = 1 + position.len() + 1 + previous.len() + 1;
            (place.previous < place.position.offset).then(|| (Some(place), message.split_off(ends)))
        }
        _ => None,
    }
}

fn lost(reason: impl Into<Box<dyn Error + Send + Sync>>) -> BackplaneError {
    BackplaneError::Lost {
        engine: ENGINE,
        source: reason.into(),
    }
}

/// The longest that may stand before a payload: three numbers of 20 digits.
const HEAD: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backplane::Position;

    fn opened(message: &[u8]) -> Option<(Option<Place>, Bytes)> {
        open(message.to_vec())
    }

    #[test]
    fn live_messages_are_taken_apart() {
        let payload = Bytes::from_static(b"a b");
        assert_eq!(open(unrecorded(b"a b")), Some((None, payload.clone())));
        let position = Position {
            epoch: u64::MAX,
            offset: u64::MAX,
        };
        let place = Place {
            position,
            previous: u64::MAX - 1,
        };
        let message = format!("1{0}-{0} {1} a b", u64::MAX, u64::MAX - 1);
        assert_eq!(opened(message.as_bytes()), Some((Some(place), payload)));
    }

    #[test]
    fn what_others_publish_is_no_message() {
        for message in [
            "",
            "x",
            "1",
            "1 ",
            "1-",
            "1- 0 a",
            "11-0 0 a",
            "11-1 1 a",
            "11-1 0",
            "11-1 a",
            "11-1  a",
            "1+1-1 0 a",
            "11--1 0 a",
            "11-2 +1 a",
            "199999999999999999999-1 0 a",
            "11-1 0000000000000000000000000000000000000000000000000000000000000 a",
        ] {
            assert_eq!(opened(message.as_bytes()), None, "{message}");
        }
        assert_eq!(opened(b"1\xff-1 0 a"), None);
    }
}
