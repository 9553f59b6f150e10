//! The rooms, and what they keep.

use std::hash::{BuildHasher, RandomState};

use serde_json::to_string;
use ws_server::{
    Cluster, History, Message, PreparedMessage, Presence, Recovery, Rooms, backplane::Position,
};

use crate::chat::{
    admin::Watched,
    protocol::{Arrival, LONGEST_LINE, ToPage, milliseconds_since_1970},
};

/// Rooms by name, whose members bring their own names along.
pub(crate) type ChatRooms = Rooms<String, String>;

/// No rooms yet, of this process or of all nodes; pages are told who comes and
/// goes, and what was said before they came.
pub(crate) fn rooms(cluster: Option<Cluster>) -> ChatRooms {
    let mut rooms = Rooms::builder()
        .name(Watched::NAME)
        .announce(|_, presence| announcement(presence))
        .history(history());
    if let Some(cluster) = cluster {
        rooms = rooms.backplane(cluster);
    }
    rooms.build()
}

/// What each room keeps; all who publish to it have to say the same.
#[must_use]
pub fn history() -> History {
    History::messages(KEPT).stamp(stamped).report(report)
}

/// What somebody says who is in no room, as pages are told it.
///
/// # Errors
///
/// If it may not be said.
pub fn line(room: &str, name: &str, text: &str) -> Result<String, &'static str> {
    let arrival = Arrival {
        room: room.to_owned(),
        name: name.to_owned(),
        since: None,
    };
    let arrival = arrival.check()?;
    if !(1..=LONGEST_LINE).contains(&text.chars().count()) {
        return Err("a line has 1 to 2000 characters");
    }
    // By chance, so that pages take it for no other.
    let id = format!("{:016x}", RandomState::new().hash_one(text));
    let said = ToPage::Said {
        id: "outside",
        name: &arrival.name,
        text,
        at: milliseconds_since_1970(),
        line: Some(&id),
    };
    to_string(&said).map_err(|_| "it cannot be written")
}

fn announcement(presence: &Presence<String>) -> Option<PreparedMessage> {
    let news = match presence {
        Presence::Joined(member) => ToPage::Joined {
            person: member.into(),
        },
        Presence::Left(member) => ToPage::Left { id: member.id() },
    };
    to_string(&news).ok().map(Into::into)
}

/// Adds the position to what is said, which is a JSON object.
fn stamped(position: Position, message: &Message) -> PreparedMessage {
    if let Message::Text(text) = message
        && let Some(open) = text.as_str().strip_suffix('}')
    {
        return format!(r#"{open},"position":"{position}"}}"#).into();
    }
    message.clone().into()
}

fn report(recovery: &Recovery) -> Option<PreparedMessage> {
    let news = ToPage::Recovery {
        position: recovery.position,
        messages: recovery.messages,
        complete: recovery.complete,
    };
    to_string(&news).ok().map(Into::into)
}

/// How many lines a room keeps.
const KEPT: usize = 200;
