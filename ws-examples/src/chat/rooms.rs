//! The rooms, and what they keep.

use serde_json::to_string;
use ws_server::{
    Cluster, History, Message, PreparedMessage, Presence, Recovery, Rooms, backplane::Position,
};

use crate::chat::{admin::Watched, protocol::ToPage};

/// Rooms by name, whose members bring their own names along.
pub(crate) type ChatRooms = Rooms<String, String>;

/// No rooms yet, of this process or of all nodes; pages are told who comes and
/// goes, and what was said before they came.
pub(crate) fn rooms(cluster: Option<Cluster>) -> ChatRooms {
    let mut rooms = Rooms::builder()
        .name(Watched::NAME)
        .announce(|_, presence| announcement(presence))
        .history(History::messages(KEPT).stamp(stamped).report(report));
    if let Some(cluster) = cluster {
        rooms = rooms.backplane(cluster);
    }
    rooms.build()
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
