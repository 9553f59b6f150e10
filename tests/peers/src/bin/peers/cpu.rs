//! `peers cpu`: what a message costs each server.

use std::{
    error::Error,
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};

use crate::{
    machine, outcome::{Run, RowSamples, Sample, ServerSamples},
    process::{Cores, Process, stay_on},
    report,
    rows::Row,
    servers::Server,
};

/// Which rows, which servers, and for how long.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Only these rows
    #[arg(long, value_enum, value_delimiter = ',', value_name = "ROW,...")]
    rows: Vec<Row>,
    /// Only these servers; ratios need `limit` among them
    #[arg(long, value_enum, value_delimiter = ',', value_name = "SERVER,...")]
    servers: Vec<Server>,
    /// How often each server runs each row [default: 10, or 3 if --quick]
    #[arg(long, value_name = "COUNT")]
    rounds: Option<usize>,
    /// How long it is measured each time, in milliseconds [default: 600, or 150 if --quick]
    #[arg(long, value_name = "MILLISECONDS")]
    span: Option<u64>,
    /// How long it is busy before, in milliseconds
    #[arg(long, default_value_t = 150, value_name = "MILLISECONDS")]
    warm_up: u64,
    /// Keep what was measured in this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Draw it into this SVG image
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
}

pub(crate) fn run(options: &Options, quick: bool, cores: Cores) -> Result<(), Box<dyn Error>> {
    stay_on(cores.load)?;
    let span = Duration::from_millis(options.span.unwrap_or(if quick { 150 } else { 600 }));
    let warm_up = Duration::from_millis(options.warm_up);
    let rounds = options.rounds.unwrap_or(if quick { 3 } else { 10 }).max(1);
    let rows = or_all(&options.rows);
    let servers = or_all(&options.servers);
    let mut run = Run {
        machine: machine::describe(),
        rows: rows.iter().map(|&row| RowSamples::new(row, &servers)).collect(),
    };
    let each: usize = run.rows.iter().map(|row| row.servers.len()).sum();
    // Drawn only where somebody can see it.
    let bar = ProgressBar::new((rounds * each) as u64).with_style(
        ProgressStyle::with_template("{wide_bar} {percent}%, {eta} left: {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    for round in 0..rounds {
        for (number, row) in run.rows.iter_mut().enumerate() {
            // Nobody is always the first after somebody else.
            let count = row.servers.len();
            for turn in 0..count {
                let place = (round + number + turn) % count;
                let samples = &mut row.servers[place];
                bar.set_message(format!("{} {}", row.row.name(), samples.server.name()));
                let sample = sample(row.row, samples.server, warm_up, span, cores);
                let sample = sample.map_err(|error| {
                    format!("{}, {}: {error}", samples.server.name(), row.row.title())
                })?;
                samples.samples.push(sample);
                bar.inc(1);
            }
        }
    }
    bar.finish_and_clear();
    report::print(&run);
    if let Some(file) = &options.json {
        run.write(file)?;
    }
    if let Some(file) = &options.plot {
        crate::plot::draw(file, &run)?;
    }
    Ok(())
}

/// A new server, busy for the span.
fn sample(
    row: Row,
    server: Server,
    warm_up: Duration,
    span: Duration,
    cores: Cores,
) -> std::io::Result<Sample> {
    let service = row.service();
    let process = Process::start(server.command(service)?, cores.server)?;
    let mut load = row.load(process.address, server.path(service))?;
    load.run(warm_up)?;
    // What a thread computes is known exactly once it sleeps.
    thread::sleep(REST);
    let (cpu, sleeps, start) = (process.cpu()?, process.sleeps()?, Instant::now());
    let count = load.run(span)?.max(1) as f64;
    let elapsed = start.elapsed();
    thread::sleep(REST);
    Ok(Sample {
        nanoseconds: (process.cpu()? - cpu) as f64 / count,
        per_second: count / elapsed.as_secs_f64(),
        sleeps: (process.sleeps()? - sleeps) as f64 / count,
    })
}

impl RowSamples {
    fn new(row: Row, servers: &[Server]) -> Self {
        let servers = servers.iter().filter(|it| it.serves(row.service()));
        Self {
            row,
            servers: servers
                .map(|&server| ServerSamples {
                    server,
                    samples: Vec::new(),
                })
                .collect(),
        }
    }
}

fn or_all<T: ValueEnum + Clone>(chosen: &[T]) -> Vec<T> {
    if chosen.is_empty() {
        T::value_variants().to_vec()
    } else {
        chosen.to_vec()
    }
}

/// For how long a server has nothing to do before its time is taken.
const REST: Duration = Duration::from_millis(10);
