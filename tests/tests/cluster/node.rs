//! One of several servers with the same rooms.

use std::time::Duration;

use actix::{Actor, Handler};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use ws_core::{Event, Opcode, Registry};
use ws_server::{
    Cluster, Endpoint, FrameMessage, History, MemberId, Membership, Message, Presence, Receipt,
    Rejection, Room, Rooms, Since, Text, UpgradeError, WsContext,
    backplane::{Backplane, Position},
};
use ws_tests::{client::Client, server::Server, wait::until};

use crate::ear::Ear;

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
        Self::keeping(cluster, History::messages(messages).max_bytes(1 << 20))
    }

    /// A node whose rooms keep this, and announce nobody.
    pub(crate) fn keeping(cluster: Option<Cluster>, history: History) -> Self {
        let history = history
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

    /// A node whose rooms keep nothing and announce nobody.
    pub(crate) fn quiet(cluster: Cluster) -> Self {
        let rooms = Rooms::builder().max_rooms_per_connection(10_000);
        Self::serve(rooms.backplane(cluster).build())
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
        Self::serve(rooms.build())
    }

    /// A server for these rooms.
    pub(crate) fn serve(rooms: Rooms<String, String>) -> Self {
        let endpoint = Endpoint::<Member>::builder()
            .on::<Text>()
            .on::<Mark>()
            .build();
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

    /// Lets somebody into the lobby who wants all that is kept.
    pub(crate) async fn enter_kept(&self, name: &str) -> Client {
        self.enter_at(&format!("/{LOBBY}/{name}?since=kept")).await
    }

    /// Lets somebody into the lobby who only listens.
    pub(crate) async fn ear(&self, name: &str) -> Ear {
        Ear::new(self.enter(name).await)
    }

    pub(crate) async fn enter_at(&self, path: &str) -> Client {
        let mut client = Client::connect(self.server.address(), path).await;
        assert_eq!(client.text().await, "joined");
        client
    }

    /// Lets somebody into the lobby who knows our own opcode.
    pub(crate) async fn marked_ear(&self, name: &str) -> Ear {
        let opcodes = Registry::new().with(Mark::OPCODE, "mark");
        let opcodes = opcodes.expect("it is free");
        let path = format!("/{LOBBY}/{name}");
        let mut client = Client::speaking(self.server.address(), &path, opcodes).await;
        assert_eq!(client.text().await, "joined");
        Ear::new(client)
    }

    /// Lets a connection into the lobby that is so many members.
    pub(crate) async fn crowd(&self, members: usize) -> Client {
        self.enter_at(&format!("/{LOBBY}/crowd?times={members}"))
            .await
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

    pub(crate) fn lobby(&self) -> Room<String, String> {
        self.rooms
            .get(&LOBBY.to_owned())
            .expect("somebody is there")
    }

    pub(crate) async fn until_count_at_least(&self, count: usize) {
        let what = format!("at least {count} members in the lobby");
        until(what, || self.count() >= count).await;
    }

    /// The names of those in the lobby, in order.
    pub(crate) fn names(&self) -> Vec<String> {
        let members = self.rooms.members(&LOBBY.to_owned());
        let mut names: Vec<_> = members.iter().map(|it| it.data().clone()).collect();
        names.sort_unstable();
        names
    }

    pub(crate) fn id_of(&self, name: &str) -> MemberId {
        let members = self.rooms.members(&LOBBY.to_owned());
        let member = members.iter().find(|it| it.data() == name);
        member.expect("it is there").id()
    }

    pub(crate) async fn until_names(&self, names: &[&str]) {
        let what = format!("{names:?} to be there");
        until(what, || self.names() == names).await;
    }

    pub(crate) fn cluster(&self) -> &Cluster {
        self.rooms.cluster().expect("it has one")
    }

    pub(crate) async fn until_connected(&self, connected: bool) {
        let what = format!("the engine to be connected: {connected}");
        until(what, || self.cluster().is_connected() == connected).await;
    }

    pub(crate) fn publish(&self, text: &str) -> Receipt {
        let said = self.rooms.publish(&LOBBY.to_owned(), text.to_owned());
        said.expect("there is room")
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

/// A data message of our own.
#[derive(actix::Message)]
#[rtype(result = "()")]
pub(crate) struct Mark;

impl FrameMessage for Mark {
    const OPCODE: Opcode = Opcode::new(0x3).expect("it has four bits");
    const NAME: Option<&'static str> = Some("mark");

    fn from_event(_: Event) -> Result<Self, Rejection> {
        Ok(Self)
    }
}

#[derive(Deserialize)]
struct Query {
    since: Option<String>,
    /// How many members it is.
    times: Option<usize>,
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
        since: match query.since.as_deref() {
            None => Since::Now,
            Some("kept") => Since::Kept,
            Some(position) => Since::After(position.parse().expect("the test says where it is")),
        },
        times: query.times.unwrap_or(1),
        places: Vec::new(),
    };
    endpoint.upgrade(&request, payload, member)
}

/// Says to the room what its client says.
struct Member {
    rooms: Rooms<String, String>,
    room: String,
    name: String,
    since: Since,
    times: usize,
    places: Vec<Membership<String, String>>,
}

impl Actor for Member {
    type Context = WsContext<Self>;

    fn started(&mut self, ctx: &mut WsContext<Self>) {
        ctx.text("joined").expect("the connection is open");
        for _ in 0..self.times {
            let (room, name) = (self.room.clone(), self.name.clone());
            let joined = self.rooms.join_since(room, name, self.since, ctx);
            self.places.push(joined.expect("there is room").0);
        }
    }
}

impl Handler<Mark> for Member {
    type Result = ();

    fn handle(&mut self, Mark: Mark, _: &mut WsContext<Self>) {}
}

impl Handler<Text> for Member {
    type Result = ();

    fn handle(&mut self, Text(text): Text, _: &mut WsContext<Self>) {
        let place = self.places.first().expect("it has joined");
        place.broadcast(text).expect("it is taken");
    }
}
