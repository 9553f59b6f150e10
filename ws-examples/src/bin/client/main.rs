//! A WebSocket client for terminals and scripts.

mod advice;
mod args;
mod conversation;
mod ending;
mod harmless;
mod input;
mod json;
mod notation;
mod screen;
mod tally;

use std::{cell::Cell, io, process, rc::Rc};

use clap::Parser;
use tokio::sync::Notify;
use ws_actors::client::{Client, Reconnect};

use self::{
    args::Args,
    conversation::{Conversation, Ending},
    screen::Screen,
};

fn main() {
    let args = Args::parse();
    let ended = actix_web::rt::System::new().block_on(run(args));
    // Returning would wait for threads that look up a name or read the input.
    process::exit(match ended {
        Ok(Ending::Good) => 0,
        Ok(Ending::Bad) => 1,
        Err(error) => {
            eprintln!("the terminal failed: {error}");
            1
        }
    });
}

async fn run(args: Args) -> io::Result<Ending> {
    let mut client = Client::new(args.connector(), conversation::handlers(args.config()));
    if args.reconnect {
        client = client.reconnect(Reconnect::new());
    }
    let screen = Screen::open(&args.url.to_string())?;
    let opened = Rc::new(Notify::new());
    let ending = Rc::new(Cell::new(Ending::Bad));
    let conversation =
        Conversation::new(args, screen.clone(), Rc::clone(&opened), Rc::clone(&ending));
    let session = client.session(conversation);
    let (address, handle) = (session.address(), session.handle());
    match screen.window() {
        Some(window) => {
            actix::spawn(input::keyboard(Rc::clone(window), address));
        }
        None => {
            actix::spawn(input::interrupts(address.clone()));
            actix::spawn(input::lines(opened, handle, address));
        }
    }
    session.await;
    screen.close();
    Ok(ending.get())
}
