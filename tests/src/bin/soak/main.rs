//! Shows that nothing is lost and nothing is left behind by connections that come
//! and go.
//!
//! `cargo run --release -p ws-tests --bin soak -- --help`

use std::{alloc::System, env, io, process::ExitCode, time::Duration};

use clap::{Parser, ValueEnum};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use ws_tests::soak::{Kind, Plan, Report, run, serve};

mod output;

use self::output::{Bar, print};

/// Counts the heap, for the server's process.
#[global_allocator]
static HEAP: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Has thousands of clients come to a server and go, in good order and in every
/// other, and counts what they leave behind.
///
/// The server runs in a process of its own: a WsServer, or with
/// WS_TESTS_SERVER=stock in the environment actix-web's HttpServer. Clients
/// come and go in rounds. At the end of each the server has to be as it was:
/// no actor, connection, member of a room, socket or descriptor more than before
/// the first one, and no more memory than after the first round. All the while
/// witnesses, whom nobody disturbs, make sure that each of their messages comes
/// back, in order. The last round ends with a drain, while clients come still.
///
/// The clients called member-... are in rooms that number what they accept. After
/// each round the ledger has to balance: what a room accepted for somebody was
/// received once and in order, or was given up by the policy for slow members and
/// counted, or was on its way on a connection of whose end its actor was told.
#[derive(Debug, Parser)]
#[command(after_help = "\
Examples:
  soak                               2000 clients, for two minutes
  soak --connections 200 --seconds 10 --life 0.2
  soak --only stall,reset --seconds 10
  soak --only member,member-slow     the ledger alone, without and with losses
  soak --seed 42                     what each client does is drawn from the seed

Exit code: 0 if nothing is lost or left, 1 if something is, or was not as it has
to be. The seed is printed at the beginning and with what is wrong. When things
happen hangs on the machine as well, so the same seed need not fail again at once.
Each client takes three descriptors: one here, and two of the server's.")]
struct Arguments {
    /// How many clients are there at a time
    #[arg(long, default_value_t = 2000)]
    connections: usize,
    /// How many of them are witnesses
    #[arg(long, default_value_t = 16)]
    witnesses: usize,
    /// What clients do, by chance; everything by default
    #[arg(long, value_enum, value_delimiter = ',', value_name = "KIND,...")]
    only: Vec<Kind>,
    /// How long clients come and go, in seconds, all rounds together
    #[arg(long, default_value_t = 120.0)]
    seconds: f64,
    /// How many rounds there are; the first one is what others are compared with
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(2..))]
    rounds: u32,
    /// How long a client stays, in seconds, about
    #[arg(long, default_value_t = 3.0)]
    life: f64,
    /// What the clients' deeds are drawn from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Be the server
    #[arg(long, hide = true)]
    serve: bool,
}

fn main() -> io::Result<ExitCode> {
    let arguments = Arguments::parse();
    // What a process may have by default would not do for thousands.
    let limit = rlimit::increase_nofile_limit(u64::MAX)?;
    if arguments.serve {
        actix_rt::System::new().block_on(serve(heap))?;
        return Ok(ExitCode::SUCCESS);
    }
    let needed = arguments.connections as u64 * 2 + 200;
    if limit < needed {
        let problem = format!(
            "{needed} descriptors are needed and {limit} allowed: raise `ulimit -Hn` or take fewer --connections"
        );
        return Err(io::Error::other(problem));
    }
    let rounds = arguments.rounds;
    let kinds = match arguments.only {
        none if none.is_empty() => Kind::value_variants().to_vec(),
        some => some,
    };
    let plan = Plan {
        kinds,
        connections: arguments.connections,
        witnesses: arguments.witnesses.min(arguments.connections),
        rounds: vec![seconds(arguments.seconds)? / rounds; rounds as usize],
        life: seconds(arguments.life)?,
        seed: arguments.seed,
        drain: true,
    };
    println!("seed {}\n", plan.seed);
    let report = soak(&plan)?;
    print(&report);
    Ok(ExitCode::from(u8::from(!report.wrongs.is_empty())))
}

fn soak(plan: &Plan) -> io::Result<Report> {
    let bar = Bar::new(plan);
    let program = env::current_exe()?;
    let report = run(plan, &program, |progress| bar.show(progress));
    let report = actix_rt::System::new().block_on(report);
    bar.finish();
    report
}

fn seconds(seconds: f64) -> io::Result<Duration> {
    Duration::try_from_secs_f64(seconds).map_err(io::Error::other)
}

/// The blocks of the heap that are in use, and their bytes.
fn heap() -> (usize, usize) {
    let stats = HEAP.stats();
    (
        stats.allocations.wrapping_sub(stats.deallocations),
        stats.bytes_allocated.wrapping_sub(stats.bytes_deallocated),
    )
}
