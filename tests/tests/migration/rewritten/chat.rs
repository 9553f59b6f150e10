//! The chat without actors, in the old world: a task that knows all sessions, and
//! one for each connection that talks to it over channels. Rooms are that task.

use actix::{Actor, Handler};
use actix_web::{
    HttpRequest, HttpResponse,
    web::{self, ServiceConfig},
};
use ws_server::{Endpoint, Membership, Rooms, Text, UpgradeError, WsContext};

pub(crate) fn configure(app: &mut ServiceConfig, rooms: &Rooms<String, String>) {
    let endpoint = Endpoint::<Guest>::builder().on::<Text>().build();
    let endpoint = endpoint.expect("nothing in it contradicts");
    app.app_data(web::Data::new(endpoint));
    app.app_data(web::Data::new(rooms.clone()));
    app.route("/chat", web::get().to(enter));
}

async fn enter(
    request: HttpRequest,
    payload: web::Payload,
    endpoint: web::Data<Endpoint<Guest>>,
    rooms: web::Data<Rooms<String, String>>,
) -> Result<HttpResponse, UpgradeError> {
    let guest = Guest {
        rooms: Rooms::clone(&rooms),
        name: "nobody".to_owned(),
        place: None,
    };
    endpoint.upgrade(&request, payload, guest)
}

pub(crate) struct Guest {
    rooms: Rooms<String, String>,
    name: String,
    place: Option<Membership<String, String>>,
}

impl Guest {
    fn join(&mut self, room: &str, ctx: &WsContext<Self>) {
        self.place = None;
        let place = self.rooms.join(room.to_owned(), self.name.clone(), ctx);
        self.place = place.ok(); // fails only where rooms have limits
    }
}

impl Actor for Guest {
    type Context = WsContext<Self>;

    fn started(&mut self, ctx: &mut WsContext<Self>) {
        self.join("main", ctx);
    }
}

impl Handler<Text> for Guest {
    type Result = ();

    fn handle(&mut self, Text(line): Text, ctx: &mut WsContext<Self>) {
        let Some(place) = &self.place else {
            return;
        };
        let line = line.as_str().trim();
        let (command, rest) = line.split_once(' ').unwrap_or((line, ""));
        let answer = match command {
            "/name" => {
                let room = place.room().key().clone();
                rest.clone_into(&mut self.name);
                self.join(&room, ctx);
                format!("you are {rest}")
            }
            "/join" => {
                self.join(rest, ctx);
                format!("you are in {rest}")
            }
            "/who" => {
                let members = place.room().members();
                let mut names: Vec<_> = members.iter().map(|it| &**it.data()).collect();
                names.sort_unstable();
                names.join(", ")
            }
            _ => {
                let said = format!("{}: {line}", self.name);
                place.broadcast_to_others(said).ok();
                return;
            }
        };
        ctx.text(answer).ok();
    }
}
