//! A node: a server with rooms, in a process of its own.

use std::{
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use actix_web::{App, web};
use tokio::{sync::mpsc, time::sleep};
use ws_server::{
    Cluster, Config, Endpoint, History, Rooms, Text, WsServer,
    backplane::{Backplane, Memory, Nats, Redis},
    test::Peer,
};

use crate::{
    orders::{Answer, Carrier, Condition, Order, Terms, Where},
    samples::Failure,
};

mod counted;
mod member;
mod publishing;

use self::{
    counted::{Counted, Counter},
    member::{Join, Member, enter},
};

/// Rooms whose members bring a name along, as those of a chat do.
type Halls = Rooms<String, String>;

struct Node {
    rooms: Halls,
    endpoint: Endpoint<Member>,
    counter: Arc<Counter>,
    announced: Arc<AtomicUsize>,
    seats: Vec<Peer<Member>>,
}

/// Serves until nobody gives orders any more.
pub(crate) async fn serve() -> Result<(), Failure> {
    let mut orders = lines();
    let terms = orders.recv().await.ok_or("nobody says what the node is")?;
    let mut node = Node::new(&serde_json::from_str(&terms)?)?;
    let (rooms, endpoint) = (node.rooms.clone(), node.endpoint.clone());
    let server = WsServer::new(move || {
        App::new()
            .app_data(web::Data::new(endpoint.clone()))
            .app_data(web::Data::new(rooms.clone()))
            .route("/{room}", web::get().to(enter))
    });
    let server = server.workers(1).backlog(4096).bind("127.0.0.1:0")?;
    say(&server.addrs()[0].to_string())?;
    actix_rt::spawn(server.run());
    while let Some(order) = orders.recv().await {
        let answer = match node.obey(serde_json::from_str(&order)?).await {
            Ok(answer) => answer,
            Err(error) => Answer::Failed(error.to_string()),
        };
        say(&serde_json::to_string(&answer)?)?;
    }
    Ok(())
}

impl Node {
    fn new(terms: &Terms) -> Result<Self, Failure> {
        let counter = Arc::new(Counter::default());
        let announced = Arc::new(AtomicUsize::new(0));
        let mut rooms = Halls::builder().name(terms.rooms.clone());
        let counts = terms.counts.then(|| Arc::clone(&counter));
        rooms = match &terms.carrier {
            Carrier::Nothing => rooms,
            Carrier::Memory => rooms.backplane(cluster(Memory::new(), counts)),
            Carrier::Redis(url) => rooms.backplane(cluster(Redis::connect(url)?, counts)),
            Carrier::Nats(url) => rooms.backplane(cluster(Nats::connect(url)?, counts)),
        };
        if let Some(messages) = terms.history {
            rooms = rooms.history(History::messages(messages));
        }
        if let Some(every) = terms.announce_every {
            let announced = Arc::clone(&announced);
            rooms = rooms.announce_together(Duration::from_millis(every), move |_, changes| {
                announced.fetch_add(1, Ordering::Relaxed);
                Some(format!("{} came or went", changes.len()).into())
            });
        }
        // Heartbeats are the same with any backplane.
        let config = Config::new().ping_interval(None);
        let endpoint = Endpoint::builder().on::<Text>().config(config);
        Ok(Self {
            rooms: rooms.build(),
            endpoint: endpoint.compression(None).build()?,
            counter,
            announced,
            seats: Vec::new(),
        })
    }

    async fn obey(&mut self, order: Order) -> Result<Answer, Failure> {
        match order {
            Order::Publish {
                bytes,
                at_a_time,
                milliseconds,
            } => {
                let span = Duration::from_millis(milliseconds);
                let published = publishing::publish(&self.rooms, bytes, at_a_time, span);
                return Ok(Answer::Published(published.await?));
            }
            Order::Seat(count) => self.seat(count).await,
            Order::Join(place) => self.join(&place),
            Order::Await(condition) => self.until(&condition).await?,
            Order::Count => {
                let mut counts = self.counter.counts();
                counts.announced = self.announced.load(Ordering::Relaxed);
                return Ok(Answer::Counts(counts));
            }
        }
        Ok(Answer::Done)
    }

    async fn seat(&mut self, count: usize) {
        let handlers = self.endpoint.handlers();
        for _ in 0..count {
            let member = Member::new(self.rooms.clone());
            let peer = ws_server::test::server(member, Arc::clone(&handlers)).connect();
            self.seats.push(peer);
        }
        ws_server::test::settle().await;
    }

    fn join(&self, place: &Where) {
        for (number, seat) in self.seats.iter().enumerate() {
            let room = match place {
                Where::Together(room) => room.clone(),
                Where::Apart => format!("room-{number}"),
            };
            let name = format!("member-{number}");
            seat.address().do_send(Join { room, name });
        }
    }

    async fn until(&self, condition: &Condition) -> Result<(), Failure> {
        let begin = Instant::now();
        let mut last = (self.counter.counts().published, begin);
        loop {
            let now = Instant::now();
            let counts = self.counter.counts();
            let so = match condition {
                Condition::Members(room, count) => self.rooms.count(room) == *count,
                Condition::Seated(count) => Member::seated() == *count,
                Condition::Linked(times) => counts.links >= *times,
                Condition::Subscribed(count) => counts.subscribed >= *count,
                Condition::Read(count) => counts.read >= *count,
                Condition::Quiet => {
                    if last.0 != counts.published {
                        last = (counts.published, now);
                    }
                    now - last.1 >= QUIET
                }
            };
            if so {
                return Ok(());
            }
            if now - begin > PATIENCE {
                return Err(
                    format!("waited {PATIENCE:?} in vain: {condition:?}, {counts:?}").into(),
                );
            }
            sleep(Duration::from_millis(1)).await;
        }
    }
}

fn cluster(engine: impl Backplane, counter: Option<Arc<Counter>>) -> Cluster {
    match counter {
        Some(counter) => Cluster::new(Counted::new(engine, counter)),
        None => Cluster::new(engine),
    }
}

/// The lines of the standard input, from a thread of their own.
fn lines() -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel(1);
    thread::spawn(move || {
        for line in io::stdin().lines().map_while(Result::ok) {
            if sender.blocking_send(line).is_err() {
                break;
            }
        }
    });
    receiver
}

fn say(line: &str) -> io::Result<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "{line}")?;
    output.flush()
}

const QUIET: Duration = Duration::from_millis(300);
const PATIENCE: Duration = Duration::from_secs(40);
