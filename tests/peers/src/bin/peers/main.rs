//! Compares servers on our crates with those on other WebSocket libraries.

mod cpu;
mod load;
mod machine;
mod outcome;
mod plot;
mod process;
mod report;
mod rows;
mod servers;

use std::{error::Error, path::PathBuf};

use clap::{Parser, Subcommand};

use self::{outcome::Run, process::Cores};

/// Compares servers on our crates with those on other WebSocket libraries.
#[derive(Debug, Parser)]
struct Cli {
    /// Shorter, and so less sure
    #[arg(long, global = true)]
    quick: bool,
    /// The core for servers [default: the last one]
    #[arg(long, global = true, value_name = "N")]
    server_core: Option<usize>,
    /// The core for clients [default: the first one]
    #[arg(long, global = true, value_name = "N")]
    load_core: Option<usize>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// CPU time per message, side by side
    Cpu(cpu::Options),
    /// Draws what `cpu --json` has kept
    Plot { data: PathBuf, image: PathBuf },
}

fn main() -> Result<(), Box<dyn Error>> {
    let cli = Cli::parse();
    rlimit::increase_nofile_limit(u64::MAX)?;
    let cores = Cores::choose(cli.server_core, cli.load_core)?;
    match cli.command {
        Command::Cpu(options) => cpu::run(&options, cli.quick, cores),
        Command::Plot { data, image } => plot::draw(&image, &Run::read(&data)?),
    }
}
