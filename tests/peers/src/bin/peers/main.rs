//! Compares servers on our crates with those on other WebSocket libraries.

mod cpu;
mod load;
mod machine;
mod outcome;
mod plot;
mod priority;
mod process;
mod report;
mod rows;
mod servers;

use std::{error::Error, path::PathBuf};

use clap::{Parser, Subcommand};

use self::{outcome::Run, priority::Priority, process::Cores};

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
    /// The niceness of all of it; below 0, which takes the right to it, what
    /// else this machine does disturbs less
    #[arg(
        long,
        global = true,
        default_value_t = 0,
        allow_negative_numbers = true,
        value_name = "N"
    )]
    nice: i32,
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
    let _priority = Priority::set(cli.nice)?;
    let cores = Cores::choose(cli.server_core, cli.load_core)?;
    match cli.command {
        Command::Cpu(options) => cpu::run(&options, cli.quick, cores),
        Command::Plot { data, image } => plot::draw(&image, &Run::read(&data)?),
    }
}
