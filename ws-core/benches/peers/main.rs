//! `cargo bench -p ws-core`: ws-core beside its peers, on the same bytes.
//!
//! Everything happens in memory and on one thread: what is compared is the
//! protocol, not a network or a runtime. Cost is the thread's own CPU time, and
//! all contenders take turns in short slices, so that a busy machine slows all
//! of them alike. `--help` tells the rest.

use std::{
    error::Error,
    fs::File,
    path::PathBuf,
    process::{Command, ExitCode},
    time::Duration,
};

use clap::Parser;

mod app;
mod corpus;
mod field;
mod lane;
mod limit;
mod ours;
mod outcome;
mod peers;
mod pipe;
mod plot;
mod report;
mod rows;
mod wire;

use self::{field::Field, outcome::Outcome};

/// Compares ws-core with other Rust WebSocket libraries, in memory.
///
/// Every row is one kind of work: receive or send messages of one size. Its
/// costs are medians over all rounds, in nanoseconds of CPU time per message.
///
///   limit      one copy of the payload, and one XOR pass if it is masked; for
///              compressed rows, zlib-rs alone
///   ours       ws-core, with its middle half of all rounds as ±%
///   ours/limit how far ws-core is from doing nothing but that
///   peers      their cost as a multiple of ours, measured in the same round:
///              above 1, they are slower; * marks the best of them; - stands
///              for what a peer cannot do
///
/// A row's text is taken as a &str, by safe code alone: a library that hands
/// out bytes has them checked once more. Where it says "text as bytes" the
/// application is content with bytes the library has validated.
/// Messages to send are shared with the application, which keeps them, and
/// leave in bursts of up to 64 messages or 64 KiB.
///
/// Before anything is timed, each contender shows that it hands out, or sends,
/// the right payloads; a contender that does not ends the run.
///
/// Examples:
///
///   cargo bench -p ws-core
///   cargo bench -p ws-core -- --filter receive/text --rounds 300
///   cargo bench -p ws-core -- --json peers.json --plot peers.svg
///   cargo bench -p ws-core -- --test
#[derive(Debug, Parser)]
#[command(verbatim_doc_comment)]
struct Args {
    /// How often each contender runs each row. More narrow the spread.
    #[arg(long, default_value_t = 100, value_name = "COUNT")]
    rounds: usize,
    /// Only rows whose name contains this, such as `masked` or `send/text`;
    /// repeated, all of them must match.
    #[arg(long, value_name = "TEXT")]
    filter: Vec<String>,
    /// How long a contender runs before the next has its turn, in microseconds.
    #[arg(long, default_value_t = 2000, value_name = "MICROSECONDS")]
    slice: u64,
    /// Only this contender, such as `ours` or `yawc`: what a profiler wants to see.
    /// Its cost is printed without a comparison.
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// Also writes all figures as JSON. Paths begin in the folder of ws-core,
    /// where cargo runs its benches.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Also draws the ratios as an SVG image.
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    /// Only proves that all contenders do all rows right; times nothing.
    #[arg(long)]
    test: bool,
    /// Cargo says so for `cargo bench`; `cargo test --benches` does not, and gets
    /// what `--test` does.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let args = Args::parse();
    if std::env::var_os(TRIM).is_none() {
        return keeping_the_heap();
    }
    compare(&args)?;
    Ok(ExitCode::SUCCESS)
}

/// Runs itself again, with an allocator that gives no memory back meanwhile:
/// otherwise it depends on what else lies in the heap whether a message of
/// 1 MiB costs the kernel 256 fresh pages or none. Where the C library is not
/// glibc, this changes nothing.
fn keeping_the_heap() -> Result<ExitCode, Box<dyn Error>> {
    let status = Command::new(std::env::current_exe()?)
        .args(std::env::args_os().skip(1))
        .env(TRIM, KEPT)
        .env("MALLOC_MMAP_THRESHOLD_", KEPT)
        .status()?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.unwrap_or(1).into())
}

fn compare(args: &Args) -> Result<(), Box<dyn Error>> {
    let rows = rows::all()
        .into_iter()
        .filter(|row| args.filter.iter().all(|text| row.name().contains(text)))
        .collect::<Vec<_>>();
    if rows.is_empty() {
        return Err("no row is named so; without --filter, all are shown".into());
    }
    let mut field = Field::new(&rows, args.only.as_deref());
    if field.is_empty() {
        return Err("no contender is named so".into());
    }
    if args.test || !args.bench {
        println!("{} contenders do {} rows right", field.len(), rows.len());
        return Ok(());
    }
    // A file that cannot be written is better known before the minutes of timing.
    for file in [&args.json, &args.plot].into_iter().flatten() {
        let path = std::path::absolute(file)?;
        File::create(file).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    let slice = Duration::from_micros(args.slice.max(1));
    field.run(args.rounds.max(1), slice);
    if args.only.is_some() {
        report::alone(&field);
        return Ok(());
    }
    let outcomes: Vec<Outcome> = field.outcomes();
    report::print(&outcomes, args.rounds);
    if let Some(file) = &args.json {
        std::fs::write(
            file,
            format!("{:#}\n", report::json(&outcomes, args.rounds)),
        )?;
    }
    if let Some(file) = &args.plot {
        plot::draw(file, &outcomes)?;
    }
    Ok(())
}

/// How much of the heap's end may lie idle, in bytes.
const TRIM: &str = "MALLOC_TRIM_THRESHOLD_";
/// No allocation is larger.
const KEPT: &str = "1000000000";
