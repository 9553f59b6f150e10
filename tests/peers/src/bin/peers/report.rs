//! The tables of a run.

use crate::{
    outcome::{RowSamples, Run},
    servers::Server,
};

pub(crate) fn print(run: &Run) {
    println!("{}", run.machine);
    println!(
        "CPU time of the server, medians; ratios are taken round by round, with their middle half."
    );
    for row in &run.rows {
        table(row);
    }
    summary(run);
}

fn table(row: &RowSamples) {
    let goal = row.row.goal();
    println!(
        "\n{} (goal: {} of {})",
        row.row.title(),
        goal.ratio,
        goal.of.name()
    );
    println!(
        "  {:<20}{:>12}{:>8}{:>10}{:>16}{:>12}{:>12}{:>9}",
        "",
        format!("ns/{}", row.row.unit()),
        "±",
        "x limit",
        "",
        "x best peer",
        "per second",
        "sleeps"
    );
    let best = row.best_peer();
    for samples in &row.servers {
        let (server, cost) = (samples.server, samples.cost());
        let mark = if best == Some(server) { "*" } else { "" };
        let limit = row.ratio(server, Server::Limit);
        let to_best = best.and_then(|best| row.ratio(server, best));
        println!(
            "  {:<20}{:>12.0}{:>7.1}%{:>10}{:>16}{:>12}{:>12.0}{:>9.3}",
            format!("{}{mark}", server.name()),
            cost.median,
            cost.spread(),
            limit.map_or_else(String::new, |it| format!("{:.3}", it.median)),
            limit.map_or_else(String::new, |it| format!(
                "{:.3}..{:.3}",
                it.lower, it.upper
            )),
            to_best.map_or_else(String::new, |it| format!("{:.3}", it.median)),
            samples.per_second().median,
            samples.sleeps().median,
        );
    }
}

fn summary(run: &Run) {
    println!(
        "\n{:<42}{:>8}{:>8}{:>20}{:>7}{:>6}   {:<28}{:>8}",
        "", "limit", "ours", "ratio", "goal", "", "best peer", "ours to it"
    );
    for row in &run.rows {
        let Some((ratio, reached)) = row.verdict() else {
            continue;
        };
        let goal = row.row.goal();
        let nanoseconds = |server| {
            let samples = row.of(server);
            samples.map_or_else(String::new, |it| format!("{:.0}", it.cost().median))
        };
        let best = row.best_peer();
        let peer = best.map_or_else(String::new, |best| {
            format!("{} {}", best.name(), nanoseconds(best))
        });
        let to_peer = best.and_then(|best| row.ratio(Server::Ours, best));
        let to_peer = to_peer.map_or_else(String::new, |it| {
            let ahead = if it.median > 1.0 { " !" } else { "" };
            format!("{:.3}{ahead}", it.median)
        });
        println!(
            "{:<42}{:>8}{:>8}{:>20}{:>7}{:>6}   {peer:<28}{to_peer:>8}",
            row.row.title(),
            nanoseconds(Server::Limit),
            nanoseconds(Server::Ours),
            format!("{:.3} {:.3}..{:.3}", ratio.median, ratio.lower, ratio.upper),
            goal.ratio,
            if reached { "met" } else { "-" },
        );
    }
}
