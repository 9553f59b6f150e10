use std::{
    io::{self, BufRead, Write},
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    dev::Server as Running,
    error::ErrorUnauthorized,
    middleware::{self, from_fn},
    web::{self, ServiceConfig},
};
use tokio_rustls::rustls::ServerConfig;
use ws_server::{
    Binary, Config, Endpoint, Rooms, Shutdown, Text, UpgradeError, WsServer, keep_socket,
};

use super::{
    Counts,
    actors::{Echo, Talker},
};
use crate::{counted::Counted, server::is_stock, tls::Authority};

/// What all threads of the server share.
#[derive(Clone)]
struct House {
    shutdown: Shutdown,
    rooms: Rooms<String, String>,
    actors: Arc<AtomicUsize>,
    counted: Arc<AtomicUsize>,
    /// Threads that serve.
    serving: Arc<AtomicUsize>,
}

/// Serves until standard input ends.
///
/// It prints its address, and answers lines of input: `tls` with the address at
/// which it speaks TLS and the file of the authority it has that from, others with
/// its [`Counts`]. All connections are served by
/// one thread, so that nobody hides from what is done to it. On it are
///
/// - `/echo`: as endpoints are by default
/// - `/hasty`: the same with deadlines of a second
/// - `/rooms`: what is joined by name (`Talker`), and announced
/// - `/guarded`: behind a middleware that answers 401 in its place
/// - `/count`: plain HTTP, which counts how often it is asked for
///
/// # Errors
///
/// If it cannot serve.
pub async fn serve() -> io::Result<()> {
    let house = House {
        shutdown: Shutdown::new(),
        rooms: Rooms::builder()
            .announce(|_, presence| Some(format!("{presence:?}").into()))
            .build(),
        actors: Arc::default(),
        counted: Arc::default(),
        serving: Arc::default(),
    };
    let configure = routes(&house)?;
    let authority = Authority::new("attacked");
    let [(plain, address), (secure, secure_address)] = if is_stock() {
        [
            stock(None, &configure)?,
            stock(Some(authority.server()), &configure)?,
        ]
    } else {
        [
            own(None, &configure)?,
            own(Some(authority.server()), &configure)?,
        ]
    };
    let handles = [plain.handle(), secure.handle()];
    thread::spawn(move || {
        // Threads that do not serve yet would be counted as the attack's doing.
        while house.serving.load(Ordering::SeqCst) < 2 * WORKERS {
            thread::sleep(Duration::from_millis(1));
        }
        println!("{address}");
        let secure = format!("{secure_address} {}", authority.file().display());
        answer(&house, &secure).ok();
        // The command is sent by the call; the future only waits for its end.
        for handle in handles {
            drop(handle.stop(false));
        }
    });
    actix_rt::spawn(secure);
    plain.await
}

/// Tells what is held, as often as it is asked.
fn answer(house: &House, secure: &str) -> io::Result<()> {
    for line in io::stdin().lock().lines() {
        if line? == "tls" {
            writeln!(io::stdout(), "{secure}")?;
            continue;
        }
        let counts = serde_json::to_string(&house.counts())?;
        writeln!(io::stdout(), "{counts}")?;
    }
    Ok(())
}

impl House {
    fn counts(&self) -> Counts {
        let rooms = self.rooms.list();
        Counts {
            connections: self.shutdown.connections(),
            actors: self.actors.load(Ordering::SeqCst),
            members: rooms.iter().map(|(_, members)| members).sum(),
            rooms: rooms.len(),
            counted: self.counted.load(Ordering::SeqCst),
        }
    }
}

fn routes(house: &House) -> io::Result<impl Fn(&mut ServiceConfig) + Clone + Send + 'static> {
    let echo = echo(house, Config::new())?;
    let hasty = echo_in_haste(house)?;
    let rooms = Endpoint::<Talker>::builder()
        .on::<Text>()
        .shutdown(&house.shutdown)
        .build()
        .map_err(io::Error::other)?;
    let house = house.clone();
    Ok(move |app: &mut ServiceConfig| {
        house.serving.fetch_add(1, Ordering::SeqCst);
        app.app_data(web::Data::new(house.clone()))
            .service(resource("/echo", &echo))
            .service(resource("/hasty", &hasty))
            .service(
                web::resource("/rooms")
                    .app_data(web::Data::new(rooms.clone()))
                    .route(web::get().to(join)),
            )
            .service(
                web::scope("/guarded")
                    .wrap(from_fn(refuse))
                    .service(resource("", &echo)),
            )
            .route("/count", web::get().to(count));
    })
}

fn echo(house: &House, config: Config) -> io::Result<Endpoint<Echo>> {
    let endpoint = Endpoint::builder()
        .config(config)
        .on::<Text>()
        .on::<Binary>()
        .shutdown(&house.shutdown);
    endpoint.build().map_err(io::Error::other)
}

fn echo_in_haste(house: &House) -> io::Result<Endpoint<Echo>> {
    let second = Duration::from_secs(1);
    let config = Config::new()
        .ping_interval(Some(second))
        .pong_timeout(second)
        .write_timeout(second)
        .message_timeout(Some(second))
        .close_timeout(second);
    echo(house, config)
}

fn resource(path: &str, endpoint: &Endpoint<Echo>) -> actix_web::Resource {
    web::resource(path)
        .app_data(web::Data::new(endpoint.clone()))
        .route(web::route().to(enter))
}

async fn enter(
    request: HttpRequest,
    payload: web::Payload,
    endpoint: web::Data<Endpoint<Echo>>,
    house: web::Data<House>,
) -> Result<HttpResponse, UpgradeError> {
    let _alive = Counted::new(&house.actors);
    endpoint.upgrade(&request, payload, Echo { _alive })
}

async fn join(
    request: HttpRequest,
    payload: web::Payload,
    endpoint: web::Data<Endpoint<Talker>>,
    house: web::Data<House>,
) -> Result<HttpResponse, UpgradeError> {
    let talker = Talker {
        rooms: house.rooms.clone(),
        memberships: Vec::new(),
        _alive: Counted::new(&house.actors),
    };
    endpoint.upgrade(&request, payload, talker)
}

async fn count(house: web::Data<House>) -> String {
    let before = house.counted.fetch_add(1, Ordering::SeqCst);
    format!("{}\n", before + 1)
}

/// Answers what passes with 401, without asking any further.
async fn refuse(
    _: actix_web::dev::ServiceRequest,
    _: middleware::Next<actix_web::body::BoxBody>,
) -> actix_web::Result<actix_web::dev::ServiceResponse> {
    Err(ErrorUnauthorized("who are you?"))
}

fn own(
    tls: Option<ServerConfig>,
    configure: &(impl Fn(&mut ServiceConfig) + Clone + Send + 'static),
) -> io::Result<(Running, SocketAddr)> {
    let configure = configure.clone();
    let server = WsServer::new(move || App::new().configure(configure.clone()))
        .workers(WORKERS)
        .backlog(BACKLOG);
    let server = match tls {
        None => server.bind(("127.0.0.1", 0))?,
        Some(tls) => server.bind_rustls_0_23(("127.0.0.1", 0), tls)?,
    };
    let address = server.addrs()[0];
    Ok((server.run(), address))
}

fn stock(
    tls: Option<ServerConfig>,
    configure: &(impl Fn(&mut ServiceConfig) + Clone + Send + 'static),
) -> io::Result<(Running, SocketAddr)> {
    let configure = configure.clone();
    let server = HttpServer::new(move || App::new().configure(configure.clone()))
        .workers(WORKERS)
        .backlog(BACKLOG.into())
        .tcp_nodelay(true)
        .client_disconnect_timeout(Duration::ZERO)
        .on_connect(keep_socket)
        .disable_signals();
    let server = match tls {
        None => server.bind(("127.0.0.1", 0))?,
        Some(tls) => server.bind_rustls_0_23(("127.0.0.1", 0), tls)?,
    };
    let address = server.addrs()[0];
    Ok((server.run(), address))
}

/// How many threads serve connections, of each kind.
const WORKERS: usize = 1;
/// How many connections may wait to be accepted: attackers come together.
const BACKLOG: u16 = 4096;
