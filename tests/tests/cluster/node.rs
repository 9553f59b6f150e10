//! One of several servers with the same rooms.

use std::time::Duration;

use actix::{Actor, Handler};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use ws_server::{
    Cluster, Endpoint, History, Membership, Message, Presence, Rooms, Since, Text, UpgradeError,
    WsContext,
    backplane::{Backplane, Position},
};
use ws_tests::{client::Client, server::Server, wait::until};

/// A server, and its rooms as it sees them.
pub(crate) struct Node {
    server: Server,
    pub(crate) rooms: Rooms<String, String>,
}

/// The room that most are in.
pub(crate) const LOBBY: &str = "lobby";

impl Node {
    /// A node with this engine, whose rooms announce who comes and goes.
    pub(crate) fn open(backplane: impl Backplane) -> Self {
        Self::with(Some(quick(backplane)), None)
    }

    /// A node whose rooms keep their last messages, and announce nobody.
    pub(crate) fn recording(cluster: Option<Cluster>, messages: usize) -> Self {
        let history = History::messages(messages)
            .stamp(|position, message| {
                let Message::Text(text) = message else {
                    return message.clone().into();
                };
                format!("{position}|{text}").into()
            })
            .report(|recovery| {
                let at = recovery.position;
                let (messages, complete) = (recovery.messages, recovery.complete);
                Some(format!("{at}|report {messages} {complete}").into())
            });
        Self::with(cluster, Some(history))
    }

    fn with(cluster: Option<Cluster>, history: Option<History>) -> Self {
        let mut rooms = Rooms::builder();
        if let Some(cluster) = cluster {
            rooms = rooms.backplane(cluster);
        }
        let rooms = match history {
            Some(history) => rooms.history(history),
            None => rooms.announce(|_, presence| {
                Some(match presence {
                    Presence::Joined(member) => format!("+{}", member.data()).into(),
                    Presence::Left(member) => format!("-{}", member.data()).into(),
                })
            }),
        };
        let rooms = rooms.build();
        let endpoint = Endpoint::<Member>::builder().on::<Text>().build();
        let endpoint = endpoint.expect("the endpoint makes sense");
        let shared = rooms.clone();
        let server = Server::start(move |app| {
            app.app_data(web::Data::new(endpoint.clone()))
                .app_data(web::Data::new(shared.clone()))
                .route("/{room}/{name}", web::get().to(enter));
        });
        Self { server, rooms }
    }

    /// Lets somebody into the lobby.
    pub(crate) async fn enter(&self, name: &str) -> Client {
        self.enter_at(&format!("/{LOBBY}/{name}")).await
    }

    /// Lets somebody into the lobby who comes back.
    pub(crate) async fn enter_since(&self, name: &str, position: Position) -> Client {
        self.enter_at(&format!("/{LOBBY}/{name}?since={position}"))
            .await
    }

    pub(crate) async fn enter_at(&self, path: &str) -> Client {
        let mut client = Client::connect(self.server.address(), path).await;
        assert_eq!(client.text().await, "joined");
        client
    }

    pub(crate) fn count(&self) -> usize {
        self.rooms.count(&LOBBY.to_owned())
    }

    pub(crate) async fn until_count(&self, count: usize) {
        until(format!("{count} members in the lobby"), || {
            self.count() == count
        })
        .await;
    }

    pub(crate) fn say(&self, text: &str) {
        let said = self.rooms.broadcast(&LOBBY.to_owned(), text.to_owned());
        said.expect("it is taken");
    }
}

/// Part of a cluster that is quick to take a silent node for dead.
pub(crate) fn quick(backplane: impl Backplane) -> Cluster {
    let builder = Cluster::builder(backplane);
    builder.node_timeout(Duration::from_millis(900)).start()
}

#[derive(Deserialize)]
struct Query {
    since: Option<Position>,
}

async fn enter(
    request: HttpRequest,
    payload: web::Payload,
    path: web::Path<(String, String)>,
    query: web::Query<Query>,
    endpoint: web::Data<Endpoint<Member>>,
    rooms: web::Data<Rooms<String, String>>,
) -> Result<HttpResponse, UpgradeError> {
    let (room, name) = path.into_inner();
    let member = Member {
        rooms: Rooms::clone(&rooms),
        room,
        name,
        since: query.since.map_or(Since::Now, Since::After),
        place: None,
    };
    endpoint.upgrade(&request, payload, member)
}

/// Says to the room what its client says.
struct Member {
    rooms: Rooms<String, String>,
    room: String,
    name: String,
    since: Since,
    place: Option<Membership<String, String>>,
}

impl Actor for Member {
    type Context = WsContext<Self>;

    fn started(&mut self, ctx: &mut WsContext<Self>) {
        ctx.text("joined").expect("the connection is open");
        let (room, name) = (self.room.clone(), self.name.clone());
        let joined = self.rooms.join_since(room, name, self.since, ctx);
        self.place = Some(joined.expect("there is room").0);
    }
}

impl Handler<Text> for Member {
    type Result = ();

    fn handle(&mut self, Text(text): Text, _: &mut WsContext<Self>) {
        let place = self.place.as_ref().expect("it has joined");
        place.broadcast(text).expect("it is taken");
    }
}
