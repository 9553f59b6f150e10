use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use actix::Addr;
use ws_actors::{ConnectionHandle, Outbox, SendError};
use ws_core::{Opcode, Outcome};

use super::{
    command::{Command, Size},
    subject::Subject,
};
use crate::speech::{Said, Speech};

/// What has happened to the actor, what it has said, and what it is to do.
#[derive(Default)]
pub(super) struct Ledger {
    /// What the actor heard.
    pub(super) heard: Speech,
    /// What was accepted of each source, by the numbers of its messages.
    pub(super) accepted: BTreeMap<u8, BTreeMap<u32, Given>>,
    numbers: BTreeMap<u8, u32>,
    /// Control frames that were accepted, but no Pongs.
    pub(super) controls: Vec<Said>,
    /// Messages that were refused for want of room, which counts as given up.
    pub(super) refused: u64,
    /// What the actor was told of the end.
    pub(super) closed: Vec<Outcome>,
    /// What the driver told, where it is at hand.
    pub(super) outcome: Option<Outcome>,
    pub(super) started: bool,
    pub(super) stopped: bool,
    pub(super) asked: Asked,
    /// What the actor does when it next hears something.
    pub(super) reactions: VecDeque<Command>,
    pub(super) outbox: Option<Outbox>,
    pub(super) handle: Option<ConnectionHandle>,
    pub(super) address: Option<Addr<Subject>>,
    /// How much was said in all, in bytes: runs are to be short.
    pub(super) bytes: usize,
    /// The longest message of the actor's side, in bytes.
    pub(super) longest: usize,
    /// For how long the actor and its futures wait in all.
    pub(super) delays: Duration,
}

/// A message that was accepted.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) said: Said,
    /// A stream gives it, and may fail; or it fails for sure.
    pub(super) streamed: bool,
    pub(super) fails: bool,
}

/// What somebody asked for, which an outcome may blame.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) panic: bool,
    /// Somebody on this side closed, stopped or terminated it.
    pub(super) end: bool,
    pub(super) expire: bool,
    pub(super) drain: bool,
    pub(super) failing_stream: bool,
}

impl Ledger {
    /// The next payload of this source: its name, a number and so much more;
    /// none if enough was said already.
    pub(super) fn payload(&mut self, source: u8, size: Size) -> Option<Payload> {
        if self.bytes + size.len > BUDGET {
            return None;
        }
        self.bytes += size.len + TAG;
        self.longest = self.longest.max(size.len + TAG);
        let number = self.numbers.entry(source).or_default();
        *number += 1;
        let mut bytes = tag(source, *number);
        bytes.extend(size.letters(b'='));
        Some(Payload {
            source,
            number: *number,
            bytes,
        })
    }

    /// Notes what became of a message. Tells whether it was accepted.
    pub(super) fn note(
        &mut self,
        opcode: Opcode,
        payload: Payload,
        result: &Result<(), SendError>,
    ) -> bool {
        if matches!(result, Err(SendError::Full { .. })) {
            self.refused += 1;
        }
        if result.is_ok() {
            self.accept(opcode, payload, false, false);
        }
        result.is_ok()
    }

    /// Notes what became of messages of one length that were given at once: the
    /// first of them were taken.
    pub(super) fn note_batch(
        &mut self,
        payloads: Vec<Payload>,
        taken: usize,
        was_closed: bool,
        is_closed: bool,
    ) {
        let refused = payloads.len() - taken;
        self.refused += match (was_closed, is_closed) {
            (true, _) => 0,
            // The first that is refused closes the connection.
            (false, true) => refused.min(1) as u64,
            (false, false) => refused as u64,
        };
        for payload in payloads.into_iter().take(taken) {
            self.accept(Opcode::BINARY, payload, false, false);
        }
    }

    pub(super) fn accept(&mut self, opcode: Opcode, payload: Payload, streamed: bool, fails: bool) {
        let Payload {
            source,
            number,
            bytes: payload,
        } = payload;
        let said = Said { opcode, payload };
        let given = Given {
            said,
            streamed,
            fails,
        };
        let accepted = self.accepted.entry(source).or_default();
        accepted.insert(number, given);
    }
}

/// A payload that tells whose it is.
#[derive(Debug)]
pub(super) struct Payload {
    source: u8,
    number: u32,
    pub(super) bytes: Vec<u8>,
}

impl Payload {
    pub(super) fn text(&self) -> String {
        String::from_utf8(self.bytes.clone()).expect("it is ASCII")
    }
}

fn tag(source: u8, number: u32) -> Vec<u8> {
    let mut tag = vec![source];
    tag.extend(format!("{number:06}").bytes());
    tag
}

/// The source and the number in a payload.
pub(super) fn read_tag(payload: &[u8]) -> (u8, u32) {
    let digits = payload.get(1..TAG).expect("a payload begins with its tag");
    let digits = std::str::from_utf8(digits).expect("a number");
    (payload[0], digits.parse().expect("a number"))
}

/// The sources: each says its messages in the order in which they leave.
pub(super) mod source {
    /// The actor, by its context.
    pub(in super::super) const ACTOR: u8 = b'a';
    /// Others, by the handle for any thread.
    pub(in super::super) const HANDLE: u8 = b'h';
    /// Others on this thread.
    pub(in super::super) const OUTBOX: u8 = b'o';

    /// Messages with a key, of which only the newest counts: each key is a
    /// source of its own, and belongs to one of those above.
    pub(in super::super) fn keyed(source: u8, choice: u8) -> (u8, u64) {
        let group = match source {
            ACTOR => 0,
            HANDLE => 1,
            _ => 2,
        };
        let key = group * 3 + choice % 3;
        (b'A' + key, key.into())
    }

    pub(in super::super) const fn is_keyed(source: u8) -> bool {
        source.is_ascii_uppercase()
    }
}

/// The length of a tag, in bytes.
const TAG: usize = 7;
/// How many bytes may be said.
const BUDGET: usize = 1 << 19;
