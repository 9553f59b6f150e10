//! A game in the browser: everybody paints, and who has painted most wins.
//!
//! Each game is a room with an actor of its own, which moves all brushes twenty
//! times a second and tells all pages what has changed.

mod arena;
mod field;
mod page;
mod player;
mod protocol;

use std::net::IpAddr;

use actix_web::{App, HttpRequest, HttpResponse, Result, error::ErrorBadRequest, web};
use clap::Parser;
use ws_examples::{
    StartError,
    page::{files, headers},
};
use ws_server::{
    ActorRooms, Binary, Config, Endpoint, Flow, RateLimit, Rooms, Shutdown, Text, WsServer,
};

use self::{arena::Arena, player::Player, protocol::Arrival};

/// Serves a game page: open it in two browsers, and paint more than the other.
///
/// Each game begins with its first player and ends with its last.
#[derive(Parser)]
#[command(version, after_help = AFTERWORD)]
struct Args {
    /// TCP port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 8080, value_name = "N")]
    port: u16,
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1", value_name = "ADDRESS")]
    host: IpAddr,
    /// Give pages a button that makes the game's actor panic, to see it begin
    /// anew
    #[arg(long)]
    mishaps: bool,
}

#[actix_web::main]
async fn main() -> Result<(), StartError> {
    let Args {
        port,
        host,
        mishaps,
    } = Args::parse();
    let shutdown = Shutdown::new();
    let games = Rooms::<String, String>::builder()
        .name("games")
        .max_members(Arena::PLAYERS)
        .with_actor(move |game| Arena::new(game.key(), mishaps));
    let mut endpoint = Endpoint::<Player>::builder()
        .on::<Binary>()
        .config(Config::new().max_message_bytes(16))
        // A hand is not faster; what a page says too much of waits at its end.
        .flow(Flow::new().rate_limit(RateLimit::new().messages(40, 80)))
        // What changes in a tick is short and has few repeats.
        .compression(None)
        .shutdown(&shutdown);
    if mishaps {
        endpoint = endpoint.on::<Text>();
    }
    let endpoint = endpoint.build()?;
    let server = WsServer::new(move || {
        App::new()
            .app_data(web::Data::new(endpoint.clone()))
            .app_data(web::Data::new(games.clone()))
            .route("/ws", web::route().to(enter))
            .service(
                web::scope("")
                    .wrap(headers())
                    .configure(files(&page::FILES)),
            )
    })
    .bind((host, port))
    .map_err(|error| StartError::bind(host, port, &error))?;
    let addresses = server.addrs().to_vec();
    let running = shutdown.run(server.run())?;
    for address in addresses {
        println!("open http://{address} in two browsers and play");
    }
    Ok(running.await?)
}

/// A page wants to play: its query says in which game, and under which name.
async fn enter(
    request: HttpRequest,
    payload: web::Payload,
    arrival: web::Query<Arrival>,
    endpoint: web::Data<Endpoint<Player>>,
    games: web::Data<ActorRooms<Arena>>,
) -> Result<HttpResponse> {
    let arrival = arrival.into_inner().check().map_err(ErrorBadRequest)?;
    let player = Player::new(arrival, ActorRooms::clone(&games));
    Ok(endpoint.upgrade(&request, payload, player)?)
}

const AFTERWORD: &str = "\
Examples:
  game
  game --host 0.0.0.0 --port 80
  game --mishaps";
