//! A chat for the browser: rooms, who is there, who is typing.

mod page;
mod person;
mod protocol;

use std::net::IpAddr;

use actix_web::{App, HttpRequest, HttpResponse, Result, error::ErrorBadRequest, web};
use clap::Parser;
use ws_examples::StartError;
use ws_server::{Config, Endpoint, Json, Rooms, Shutdown, WsServer};

use self::{person::Person, protocol::Arrival};

/// Serves a chat page: open it in two browsers and talk.
///
/// The program stops on SIGTERM and on Ctrl-C; pages reconnect by themselves
/// when it is started again.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// TCP port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 8080, value_name = "N")]
    port: u16,
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1", value_name = "ADDRESS")]
    host: IpAddr,
    /// Number of threads that serve connections [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    workers: Option<u16>,
}

#[actix_web::main]
async fn main() -> Result<(), StartError> {
    let args = Args::parse();
    let shutdown = Shutdown::new();
    let endpoint = Endpoint::<Person>::builder()
        .on::<Json<protocol::FromPage>>()
        // The longest line, in the widest characters, with room for its JSON.
        .config(Config::new().max_message_bytes(32 * 1024))
        .shutdown(&shutdown)
        .build()?;
    let rooms = person::rooms();

    let mut server = WsServer::new(move || {
        App::new()
            .app_data(web::Data::new(endpoint.clone()))
            .app_data(web::Data::new(rooms.clone()))
            .route("/ws", web::route().to(enter))
            .service(web::scope("").wrap(page::headers()).configure(page::files))
    });
    if let Some(workers) = args.workers {
        server = server.workers(workers.into());
    }
    let server = server
        .bind((args.host, args.port))
        .map_err(|error| StartError::bind(args.host, args.port, &error))?;

    let addresses = server.addrs().to_vec();
    let running = shutdown.run(server.run())?;
    for address in addresses {
        println!("open http://{address} in two browsers and talk");
    }
    Ok(running.await?)
}

/// A page wants to enter a room: its query says which, and under which name.
async fn enter(
    request: HttpRequest,
    payload: web::Payload,
    arrival: web::Query<Arrival>,
    endpoint: web::Data<Endpoint<Person>>,
    rooms: web::Data<person::ChatRooms>,
) -> Result<HttpResponse> {
    let arrival = arrival.into_inner().check().map_err(ErrorBadRequest)?;
    let person = Person::new(arrival, Rooms::clone(&rooms));
    Ok(endpoint.upgrade(&request, payload, person)?)
}
