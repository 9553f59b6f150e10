use std::hash::{DefaultHasher, Hash, Hasher};

use actix::{Actor, AsyncContext, Handler, WrapFuture};
use ws_server::{CloseCode, Json, Membership, Rooms, Since, WsContext};

use crate::chat::{
    protocol::{
        Arrival, FromPage, LONGEST_LINE, LONGEST_LINE_ID, Someone, ToPage, milliseconds_since_1970,
    },
    rooms::ChatRooms,
};

/// The actor behind one page.
pub(crate) struct Person {
    arrival: Arrival,
    rooms: ChatRooms,
    /// Where it is, once it has arrived.
    room: Option<Membership<String, String>>,
}

impl Person {
    pub(crate) fn new(arrival: Arrival, rooms: &ChatRooms) -> Self {
        Self {
            arrival,
            rooms: Rooms::clone(rooms),
            room: None,
        }
    }

    /// Has a line said in the room; the page learns of it from there, or that
    /// it was not said.
    fn say(&self, text: &str, line: Option<String>, ctx: &mut WsContext<Self>) {
        let Some(room) = &self.room else {
            return;
        };
        let said = ToPage::Said {
            id: &room.id().to_string(),
            name: room.data(),
            text,
            at: milliseconds_since_1970(),
            line: line.as_deref(),
        };
        let Ok(said) = serde_json::to_string(&said) else {
            return;
        };
        match room.publish(said) {
            Ok(receipt) => {
                let unsaid = async move { receipt.await.err() }.into_actor(self);
                let tell = actix::ActorFutureExt::map(
                    unsaid,
                    move |error, _: &mut Self, ctx: &mut WsContext<Self>| {
                        if let Some(error) = error {
                            unsaid_to(ctx, line.as_deref(), &error.to_string());
                        }
                    },
                );
                ctx.spawn(tell);
            }
            Err(error) => unsaid_to(ctx, line.as_deref(), &error.to_string()),
        }
    }

    /// Tells the room whether this person is typing, of which only the newest
    /// counts and nothing is kept.
    fn type_on(&self, on: bool) {
        let Some(room) = &self.room else {
            return;
        };
        let id = room.id();
        if let Ok(text) = serde_json::to_string(&ToPage::Typing { id, on }) {
            let mut key = DefaultHasher::new();
            id.hash(&mut key);
            // Nobody misses it.
            room.broadcast_latest(key.finish(), text).ok();
        }
    }
}

impl Actor for Person {
    type Context = WsContext<Self>;

    fn started(&mut self, ctx: &mut WsContext<Self>) {
        let Arrival { room, name, since } = &self.arrival;
        // Who is new gets what there is, so that a room is not empty.
        let since = since.map_or(Since::Kept, Since::After);
        let joined = self
            .rooms
            .join_since(room.clone(), name.clone(), since, ctx);
        let (room, others) = match joined {
            Ok(joined) => joined,
            Err(error) => {
                ctx.close(CloseCode::TRY_AGAIN_LATER, error.to_string())
                    .ok();
                return;
            }
        };
        let you = room.id();
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
        match said {
            FromPage::Say { text, .. } if text.chars().count() > LONGEST_LINE => {
                ctx.close(CloseCode::POLICY_VIOLATION, "that line is too long")
                    .ok();
            }
            FromPage::Say { line, .. }
                if line.as_ref().is_some_and(|it| it.len() > LONGEST_LINE_ID) =>
            {
                ctx.close(CloseCode::POLICY_VIOLATION, "that line's id is too long")
                    .ok();
            }
            FromPage::Say { text, line } => self.say(&text, line, ctx),
            FromPage::Typing { on } => self.type_on(on),
            FromPage::Ping { at } => {
                ctx.json(&ToPage::Pong { at }).ok();
            }
        }
    }
}

/// Tells a page that it may want to say its line again.
fn unsaid_to(ctx: &mut WsContext<Person>, line: Option<&str>, why: &str) {
    // It fails only if the page has left already.
    ctx.json(&ToPage::Unsaid { line, why }).ok();
}
