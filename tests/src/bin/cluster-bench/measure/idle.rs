//! What nodes cost where nothing happens.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::{
    engines::{Kind, Running},
    orders::{Carrier, Condition, Order, Terms, Where},
    process::Process,
    progress::Progress,
    samples::Failure,
    table::{Table, count},
};

/// A case, and what it costs in a second, in microseconds.
pub(crate) struct Row {
    name: String,
    nodes: usize,
    rooms: usize,
    /// CPU time of one node.
    node: f64,
    engine: f64,
}

struct Contender {
    row: Row,
    nodes: Vec<Process>,
    engine: Option<Running>,
}

/// Waits for so long; nothing disturbs anything, so that all wait together.
pub(crate) async fn run(span: Duration, kinds: &[Kind]) -> Result<Vec<Row>, Failure> {
    let kinds: Vec<_> = kinds
        .iter()
        .filter(|it| **it != Kind::RedisOnDisk)
        .collect();
    let mut cases = vec![(None, 1, 10_000)];
    for kind in kinds {
        let cases_of = [(0, 0), (1, 1), (1, 1_000), (1, 10_000), (2, 1), (3, 1)];
        cases.extend(cases_of.map(|(nodes, rooms)| (Some(*kind), nodes, rooms)));
    }
    let progress = Progress::new("idle", cases.len() + 1);
    let mut contenders = Vec::new();
    for (kind, nodes, rooms) in cases {
        contenders.push(Contender::start(kind, nodes, rooms).await?);
        progress.step();
    }
    progress.show("nothing happens");
    let mut before = Vec::new();
    for contender in &contenders {
        before.push((contender.cpu()?, Instant::now()));
    }
    sleep(span).await;
    for (contender, ((nodes, engine), since)) in contenders.iter_mut().zip(before) {
        let seconds = since.elapsed().as_secs_f64() * 1e3;
        let now = contender.cpu()?;
        let nodes = (now.0 - nodes) as f64 / seconds;
        contender.row.node = nodes / contender.nodes.len().max(1) as f64;
        contender.row.engine = (now.1 - engine) as f64 / seconds;
    }
    progress.step();
    Ok(contenders.into_iter().map(|it| it.row).collect())
}

impl Contender {
    async fn start(kind: Option<Kind>, count: usize, rooms: usize) -> Result<Self, Failure> {
        let engine = match kind {
            Some(kind) => Some(kind.start().await),
            None => None,
        };
        let terms = Terms {
            carrier: engine.as_ref().map_or(Carrier::Nothing, Running::carrier),
            rooms: "idle".to_owned(),
            counts: true,
            ..Terms::default()
        };
        let mut nodes = Vec::new();
        for _ in 0..count {
            let node = Process::start(&terms).await?;
            node.obey(&Order::Seat(rooms)).await?;
            node.obey(&Order::Join(Where::Apart)).await?;
            node.until(Condition::Seated(rooms)).await?;
            node.until(Condition::Quiet).await?;
            nodes.push(node);
        }
        Ok(Self {
            row: Row {
                name: kind.map_or("one process", Kind::name).to_owned(),
                nodes: count,
                rooms,
                node: 0.0,
                engine: 0.0,
            },
            nodes,
            engine,
        })
    }

    /// Of all nodes, and of the engine.
    fn cpu(&self) -> Result<(u64, u64), Failure> {
        let mut nodes = 0;
        for node in &self.nodes {
            nodes += node.cpu()?.all;
        }
        let engine = self.engine.as_ref();
        let engine = engine.map_or_else(|| Ok(0), |it| it.cpu().map(|cpu| cpu.all));
        Ok((nodes, engine?))
    }
}

pub(crate) fn print(span: Duration, rows: &[Row]) {
    println!("## Where nothing happens\n");
    println!(
        "CPU time for a second, of one node and of the engine, over {} s. Connections are \
         not pinged; nodes give signs of life every 2 s.\n",
        span.as_secs()
    );
    let heads = ["", "nodes", "rooms of each", "a node, µs/s", "engine, µs/s"];
    let mut table = Table::new(&heads);
    for row in rows {
        table.row([
            row.name.clone(),
            row.nodes.to_string(),
            count(row.rooms as f64),
            count(row.node),
            count(row.engine),
        ]);
    }
    table.print();
}
