//! Tables, their summary, and the same as JSON.

use serde_json::{Map, Value, json};

use crate::{
    field::Field,
    outcome::{Outcome, Quartiles},
    peers::{CONTENDERS, PEERS},
};

pub(crate) fn print(outcomes: &[Outcome], rounds: usize) {
    println!("Median CPU time of {rounds} rounds, per message. Peers: times ours, * the best.");
    for group in outcomes.chunk_by(|a, b| a.row.group() == b.row.group()) {
        table(group);
    }
    summary(outcomes);
}

fn table(group: &[Outcome]) {
    let name = group.first().map(|outcome| outcome.row.group());
    let name = name.unwrap_or_default();
    print!(
        "\n{name:<32}{:>10}{:>10}{:>6}{:>11}",
        "limit ns", "ours ns", "±%", "ours/limit"
    );
    for peer in &CONTENDERS[PEERS..] {
        print!("{:>18}", peer.name);
    }
    println!();
    for outcome in group {
        print!(
            "{:<32}{:>10}{:>10}{:>6.1}{:>11.2}",
            outcome.row.label(),
            nanoseconds(outcome.limit),
            nanoseconds(outcome.ours),
            outcome.ours.spread(),
            outcome.ours_to_limit.median,
        );
        let best = outcome.best().map(|(index, _)| index);
        for (index, peer) in outcome.peers.iter().enumerate() {
            match peer {
                Some(peer) => {
                    let mark = if best == Some(index) { "*" } else { "" };
                    let ratio = format!("{mark}{:.2}", peer.ratio.median);
                    print!("{ratio:>11} ±{:<4.1}%", peer.ratio.spread());
                }
                None => print!("{:>18}", "-"),
            }
        }
        println!();
    }
}

fn summary(outcomes: &[Outcome]) {
    println!("\nRows in which a peer is ahead:");
    let mut none = true;
    for outcome in outcomes {
        for (index, peer) in outcome.peers.iter().enumerate() {
            let Some(peer) = peer.as_ref().filter(|peer| peer.ratio.median < 1.0) else {
                continue;
            };
            none = false;
            println!(
                "  {:<44}{:<18}{:>6.2}  [{:.2} to {:.2}]{}",
                outcome.row.name(),
                CONTENDERS[PEERS + index].name,
                peer.ratio.median,
                peer.ratio.lower,
                peer.ratio.upper,
                if peer.ratio.upper < 1.0 {
                    ""
                } else {
                    "  not sure"
                },
            );
        }
    }
    if none {
        println!("  none");
    }
    println!("\nRows from 1 KiB up in which ours is above {FAR} of the limit:");
    let far = |outcome: &&Outcome| outcome.row.size >= 1024 && outcome.ours_to_limit.median > FAR;
    for outcome in outcomes.iter().filter(far) {
        println!(
            "  {:<44}{:>6.2}  {:>10} ns more",
            outcome.row.name(),
            outcome.ours_to_limit.median,
            format!("{:.0}", outcome.ours.median - outcome.limit.median),
        );
    }
    if !outcomes.iter().any(|outcome| far(&outcome)) {
        println!("  none");
    }
}

/// One contender's costs.
pub(crate) fn alone(field: &Field) {
    for race in field.races() {
        for (contender, lane) in CONTENDERS.iter().zip(&race.lanes) {
            if let Some(lane) = lane {
                let cost = Quartiles::of(lane.record.costs.iter().copied());
                println!(
                    "{:<44}{:<18}{:>10} ns ±{:.1}%",
                    race.row.name(),
                    contender.name,
                    nanoseconds(cost),
                    cost.spread(),
                );
            }
        }
    }
}

pub(crate) fn json(outcomes: &[Outcome], rounds: usize) -> Value {
    let rows = outcomes.iter().map(|outcome| {
        let peers = CONTENDERS[PEERS..].iter().zip(&outcome.peers);
        let peers: Map<_, _> = peers
            .map(|(contender, peer)| {
                let value = peer.as_ref().map(
                    |peer| json!({"ns": quartiles(peer.cost), "to_ours": quartiles(peer.ratio)}),
                );
                (contender.name.to_owned(), value.into())
            })
            .collect();
        json!({
            "name": outcome.row.name(),
            "size": outcome.row.size,
            "limit_ns": quartiles(outcome.limit),
            "ours_ns": quartiles(outcome.ours),
            "ours_to_limit": quartiles(outcome.ours_to_limit),
            "peers": peers,
        })
    });
    json!({"rounds": rounds, "rows": rows.collect::<Vec<_>>()})
}

fn quartiles(quartiles: Quartiles) -> Value {
    json!([quartiles.lower, quartiles.median, quartiles.upper])
}

fn nanoseconds(cost: Quartiles) -> String {
    match cost.median {
        small @ 0.0..100.0 => format!("{small:.1}"),
        large => format!("{large:.0}"),
    }
}

/// From this ratio to the limit on, a row is worth a look.
const FAR: f64 = 1.3;
