use actix::{Actor, Handler};
use ws_server::{Binary, Membership, Rooms, Text, WsContext};

use crate::counted::Counted;

/// Sends back what it hears.
pub(super) struct Echo {
    pub(super) _alive: Counted,
}

impl Actor for Echo {
    type Context = WsContext<Self>;
}

impl Handler<Text> for Echo {
    type Result = ();

    fn handle(&mut self, Text(text): Text, ctx: &mut WsContext<Self>) {
        // It fails only when the connection is closing.
        ctx.text(text).ok();
    }
}

impl Handler<Binary> for Echo {
    type Result = ();

    fn handle(&mut self, Binary(bytes): Binary, ctx: &mut WsContext<Self>) {
        ctx.binary(bytes).ok();
    }
}

/// Is in the rooms that it is told to join, by name, with what it is told to
/// bring along. Whatever else it hears it says to the first of them.
pub(super) struct Talker {
    pub(super) rooms: Rooms<String, String>,
    pub(super) memberships: Vec<Membership<String, String>>,
    pub(super) _alive: Counted,
}

impl Actor for Talker {
    type Context = WsContext<Self>;
}

impl Handler<Text> for Talker {
    type Result = ();

    fn handle(&mut self, Text(text): Text, ctx: &mut WsContext<Self>) {
        let Some(room) = text.as_str().strip_prefix("join ") else {
            if let Some(room) = self.memberships.first() {
                room.broadcast(text).ok();
            }
            return;
        };
        let (room, name) = room.split_once(' ').unwrap_or((room, ""));
        match self.rooms.join(room.to_owned(), name.to_owned(), ctx) {
            Ok(membership) => self.memberships.push(membership),
            Err(error) => {
                ctx.text(error.to_string()).ok();
            }
        }
    }
}
