//! `peers idle`: what connections that say nothing hold.

use std::{
    error::Error,
    io::{self, Read, Write},
    net::TcpStream,
    thread,
    time::Duration,
};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use ws_peers::wire::{self, BINARY};

use crate::{
    load::connect,
    process::{Cores, Process, stay_on},
    servers::{Server, Service},
};

/// Which servers, and how many connections.
#[derive(Debug, Default, Args)]
pub(crate) struct Options {
    /// These servers [default: ours, ours-stock, actix-ws, axum, tokio-tungstenite]
    #[arg(long, value_enum, value_delimiter = ',', value_name = "SERVER,...")]
    servers: Vec<Server>,
    /// How many connections [default: as many as a process may have descriptors,
    /// or 2000 if --quick]
    #[arg(long, value_name = "COUNT")]
    connections: Option<usize>,
}

pub(crate) fn run(options: &Options, quick: bool, cores: Cores) -> Result<(), Box<dyn Error>> {
    stay_on(cores.load)?;
    let descriptors = rlimit::increase_nofile_limit(u64::MAX)?;
    let most = usize::try_from(descriptors)?.saturating_sub(SPARE);
    let wanted = options.connections.or_else(|| quick.then_some(QUICK));
    let servers = if options.servers.is_empty() {
        &SERVERS
    } else {
        &*options.servers
    };
    let bar = ProgressBar::new(servers.len() as u64).with_style(
        ProgressStyle::with_template("{wide_bar} {eta} left: {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    let mut found = Vec::new();
    for &server in servers {
        bar.set_message(server.name());
        let most = most / server.descriptors();
        let memory = measure(server, wanted.map_or(most, |it| it.min(most)), cores);
        let memory = memory.map_err(|error| format!("{}: {error}", server.name()))?;
        found.push((server, memory));
        bar.inc(1);
    }
    bar.finish_and_clear();
    println!("Resident memory of the server per idle connection, in KiB");
    println!(
        "\n{:<20}{:>13}{:>9}{:>28}",
        "", "connections", "fresh", "after 16 KiB each way"
    );
    for (server, memory) in found {
        println!(
            "{:<20}{:>13}{:>9.2}{:>28.2}",
            server.name(),
            memory.connections,
            memory.fresh,
            memory.used
        );
    }
    Ok(())
}

struct Memory {
    connections: usize,
    fresh: f64,
    used: f64,
}

fn measure(server: Server, connections: usize, cores: Cores) -> io::Result<Memory> {
    let process = Process::start(server.command(Service::Echo)?, cores.server)?;
    let path = server.path(Service::Echo);
    // The first ones pay for what all share.
    let connections = connections.saturating_sub(FIRST).max(1);
    let _first = connect(process.address, path, FIRST)?;
    thread::sleep(REST);
    let before = process.resident()?;
    let each = |resident: u64| (resident as f64 - before as f64) / connections as f64;
    let mut clients = connect(process.address, path, connections)?;
    thread::sleep(REST);
    let fresh = each(process.resident()?);
    converse(&mut clients)?;
    thread::sleep(REST);
    Ok(Memory {
        connections,
        fresh,
        used: each(process.resident()?),
    })
}

/// Has a message of each client come back.
fn converse(clients: &mut [TcpStream]) -> io::Result<()> {
    let payload = vec![b'x'; MESSAGE];
    let message = wire::client_frame(BINARY, &payload);
    let expected = wire::server_frame(BINARY, &payload);
    let mut answer = vec![0; expected.len()];
    for client in clients {
        client.set_nonblocking(false)?;
        client.set_read_timeout(Some(PATIENCE))?;
        client.write_all(&message)?;
        client.read_exact(&mut answer)?;
        if answer != expected {
            return Err(io::Error::other("the server sent something else back"));
        }
    }
    Ok(())
}

const SERVERS: [Server; 5] = [
    Server::Ours,
    Server::OursStock,
    Server::ActixWs,
    Server::Axum,
    Server::TokioTungstenite,
];
/// Descriptors for everything that is no connection.
const SPARE: usize = 500;
const FIRST: usize = 200;
const QUICK: usize = 2000;
/// The payload data of the message, in bytes.
const MESSAGE: usize = 16 << 10;
/// For how long nothing happens before memory is read.
const REST: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(10);
