use std::sync::{Arc, atomic::Ordering};

use actix::{Actor, Handler, Message};
use ws_server::{Presence, RoomActor, RoomContext};

use super::books::Books;
use crate::soak::{guest::AS_TOLD, stay::RoomName};

/// The actor of a room: it says what members tell it.
pub(super) struct Host {
    pub(super) books: Arc<Books>,
}

#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct Say {
    pub(super) room: RoomName,
    /// It panics instead.
    pub(super) panics: bool,
    /// Where it is noted that nobody heard it.
    pub(super) unheard: Option<Arc<Books>>,
}

impl Drop for Say {
    fn drop(&mut self) {
        if let Some(books) = &self.unheard {
            books.dropped.fetch_add(1, Ordering::SeqCst);
        }
    }
}

impl Actor for Host {
    type Context = RoomContext<Self>;
}

impl RoomActor for Host {
    type Key = String;
    type Data = ();

    fn restarted(&mut self, _: &mut RoomContext<Self>) {}
}

impl Handler<Presence<()>> for Host {
    type Result = ();

    fn handle(&mut self, _: Presence<()>, _: &mut RoomContext<Self>) {}
}

impl Handler<Say> for Host {
    type Result = ();

    fn handle(&mut self, mut say: Say, ctx: &mut RoomContext<Self>) {
        say.unheard = None;
        self.books.heard.fetch_add(1, Ordering::SeqCst);
        assert!(!say.panics, "{AS_TOLD}");
        let mut page = self.books.page(say.room);
        // A room that all have left may have a successor, whose book it is.
        if ctx.room().count_here() > 0 {
            self.books.say(&mut page, say.room, ctx.room());
        }
    }
}
