//! The same echo server and the same room, on each of several libraries.

mod actix_web_actors;
mod actix_ws;
mod axum;
mod fastwebsockets;
mod limit;
mod tokio_tungstenite;
mod tokio_websockets;

use std::{io, net::TcpListener};

use clap::{Parser, ValueEnum};

/// Echoes WebSocket messages as one library does it, in one thread.
///
/// Every server is written as its library's own examples are, listens on a free
/// port of 127.0.0.1, sends without Nagle's delay and does not compress.
#[derive(Parser)]
struct Args {
    /// What it is made with
    #[arg(value_enum)]
    library: Library,
    /// Send every message to all who are connected instead
    #[arg(long)]
    room: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Library {
    /// epoll alone, checking nothing
    Limit,
    ActixWs,
    ActixWebActors,
    Axum,
    Fastwebsockets,
    TokioTungstenite,
    TokioWebsockets,
}

fn main() -> io::Result<()> {
    let args = Args::parse();
    rlimit::increase_nofile_limit(u64::MAX)?;
    let listener = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None)?;
    listener.bind(&std::net::SocketAddr::from(([127, 0, 0, 1], 0)).into())?;
    // actix-web's; the standard library's own is 128.
    listener.listen(1024)?;
    let listener = TcpListener::from(listener);
    println!("listening on ws://{}/", listener.local_addr()?);
    match (args.library, args.room) {
        (Library::Limit, room) => limit::serve(listener, room),
        (Library::ActixWs, false) => actix_ws::serve(listener),
        (Library::ActixWebActors, room) => actix_web_actors::serve(listener, room),
        (Library::Axum, room) => on_tokio(listener, |listener| axum::serve(listener, room)),
        (Library::Fastwebsockets, false) => on_tokio(listener, fastwebsockets::serve),
        (Library::TokioTungstenite, room) => on_tokio(listener, |listener| {
            tokio_tungstenite::serve(listener, room)
        }),
        (Library::TokioWebsockets, false) => on_tokio(listener, tokio_websockets::serve),
        (Library::ActixWs | Library::Fastwebsockets | Library::TokioWebsockets, true) => {
            Err(io::Error::other("there is no room made with this library"))
        }
    }
}

/// Runs a server in this thread.
fn on_tokio<F: Future<Output = io::Result<()>>>(
    listener: TcpListener,
    serve: impl FnOnce(tokio::net::TcpListener) -> F,
) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        serve(listener).await
    })
}

/// How many posts a member of a room may be behind before it misses some.
const ROOM_BACKLOG: usize = 1024;
/// More than the longest message that is sent, in bytes.
const LONGEST: usize = 16 << 20;
