use actix::{Actor, Handler};
use ws_server::{CloseCode, Json, Membership, Presence, Rooms, WsContext};

use crate::{
    admin::Watched,
    protocol::{Arrival, FromPage, LONGEST_LINE, Someone, ToPage, milliseconds_since_1970},
};

/// Rooms by name, whose members bring their own names along.
pub(crate) type ChatRooms = Rooms<String, String>;

/// No rooms yet; pages are told who comes and goes.
pub(crate) fn rooms() -> ChatRooms {
    let rooms = Rooms::builder()
        .name(Watched::NAME)
        .announce(|_, presence| {
            let news = match presence {
                Presence::Joined(member) => ToPage::Joined {
                    person: member.into(),
                },
                Presence::Left(member) => ToPage::Left {
                    id: member.id().get(),
                },
            };
            serde_json::to_string(&news).ok().map(Into::into)
        });
    rooms.build()
}

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
            eprintln!("room {}: {error}", room.key());
        }
    }
}

impl Actor for Person {
    type Context = WsContext<Self>;

    fn started(&mut self, ctx: &mut WsContext<Self>) {
        let Arrival { room, name } = &self.arrival;
        let joined = self.rooms.join_and_list(room.clone(), name.clone(), ctx);
        let (room, others) = match joined {
            Ok(joined) => joined,
            Err(error) => {
                ctx.close(CloseCode::TRY_AGAIN_LATER, error.to_string())
                    .ok();
                return;
            }
        };
        let you = room.id().get();
        let me = Someone { id: you, name };
        let others = others.iter().map(Someone::from);
        // It fails only if the page has left already.
        ctx.json(&ToPage::Welcome {
            you,
            room: room.key(),
            people: others.chain([me]).collect(),
        })
        .ok();
        self.room = Some(room);
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
