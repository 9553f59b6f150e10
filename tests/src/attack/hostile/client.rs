use std::{
    cell::RefCell,
    error::Error,
    fs, io,
    rc::Rc,
    time::{Duration, Instant},
};

use actix::{Actor, ActorContext, AsyncContext, Handler, Message, System};
use futures_util::future::join_all;
use tokio::io::{AsyncBufReadExt, BufReader};
use ws_actors::{
    Binary, Closed, ConnectionHandle, Flow, Handlers, Overflow, Text, WsContext,
    client::{
        Client, ConnectError, Connected, Connector, Disconnected, Loss, Proxy, Reconnect, Tls,
    },
};
use ws_core::{Cause, CloseCode, Config, Outcome};

use super::order::{Answer, Command, Deed, Order, Reconnects};
use crate::attack::Echoes;

/// Does as it is told, until standard input ends: the other process of an attack
/// on a client.
///
/// # Errors
///
/// If what it is told is no order, or standard input fails.
pub async fn dial() -> io::Result<()> {
    // It listens nowhere.
    println!("127.0.0.1:0");
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let mut witness = None;
    while let Some(line) = lines.next_line().await? {
        let answer = match serde_json::from_str(&line)? {
            Command::Watch(url) => {
                witness = Some(Talk::begin(&url).await.map_err(io::Error::other)?);
                "true".to_owned()
            }
            Command::Dismiss => {
                let echoes = witness.take().ok_or(io::ErrorKind::NotFound)?;
                serde_json::to_string(&echoes.end().await)?
            }
            Command::Dial(order) => {
                let orders = vec![*order.clone(); order.count];
                let answers = join_all(orders.into_iter().map(follow)).await;
                serde_json::to_string(&answers)?
            }
        };
        println!("{answer}");
    }
    System::current().stop();
    Ok(())
}

/// One client, from its beginning to its end.
async fn follow(order: Order) -> Answer {
    match connector(&order) {
        Ok(connector) => {
            let notes = Rc::new(RefCell::new(Answer::default()));
            let end = run(&order, connector, &notes).await;
            let mut answer = notes.take();
            answer.end = end;
            answer
        }
        Err(error) => Answer {
            end: format!("not asked: {error}"),
            ..Answer::default()
        },
    }
}

fn connector(order: &Order) -> Result<Connector, Box<dyn Error>> {
    let mut connector = Connector::new(&order.url)?.max_redirects(order.max_redirects);
    for (name, value) in &order.headers {
        connector = connector.header(name, value)?;
    }
    connector = connector.subprotocols(order.subprotocols.clone())?;
    if !order.compressed {
        connector = connector.compression(None);
    }
    if let Some(proxy) = &order.proxy {
        connector = connector.proxy(Proxy::parse(proxy)?);
    }
    if let Some(file) = &order.trusted {
        connector = connector.tls(Tls::with_pem(fs::read(file)?)?);
    }
    if let Some(timeout) = order.connect_timeout {
        connector = connector.connect_timeout(timeout);
    }
    Ok(connector)
}

async fn run(order: &Order, connector: Connector, notes: &Rc<RefCell<Answer>>) -> String {
    let guest = Guest {
        deed: order.deed,
        until: match order.reconnects {
            Reconnects::Until(losses) => losses,
            Reconnects::No | Reconnects::For(_) => usize::MAX,
        },
        notes: Rc::clone(notes),
    };
    let mut client = Client::new(connector, handlers(order));
    if order.reconnects == Reconnects::No {
        return match client.connect(guest).await {
            Ok(session) => describe(&session.await),
            Err(error) => explain(&error),
        };
    }
    client = client.reconnect(Reconnect::new());
    let session = client.session(guest);
    let handle = session.handle();
    if let Deed::SayOffline(messages) = order.deed {
        say_offline(&handle, messages, notes);
    }
    if let Reconnects::For(time) = order.reconnects {
        let address = session.address();
        actix::spawn(async move {
            tokio::time::sleep(time).await;
            address.do_send(Leave);
        });
    }
    describe(&session.await)
}

fn say_offline(handle: &ConnectionHandle, messages: usize, notes: &RefCell<Answer>) {
    for _ in 0..messages {
        match handle.send(vec![0_u8; 64 * 1024]) {
            Ok(()) => notes.borrow_mut().accepted += 1,
            Err(_) => break,
        }
    }
}

fn handlers(order: &Order) -> Handlers<Guest> {
    let mut config = Config::new();
    if let Some(patience) = order.patience {
        config = config
            .handshake_timeout(patience)
            .ping_interval(Some(patience))
            .pong_timeout(patience)
            .write_timeout(patience)
            .message_timeout(Some(patience))
            .close_timeout(patience);
    }
    let flow = match order.deed {
        Deed::FloodAndWait => {
            // No answer to a Ping that cannot leave would be the first to be missed.
            config = config.ping_interval(None);
            Flow::new().overflow(Overflow::Wait)
        }
        Deed::SayOffline(_) => Flow::new().overflow(Overflow::DropNewest),
        Deed::Listen | Deed::Echo | Deed::Flood | Deed::Say(_) | Deed::Close => Flow::new(),
    };
    Handlers::new()
        .on::<Connected>()
        .on::<Disconnected>()
        .on::<Text>()
        .on::<Binary>()
        .on::<Closed>()
        .config(config)
        .flow(flow)
}

/// The actor of a client.
struct Guest {
    deed: Deed,
    /// How many losses are enough.
    until: usize,
    notes: Rc<RefCell<Answer>>,
}

#[derive(Message)]
#[rtype(result = "()")]
struct Leave;

impl Guest {
    fn flood(&mut self, ctx: &mut WsContext<Self>) {
        // Far more than may wait, in many turns.
        for _ in 0..8 {
            if ctx.binary(vec![0; 64 * 1024]).is_err() {
                return;
            }
            self.notes.borrow_mut().accepted += 1;
        }
        ctx.run_later(Duration::ZERO, Self::flood);
    }

    fn count(&mut self, bytes: usize) {
        let mut notes = self.notes.borrow_mut();
        notes.messages += 1;
        notes.bytes += bytes;
    }
}

impl Actor for Guest {
    type Context = WsContext<Self>;
}

impl Handler<Connected> for Guest {
    type Result = ();

    fn handle(&mut self, _: Connected, ctx: &mut WsContext<Self>) {
        match self.deed {
            Deed::Listen | Deed::Echo | Deed::SayOffline(_) => {}
            Deed::Flood | Deed::FloodAndWait => self.flood(ctx),
            Deed::Say(messages) => {
                for number in 0..messages {
                    if ctx.text(format!("message {number}")).is_ok() {
                        self.notes.borrow_mut().accepted += 1;
                    }
                }
            }
            Deed::Close => {
                ctx.close(CloseCode::NORMAL, "").ok();
            }
        }
    }
}

impl Handler<Disconnected> for Guest {
    type Result = ();

    fn handle(&mut self, lost: Disconnected, ctx: &mut WsContext<Self>) {
        let why = match &lost.loss {
            Loss::Ended(outcome) => describe(outcome),
            Loss::Failed(error) => explain(error),
            other => format!("{other:?}"),
        };
        let mut notes = self.notes.borrow_mut();
        notes.losses.push((why, lost.retry_in));
        if notes.losses.len() >= self.until {
            ctx.terminate();
        }
    }
}

impl Handler<Text> for Guest {
    type Result = ();

    fn handle(&mut self, Text(text): Text, ctx: &mut WsContext<Self>) {
        self.count(text.len());
        let mut notes = self.notes.borrow_mut();
        if notes.texts.len() < 8 {
            notes.texts.push(text.as_str().chars().take(200).collect());
        }
        if self.deed == Deed::Echo {
            ctx.text(text).ok();
        }
    }
}

impl Handler<Binary> for Guest {
    type Result = ();

    fn handle(&mut self, Binary(bytes): Binary, ctx: &mut WsContext<Self>) {
        self.count(bytes.len());
        if self.deed == Deed::Echo {
            ctx.binary(bytes).ok();
        }
    }
}

impl Handler<Closed> for Guest {
    type Result = ();

    fn handle(&mut self, _: Closed, _: &mut WsContext<Self>) {}
}

impl Handler<Leave> for Guest {
    type Result = ();

    fn handle(&mut self, _: Leave, ctx: &mut WsContext<Self>) {
        ctx.terminate();
    }
}

/// The cause of an end, in one word, or two.
fn describe(outcome: &Outcome) -> String {
    match &outcome.cause {
        Cause::Protocol(error) => variant(&error),
        other => format!("{other:?}"),
    }
}

/// What a debug output begins with: the name of a variant.
fn variant(value: &impl std::fmt::Debug) -> String {
    let text = format!("{value:?}");
    let end = text.find([' ', '(']).unwrap_or(text.len());
    text[..end].to_owned()
}

fn explain(error: &ConnectError) -> String {
    match error {
        ConnectError::Refused(response) => {
            format!(
                "Refused({}, {} bytes)",
                response.status,
                response.body.len()
            )
        }
        ConnectError::Broken { stage, source } => format!("Broken({stage:?}, {:?})", source.kind()),
        ConnectError::Timeout { stage, .. } => format!("Timeout({stage:?})"),
        ConnectError::Resolve { .. } => "Resolve".to_owned(),
        ConnectError::Connect { source, .. } => format!("Connect({:?})", source.kind()),
        ConnectError::Proxy(error) => match error {
            ws_actors::client::ProxyError::Refused(response) => {
                let (status, len) = (response.status, response.body.len());
                format!("Proxy(Refused({status}, {len} bytes))")
            }
            other => format!("Proxy({})", variant(other)),
        },
        ConnectError::Tls(ws_actors::client::TlsError::Handshake(error)) => {
            format!("Tls({})", reason(error))
        }
        other => format!("{other:?}"),
    }
}

/// A fault of TLS without its particulars.
fn reason(error: &ws_actors::client::rustls::Error) -> String {
    use ws_actors::client::rustls::Error;
    match error {
        Error::InvalidCertificate(reason) => variant(reason),
        Error::PeerMisbehaved(reason) => variant(reason),
        other => variant(other),
    }
}

/// A witness: its messages come back, each in its turn.
struct Talk {
    notes: Rc<RefCell<Notes>>,
    task: tokio::task::JoinHandle<Outcome>,
    handle: ConnectionHandle,
}

#[derive(Default)]
struct Notes {
    round_trips: Vec<Duration>,
    wrong: bool,
}

struct Talker {
    sent: Instant,
    notes: Rc<RefCell<Notes>>,
}

impl Talk {
    async fn begin(url: &str) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let notes = Rc::new(RefCell::new(Notes::default()));
        let talker = Talker {
            sent: Instant::now(),
            notes: Rc::clone(&notes),
        };
        let handlers = Handlers::new().on::<Connected>().on::<Text>();
        let session = Client::new(Connector::new(url)?, handlers)
            .connect(talker)
            .await?;
        let handle = session.handle();
        let task = actix::spawn(session);
        while notes.borrow().round_trips.len() < 10 && !task.is_finished() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(Self {
            notes,
            task,
            handle,
        })
    }

    /// What it got; nothing if it was disturbed.
    async fn end(self) -> Echoes {
        self.handle.close(CloseCode::NORMAL, "").ok();
        let Ok(outcome) = self.task.await else {
            return Echoes::default();
        };
        let Notes {
            mut round_trips,
            wrong,
        } = self.notes.take();
        if wrong || outcome.cause != Cause::Local || !outcome.is_clean() || round_trips.is_empty() {
            return Echoes::default();
        }
        round_trips.sort_unstable();
        let at = |percent: usize| round_trips[(round_trips.len() - 1) * percent / 100];
        Echoes {
            count: round_trips.len(),
            median: at(50),
            p99: at(99),
            longest: at(100),
        }
    }
}

impl Talker {
    fn say(&mut self, ctx: &mut WsContext<Self>) {
        self.sent = Instant::now();
        let number = self.notes.borrow().round_trips.len();
        // It fails only when it is to end.
        ctx.text(number.to_string()).ok();
    }
}

impl Actor for Talker {
    type Context = WsContext<Self>;
}

impl Handler<Connected> for Talker {
    type Result = ();

    fn handle(&mut self, _: Connected, ctx: &mut WsContext<Self>) {
        self.say(ctx);
    }
}

impl Handler<Text> for Talker {
    type Result = ();

    fn handle(&mut self, Text(text): Text, ctx: &mut WsContext<Self>) {
        {
            let mut notes = self.notes.borrow_mut();
            notes.wrong |= text.as_str() != notes.round_trips.len().to_string();
            notes.round_trips.push(self.sent.elapsed());
        }
        ctx.run_later(Duration::from_millis(1), Self::say);
    }
}
