//! `peers cpu`: what a message costs each server.

use std::{
    error::Error,
    io,
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};

use crate::{
    load::Load,
    machine,
    outcome::{RowSamples, Run, Sample, ServerSamples},
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
    /// How often each server has its turn in each row [default: 40, or 6 if --quick]
    #[arg(long, value_name = "COUNT")]
    rounds: Option<usize>,
    /// After how many rounds servers are started anew
    #[arg(long, default_value_t = 10, value_name = "COUNT")]
    fresh: usize,
    /// How long a turn takes, in milliseconds
    #[arg(long, default_value_t = 60, value_name = "MILLISECONDS")]
    span: u64,
    /// How long a server is busy before its turn, in milliseconds
    #[arg(long, default_value_t = 15, value_name = "MILLISECONDS")]
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
    let turn = Turn {
        warm_up: Duration::from_millis(options.warm_up),
        span: Duration::from_millis(options.span),
    };
    let rounds = options.rounds.unwrap_or(if quick { 6 } else { 40 }).max(1);
    let rows = or_all(&options.rows);
    let servers = or_all(&options.servers);
    let mut run = Run {
        machine: machine::describe(),
        rows: rows
            .iter()
            .map(|&row| RowSamples::new(row, &servers))
            .collect(),
    };
    // Drawn only where somebody can see it.
    let bar = ProgressBar::new((rounds * rows.len()) as u64).with_style(
        ProgressStyle::with_template("{wide_bar} {percent}%, {eta} left: {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    let mut done = 0;
    while done < rounds {
        let until = rounds.min(done + options.fresh.max(1));
        for row in &mut run.rows {
            bar.set_message(row.row.name());
            let mut contenders = Vec::new();
            for samples in &row.servers {
                contenders.push(Contender::start(row.row, samples.server, cores)?);
            }
            let count = contenders.len();
            for round in done..until {
                // Nobody is always the first after somebody else.
                for place in (0..count).map(|place| (round + place) % count) {
                    let sample = contenders[place].sample(turn)?;
                    row.servers[place].samples.push(sample);
                }
                bar.inc(1);
            }
        }
        done = until;
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

/// A server and its clients.
struct Contender {
    process: Process,
    load: Box<dyn Load>,
    /// Who and what, if something goes wrong.
    name: String,
}

#[derive(Debug, Clone, Copy)]
struct Turn {
    warm_up: Duration,
    span: Duration,
}

impl Contender {
    fn start(row: Row, server: Server, cores: Cores) -> Result<Self, Box<dyn Error>> {
        let name = format!("{}, {}", server.name(), row.title());
        let named = |error| format!("{name}: {error}");
        let service = row.service();
        let command = server.command(service).map_err(named)?;
        let process = Process::start(command, cores.server).map_err(named)?;
        let load = row.load(process.address, server.path(service));
        let mut load = load.map_err(named)?;
        load.run(FIRST).map_err(named)?;
        Ok(Self {
            process,
            load,
            name,
        })
    }

    fn sample(&mut self, turn: Turn) -> Result<Sample, Box<dyn Error>> {
        let sample = self.measure(turn);
        Ok(sample.map_err(|error| format!("{}: {error}", self.name))?)
    }

    fn measure(&mut self, turn: Turn) -> io::Result<Sample> {
        let Self { process, load, .. } = self;
        load.run(turn.warm_up)?;
        // What a thread computes is known exactly once it sleeps.
        thread::sleep(REST);
        let (cpu, sleeps, start) = (process.cpu()?, process.sleeps()?, Instant::now());
        let count = load.run(turn.span)?.max(1) as f64;
        let elapsed = start.elapsed();
        thread::sleep(REST);
        Ok(Sample {
            nanoseconds: (process.cpu()? - cpu) as f64 / count,
            per_second: count / elapsed.as_secs_f64(),
            sleeps: (process.sleeps()? - sleeps) as f64 / count,
        })
    }
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
const REST: Duration = Duration::from_millis(2);
/// How long a server that has just started is busy, so that its heap has grown
/// and its code is compiled, if it has to be.
const FIRST: Duration = Duration::from_millis(300);
