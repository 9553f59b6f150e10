//! An echo server, and a room in which everybody hears everybody.

use std::{net::IpAddr, time::Duration};

use actix::{Actor, Handler};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use clap::{Parser, ValueEnum};
use ws_examples::{ServerKind, StartError};
use ws_server::{
    Binary, Config, Deflate, Endpoint, Membership, Message, Rooms, Shutdown, Text, UpgradeError,
    WsContext, WsServer,
};

/// Echoes WebSocket messages.
///
/// Clients of /echo get every text and binary message back as it came. Clients
/// of /room are members of one room: each message goes to all of them, the
/// sender included.
///
/// The program stops on SIGTERM and on Ctrl-C, after closing all connections
/// with 1001.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// TCP port to listen on; 0 takes a free one
    #[arg(long, value_name = "N")]
    port: u16,
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1", value_name = "ADDRESS")]
    host: IpAddr,
    /// Number of threads that serve connections
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    workers: u16,
    /// Largest message to accept, over all its fragments
    #[arg(long, default_value_t = 16 << 20, value_name = "BYTES")]
    max_message_bytes: usize,
    /// Most fragments that a message may come in
    #[arg(long, default_value_t = 1 << 16, value_name = "N")]
    max_fragments: usize,
    /// Whether to compress, for clients that offer it (permessage-deflate)
    #[arg(long, default_value = "off", value_name = "WHEN")]
    compression: Compression,
    /// Which server carries the connections
    #[arg(long, default_value = "own", value_name = "WHICH")]
    server: ServerKind,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Compression {
    On,
    Off,
}

#[actix_web::main]
async fn main() -> Result<(), StartError> {
    let args = Args::parse();
    let shutdown = Shutdown::new();
    let config = Config::new()
        .max_message_bytes(args.max_message_bytes)
        .max_fragments(args.max_fragments);
    let compression = (args.compression == Compression::On).then(Deflate::new);
    let echo = Endpoint::<Echo>::builder()
        .on::<Text>()
        .on::<Binary>()
        .config(config.clone())
        .compression(compression.clone())
        .any_origin()
        .shutdown(&shutdown)
        .build()?;
    let room = Endpoint::<Member>::builder()
        .on::<Text>()
        .on::<Binary>()
        .config(config)
        .compression(compression)
        .any_origin()
        .shutdown(&shutdown)
        .build()?;
    let rooms = Rooms::<()>::new();

    let app = move || {
        App::new()
            .app_data(web::Data::new(echo.clone()))
            .app_data(web::Data::new(room.clone()))
            .app_data(web::Data::new(rooms.clone()))
            .route("/echo", web::route().to(serve_echo))
            .route("/room", web::route().to(serve_room))
    };
    let listen = (args.host, args.port);
    let failed = |error| StartError::bind(args.host, args.port, &error);
    let (addresses, server) = match args.server {
        ServerKind::Own => {
            let server = WsServer::new(app).workers(args.workers.into());
            let server = server.bind(listen).map_err(failed)?;
            (server.addrs().to_vec(), server.run())
        }
        ServerKind::Stock => {
            let server = HttpServer::new(app)
                .workers(args.workers.into())
                .tcp_nodelay(true)
                // A closed connection would linger for a second otherwise.
                .client_disconnect_timeout(Duration::ZERO)
                .on_connect(ws_server::keep_socket)
                .disable_signals();
            let server = server.bind(listen).map_err(failed)?;
            (server.addrs(), server.run())
        }
    };
    let running = shutdown.run(server)?;
    for address in addresses {
        println!("listening on ws://{address}/echo and ws://{address}/room");
    }
    Ok(running.await?)
}

async fn serve_echo(
    request: HttpRequest,
    payload: web::Payload,
    endpoint: web::Data<Endpoint<Echo>>,
) -> Result<HttpResponse, UpgradeError> {
    endpoint.upgrade(&request, payload, Echo)
}

async fn serve_room(
    request: HttpRequest,
    payload: web::Payload,
    endpoint: web::Data<Endpoint<Member>>,
    rooms: web::Data<Rooms<()>>,
) -> Result<HttpResponse, UpgradeError> {
    let member = Member {
        rooms: Rooms::clone(&rooms),
        room: None,
    };
    endpoint.upgrade(&request, payload, member)
}

struct Echo;

impl Actor for Echo {
    type Context = WsContext<Self>;
}

impl Handler<Text> for Echo {
    type Result = ();

    fn handle(&mut self, Text(text): Text, ctx: &mut WsContext<Self>) {
        // This fails only when the connection is closing.
        ctx.text(text).ok();
    }
}

impl Handler<Binary> for Echo {
    type Result = ();

    fn handle(&mut self, Binary(bytes): Binary, ctx: &mut WsContext<Self>) {
        ctx.binary(bytes).ok();
    }
}

/// A member of the one room.
struct Member {
    rooms: Rooms<()>,
    room: Option<Membership<()>>,
}

impl Member {
    fn broadcast(&self, message: Message) {
        if let Some(room) = &self.room
            && let Err(error) = room.broadcast(message)
        {
            eprintln!("message to the room dropped: {error}");
        }
    }
}

impl Actor for Member {
    type Context = WsContext<Self>;

    fn started(&mut self, ctx: &mut WsContext<Self>) {
        self.room = self.rooms.join((), (), ctx).ok();
    }
}

impl Handler<Text> for Member {
    type Result = ();

    fn handle(&mut self, Text(text): Text, _: &mut WsContext<Self>) {
        self.broadcast(text.into());
    }
}

impl Handler<Binary> for Member {
    type Result = ();

    fn handle(&mut self, Binary(bytes): Binary, _: &mut WsContext<Self>) {
        self.broadcast(bytes.into());
    }
}
