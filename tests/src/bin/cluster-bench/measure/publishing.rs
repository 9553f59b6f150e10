//! What it costs to publish, with nobody there to deliver to.

use std::time::Duration;

use tokio::time::sleep;

use crate::{
    cpu::Cpu,
    engines::{Kind, Running},
    orders::{Carrier, Order, Terms},
    process::Process,
    progress::Progress,
    samples::{Failure, median},
    table::{Table, count},
};

/// How it is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) at_a_time: usize,
    pub(crate) rounds: usize,
    pub(crate) span: Duration,
}

/// An engine, and whether it records.
pub(crate) struct Row {
    name: String,
    /// For each of the [`SIZES`].
    cells: [Cell; SIZES.len()],
}

#[derive(Default)]
struct Cell {
    per_second: Vec<f64>,
    /// CPU time for a message, in microseconds.
    node: Vec<f64>,
    engine: Vec<f64>,
    /// In microseconds, of one at a time.
    median: Vec<f64>,
    p99: Vec<f64>,
}

struct Contender {
    row: Row,
    node: Process,
    engine: Option<Running>,
}

pub(crate) async fn run(plan: Plan, kinds: &[Kind]) -> Result<Vec<Row>, Failure> {
    let mut contenders = Vec::new();
    for history in [None, Some(200)] {
        contenders.push(Contender::start(None, history).await?);
        for kind in kinds {
            contenders.push(Contender::start(Some(*kind), history).await?);
        }
    }
    let steps = plan.rounds * SIZES.len() * contenders.len();
    let progress = Progress::new("publishing", steps);
    for _ in 0..plan.rounds {
        for size in 0..SIZES.len() {
            for contender in &mut contenders {
                progress.show(&contender.row.name);
                let sampled = contender.sample(size, plan).await;
                sampled.map_err(|error| format!("{}: {error}", contender.row.name))?;
                progress.step();
            }
        }
    }
    Ok(contenders.into_iter().map(|it| it.row).collect())
}

impl Contender {
    async fn start(kind: Option<Kind>, history: Option<usize>) -> Result<Self, Failure> {
        let engine = match kind {
            Some(kind) => Some(kind.start().await),
            None => None,
        };
        let name = match (kind, history) {
            (None, None) => "in memory",
            (None, Some(_)) => "in memory, history",
            (Some(kind), None) => kind.name(),
            (Some(kind), Some(_)) => kind.name_recording(),
        };
        let terms = Terms {
            carrier: engine.as_ref().map_or(Carrier::Memory, Running::carrier),
            rooms: "publishing".to_owned(),
            history,
            ..Terms::default()
        };
        Ok(Self {
            row: Row {
                name: name.to_owned(),
                cells: Default::default(),
            },
            node: Process::start(&terms).await?,
            engine,
        })
    }

    async fn sample(&mut self, size: usize, plan: Plan) -> Result<(), Failure> {
        let order = |at_a_time, span: Duration| Order::Publish {
            bytes: SIZES[size],
            at_a_time,
            milliseconds: span.as_millis() as u64,
        };
        self.node
            .publish(&order(plan.at_a_time, plan.span / 5))
            .await?;
        sleep(REST).await;
        let (node, engine) = (self.node.cpu()?, self.engine_cpu()?);
        let many = self.node.publish(&order(plan.at_a_time, plan.span)).await?;
        sleep(REST).await;
        let node = self.node.cpu()?.since(node);
        let engine = self.engine_cpu()?.since(engine);
        let single = self.node.publish(&order(1, plan.span / 2)).await?;
        let messages = many.messages as f64;
        let cell = &mut self.row.cells[size];
        cell.per_second.push(messages / many.seconds);
        cell.node.push(node.all as f64 / messages / 1e3);
        cell.engine.push(engine.all as f64 / messages / 1e3);
        cell.median.push(single.median);
        cell.p99.push(single.p99);
        Ok(())
    }

    fn engine_cpu(&self) -> Result<Cpu, Failure> {
        let engine = self.engine.as_ref();
        engine.map_or_else(|| Ok(Cpu::default()), Running::cpu)
    }
}

pub(crate) fn print(plan: Plan, rows: &[Row]) {
    println!("## Publishing\n");
    println!(
        "To a room without members, {} messages under way; the time to the receipt is \
         that of one at a time. Medians of {} rounds.\n",
        count(plan.at_a_time as f64),
        plan.rounds
    );
    for (size, bytes) in SIZES.into_iter().enumerate() {
        let mut table = Table::new(&[
            &format!("{bytes} B"),
            "messages/s",
            "node, µs",
            "engine, µs",
            "receipt, µs",
            "99 %, µs",
        ]);
        for row in rows {
            let cell = &row.cells[size];
            let of = |samples: &[f64]| median(samples.iter().copied());
            table.row([
                row.name.clone(),
                count(of(&cell.per_second)),
                format!("{:.2}", of(&cell.node)),
                format!("{:.2}", of(&cell.engine)),
                count(of(&cell.median)),
                count(of(&cell.p99)),
            ]);
        }
        table.print();
    }
}

/// The lengths of messages, in bytes.
const SIZES: [usize; 2] = [125, 1024];
/// For how long nothing is done before time is taken.
const REST: Duration = Duration::from_millis(4);
