//! What it costs to reach the members of a room, on one node and on several.

use std::time::Duration;

use tokio::time::sleep;

use crate::{
    crowd::{Crowd, Turn},
    engines::{Kind, Running},
    orders::{Carrier, Condition, Terms},
    process::Process,
    progress::Progress,
    samples::{Failure, median, ratio},
    table::{Table, count},
    usage::Cpu,
};

/// How it is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) members: usize,
    pub(crate) posters: usize,
    pub(crate) rounds: usize,
    pub(crate) span: Duration,
}

/// One row: nodes, and what joins them.
pub(crate) struct Row {
    pub(crate) name: String,
    /// For each of the [`SIZES`].
    pub(crate) cells: [Cell; SIZES.len()],
}

/// What came of the rounds.
#[derive(Default)]
pub(crate) struct Cell {
    per_second: Vec<f64>,
    /// CPU time of all nodes for a delivery, in nanoseconds.
    pub(crate) delivery: Vec<f64>,
    /// CPU time of all nodes for a post and its deliveries, in microseconds.
    post: Vec<f64>,
    /// Of that, what the threads take that talk to the engine.
    bridge: Vec<f64>,
    /// CPU time of the engine for a post, in microseconds.
    engine: Vec<f64>,
}

struct Contender {
    row: Row,
    nodes: Vec<Process>,
    /// Its place among the engines.
    engine: Option<usize>,
    crowd: Crowd,
}

pub(crate) async fn run(plan: Plan, kinds: &[Kind]) -> Result<Vec<Row>, Failure> {
    let kinds: Vec<_> = kinds
        .iter()
        .filter(|it| **it != Kind::RedisOnDisk)
        .collect();
    let mut engines = Vec::new();
    for kind in &kinds {
        engines.push(kind.start().await);
    }
    let mut contenders = vec![
        Contender::start("one process", None, &Carrier::Nothing, 1, None, plan).await?,
        Contender::start(
            "its memory, history",
            None,
            &Carrier::Nothing,
            1,
            KEPT,
            plan,
        )
        .await?,
    ];
    for (number, (kind, engine)) in kinds.iter().zip(&engines).enumerate() {
        let carrier = engine.carrier();
        let some = [(1, None), (2, None), (3, None), (1, KEPT), (2, KEPT)];
        for (nodes, history) in some {
            let name = match history {
                None => kind.name(),
                Some(_) => kind.name_recording(),
            };
            let one_or_more = if nodes == 1 { "node" } else { "nodes" };
            let name = format!("{name}, {nodes} {one_or_more}");
            let engine = Some(number);
            let contender = Contender::start(&name, engine, &carrier, nodes, history, plan);
            contenders.push(contender.await?);
        }
    }
    let steps = plan.rounds * SIZES.len() * contenders.len();
    let progress = Progress::new("broadcast to a room", steps);
    for round in 0..plan.rounds {
        for size in 0..SIZES.len() {
            let count = contenders.len();
            // Nobody is always the first after somebody else.
            for place in (0..count).map(|place| (round + place) % count) {
                let contender = &mut contenders[place];
                progress.show(&contender.row.name);
                let sampled = contender.sample(size, plan, &engines).await;
                sampled.map_err(|error| format!("{}: {error}", contender.row.name))?;
                progress.step();
            }
        }
    }
    Ok(contenders.into_iter().map(|it| it.row).collect())
}

impl Contender {
    async fn start(
        name: &str,
        engine: Option<usize>,
        carrier: &Carrier,
        count: usize,
        history: Option<usize>,
        plan: Plan,
    ) -> Result<Self, Failure> {
        let terms = Terms {
            carrier: carrier.clone(),
            // Others have the same engine.
            rooms: format!("broadcast-{count}-{}", history.unwrap_or_default()),
            history,
            ..Terms::default()
        };
        let mut nodes = Vec::new();
        for _ in 0..count {
            nodes.push(Process::start(&terms).await?);
        }
        let addresses: Vec<_> = nodes.iter().map(Process::address).collect();
        let crowd = Crowd::enter(&addresses, ROOM, plan.members).await?;
        for node in &mut nodes {
            let all = Condition::Members(ROOM.to_owned(), plan.members);
            node.until(all)
                .await
                .map_err(|it| format!("{name}: {it}"))?;
        }
        Ok(Self {
            row: Row {
                name: name.to_owned(),
                cells: Default::default(),
            },
            nodes,
            engine,
            crowd,
        })
    }

    async fn sample(
        &mut self,
        size: usize,
        plan: Plan,
        engines: &[Running],
    ) -> Result<(), Failure> {
        let bytes = SIZES[size];
        self.crowd.talk(plan.posters, bytes, plan.span / 5).await?;
        let engine = self.engine.map(|number| &engines[number]);
        sleep(REST).await;
        let (nodes, served) = (self.cpu()?, engine_cpu(engine)?);
        let turn = self.crowd.talk(plan.posters, bytes, plan.span).await?;
        sleep(REST).await;
        let nodes = self.cpu()?.since(nodes);
        let served = engine_cpu(engine)?.since(served);
        self.row.cells[size].add(turn, nodes, served);
        Ok(())
    }

    fn cpu(&self) -> Result<Cpu, Failure> {
        let mut all = Cpu::default();
        for node in &self.nodes {
            all = all.and(node.cpu()?);
        }
        Ok(all)
    }
}

impl Cell {
    fn add(&mut self, turn: Turn, nodes: Cpu, engine: Cpu) {
        let (posts, deliveries) = (turn.posts as f64, turn.deliveries as f64);
        self.per_second
            .push(deliveries / turn.elapsed.as_secs_f64());
        self.delivery.push(nodes.all as f64 / deliveries);
        self.post.push(nodes.all as f64 / posts / 1e3);
        self.bridge.push(nodes.bridge as f64 / posts / 1e3);
        self.engine.push(engine.all as f64 / posts / 1e3);
    }
}

pub(crate) fn print(plan: Plan, rows: &[Row]) {
    println!("## Broadcast to a room of {}\n", plan.members);
    println!(
        "{} members post, {} messages under way. CPU time is that of all nodes \
         together, without the engine; medians of {} rounds, ratios round by round.\n",
        plan.posters, plan.posters, plan.rounds
    );
    for (size, bytes) in SIZES.into_iter().enumerate() {
        let mut table = Table::new(&[
            &format!("{bytes} B"),
            "deliveries/s",
            "ns/delivery",
            "to one process",
            "µs/post",
            "threads of the engine's link, µs/post",
            "engine, µs/post",
        ]);
        let baseline = &rows[0].cells[size].delivery;
        for row in rows {
            let cell = &row.cells[size];
            let of = |samples: &[f64]| median(samples.iter().copied());
            table.row([
                row.name.clone(),
                count(of(&cell.per_second)),
                count(of(&cell.delivery)),
                format!("{:.2}", ratio(&cell.delivery, baseline)),
                format!("{:.1}", of(&cell.post)),
                format!("{:.1}", of(&cell.bridge)),
                format!("{:.1}", of(&cell.engine)),
            ]);
        }
        table.print();
    }
}

fn engine_cpu(engine: Option<&Running>) -> Result<Cpu, Failure> {
    engine.map_or_else(|| Ok(Cpu::default()), Running::cpu)
}

/// The lengths of messages, in bytes.
pub(crate) const SIZES: [usize; 2] = [125, 1024];
const ROOM: &str = "hall";
const KEPT: Option<usize> = Some(200);
/// For how long nodes have nothing to do before their time is taken.
const REST: Duration = Duration::from_millis(4);
