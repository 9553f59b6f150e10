//! Attacks servers in every way that is known, and shows what it costs them.
//!
//! `cargo run --release -p ws-tests --bin attacks -- --help`

use std::{env, io, path::Path, process::ExitCode};

use clap::Parser;
use ws_tests::attack::{Attack, Kind, Outcome, dial, serve};

mod table;

use self::table::Table;

/// Attacks servers, and a client, and prints for each attack what it answered,
/// how long that took, how much its memory grew, and how an unrelated connection
/// fared meanwhile.
///
/// Each attack has a process of its own as its victim, with one thread for all
/// connections, and all limits at their defaults. Growth is that of its resident
/// memory at the highest, against the same process idle.
#[derive(Debug, Parser)]
#[command(after_help = "\
Examples:
  attacks                       all of them, on both servers and the client
  attacks --list                what there is
  attacks --only bomb,smuggled  those with one of these words in their name
  attacks --server own          only on WsServer
  attacks > attacks.md          the table alone; how it goes is on standard error

Exit code: 0 if all is as promised, 1 if an answer or a bound is not.")]
struct Arguments {
    /// Only attacks whose name has one of these words in it
    #[arg(long, value_delimiter = ',', value_name = "WORD,...")]
    only: Vec<String>,
    /// Print what attacks there are, and do none
    #[arg(long)]
    list: bool,
    /// Attack this server alone; by default both, and the client
    #[arg(long, value_enum)]
    server: Option<Kind>,
    /// Be the server
    #[arg(long, hide = true)]
    serve: bool,
    /// Be the client
    #[arg(long, hide = true)]
    dial: bool,
}

fn main() -> io::Result<ExitCode> {
    let arguments = Arguments::parse();
    // What a process may have by default would not do for thousands.
    rlimit::increase_nofile_limit(u64::MAX)?;
    let system = actix_rt::System::new();
    if arguments.serve {
        system.block_on(serve())?;
        return Ok(ExitCode::SUCCESS);
    }
    if arguments.dial {
        system.block_on(dial())?;
        return Ok(ExitCode::SUCCESS);
    }
    let attacks: Vec<Attack> = Attack::all()
        .filter(|attack| {
            let mut words = arguments.only.iter();
            arguments.only.is_empty() || words.any(|word| attack.name.contains(word))
        })
        .collect();
    if arguments.list {
        for attack in &attacks {
            println!("{:>5}  {}", attack.class, attack.name);
        }
        return Ok(ExitCode::SUCCESS);
    }
    system.block_on(attack(&attacks, arguments.server))
}

async fn attack(attacks: &[Attack], server: Option<Kind>) -> io::Result<ExitCode> {
    let program = env::current_exe()?;
    let mut wrongs = Vec::new();
    for (victim, kind) in [
        ("WsServer", Some(Kind::Own)),
        ("HttpServer", Some(Kind::Stock)),
        ("Client", None),
    ] {
        let of_client = kind.is_none();
        let mine: Vec<_> = attacks
            .iter()
            .filter(|attack| attack.is_on_client() == of_client)
            .collect();
        if mine.is_empty() || server.is_some() && server != kind {
            continue;
        }
        let mut table = Table::new(victim);
        for (number, attack) in mine.iter().enumerate() {
            let kind = kind.unwrap_or(Kind::Own);
            let outcome = show(attack, number, mine.len(), &program, kind).await?;
            let its = outcome.wrongs.iter();
            wrongs.extend(its.map(|wrong| format!("{victim}, {}: {wrong}", attack.name)));
            table.add(attack, &outcome);
        }
        println!("{table}");
    }
    if wrongs.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    println!("Not as promised:\n");
    for wrong in wrongs {
        println!("- {wrong}");
    }
    Ok(ExitCode::FAILURE)
}

/// Does it, and tells how it goes.
async fn show(
    attack: &Attack,
    number: usize,
    of: usize,
    program: &Path,
    kind: Kind,
) -> io::Result<Outcome> {
    eprint!("{:>3} of {of}  {} ... ", number + 1, attack.name);
    let outcome = attack.run(program, kind).await?;
    let verdict = if outcome.wrongs.is_empty() {
        "as promised"
    } else {
        "NOT as promised"
    };
    eprintln!("{}, {verdict}", outcome.answer);
    Ok(outcome)
}
