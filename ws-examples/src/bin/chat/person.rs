use actix::{Actor, Handler};
use ws_server::{CloseCode, Json, Membership, Rooms, WsContext};

use crate::protocol::{Arrival, FromPage, LONGEST_LINE, Someone, ToPage, milliseconds_since_1970};

/// Rooms by name, whose members bring their own names along.
pub(crate) type ChatRooms = Rooms<String, String>;

/// The actor behind one page.
pub(crate) struct Person {
    arrival: Arrival,
    rooms: ChatRooms,
    /// Where it is, once it has arrived.
    room: Option<Membership<String, String>>,
}

impl Person {
    pub(crate) const fn new(arrival: Arrival, rooms: ChatRooms) -> Self {
        Self {
            arrival,
            rooms,
            room: None,
        }
    }

    fn tell(&self, news: &ToPage<'_>, everybody: bool) {
        let (Some(room), Ok(text)) = (&self.room, serde_json::to_string(news)) else {
            return;
        };
        let told = if everybody {
            room.broadcast(text)
        } else {
            room.broadcast_to_others(text)
        };
        if let Err(error) = told {
            eprintln!("room {}: {error}", room.room());
        }
    }
}

impl Actor for Person {
    type Context = WsContext<Self>;

    fn started(&mut self, ctx: &mut WsContext<Self>) {
        let Arrival { room, name } = &self.arrival;
        let room = self.rooms.join(room.clone(), name.clone(), ctx);
        let id = room.id().get();
        let people = room.members().into_iter();
        let welcome = ToPage::Welcome {
            you: id,
            room: room.room(),
            people: people
                .map(|(id, name)| Someone { id: id.get(), name })
                .collect(),
        };
        // It fails only if the page has left already: `stopped` comes then.
        ctx.json(&welcome).ok();
        self.room = Some(room);
        let person = Someone {
            id,
            name: name.clone(),
        };
        self.tell(&ToPage::Joined { person }, false);
    }

    fn stopped(&mut self, _: &mut WsContext<Self>) {
        if let Some(room) = &self.room {
            self.tell(
                &ToPage::Left {
                    id: room.id().get(),
                },
                false,
            );
        }
    }
}

impl Handler<Json<FromPage>> for Person {
    type Result = ();

    fn handle(&mut self, Json(said): Json<FromPage>, ctx: &mut WsContext<Self>) {
        let Some(id) = self.room.as_ref().map(|room| room.id().get()) else {
            return;
        };
        match said {
            FromPage::Say { text } if text.chars().count() > LONGEST_LINE => {
                ctx.close(CloseCode::POLICY_VIOLATION, "that line is too long")
                    .ok();
            }
            FromPage::Say { text } => {
                let at = milliseconds_since_1970();
                self.tell(
                    &ToPage::Said {
                        id,
                        text: &text,
                        at,
                    },
                    true,
                );
            }
            FromPage::Typing { on } => self.tell(&ToPage::Typing { id, on }, false),
            FromPage::Ping { at } => {
                ctx.json(&ToPage::Pong { at }).ok();
            }
        }
    }
}
