//! What pages and server say to each other, as JSON.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use ws_server::{Member, MemberId, backplane::Position};

/// The query of the request with which a page enters a room.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Arrival {
    pub(crate) room: String,
    pub(crate) name: String,
    /// The last it has of the room, if it comes back.
    pub(crate) since: Option<Position>,
}

impl Arrival {
    /// The page's form allows the same.
    pub(crate) fn check(mut self) -> Result<Self, &'static str> {
        self.name = self.name.trim().to_owned();
        if !(1..=24).contains(&self.name.chars().count()) {
            return Err("a name has 1 to 24 characters");
        }
        let room_letter = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if !(1..=32).contains(&self.room.len()) || !self.room.chars().all(room_letter) {
            return Err("a room has 1 to 32 letters, digits, - and _ in its name");
        }
        Ok(self)
    }
}

/// What a page says.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(crate) enum FromPage {
    Say {
        text: String,
        /// What the page calls this line, to know it again.
        line: Option<String>,
    },
    Typing {
        on: bool,
    },
    Ping {
        at: f64,
    },
}

/// What a page is told.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(crate) enum ToPage<'a> {
    /// Comes first.
    Welcome {
        you: MemberId,
        room: &'a str,
        people: Vec<Someone<'a>>,
    },
    /// So many lines that were said before follow, once the room's record can
    /// be read; and again if some were lost.
    Recovery {
        position: Position,
        messages: usize,
        /// Nothing is missing.
        complete: bool,
    },
    Joined {
        person: Someone<'a>,
    },
    Left {
        id: MemberId,
    },
    /// It gets a `position` when it has its place in the record.
    Said {
        /// A member's, or what somebody outside is called.
        id: &'a str,
        /// Who it was may be gone by the time that somebody reads it.
        name: &'a str,
        text: &'a str,
        /// Milliseconds since 1970.
        at: u128,
        #[serde(skip_serializing_if = "Option::is_none")]
        line: Option<&'a str>,
    },
    /// Nobody was told the page's line, or nobody knows whether they were.
    Unsaid {
        line: Option<&'a str>,
        why: &'a str,
    },
    Typing {
        id: MemberId,
        on: bool,
    },
    Pong {
        at: f64,
    },
}

/// Somebody in a room.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Someone<'a> {
    pub(crate) id: MemberId,
    pub(crate) name: &'a str,
}

impl<'a> From<&'a Member<String>> for Someone<'a> {
    fn from(member: &'a Member<String>) -> Self {
        Self {
            id: member.id(),
            name: member.data(),
        }
    }
}

/// The longest line that may be said, in characters.
pub(crate) const LONGEST_LINE: usize = 2000;
/// The longest that a page may call one, in bytes.
pub(crate) const LONGEST_LINE_ID: usize = 64;

pub(crate) fn milliseconds_since_1970() -> u128 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap_or_default().as_millis()
}
