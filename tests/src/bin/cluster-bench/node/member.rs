use std::sync::atomic::{AtomicUsize, Ordering};

use actix::{Actor, Handler, Message};
use actix_web::{HttpRequest, HttpResponse, web};
use ws_server::{Endpoint, Membership, Text, UpgradeError, WsContext};

use super::Halls;

/// Says to its room what its client says.
pub(super) struct Member {
    rooms: Halls,
    /// Where it goes at once.
    room: Option<String>,
    place: Option<Membership<String, String>>,
}

/// Has it go to a room.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct Join {
    pub(super) room: String,
    pub(super) name: String,
}

impl Member {
    /// One that waits to be told where it goes.
    pub(super) const fn new(rooms: Halls) -> Self {
        Self {
            rooms,
            room: None,
            place: None,
        }
    }

    /// How many are in a room.
    pub(super) fn seated() -> usize {
        SEATED.load(Ordering::Relaxed)
    }

    fn join(&mut self, room: String, name: String, ctx: &WsContext<Self>) {
        let joined = self.rooms.join(room, name, ctx);
        self.place = Some(joined.expect("there is room"));
        SEATED.fetch_add(1, Ordering::Relaxed);
    }
}

impl Actor for Member {
    type Context = WsContext<Self>;

    fn started(&mut self, ctx: &mut WsContext<Self>) {
        if let Some(room) = self.room.take() {
            self.join(room, String::new(), ctx);
        }
    }
}

impl Handler<Join> for Member {
    type Result = ();

    fn handle(&mut self, Join { room, name }: Join, ctx: &mut WsContext<Self>) {
        self.join(room, name, ctx);
    }
}

impl Handler<Text> for Member {
    type Result = ();

    fn handle(&mut self, Text(text): Text, _: &mut WsContext<Self>) {
        if let Some(place) = &self.place {
            place.broadcast(text).expect("the engine keeps up");
        }
    }
}

/// Lets a client into a room.
pub(super) async fn enter(
    request: HttpRequest,
    payload: web::Payload,
    room: web::Path<String>,
    endpoint: web::Data<Endpoint<Member>>,
    rooms: web::Data<Halls>,
) -> Result<HttpResponse, UpgradeError> {
    let member = Member {
        rooms: Halls::clone(&rooms),
        room: Some(room.into_inner()),
        place: None,
    };
    endpoint.upgrade(&request, payload, member)
}

static SEATED: AtomicUsize = AtomicUsize::new(0);
