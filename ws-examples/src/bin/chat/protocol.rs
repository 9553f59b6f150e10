//! What pages and server say to each other, as JSON.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use ws_server::Member;

/// The query of the request with which a page enters a room.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Arrival {
    pub(crate) room: String,
    pub(crate) name: String,
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
    Say { text: String },
    Typing { on: bool },
    Ping { at: f64 },
}

/// What a page is told.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(crate) enum ToPage<'a> {
    /// Comes first.
    Welcome {
        you: u64,
        room: &'a str,
        people: Vec<Someone<'a>>,
    },
    Joined {
        person: Someone<'a>,
    },
    Left {
        id: u64,
    },
    Said {
        id: u64,
        text: &'a str,
        /// Milliseconds since 1970.
        at: u128,
    },
    Typing {
        id: u64,
        on: bool,
    },
    Pong {
        at: f64,
    },
}

/// Somebody in a room.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Someone<'a> {
    pub(crate) id: u64,
    pub(crate) name: &'a str,
}

impl<'a> From<&'a Member<String>> for Someone<'a> {
    fn from(member: &'a Member<String>) -> Self {
        Self {
            id: member.id().get(),
            name: member.data(),
        }
    }
}

/// The longest line that may be said, in characters.
pub(crate) const LONGEST_LINE: usize = 2000;

pub(crate) fn milliseconds_since_1970() -> u128 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap_or_default().as_millis()
}
