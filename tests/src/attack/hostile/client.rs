use std::{cell::RefCell, error::Error, fs, io, rc::Rc};

use actix::System;
use futures_util::future::join_all;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    time::sleep,
};
use ws_actors::{
    Binary, Closed, ConnectionHandle, Flow, Handlers, Overflow, Text,
    client::{Client, Connected, Connector, Disconnected, Proxy, Reconnect, Tls},
};
use ws_core::Config;

use super::{
    guest::{Guest, Leave},
    order::{Answer, Command, Deed, Order, Reconnects},
    talk::Talk,
    words::{describe, explain},
};

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
            // It is told how long to come back, whatever happens meanwhile.
            sleep(time).await;
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
