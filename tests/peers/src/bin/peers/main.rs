//! Servers on our crates beside those on other WebSocket libraries.
//!
//! `tests/peers/run` builds all of it and starts this program.

mod cpu;
mod idle;
mod load;
mod machine;
mod outcome;
mod plot;
mod priority;
mod process;
mod report;
mod rows;
mod servers;
mod stalled;

use std::{error::Error, fmt, path::PathBuf};

use clap::{Parser, Subcommand};

use self::{outcome::Run, priority::Priority, process::Cores};

/// Compares servers on our crates with those on other WebSocket libraries.
///
/// Each server is one thread on one core, its clients are one thread on another.
/// Servers take short turns, so that a busy machine slows all of them alike, and
/// cost is what /proc says that a server's threads have computed: its CPU time,
/// not how long somebody waited.
///
/// Without a command, runs `cpu`, `idle` and `stalled`.
#[derive(Debug, Parser)]
#[command(name = "tests/peers/run", after_help = EXAMPLES)]
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
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// What a message, a delivery and a handshake cost each server
    #[command(after_help = CPU)]
    Cpu(cpu::Options),
    /// How much memory idle connections hold
    Idle(idle::Options),
    /// What members who never read cost the others in a room of `chat`
    Stalled(stalled::Options),
    /// Draws what `cpu --json` has kept, or prints its tables again
    Plot {
        /// What `cpu --json` has written
        data: PathBuf,
        /// The SVG image to draw; without it, tables
        image: Option<PathBuf>,
    },
}

fn main() -> Result<(), Complaint> {
    let cli = Cli::parse();
    rlimit::increase_nofile_limit(u64::MAX)?;
    let cores = Cores::choose(cli.server_core, cli.load_core)?;
    let _priority = Priority::set(cli.nice)?;
    match cli.command {
        Some(Command::Cpu(options)) => cpu::run(&options, cli.quick, cores)?,
        Some(Command::Idle(options)) => idle::run(&options, cli.quick, cores)?,
        Some(Command::Stalled(options)) => stalled::run(&options, cli.quick, cores)?,
        Some(Command::Plot { data, image }) => {
            let run = Run::read(&data)?;
            match image {
                Some(image) => plot::draw(&image, &run)?,
                None => report::print(&run),
            }
        }
        None => {
            cpu::run(&defaults(), cli.quick, cores)?;
            println!();
            idle::run(&defaults(), cli.quick, cores)?;
            println!();
            stalled::run(&defaults(), cli.quick, cores)?;
        }
    }
    Ok(())
}

/// The options of a command that was given none.
fn defaults<T: clap::Args>() -> T {
    let command = T::augment_args(clap::Command::new("defaults"));
    let matches = command.get_matches_from(["defaults"]);
    T::from_arg_matches(&matches).expect("every option has a default")
}

/// Printed as its text.
struct Complaint(String);

impl<E: Into<Box<dyn Error>>> From<E> for Complaint {
    fn from(error: E) -> Self {
        Self(error.into().to_string())
    }
}

impl fmt::Debug for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

const EXAMPLES: &str = "\
Examples:
  tests/peers/run                 everything, in about ten minutes
  tests/peers/run --quick         everything, in about two
  tests/peers/run cpu --rows echo-125,room-1k --servers limit,ours,axum
  tests/peers/run cpu --json run.json --plot run.svg
  tests/peers/run plot run.json tests/peers/figures/servers.svg
  tests/peers/run idle --servers ours,limit
  tests/peers/run stalled --stalled 200

Only ratios of one run are worth comparing: what a message costs hangs on what
else the machine does.";
const CPU: &str = "\
Columns:
  ns           CPU time of all threads of the server, kernel included; medians
  ±            half of the middle half of all turns, in percent of the median
  x limit      as a multiple of the limit in the same round, and its middle half
  x best peer  as a multiple of the best peer, which * marks, in the same round
  sleeps       how often the server went to sleep, per message: if the limit's
               are many, the clients were too slow for it

Servers ping clients that are silent for 20 s, which the clients of rooms do not
expect: --fresh times --span times servers has to stay below.";
