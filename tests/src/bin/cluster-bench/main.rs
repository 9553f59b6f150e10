//! What it costs that rooms span nodes.
//!
//! `cargo run --release -p ws-tests --bin cluster-bench -- --help`

use std::{fs, path::PathBuf, process::ExitCode, time::Duration};

use clap::{Parser, Subcommand, ValueEnum};

mod cpu;
mod crowd;
mod engines;
mod machine;
mod measure;
mod node;
mod orders;
mod plot;
mod process;
mod progress;
mod samples;
mod table;

use self::{
    engines::Kind,
    measure::{broadcast, idle, presence, publishing, subscriptions},
    samples::Failure,
};

/// Measures what it costs that rooms span nodes, and prints tables in Markdown.
///
/// Nodes are processes of their own, with one worker thread each; redis-server
/// and nats-server are started on free ports, and left out if they are not
/// installed. Costs are CPU time as Linux counts it for each thread, so that
/// they hold on any number of cores; rates and times are those of this
/// machine, where all compete.
#[derive(Debug, Parser)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  cluster-bench                        all, in some six minutes
  cluster-bench --quick                all, in a minute and a half
  cluster-bench --only broadcast --members 30
  cluster-bench --plot tests/figures/cluster.svg

Have nothing else run meanwhile. CPU time depends on the machine; ratios of the
same run hold elsewhere, too."
)]
struct Arguments {
    #[command(subcommand)]
    role: Option<Role>,
    /// Measure less often, which says less
    #[arg(long)]
    quick: bool,
    /// Measure only this
    #[arg(long, value_enum, value_delimiter = ',', value_name = "PART,...")]
    only: Vec<Part>,
    /// The members of the room that is broadcast to
    #[arg(long, default_value_t = 300)]
    members: usize,
    /// Broadcast only where this is in a row's name, such as "Redis, 2", and in
    /// one process
    #[arg(
        long,
        default_value = "",
        hide_default_value = true,
        value_name = "TEXT"
    )]
    rows: String,
    /// How many join at once, for subscriptions and presence
    #[arg(long, default_value_t = 10_000)]
    crowd: usize,
    /// How often broadcasts are measured [default: 7, or 2 if --quick]
    #[arg(long, value_name = "COUNT")]
    rounds: Option<usize>,
    /// Draw what deliveries cost into this SVG image
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Role {
    /// Be a node
    #[command(hide = true)]
    Node,
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Deliveries to a room on one to three nodes
    Broadcast,
    /// Publishing alone
    Publishing,
    /// Following many rooms
    Subscriptions,
    /// Members who join at once
    Presence,
    /// Nodes where nothing happens
    Idle,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = rlimit::increase_nofile_limit(u64::MAX)
        .map_err(Failure::from)
        .and_then(|_| {
            let system = actix_rt::System::new();
            match arguments.role {
                Some(Role::Node) => system.block_on(node::serve()),
                None => system.block_on(bench(&arguments)),
            }
        });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn bench(arguments: &Arguments) -> Result<(), Failure> {
    let kinds = Kind::installed();
    println!("{}\n", machine::describe(&kinds));
    for kind in Kind::ALL {
        if !kinds.contains(&kind) {
            let (name, program) = (kind.name(), kind.program());
            println!("{name} is left out: `apt-get install {program}` installs it.\n");
        }
    }
    let quick = arguments.quick;
    let several = |full, less| if quick { less } else { full };
    let wanted = |part| arguments.only.is_empty() || arguments.only.contains(&part);
    if wanted(Part::Broadcast) {
        let plan = broadcast::Plan {
            members: arguments.members.max(3),
            rows: arguments.rows.clone(),
            rounds: arguments.rounds.unwrap_or_else(|| several(7, 2)).max(1),
            span: Duration::from_millis(300),
        };
        let rows = broadcast::run(&plan, &kinds).await?;
        broadcast::print(&plan, &rows);
        if let Some(file) = &arguments.plot {
            if let Some(folder) = file.parent() {
                fs::create_dir_all(folder)?;
            }
            plot::draw(file, plan.members, &rows)?;
        }
    }
    if wanted(Part::Publishing) {
        let plan = publishing::Plan {
            at_a_time: 2000,
            rounds: several(7, 3),
            span: Duration::from_millis(250),
        };
        publishing::print(plan, &publishing::run(plan, &kinds).await?);
    }
    if wanted(Part::Subscriptions) {
        let plan = subscriptions::Plan {
            rooms: arguments.crowd,
            rounds: several(3, 1),
        };
        subscriptions::print(plan, &subscriptions::run(plan, &kinds).await?);
    }
    if wanted(Part::Presence) {
        let plan = presence::Plan {
            members: arguments.crowd,
            rounds: several(3, 1),
        };
        presence::print(plan, &presence::run(plan, &kinds).await?);
    }
    if wanted(Part::Idle) {
        let span = Duration::from_secs(if quick { 6 } else { 20 });
        idle::print(span, &idle::run(span, &kinds).await?);
    }
    Ok(())
}
