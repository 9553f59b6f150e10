//! What both sides of the ledger speak of: rooms, policies, and how somebody's
//! time in a room ended.

use serde::{Deserialize, Serialize};
use ws_server::{CloseCode, Flow, Overflow};

/// What becomes of messages for a member that does not keep up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Policy {
    Close,
    Newest,
    Oldest,
    Wait,
}

impl Policy {
    pub(super) const ALL: [Self; 4] = [Self::Close, Self::Newest, Self::Oldest, Self::Wait];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Close => "close",
            Self::Newest => "newest",
            Self::Oldest => "oldest",
            Self::Wait => "wait",
        }
    }

    /// Room for what others say at once, and not for what a stalled member is
    /// poured.
    pub(super) const fn flow(self) -> Flow {
        let overflow = match self {
            Self::Close => Overflow::Close(CloseCode::TRY_AGAIN_LATER),
            Self::Newest => Overflow::DropNewest,
            Self::Oldest => Overflow::DropOldest,
            Self::Wait => Overflow::Wait,
        };
        let flow = Flow::new().max_queued_bytes(128 * 1024);
        flow.max_queued_messages(1024).overflow(overflow)
    }
}

/// What kind of room it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Sort {
    /// All messages count.
    Plain,
    /// The newest with a key counts.
    Latest,
    /// It has a history.
    Kept,
    /// It has an actor.
    Hosted,
}

impl Sort {
    pub(super) const ALL: [Self; 4] = [Self::Plain, Self::Latest, Self::Kept, Self::Hosted];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Latest => "latest",
            Self::Kept => "kept",
            Self::Hosted => "hosted",
        }
    }
}

/// One of the rooms whose books are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RoomName {
    pub(super) sort: Sort,
    pub(super) number: usize,
}

/// Somebody's time in a room, by what the server knows when it is over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Stay {
    pub(super) id: u64,
    pub(super) room: RoomName,
    pub(super) policy: Policy,
    /// The room's number of messages accepted before.
    pub(super) joined: u64,
    /// The same at the end.
    pub(super) left: u64,
    /// The same when the server began to drain, if it had.
    pub(super) at_drain: Option<u64>,
    /// What [`Outbox::given_up`](ws_server::Outbox::given_up) said last.
    pub(super) given_up: u64,
    /// The member asked to leave before its connection ended.
    pub(super) took_leave: bool,
    pub(super) end: End,
}

/// What the server's side was told of the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum End {
    /// `Closed` came, with this cause.
    Closed(String),
    /// The actor panicked, as it was told.
    Panicked,
    /// Nothing: it was dropped without a word.
    Silent,
}

/// What the message with this number says: every member can tell whether a byte
/// of it is another.
pub(super) fn body(number: u64) -> &'static str {
    // Some are so long that they leave without being copied.
    let len = if number.is_multiple_of(16) {
        2100
    } else {
        (number * 37 % 400) as usize
    };
    part(number, len)
}

/// As [`body`], of a message of this length.
pub(super) fn part(number: u64, len: usize) -> &'static str {
    let begin = (number * 61 % 1024) as usize;
    &PATTERN[begin..begin + len]
}

/// Of which key a message is, in rooms where the newest counts.
pub(super) const fn key(number: u64) -> u64 {
    number % KEYS as u64
}

/// The newest message with a key, of those up to a number.
pub(super) const fn newest(key: u64, number: u64) -> u64 {
    let behind = (number + KEYS as u64 - key) % KEYS as u64;
    number.saturating_sub(behind)
}

/// How many keys such a room has.
pub(super) const KEYS: usize = 4;
/// How many rooms there are of each sort.
pub(super) const ROOMS: usize = 12;
/// How long a message is that somebody is poured, in bytes.
pub(super) const POUR: usize = 4096;

/// Words by chance, always the same.
static PATTERN: &str = {
    const BYTES: [u8; 8192] = {
        let words = b" to and fro, up";
        let mut bytes = [0; 8192];
        let (mut state, mut index) = (1_u32, 0);
        while index < bytes.len() {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            bytes[index] = words[(state >> 16) as usize % words.len()];
            index += 1;
        }
        bytes
    };
    match str::from_utf8(&BYTES) {
        Ok(text) => text,
        Err(_) => panic!("the words are ASCII"),
    }
};
