use std::{
    io::{self, BufRead, Write},
    panic, thread,
    time::Duration,
};

use actix_web::{
    App, Error, HttpRequest, HttpResponse, HttpServer,
    error::{ErrorBadRequest, ErrorNotFound},
    web,
};
use serde::Deserialize;
use ws_server::{
    Binary, Closed, Config, Endpoint, EndpointBuilder, Ping, Since, Text, UpgradeError, WsServer,
    keep_socket,
};

use crate::server::is_stock;

use super::{
    guest::{AS_TOLD, Guest},
    ledger::{Ledger, MEMBERS},
    member::Member,
    recorder::Kept,
    stay::{Policy, ROOMS, RoomName, Sort},
};

/// Serves guests until standard input ends: the other process of a soak.
///
/// It prints its address, and for each line of input what it holds at that
/// instant. `heap` counts the blocks and the bytes of its heap in use.
///
/// # Errors
///
/// If it cannot serve.
pub async fn serve(heap: fn() -> (usize, usize)) -> io::Result<()> {
    quieten();
    let metrics = Kept::install().map_err(|_| io::Error::other("something counts already"))?;
    let ledger = Ledger::new(metrics);
    let (calm, hasty) = (calm(&ledger)?, hasty(&ledger)?);
    let halls = doors(&ledger)?;
    ledger.halls().fill().await?;
    call(&ledger);
    let served = ledger.clone();
    let counted = ledger.clone();
    let app = move || {
        served.note_runtime();
        App::new()
            .app_data(web::Data::new(served.clone()))
            .service(resource("/calm", &calm))
            .service(resource("/hasty", &hasty))
            .service(resource("/calm/{room}", &calm))
            .service(resource("/hasty/{room}", &hasty))
            .app_data(web::Data::new(halls.clone()))
            .route("/{pace}/{policy}/{sort}/{room}/{id}", web::get().to(join))
    };
    let (server, address) = if is_stock() {
        let server = HttpServer::new(app)
            .workers(WORKERS)
            .backlog(8192)
            .tcp_nodelay(true)
            .client_disconnect_timeout(Duration::ZERO)
            .keep_alive(Duration::from_secs(1))
            .on_connect(move |connection, data| {
                keep_socket(connection, data);
                data.insert(counted.socket());
            })
            .disable_signals()
            .bind(("127.0.0.1", 0))?;
        let address = server.addrs()[0];
        (server.run(), address)
    } else {
        let server = WsServer::new(app)
            .workers(WORKERS)
            .backlog(8192)
            .keep_alive(Duration::from_secs(1))
            .on_connect(move |_, data| {
                data.insert(counted.socket());
            })
            .bind(("127.0.0.1", 0))?;
        let address = server.addrs()[0];
        (server.run(), address)
    };
    let handle = server.handle();
    thread::spawn(move || {
        // Threads that do not serve yet would be counted as left behind.
        while ledger.runtimes() < WORKERS {
            thread::sleep(Duration::from_millis(1));
        }
        println!("{address}");
        answer(&ledger, heap).ok();
        // The command is sent by the call; the future only waits for its end.
        drop(handle.stop(false));
    });
    server.await
}

/// Tells what is held, as often as it is asked.
fn answer(ledger: &Ledger, heap: fn() -> (usize, usize)) -> io::Result<()> {
    for line in io::stdin().lock().lines() {
        match &*line? {
            FORGET => ledger.forget(),
            DRAIN => ledger.drain(),
            _ => {}
        }
        let account = serde_json::to_string(&ledger.account(heap()))?;
        writeln!(io::stdout(), "{account}")?;
    }
    Ok(())
}

/// As endpoints are by default.
fn calm(ledger: &Ledger) -> io::Result<Endpoint<Guest>> {
    build(Endpoint::builder(), ledger)
}

/// With deadlines that pass within a visit.
fn hasty(ledger: &Ledger) -> io::Result<Endpoint<Guest>> {
    build(Endpoint::builder().config(haste()), ledger)
}

fn haste() -> Config {
    Config::new()
        .ping_interval(Some(Duration::from_secs(1)))
        .pong_timeout(Duration::from_secs(1))
        .write_timeout(Duration::from_secs(2))
        .message_timeout(Some(Duration::from_secs(2)))
        .close_timeout(Duration::from_secs(1))
}

/// The ways to rooms whose books are kept, by pace and policy.
#[derive(Clone)]
struct Doors(Vec<(String, Policy, Endpoint<Member>)>);

fn doors(ledger: &Ledger) -> io::Result<Doors> {
    let mut doors = Vec::new();
    for policy in Policy::ALL {
        for (pace, config) in [("calm", Config::new()), ("hasty", haste())] {
            let endpoint = Endpoint::builder()
                .name(MEMBERS)
                .config(config)
                .flow(policy.flow())
                .on::<Text>()
                .on::<Closed>()
                .admission(ledger.admission())
                .shutdown(ledger.shutdown());
            let endpoint = endpoint.build().map_err(io::Error::other)?;
            doors.push((format!("{pace}/{}", policy.name()), policy, endpoint));
        }
    }
    Ok(Doors(doors))
}

/// Where somebody wants to be.
#[derive(Deserialize)]
struct Wanted {
    pace: String,
    policy: String,
    sort: String,
    room: usize,
    id: u64,
}

async fn join(
    request: HttpRequest,
    payload: web::Payload,
    wanted: web::Path<Wanted>,
    doors: web::Data<Doors>,
    ledger: web::Data<Ledger>,
) -> Result<HttpResponse, Error> {
    let door = format!("{}/{}", wanted.pace, wanted.policy);
    let door = doors.0.iter().find(|(name, ..)| *name == door);
    let sort = Sort::ALL.into_iter().find(|it| it.name() == wanted.sort);
    let (Some((_, policy, endpoint)), Some(sort)) = (door, sort) else {
        return Err(ErrorNotFound("no such room"));
    };
    let since = match request.query_string().strip_prefix("since=") {
        Some(position) => Since::After(position.parse().map_err(ErrorBadRequest)?),
        None => Since::Now,
    };
    let room = RoomName {
        sort,
        number: wanted.room % ROOMS,
    };
    let member = Member::new(&ledger, wanted.id, room, *policy, since);
    Ok(endpoint.upgrade(&request, payload, member)?)
}

/// Says something in all rooms again and again, from a thread that serves
/// nobody.
fn call(ledger: &Ledger) {
    let halls = ledger.halls().clone();
    thread::spawn(move || {
        let rooms = Sort::ALL
            .into_iter()
            .flat_map(|sort| (0..ROOMS).map(move |number| RoomName { sort, number }));
        for room in rooms.collect::<Vec<_>>().into_iter().cycle() {
            halls.call(room);
            thread::sleep(Duration::from_millis(10));
        }
    });
}

fn build(endpoint: EndpointBuilder<Guest>, ledger: &Ledger) -> io::Result<Endpoint<Guest>> {
    let endpoint = endpoint
        .on::<Text>()
        .on::<Binary>()
        .on::<Ping>()
        .on::<Closed>()
        .admission(ledger.admission())
        .shutdown(ledger.shutdown());
    endpoint.build().map_err(io::Error::other)
}

fn resource(path: &str, endpoint: &Endpoint<Guest>) -> actix_web::Resource {
    web::resource(path)
        .app_data(web::Data::new(endpoint.clone()))
        .route(web::get().to(enter))
}

async fn enter(
    request: HttpRequest,
    payload: web::Payload,
    endpoint: web::Data<Endpoint<Guest>>,
    ledger: web::Data<Ledger>,
) -> Result<HttpResponse, UpgradeError> {
    let room = request.match_info().get("room").map(ToOwned::to_owned);
    endpoint.upgrade(&request, payload, Guest::new(&ledger, room))
}

/// Has panics that were asked for pass in silence.
fn quieten() {
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if info
            .payload()
            .downcast_ref::<String>()
            .is_none_or(|it| it != AS_TOLD)
        {
            report(info);
        }
    }));
}

/// How many threads serve connections.
const WORKERS: usize = 2;
/// A line of input that has the server let go of what it keeps on purpose.
pub(super) const FORGET: &str = "forget";
/// One that has the server drain.
pub(super) const DRAIN: &str = "drain";
