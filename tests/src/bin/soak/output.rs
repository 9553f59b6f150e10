use std::{cell::Cell, time::Duration};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use ws_tests::soak::{Plan, Progress, Report};

/// Shows on standard error how it goes: as a bar on a terminal, in lines
/// elsewhere.
pub(crate) struct Bar {
    bar: ProgressBar,
    rounds: usize,
    /// The second of the latest line.
    told: Cell<u64>,
}

impl Bar {
    pub(crate) fn new(plan: &Plan) -> Self {
        let total: Duration = plan.rounds.iter().sum();
        let bar =
            ProgressBar::with_draw_target(Some(total.as_secs()), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{elapsed_precise} {wide_bar} {msg}");
        bar.set_style(style.expect("the template is well formed"));
        Self {
            bar,
            rounds: plan.rounds.len(),
            told: Cell::new(0),
        }
    }

    pub(crate) fn show(&self, progress: &Progress) {
        let seconds = progress.elapsed.as_secs();
        let phase = if progress.open {
            ""
        } else {
            ", coming to rest"
        };
        let message = format!(
            "round {} of {}{phase}: {} visitors, {} connections, {} messages back",
            progress.round, self.rounds, progress.live, progress.connections, progress.messages
        );
        if self.bar.is_hidden() {
            if seconds >= self.told.get() + PAUSE {
                self.told.set(seconds);
                eprintln!("{seconds:>4} s  {message}");
            }
            return;
        }
        self.bar.set_position(seconds);
        self.bar.set_message(message);
    }

    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// Prints what was done and what is left.
pub(crate) fn print(report: &Report) {
    println!("what was done");
    let done = [
        ("connections", report.connections),
        ("  of them too late", report.late),
        ("messages sent by clients", report.sent),
        ("  of them sent back", report.returned),
        ("  of them to witnesses", report.witnessed),
        ("messages heard by actors", report.heard),
        ("actors started", report.started),
        ("  of them panicked", report.panics),
    ];
    for (what, count) in done {
        println!("  {what:<28}{count:>10}");
    }
    if let Some((median, most)) = report.round_trip {
        println!("  witnesses' round trip         p50 {median:.1?}, p99 {most:.1?}");
    }
    println!("\n{:<30}{:>10}{:>14}", "visits by kind", "", "longest");
    for (kind, visits) in &report.visits {
        let longest = format!("{:.1} s", visits.longest.as_secs_f64());
        println!(
            "  {:<28}{:>10}{longest:>14}",
            format!("{kind:?}"),
            visits.count
        );
    }
    println!("\ncauses of Closed that actors heard");
    for (cause, count) in &report.closed {
        println!("  {cause:<28}{count:>10}");
    }
    print_balance(report);
    print_censuses(report);
    if report.wrongs.is_empty() {
        println!("\nnothing is lost, and nothing is left");
    } else {
        println!("\nnot as it has to be, with --seed {}", report.seed);
        for wrong in &report.wrongs {
            println!("  {wrong}");
        }
    }
}

/// What became of messages that rooms accepted.
fn print_balance(report: &Report) {
    let balance = &report.balance;
    println!("\nwhat became of messages to members of rooms");
    let [taken, refused, given_up] = report.metrics;
    let rows = [
        ("messages that rooms accepted", balance.said),
        ("  refused, which senders were told", balance.refused),
        ("times that somebody was a member", balance.stays),
        ("  counted to the last message", balance.settled),
        ("accepted, for each member", balance.accepted),
        ("  received", balance.delivered),
        ("  replaced by a newer one", balance.replaced),
        ("  given up by a policy, and counted", balance.given_up),
        ("  on a connection that ended, reported", balance.ended),
        ("  on the way to who left", balance.left),
        ("  lost", balance.lost),
        ("gaps in a history, which were told", balance.gaps),
        ("told to actors of rooms", balance.told),
        ("  waiting when they ended, and counted", balance.unheard),
        ("by metrics: taken by members", taken),
        ("  not taken by members", refused),
        ("  given up by connections", given_up),
        ("  actors of rooms begun anew", report.restarts),
    ];
    for (what, count) in rows {
        println!("  {what:<40}{count:>12}");
    }
}

fn print_censuses(report: &Report) {
    print!("\n{:<22}{:>10}", "what the server holds", "before");
    for round in 1..report.censuses.len() {
        print!("{:>12}", format!("round {round}"));
    }
    println!();
    let rows = [
        ("actors", |it| it.actors),
        ("connections", |it| it.connections),
        ("members of rooms", |it| it.members),
        ("rooms", |it| it.rooms),
        ("places of admission", |it| it.places),
        ("sockets of actix-http", |it| it.sockets),
        ("tasks known to tokio", |it| it.tasks),
        ("descriptors", |it| it.descriptors),
        ("blocks of the heap", |it| it.blocks),
        ("bytes of the heap", |it| it.heap),
        ("resident KiB", |it| it.resident / 1024),
    ] as [(&str, fn(&ws_tests::soak::Census) -> usize); 11];
    for (what, count) in rows {
        print!("{what:<22}{:>10}", count(&report.censuses[0]));
        for census in &report.censuses[1..] {
            print!("{:>12}", count(census));
        }
        println!();
    }
    print!("{:<22}{:>10}", "seconds to rest", "");
    for rest in &report.rests {
        print!("{:>12.1}", rest.as_secs_f64());
    }
    println!();
}

/// How many seconds lie between lines.
const PAUSE: u64 = 10;
