//! A sender that survives its server, and a server that may be killed at any
//! moment: what was accepted arrives once, in order.

mod sender;
mod server;
mod store;

use std::{cell::Cell, net::IpAddr, path::PathBuf, process, rc::Rc};

use clap::{Parser, Subcommand};
use ws_actors::client::{Client, Connector};
use ws_core::handshake::WebSocketUrl;
use ws_examples::StartError;

use self::sender::{Progress, Sender};

/// Loses nothing when a server dies: messages are numbered, kept until the
/// server acknowledges them, and sent again over the next connection.
///
/// Start the server, start the sender, then kill the server with kill -9 and
/// start it again, as often as you like: the store will hold each number once,
/// in order.
#[derive(Parser)]
#[command(name = "reconnecting", version, after_help = AFTERWORD)]
struct Args {
    #[command(subcommand)]
    role: Role,
}

#[derive(Subcommand)]
enum Role {
    /// Stores numbered messages, and acknowledges each once it is stored
    #[command(after_help = SERVING)]
    Serve {
        /// TCP port to listen on; 0 takes a free one
        #[arg(long, value_name = "N")]
        port: u16,
        /// Address to listen on
        #[arg(long, default_value = "127.0.0.1", value_name = "ADDRESS")]
        host: IpAddr,
        /// File to append the messages to, one a line; it is made if there is none
        #[arg(long, value_name = "FILE")]
        store: PathBuf,
    },
    /// Sends numbered messages until all are acknowledged
    #[command(after_help = SENDING)]
    Send {
        /// Where the server listens
        #[arg(value_parser = WebSocketUrl::parse)]
        url: WebSocketUrl,
        /// How many messages to send, numbered from 1 on
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
        count: u64,
    },
}

#[actix_web::main]
async fn main() -> Result<(), StartError> {
    match Args::parse().role {
        Role::Serve { port, host, store } => server::serve(host, port, &store).await,
        Role::Send { url, count } => {
            let progress = Rc::new(Cell::new(Progress::default()));
            let sender = Sender::new(count, Rc::clone(&progress));
            let client = Client::new(Connector::from(url), sender::handlers())
                .while_offline(ws_actors::client::Offline::Refuse)
                .reconnect(sender::reconnect());
            client.session(sender).await;
            let Progress {
                acknowledged,
                connections,
            } = progress.get();
            println!("{acknowledged} of {count} acknowledged; connections: {connections}");
            if acknowledged < count {
                process::exit(1);
            }
            Ok(())
        }
    }
}

const AFTERWORD: &str = "\
Examples:
  reconnecting serve --port 9100 --store /tmp/store
  reconnecting send ws://127.0.0.1:9100 --count 100000";

const SERVING: &str = "\
Examples:
  reconnecting serve --port 9100 --store /tmp/store
  reconnecting serve --host 0.0.0.0 --port 9100 --store /tmp/store";

const SENDING: &str = "\
Examples:
  reconnecting send ws://127.0.0.1:9100 --count 100000";
