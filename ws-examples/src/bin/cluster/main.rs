//! Three nodes of the chat, what joins them, and a page that shows how they
//! take it when one of them dies.

mod args;
mod board;
mod director;
mod engine;
mod node;
mod page;
mod process;
mod say;
mod server;
mod watch;

use std::sync::Arc;

use clap::Parser;
use tokio::{pin, select, sync::mpsc};
use ws_examples::{StartError, chat};
use ws_server::Shutdown;

use self::{
    args::{Args, Command},
    board::Board,
    director::Director,
};

#[actix_web::main]
async fn main() -> Result<(), StartError> {
    let args = Args::parse();
    match args.command {
        Some(Command::Say(saying)) => say::say(saying).await,
        Some(Command::Node(node)) => {
            process::end_with_parent();
            chat::run(*node).await
        }
        Some(Command::Guard { process, folder }) => {
            process::guard(process, &folder);
            Ok(())
        }
        None => run(&args).await,
    }
}

/// Serves the page until SIGTERM or SIGINT, and ends what it started.
async fn run(args: &Args) -> Result<(), StartError> {
    let shutdown = Shutdown::new();
    let (orders, ordered) = mpsc::unbounded_channel();
    let board = Arc::new(Board::new(orders));
    let (listener, address) = server::listen(args)?;
    let nodes = node::addresses(args, address)?;
    let server = server::serve(listener, &board, &nodes, &shutdown)?;
    // From here on signals are heeded.
    let server = shutdown.run(server)?;
    pin!(server);
    let mut director = Director::new(args, address, &nodes, Arc::clone(&board), ordered);
    let began = select! {
        ended = &mut server => return director.end(ended).await,
        began = director.begin() => began,
    };
    if let Err(error) = began {
        director.end(Ok(())).await?;
        return Err(error);
    }
    println!("open http://{address}: the nodes, and a chat on each");
    let ended = select! {
        ended = &mut server => ended,
        () = director.work() => Ok(()),
    };
    director.end(ended).await
}
