//! Who is there, on other nodes.

use std::time::Instant;

use crate::{
    engines::Kind,
    orders::{Condition, Order, Terms, Where},
    process::Process,
    progress::Progress,
    samples::{Failure, median},
    table::{Table, count},
};

/// How it is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) members: usize,
    pub(crate) rounds: usize,
}

/// An engine.
pub(crate) struct Row {
    name: String,
    rounds: Vec<Round>,
}

#[derive(Default)]
struct Round {
    /// Until they have joined, in milliseconds.
    joined: f64,
    /// Until the other node lists all.
    listed: f64,
    /// Messages on the engine, and their bytes.
    messages: f64,
    bytes: f64,
    /// Messages that each member of the other node is sent.
    told: f64,
    /// CPU time of the other node for each who joined, in microseconds.
    cpu: f64,
    /// Memory there for each of them, in bytes.
    memory: f64,
    /// Until none of them is listed after their node was killed.
    gone: f64,
    told_gone: f64,
}

pub(crate) async fn run(plan: Plan, kinds: &[Kind]) -> Result<Vec<Row>, Failure> {
    let kinds: Vec<_> = kinds
        .iter()
        .filter(|it| **it != Kind::RedisOnDisk)
        .collect();
    let mut rows: Vec<_> = (kinds.iter())
        .map(|kind| Row {
            name: kind.name().to_owned(),
            rounds: Vec::new(),
        })
        .collect();
    let progress = Progress::new("presence", plan.rounds * kinds.len());
    for _ in 0..plan.rounds {
        for (row, kind) in rows.iter_mut().zip(&kinds) {
            progress.show(&row.name);
            let measured = measure(plan, **kind).await;
            let measured = measured.map_err(|error| format!("{}: {error}", row.name))?;
            row.rounds.push(measured);
            progress.step();
        }
    }
    Ok(rows)
}

async fn measure(plan: Plan, kind: Kind) -> Result<Round, Failure> {
    let engine = kind.start().await;
    let terms = Terms {
        carrier: engine.carrier(),
        rooms: "presence".to_owned(),
        counts: true,
        ..Terms::default()
    };
    let here = Process::start(&terms).await?;
    let there = Process::start(&Terms {
        announce_every: Some(EVERY),
        ..terms
    })
    .await?;
    let all = |count| Condition::Members(ROOM.to_owned(), count);
    there.obey(&Order::Seat(WITNESSES)).await?;
    let together = Order::Join(Where::Together(ROOM.to_owned()));
    there.obey(&together).await?;
    there.until(all(WITNESSES)).await?;
    here.obey(&Order::Seat(plan.members)).await?;
    here.until(Condition::Quiet).await?;
    there.until(Condition::Quiet).await?;

    let mut round = Round::default();
    let before = [here.counts().await?, there.counts().await?];
    let (memory, cpu) = (there.resident()?, there.cpu()?);
    let begin = Instant::now();
    here.obey(&together).await?;
    here.until(Condition::Seated(plan.members)).await?;
    round.joined = milliseconds(begin);
    there.until(all(plan.members + WITNESSES)).await?;
    round.listed = milliseconds(begin);
    here.until(Condition::Quiet).await?;
    there.until(Condition::Quiet).await?;
    let after = [here.counts().await?, there.counts().await?];
    for (before, after) in before.iter().zip(&after) {
        round.messages += (after.published - before.published) as f64;
        round.bytes += (after.bytes - before.bytes) as f64;
    }
    round.told = (after[1].announced - before[1].announced) as f64;
    let members = plan.members as f64;
    round.memory = there.resident()?.saturating_sub(memory) as f64 / members;
    round.cpu = there.cpu()?.since(cpu).all as f64 / members / 1e3;

    let killed = Instant::now();
    here.kill().await?;
    there.until(all(WITNESSES)).await?;
    round.gone = milliseconds(killed);
    // The last of them are told a moment later.
    there.until(Condition::Quiet).await?;
    let told = there.counts().await?.announced;
    round.told_gone = (told - after[1].announced) as f64;
    Ok(round)
}

pub(crate) fn print(plan: Plan, rows: &[Row]) {
    println!(
        "## {} members who join at once\n",
        count(plan.members as f64)
    );
    println!(
        "They join one room on one node of two; on the other are {WITNESSES} members, who \
         are told every {EVERY} ms who came and went. Then their node is killed. Times are \
         in milliseconds; CPU time and memory are those of the other node, for each who \
         joined, signs of life are among the messages. Medians of {} rounds.\n",
        plan.rounds
    );
    let mut table = Table::new(&[
        "",
        "joined, ms",
        "listed there, ms",
        "messages on the engine",
        "bytes",
        "told in messages",
        "CPU, µs",
        "memory, B",
        "gone, ms",
        "told in messages",
    ]);
    for row in rows {
        let of = |what: fn(&Round) -> f64| count(median(row.rounds.iter().map(what)));
        let cpu = median(row.rounds.iter().map(|it| it.cpu));
        table.row([
            row.name.clone(),
            of(|it| it.joined),
            of(|it| it.listed),
            of(|it| it.messages),
            of(|it| it.bytes),
            of(|it| it.told),
            format!("{cpu:.2}"),
            of(|it| it.memory),
            of(|it| it.gone),
            of(|it| it.told_gone),
        ]);
    }
    table.print();
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

const ROOM: &str = "hall";
const WITNESSES: usize = 10;
/// How often members are told who came and went, in milliseconds.
const EVERY: u64 = 100;
