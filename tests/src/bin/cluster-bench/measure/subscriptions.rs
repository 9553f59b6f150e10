//! What it takes to follow rooms.

use std::time::Instant;

use crate::{
    engines::{Kind, Running},
    orders::{Carrier, Condition, Counts, Order, Terms, Where},
    process::Process,
    progress::Progress,
    samples::{Failure, median},
    table::{Table, count},
};

/// How it is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) rooms: usize,
    pub(crate) rounds: usize,
}

/// An engine, and whether it records.
pub(crate) struct Row {
    name: String,
    rounds: Vec<Round>,
}

#[derive(Default)]
struct Round {
    /// Until all have joined, in milliseconds.
    joined: f64,
    /// Until the engine knows all rooms.
    subscribed: f64,
    /// Until all records are read.
    read: f64,
    /// CPU time of the node and of the engine, in microseconds for a room.
    node: f64,
    engine: f64,
    /// Memory of both, in bytes for a room.
    node_memory: f64,
    engine_memory: f64,
    counts: Counts,
    /// After the engine was back: the same times.
    again: f64,
    read_again: f64,
}

pub(crate) async fn run(plan: Plan, kinds: &[Kind]) -> Result<Vec<Row>, Failure> {
    let kinds = kinds.iter().filter(|it| **it != Kind::RedisOnDisk);
    let mut cases = vec![(None, None)];
    cases.extend(kinds.flat_map(|kind| [(Some(*kind), None), (Some(*kind), Some(100))]));
    let mut rows: Vec<Row> = Vec::new();
    let progress = Progress::new("subscriptions", plan.rounds * cases.len());
    for round in 0..plan.rounds {
        for (number, (kind, history)) in cases.iter().enumerate() {
            let name = match (kind, history) {
                (None, _) => "one process",
                (Some(kind), None) => kind.name(),
                (Some(kind), Some(_)) => kind.name_recording(),
            };
            progress.show(name);
            if round == 0 {
                rows.push(Row {
                    name: name.to_owned(),
                    rounds: Vec::new(),
                });
            }
            let measured = measure(plan, *kind, *history).await;
            let measured = measured.map_err(|error| format!("{name}: {error}"))?;
            rows[number].rounds.push(measured);
            progress.step();
        }
    }
    Ok(rows)
}

async fn measure(plan: Plan, kind: Option<Kind>, history: Option<usize>) -> Result<Round, Failure> {
    let mut engine = match kind {
        Some(kind) => Some(kind.start().await),
        None => None,
    };
    let terms = Terms {
        carrier: engine.as_ref().map_or(Carrier::Nothing, Running::carrier),
        rooms: "subscriptions".to_owned(),
        history,
        counts: true,
        ..Terms::default()
    };
    let node = Process::start(&terms).await?;
    node.obey(&Order::Seat(plan.rooms)).await?;
    node.until(Condition::Quiet).await?;

    let mut round = Round::default();
    let (memory, cpu) = (node.resident()?, node.cpu()?);
    let before = match &engine {
        Some(engine) => Some((engine.resident()?, engine.cpu()?)),
        None => None,
    };
    let begin = Instant::now();
    node.obey(&Order::Join(Where::Apart)).await?;
    node.until(Condition::Seated(plan.rooms)).await?;
    round.joined = milliseconds(begin);
    if engine.is_some() {
        node.until(Condition::Subscribed(plan.rooms)).await?;
        round.subscribed = milliseconds(begin);
    }
    if history.is_some() {
        node.until(Condition::Read(plan.rooms)).await?;
        round.read = milliseconds(begin);
    }
    // They say who is there, which is part of it.
    node.until(Condition::Quiet).await?;
    let rooms = plan.rooms as f64;
    let more = |now: u64, before: u64| now.saturating_sub(before) as f64 / rooms;
    round.counts = node.counts().await?;
    round.node_memory = more(node.resident()?, memory);
    round.node = node.cpu()?.since(cpu).all as f64 / rooms / 1e3;
    if let Some((engine, (memory, cpu))) = engine.as_ref().zip(before) {
        round.engine_memory = more(engine.resident()?, memory);
        round.engine = engine.cpu()?.since(cpu).all as f64 / rooms / 1e3;
    }
    if let Some(running) = &mut engine {
        running.engine.restart().await;
        let back = Instant::now();
        node.until(Condition::Linked(round.counts.links + 1))
            .await?;
        node.until(Condition::Subscribed(plan.rooms)).await?;
        round.again = milliseconds(back);
        if history.is_some() {
            node.until(Condition::Read(plan.rooms)).await?;
            round.read_again = milliseconds(back);
        }
    }
    Ok(round)
}

pub(crate) fn print(plan: Plan, rows: &[Row]) {
    let rooms = count(plan.rooms as f64);
    println!("## Following {rooms} rooms\n");
    println!(
        "So many members of one node go to a room each, all at once. Times are in \
         milliseconds from then on; after the engine was killed and started again, from \
         when it takes connections, with what the node waits before it tries again. CPU \
         time and memory are for a room, its member's part of the room among it. Medians \
         of {} rounds.\n",
        plan.rounds
    );
    let mut table = Table::new(&[
        "",
        "joined, ms",
        "subscribed",
        "records read",
        "again, ms",
        "records read",
        "node, µs",
        "engine, µs",
        "node, B",
        "engine, B",
        "messages",
    ]);
    for row in rows {
        let of = |what: fn(&Round) -> f64| median(row.rounds.iter().map(what));
        table.row([
            row.name.clone(),
            count(of(|it| it.joined)),
            some(of(|it| it.subscribed)),
            some(of(|it| it.read)),
            some(of(|it| it.again)),
            some(of(|it| it.read_again)),
            format!("{:.1}", of(|it| it.node)),
            format!("{:.1}", of(|it| it.engine)),
            count(of(|it| it.node_memory)),
            count(of(|it| it.engine_memory)),
            count(of(|it| it.counts.published as f64)),
        ]);
    }
    table.print();
}

/// Nothing where there is nothing to be waited for.
fn some(value: f64) -> String {
    if value == 0.0 {
        String::new()
    } else {
        count(value)
    }
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}
