//! A chat for the browser: rooms, who is there, who is typing. Operators can
//! look on.

mod admin;
mod args;
mod page;
mod person;
mod protocol;

use std::time::Duration;

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, Result, error::ErrorBadRequest, web};
use clap::Parser;
use futures_util::future::try_join_all;
use ws_examples::{
    ServerKind, StartError,
    page::{files, headers},
};
use ws_server::{Config, Endpoint, Json, Rooms, Shutdown, WsServer};

use self::{
    admin::{Admin, Watched},
    args::Args,
    person::{ChatRooms, Person},
    protocol::{Arrival, FromPage},
};

#[actix_web::main]
async fn main() -> Result<(), StartError> {
    let args = Args::parse();
    let shutdown = Shutdown::new();
    // Before there is anything to count.
    let admin = args
        .admin
        .map(|address| Admin::new(address, args.admin_for_anyone))
        .transpose()?;
    let rooms = person::rooms();
    let watched = rooms.clone();
    let endpoint = Endpoint::<Person>::builder()
        .on::<Json<FromPage>>()
        .name(Watched::NAME)
        // The longest line, in the widest characters, with room for its JSON.
        .config(Config::new().max_message_bytes(32 * 1024))
        .shutdown(&shutdown)
        .build()?;
    let app = move || {
        App::new()
            .app_data(web::Data::new(endpoint.clone()))
            .app_data(web::Data::new(rooms.clone()))
            .route("/ws", web::route().to(enter))
            .service(
                web::scope("")
                    .wrap(headers())
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
    try_join_all(running).await?;
    Ok(())
}

/// A page wants to enter a room: its query says which, and under which name.
async fn enter(
    request: HttpRequest,
    payload: web::Payload,
    arrival: web::Query<Arrival>,
    endpoint: web::Data<Endpoint<Person>>,
    rooms: web::Data<ChatRooms>,
) -> Result<HttpResponse> {
    let arrival = arrival.into_inner().check().map_err(ErrorBadRequest)?;
    let person = Person::new(arrival, Rooms::clone(&rooms));
    Ok(endpoint.upgrade(&request, payload, person)?)
}
