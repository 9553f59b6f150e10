use std::{
    io::{self, BufRead, Write},
    panic, thread,
    time::Duration,
};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use ws_server::{
    Binary, Closed, Config, Endpoint, EndpointBuilder, Ping, Text, UpgradeError, WsServer,
    keep_socket,
};

use crate::server::is_stock;

use super::{
    guest::{AS_TOLD, Guest},
    ledger::Ledger,
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
    let ledger = Ledger::default();
    let (calm, hasty) = (calm(&ledger)?, hasty(&ledger)?);
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
        if line? == FORGET {
            ledger.forget();
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
    let config = Config::new()
        .ping_interval(Some(Duration::from_secs(1)))
        .pong_timeout(Duration::from_secs(1))
        .write_timeout(Duration::from_secs(2))
        .message_timeout(Some(Duration::from_secs(2)))
        .close_timeout(Duration::from_secs(1));
    build(Endpoint::builder().config(config), ledger)
}

fn build(endpoint: EndpointBuilder<Guest>, ledger: &Ledger) -> io::Result<Endpoint<Guest>> {
    let endpoint = endpoint
        .on::<Text>()
        .on::<Binary>()
        .on::<Ping>()
        .on::<Closed>()
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
