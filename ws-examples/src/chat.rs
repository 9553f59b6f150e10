//! The program `chat`: rooms in the browser, who is there, who is typing, and
//! what was said while one was away; on one node or on many.

mod admin;
mod args;
mod page;
mod person;
mod protocol;
mod rooms;

use std::time::Duration;

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, Result, error::ErrorBadRequest, web};
use futures_util::future::try_join_all;
use ws_server::{Config, Endpoint, Json, Shutdown, WsServer};

use self::{
    admin::{Admin, Watched},
    person::Person,
    protocol::{Arrival, FromPage},
    rooms::ChatRooms,
};
use crate::{ServerKind, StartError, backplane::Engine, page::files};

pub use self::{
    args::Args,
    rooms::{history, line},
};

/// What metrics and other nodes call the chat's rooms.
pub const NAME: &str = Watched::NAME;

/// Serves the chat until SIGTERM or SIGINT.
///
/// # Errors
///
/// If it cannot start.
pub async fn run(args: Args) -> Result<(), StartError> {
    let shutdown = Shutdown::new();
    // Before there is anything to count.
    let admin = args
        .admin
        .map(|address| Admin::new(address, args.admin_for_anyone))
        .transpose()?;
    let cluster = match &args.backplane {
        Some(url) => Some(Engine::at(url)?.join(args.backplane_later).await?),
        None => None,
    };
    let rooms = rooms::rooms(cluster.clone());
    let watched = rooms.clone();
    let endpoint = Endpoint::<Person>::builder()
        .on::<Json<FromPage>>()
        .name(Watched::NAME)
        // The longest line, in the widest characters, with room for its JSON.
        .config(Config::new().max_message_bytes(32 * 1024))
        .origins(args.nodes.iter().cloned())
        .shutdown(&shutdown)
        .build()?;
    let policy = page::policy(args.balancer.as_deref(), &args.nodes);
    let balancer = args.balancer.clone();
    let app = move || {
        App::new()
            .app_data(web::Data::new(endpoint.clone()))
            .app_data(web::Data::new(rooms.clone()))
            .route("/ws", web::route().to(enter))
            .service(
                web::scope("")
                    .wrap(policy.headers())
                    .route("/", page::index(balancer.as_deref()))
                    .configure(files(&page::FILES)),
            )
    };

    let listen = (args.host, args.port);
    let failed = |error| StartError::bind(args.host, args.port, &error);
    let workers = args.workers.map(usize::from);
    let (addresses, server) = match args.server {
        ServerKind::Own => {
            let mut server = WsServer::new(app);
            if let Some(workers) = workers {
                server = server.workers(workers);
            }
            let server = server.bind(listen).map_err(failed)?;
            (server.addrs().to_vec(), server.run())
        }
        ServerKind::Stock => {
            let mut server = HttpServer::new(app)
                .tcp_nodelay(true)
                // A closed connection would linger for a second otherwise.
                .client_disconnect_timeout(Duration::ZERO)
                .on_connect(ws_server::keep_socket)
                .disable_signals();
            if let Some(workers) = workers {
                server = server.workers(workers);
            }
            let server = server.bind(listen).map_err(failed)?;
            (server.addrs(), server.run())
        }
    };
    let mut running = vec![shutdown.run(server)?];
    for address in addresses {
        println!("open http://{address} in two browsers and talk");
    }
    if let Some(admin) = admin {
        let (address, server) = admin.serve(watched, &shutdown)?;
        running.push(shutdown.run(server)?);
        println!("look on at http://{address}/admin");
    }
    let ended = try_join_all(running).await;
    if let Some(cluster) = cluster {
        cluster.leave().await;
    }
    ended?;
    Ok(())
}

/// A page wants to enter a room: its query says which, under which name, and
/// what it has of it already.
async fn enter(
    request: HttpRequest,
    payload: web::Payload,
    arrival: web::Query<Arrival>,
    endpoint: web::Data<Endpoint<Person>>,
    rooms: web::Data<ChatRooms>,
) -> Result<HttpResponse> {
    let arrival = arrival.into_inner().check().map_err(ErrorBadRequest)?;
    let person = Person::new(arrival, &rooms);
    Ok(endpoint.upgrade(&request, payload, person)?)
}
