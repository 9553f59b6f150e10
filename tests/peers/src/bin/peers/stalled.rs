//! `peers stalled`: what members who never read cost the others of a room of
//! `chat`.

mod member;

use std::{
    error::Error,
    io,
    net::TcpStream,
    process::Command,
    time::{Duration, Instant},
};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use ws_peers::{
    poller::Poller,
    wire::{self, TEXT},
};

use self::member::{Heard, Member};
use crate::{
    load::{connect, connect_holding},
    outcome::Quartiles,
    process::{Cores, Process, stay_on},
    servers::program,
};

/// How many members, and how much is said.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How many members the room has
    #[arg(long, default_value_t = 1000, value_name = "COUNT")]
    members: usize,
    /// How many of them never read
    #[arg(long, default_value_t = 50, value_name = "COUNT")]
    stalled: usize,
    /// How many lines are said in a second
    #[arg(long, default_value_t = 25, value_name = "COUNT")]
    lines: u32,
    /// The length of a line, in characters
    #[arg(long, default_value_t = 1500, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(16..=2000))]
    length: u16,
    /// For how long they talk, in seconds [default: 20, or 3 if --quick]
    #[arg(long, value_name = "SECONDS")]
    seconds: Option<u64>,
    /// How often, with servers started anew [default: 3, or 1 if --quick]
    #[arg(long, value_name = "COUNT")]
    rounds: Option<usize>,
}

pub(crate) fn run(options: &Options, quick: bool, cores: Cores) -> Result<(), Box<dyn Error>> {
    stay_on(cores.load)?;
    let seconds = options.seconds.unwrap_or(if quick { 3 } else { 20 });
    let rounds = options.rounds.unwrap_or(if quick { 1 } else { 3 }).max(1);
    let span = Duration::from_secs(seconds.max(1));
    let bar = ProgressBar::new(rounds as u64).with_style(
        ProgressStyle::with_template("{wide_bar} {eta} left: talking")
            .unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    println!(
        "Two servers `chat` at the same time, of {} members in one room each: in each, {} lines of\n\
         {} characters in a second, for {seconds} s. Time from saying to hearing, of those who read\n",
        options.members, options.lines, options.length
    );
    println!(
        "{:<20}{:>12}{:>10}{:>10}{:>10}{:>16}",
        "who never reads", "deliveries", "p50 ms", "p99 ms", "most ms", "of them cut off"
    );
    let mut worst = [Vec::new(), Vec::new()];
    for _ in 0..rounds {
        let results = talk(options, span, cores)?;
        bar.suspend(|| results.iter().for_each(Latencies::print));
        for (result, worst) in results.iter().zip(&mut worst) {
            worst.push(milliseconds(result.at(0.99)));
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    let [without, with] = worst.map(|worst| Quartiles::of(worst).median);
    println!(
        "\nmedian p99: {without:.2} ms without, {with:.2} ms with, ratio {:.3}",
        with / without
    );
    Ok(())
}

/// What members heard, and when.
struct Latencies {
    /// How many members never read.
    stalled: usize,
    /// In ascending order.
    each: Vec<Duration>,
    /// How many members left the room.
    left: u64,
}

impl Latencies {
    fn at(&self, share: f64) -> Duration {
        let place = (self.each.len().saturating_sub(1)) as f64 * share;
        self.each
            .get(place.ceil() as usize)
            .copied()
            .unwrap_or_default()
    }

    fn print(&self) {
        println!(
            "{:<20}{:>12}{:>10.2}{:>10.2}{:>10.2}{:>16}",
            self.stalled,
            self.each.len(),
            milliseconds(self.at(0.5)),
            milliseconds(self.at(0.99)),
            milliseconds(self.at(1.0)),
            self.left
        );
    }
}

/// A server `chat`, and who is in its room without reading.
struct Room {
    _process: Process,
    _stalled: Vec<TcpStream>,
}

/// Has two rooms talk for so long, the second one with members who never read.
fn talk(options: &Options, span: Duration, cores: Cores) -> Result<[Latencies; 2], Box<dyn Error>> {
    let mut poller = Poller::new()?;
    // First those of one room, then those of the other.
    let mut members = Vec::new();
    let mut rooms = Vec::new();
    let sides = [0, options.stalled];
    for (side, stalled) in sides.into_iter().enumerate() {
        let mut chat = Command::new(program("chat")?);
        chat.args(["--port=0", "--workers=1"]);
        let process = Process::start(chat, cores.server)?;
        let end = members.len() + options.members.saturating_sub(stalled).max(1);
        while members.len() < end {
            let group = GROUP.min(end - members.len());
            for stream in connect(process.address, PATH, group)? {
                poller.add(&stream, members.len())?;
                members.push(Member::new(stream, side));
            }
            // Each is told of everybody who comes.
            listen(&mut poller, &mut members, Instant::now() + QUIET, |_, _| {})?;
        }
        rooms.push(Room {
            _stalled: connect_holding(process.address, PATH, stalled, Some(LEAST))?,
            _process: process,
        });
        listen(
            &mut poller,
            &mut members,
            Instant::now() + SETTLE,
            |_, _| {},
        )?;
    }

    let pause = Duration::from_secs(1) / options.lines.max(1);
    let lines = (span.as_secs_f64() / pause.as_secs_f64()) as usize;
    let start = Instant::now();
    // The rooms talk by turns.
    let said = |side: usize, line: usize| start + pause * line as u32 + pause * side as u32 / 2;
    let mut results = sides.map(|stalled| Latencies {
        stalled,
        each: Vec::with_capacity(lines * options.members),
        left: 0,
    });
    let mut heard = |side: usize, heard| match heard {
        // It counts from when it was due, so that nobody waits unseen.
        Heard::Line(line) => results[side].each.push(said(side, line).elapsed()),
        Heard::Left => results[side].left += 1,
    };
    let first = options.members;
    for line in 0..lines {
        for side in 0..sides.len() {
            listen(&mut poller, &mut members, said(side, line), &mut heard)?;
            let text = format!("{line:08}{}", "x".repeat(usize::from(options.length) - 8));
            let text = format!(r#"{{"type":"say","text":"{text}"}}"#);
            let room = if side == 0 {
                &mut members[..first]
            } else {
                &mut members[first..]
            };
            let speaker = (line * STRIDE) % room.len();
            room[speaker].say(&wire::client_frame(TEXT, text.as_bytes()))?;
        }
    }
    listen(
        &mut poller,
        &mut members,
        said(0, lines) + SETTLE,
        &mut heard,
    )?;
    drop(rooms);
    for result in &mut results {
        let listeners = options.members.saturating_sub(result.stalled).max(1);
        let due = lines * listeners;
        if result.each.len() < due {
            let missed = due - result.each.len();
            return Err(format!("{missed} of {due} deliveries never came").into());
        }
        result.each.sort_unstable();
        // Every listener is told of each.
        result.left /= listeners as u64;
    }
    Ok(results)
}

/// Has members hear what comes until then.
fn listen(
    poller: &mut Poller,
    members: &mut [Member],
    until: Instant,
    mut heard: impl FnMut(usize, Heard),
) -> io::Result<()> {
    let mut buffer = vec![0; READ];
    while Instant::now() < until {
        for event in poller.wait(Some(Duration::ZERO))? {
            if event.readable {
                let member = &mut members[event.token];
                let side = member.side;
                member.hear(&mut buffer, |it| heard(side, it))?;
            }
        }
    }
    Ok(())
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

const PATH: &str = "/ws?room=lobby&name=member";
/// How many come at a time.
const GROUP: usize = 64;
const QUIET: Duration = Duration::from_millis(50);
/// For how long members hear what is left, at the beginning and at the end.
const SETTLE: Duration = Duration::from_secs(1);
/// How much waits at the end of those who never read, in bytes.
const LEAST: usize = 4096;
/// How far the next speaker sits from the last one.
const STRIDE: usize = 387;
/// How much is read at once, in bytes.
const READ: usize = 256 * 1024;
