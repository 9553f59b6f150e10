//! Reserved opcodes with a meaning, and an extension of one's own.
//!
//! `time` (control, 0xB) asks for the time and answers with it; `ascii` (data,
//! 0x3) carries letters; `x-run-length` shortens what repeats itself, under RSV1.

mod client;
mod messages;
mod run_length;
mod server;
mod tap;

use std::net::IpAddr;

use clap::{Parser, Subcommand};
use ws_core::handshake::WebSocketUrl;
use ws_examples::StartError;

/// Speaks two opcodes and an extension that no standard knows.
///
/// The server tells the time to whoever asks with the opcode `time`, and sends
/// back in capitals what comes with the opcode `ascii`. The client does both,
/// and shows each frame as it was on the wire.
#[derive(Parser)]
#[command(name = "opcodes", version, after_help = AFTERWORD)]
struct Args {
    #[command(subcommand)]
    role: Role,
}

#[derive(Subcommand)]
enum Role {
    /// Answers both opcodes, beside an ordinary route of HTTP
    #[command(after_help = SERVING)]
    Server {
        /// TCP port to listen on; 0 takes a free one
        #[arg(long, value_name = "N")]
        port: u16,
        /// Address to listen on
        #[arg(long, default_value = "127.0.0.1", value_name = "ADDRESS")]
        host: IpAddr,
    },
    /// Asks for the time, sends letters, and shows the frames
    #[command(after_help = ASKING)]
    Client {
        /// Where the server listens, such as ws://localhost:9200
        #[arg(value_parser = client::url)]
        url: WebSocketUrl,
        /// What to send as ascii, one message each
        #[arg(default_value = WAVES, value_name = "TEXT", value_parser = client::letters)]
        texts: Vec<String>,
        /// Do without the extension, so that letters travel as they are
        #[arg(long)]
        plain: bool,
    },
}

#[actix_web::main]
async fn main() -> Result<(), StartError> {
    match Args::parse().role {
        Role::Server { port, host } => server::serve(host, port).await,
        Role::Client { url, texts, plain } => client::talk(url, texts, plain).await,
    }
}

/// Something to shorten.
const WAVES: &str = "~~~~~~~~~~~~~~~~~~~~ ahoy ~~~~~~~~~~~~~~~~~~~~";

const AFTERWORD: &str = "\
Examples:
  opcodes server --port 9200
  opcodes client ws://127.0.0.1:9200
  curl http://127.0.0.1:9200/time";

const SERVING: &str = "\
Examples:
  opcodes server --port 9200
  opcodes server --host 0.0.0.0 --port 9200";

const ASKING: &str = "\
Examples:
  opcodes client ws://127.0.0.1:9200
  opcodes client ws://127.0.0.1:9200 ahoy 'eeeeeeeeeeeeeek!'
  opcodes client --plain ws://127.0.0.1:9200 '================'";
