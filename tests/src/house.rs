//! A server with rooms, seen from the outside and from the inside.

use std::{
    collections::HashSet,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, ThreadId},
    time::Duration,
};

use actix::{Actor, Handler};
use actix_web::{HttpRequest, HttpResponse, web};
use ws_server::{
    Endpoint, EndpointBuilder, MemberId, Membership, Rooms, Text, UpgradeError, WsContext,
};

use crate::{
    client::Client,
    server::{Server, WORKERS},
    wait::until,
};

/// What a member brings along.
#[derive(Debug, Clone)]
pub struct Who {
    /// Its name.
    pub name: String,
    /// The thread that serves it.
    pub thread: ThreadId,
}

/// A server with rooms, which the test sees from the inside as well.
pub struct House {
    server: Server,
    rooms: Rooms<String, Who>,
    /// Numbers of [`House::count_aloud`]: the latest begun, and the latest done.
    begun: Arc<AtomicU64>,
    done: Arc<AtomicU64>,
}

/// The room that most are in.
pub const LOBBY: &str = "lobby";

impl House {
    /// Starts the server.
    #[must_use]
    pub fn open() -> Self {
        Self::with(Endpoint::builder())
    }

    /// Starts the server with an endpoint that is configured already.
    #[must_use]
    pub fn with(endpoint: EndpointBuilder<Member>) -> Self {
        let endpoint = endpoint.on::<Text>().build();
        let endpoint = endpoint.expect("the endpoint makes sense");
        let rooms = Rooms::new();
        let (begun, done) = (Arc::default(), Arc::default());
        let doors = Doors {
            rooms: Rooms::clone(&rooms),
            begun: Arc::clone(&begun),
            done: Arc::clone(&done),
        };
        let server = Server::start(move |app| {
            app.app_data(web::Data::new(endpoint.clone()))
                .app_data(web::Data::new(doors.clone()))
                .route("/announce/{room}", web::post().to(announce))
                .route("/{room}/{name}", web::get().to(enter));
        });
        Self {
            server,
            rooms,
            begun,
            done,
        }
    }

    /// Lets somebody in.
    pub async fn enter(&self, room: &str, name: &str) -> Client {
        let path = format!("/{room}/{name}");
        let mut client = Client::connect(self.server.address(), &path).await;
        assert_eq!(client.text().await, "joined");
        client
    }

    /// Lets members into the lobby, and makes sure that both threads have some.
    pub async fn fill(&self, count: usize) -> Vec<Client> {
        let mut clients = Vec::new();
        for number in 0..count {
            clients.push(self.enter(LOBBY, &number.to_string()).await);
        }
        let members = self.rooms.members(&LOBBY.to_owned());
        let threads: HashSet<_> = members.iter().map(|it| it.data().thread).collect();
        assert_eq!(threads.len(), WORKERS);
        clients
    }

    /// Where the server listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// The rooms themselves.
    #[must_use]
    pub const fn rooms(&self) -> &Rooms<String, Who> {
        &self.rooms
    }

    /// The latest number of [`count_aloud`](Self::count_aloud) that is done.
    #[must_use]
    pub fn counted(&self) -> u64 {
        self.done.load(Ordering::SeqCst)
    }

    /// How many members a room has.
    #[must_use]
    pub fn count(&self, room: &str) -> usize {
        self.rooms.count(&room.to_owned())
    }

    /// Who they are.
    #[must_use]
    pub fn names(&self, room: &str) -> Vec<String> {
        let members = self.rooms.members(&room.to_owned());
        members.iter().map(|it| it.data().name.clone()).collect()
    }

    /// The id of somebody in the lobby.
    #[must_use]
    pub fn id_of(&self, name: &str) -> MemberId {
        let members = self.rooms.members(&LOBBY.to_owned());
        let named = members.iter().find(|it| it.data().name == name);
        named.expect("it is a member").id()
    }

    /// Broadcasts to the lobby, from the test's own thread.
    pub fn say(&self, text: &str) {
        let said = self.rooms.broadcast(&LOBBY.to_owned(), text.to_owned());
        said.expect("no thread is blocked");
    }

    /// Waits until a room has `count` members.
    pub async fn until_count(&self, room: &str, count: usize) {
        let what = format!("{count} members in {room}, of {:?}", self.names(room));
        until(what, || self.count(room) == count).await;
    }

    /// Broadcasts growing numbers to the lobby until `stop`, on a thread of its
    /// own.
    #[must_use]
    pub fn count_aloud(&self, stop: &Arc<AtomicBool>) -> thread::JoinHandle<()> {
        let rooms = Rooms::clone(&self.rooms);
        let (begun, done) = (Arc::clone(&self.begun), Arc::clone(&self.done));
        let stop = Arc::clone(stop);
        thread::spawn(move || {
            for number in 1.. {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                begun.store(number, Ordering::SeqCst);
                let said = rooms.broadcast(&LOBBY.to_owned(), number.to_string());
                said.expect("no thread is blocked");
                done.store(number, Ordering::SeqCst);
                // Slower than everybody hears.
                thread::sleep(Duration::from_micros(200));
            }
        })
    }
}

/// What the server's handlers share.
#[derive(Clone)]
struct Doors {
    rooms: Rooms<String, Who>,
    begun: Arc<AtomicU64>,
    done: Arc<AtomicU64>,
}

async fn enter(
    request: HttpRequest,
    payload: web::Payload,
    path: web::Path<(String, String)>,
    endpoint: web::Data<Endpoint<Member>>,
    doors: web::Data<Doors>,
) -> Result<HttpResponse, UpgradeError> {
    let (room, name) = path.into_inner();
    let member = Member {
        doors: Doors::clone(&doors),
        room,
        name,
        place: None,
    };
    endpoint.upgrade(&request, payload, member)
}

/// A plain handler that talks to a room.
async fn announce(room: web::Path<String>, text: String, doors: web::Data<Doors>) -> HttpResponse {
    match doors.rooms.broadcast(&room, text) {
        Ok(()) => HttpResponse::Accepted().finish(),
        Err(error) => HttpResponse::ServiceUnavailable().body(error.to_string()),
    }
}

/// Tells its client that it has joined, and does what it says:
///
/// - `leave` gives up its place, and is answered with `left`
/// - `numbers` is answered with what of [`House::count_aloud`] was done before
///   it joined, and was begun when it had
/// - `panic` has it panic
/// - `others:...` goes to the others in the room
/// - all else goes to all in the room
pub struct Member {
    doors: Doors,
    room: String,
    name: String,
    place: Option<(Membership<String, Who>, String)>,
}

impl Actor for Member {
    type Context = WsContext<Self>;

    fn started(&mut self, ctx: &mut WsContext<Self>) {
        let who = Who {
            name: self.name.clone(),
            thread: thread::current().id(),
        };
        let done = self.doors.done.load(Ordering::SeqCst);
        let membership = self.doors.rooms.join(self.room.clone(), who, ctx);
        let membership = membership.expect("there is room");
        let begun = self.doors.begun.load(Ordering::SeqCst);
        assert_eq!(membership.key(), &self.room);
        self.place = Some((membership, format!("{done} {begun}")));
        ctx.text("joined").expect("the connection is open");
    }
}

impl Handler<Text> for Member {
    type Result = ();

    fn handle(&mut self, Text(text): Text, ctx: &mut WsContext<Self>) {
        let Some((membership, numbers)) = &self.place else {
            return;
        };
        if text == "leave" {
            self.place = None;
            ctx.text("left").expect("the connection is open");
        } else if text == "numbers" {
            ctx.text(numbers.clone()).expect("the connection is open");
        } else if text == "panic" {
            panic!("the client says so");
        } else if let Some(text) = text.as_str().strip_prefix("others:") {
            let said = membership.broadcast_to_others(text.to_owned());
            said.expect("no thread is blocked");
        } else {
            membership.broadcast(text).expect("no thread is blocked");
        }
    }
}
