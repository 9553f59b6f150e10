//! Nodes of another program in the same rooms.

use actix::{Actor, Handler};
use actix_web::{HttpRequest, HttpResponse, web};
use ws_server::{Endpoint, Membership, Rooms, Text, UpgradeError, WsContext};
use ws_tests::{client::Client, server::Server, wait::until};

use crate::{
    carrier::{Carrier, on_all_engines},
    ear::Ear,
    node::{LOBBY, Node, quick},
};

on_all_engines! {
    members_that_only_other_programs_understand_hurt_nobody
}

async fn members_that_only_other_programs_understand_hurt_nobody(carrier: Carrier) {
    let here = Node::quiet(quick(carrier.way()));
    let rooms: Rooms<String, u32> = Rooms::builder().backplane(quick(carrier.way())).build();
    let endpoint = Endpoint::<Numbered>::builder().on::<Text>().build();
    let endpoint = endpoint.expect("the endpoint makes sense");
    let shared = rooms.clone();
    let server = Server::start(move |app| {
        app.app_data(web::Data::new(endpoint.clone()))
            .app_data(web::Data::new(shared.clone()))
            .route("/", web::get().to(enter));
    });
    let ada = here.ear("ada").await;
    let mut clients = Vec::new();
    for _ in 0..2 {
        clients.push(Ear::new(Client::connect(server.address(), "/").await));
    }
    let lobby = LOBBY.to_owned();
    let there = || rooms.broadcast(&lobby, "from there");
    // The other is subscribed when it hears of something.
    until("the first to hear", || {
        there().expect("there is room");
        !ada.texts().is_empty()
    })
    .await;
    until("the other to hear", || {
        here.say("from here");
        clients[0].texts().iter().any(|text| text == "from here")
    })
    .await;
    let members = rooms.members(&lobby);
    let numbers: Vec<u32> = members.iter().map(|it| *it.data()).collect();
    assert_eq!(numbers, [7, 7]);
    assert_eq!(here.names(), ["ada"]);
    // They go as they came.
    drop(clients);
    until("all to be gone", || rooms.count(&lobby) == 0).await;
    assert_eq!(here.names(), ["ada"]);
    let _ben = here.ear("ben").await;
    here.until_names(&["ada", "ben"]).await;
}

/// Brings a number along, not a name.
struct Numbered {
    rooms: Rooms<String, u32>,
    place: Option<Membership<String, u32>>,
}

async fn enter(
    request: HttpRequest,
    payload: web::Payload,
    endpoint: web::Data<Endpoint<Numbered>>,
    rooms: web::Data<Rooms<String, u32>>,
) -> Result<HttpResponse, UpgradeError> {
    let member = Numbered {
        rooms: Rooms::clone(&rooms),
        place: None,
    };
    endpoint.upgrade(&request, payload, member)
}

impl Actor for Numbered {
    type Context = WsContext<Self>;

    fn started(&mut self, ctx: &mut WsContext<Self>) {
        self.place = self.rooms.join(LOBBY.to_owned(), 7, ctx).ok();
    }
}

impl Handler<Text> for Numbered {
    type Result = ();

    fn handle(&mut self, _: Text, _: &mut WsContext<Self>) {}
}
