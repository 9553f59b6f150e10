//! The command line.

use std::{net::IpAddr, path::PathBuf};

use clap::{Args as Arguments, Parser, Subcommand, ValueEnum};
use ws_examples::chat;

/// Shows rooms that span nodes: three chats as processes of their own, what
/// joins them, and a page from which you can kill any of it.
///
/// Open the page, talk in the chats on it, and kill the node that you talk to:
/// the chat goes on at another, and nothing that was said is missing.
///
/// It starts redis-server or nats-server itself, whichever is installed, in a
/// temporary folder; or give it one that is running, with --backplane. All that
/// it starts ends with it, on SIGTERM and on Ctrl-C.
#[derive(Debug, Parser)]
#[command(name = "cluster", version, after_help = AFTERWORD, args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    /// TCP port of the page; the nodes take the ports behind it. 0 takes free
    /// ones
    #[arg(long, default_value_t = 8080, value_name = "N", value_parser = port)]
    pub(crate) port: u16,
    /// Address to listen on, of this machine alone: whoever sees the page may
    /// kill
    #[arg(long, default_value = "127.0.0.1", value_name = "ADDRESS", value_parser = loopback)]
    pub(crate) host: IpAddr,
    /// Number of nodes
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=9))]
    pub(crate) nodes: u16,
    /// What joins the nodes, if it runs already: redis://HOST:PORT or
    /// nats://HOST:PORT, as for the program chat
    #[arg(long, value_name = "URL")]
    pub(crate) backplane: Option<String>,
    /// What to start if nothing runs already [default: what is installed]
    #[arg(long, value_name = "WHICH", conflicts_with = "backplane")]
    pub(crate) engine: Option<Kind>,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Says something in a room from outside: this process serves no rooms, and
    /// knows nothing but the backplane
    #[command(after_help = SAYING)]
    Say(Saying),
    /// What this program starts as a node
    #[command(hide = true)]
    Node(Box<chat::Args>),
    /// What ends the backplane if this program is killed
    #[command(hide = true)]
    Guard {
        /// The backplane's process
        process: i32,
        /// Where it keeps its record
        folder: PathBuf,
    },
}

#[derive(Debug, Arguments)]
pub(crate) struct Saying {
    /// The room, such as lobby
    pub(crate) room: String,
    /// What to say
    pub(crate) text: String,
    /// Where the nodes are joined, as for the program chat
    #[arg(long, value_name = "URL")]
    pub(crate) backplane: String,
    /// The name under which it is said
    #[arg(long, default_value = "Announcer", value_name = "NAME")]
    pub(crate) name: String,
}

/// Engines that can be started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// redis-server
    Redis,
    /// nats-server
    Nats,
}

/// There have to be ports behind it.
fn port(text: &str) -> Result<u16, String> {
    let port: u16 = text.parse().map_err(|error| format!("{error}"))?;
    if port > u16::MAX - 9 {
        return Err("the nodes take the ports behind it: choose one below 65527".to_owned());
    }
    Ok(port)
}

fn loopback(text: &str) -> Result<IpAddr, String> {
    let host: IpAddr = text.parse().map_err(|error| format!("{error}"))?;
    if !host.is_loopback() {
        return Err("others would reach it: choose 127.0.0.1 or ::1".to_owned());
    }
    Ok(host)
}

const AFTERWORD: &str = "\
Examples:
  cluster
  cluster --engine nats
  cluster --port 9000 --backplane redis://127.0.0.1:6379
  cluster say lobby 'The backup is done.' --backplane redis://127.0.0.1:6379";

const SAYING: &str = "\
Examples:
  cluster say lobby 'The backup is done.' --backplane redis://127.0.0.1:6379
  cluster say lobby 'Lunch!' --name Kitchen --backplane nats://127.0.0.1:4222";
