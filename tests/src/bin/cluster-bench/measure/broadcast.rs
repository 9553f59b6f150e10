//! What it costs to reach the members of a room, on one node and on several.

use std::time::Duration;

use tokio::time::sleep;

use crate::{
    cpu::Cpu,
    crowd::{Crowd, Turn},
    engines::{Kind, Running},
    orders::{Carrier, Condition, Terms},
    process::Process,
    progress::Progress,
    samples::{Failure, median, ratio},
    table::{Table, count},
};

/// How it is measured.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) members: usize,
    pub(crate) rounds: usize,
    pub(crate) span: Duration,
    /// Only rows with this in their name, beside the first.
    pub(crate) rows: String,
}

/// What members post.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    pub(crate) bytes: usize,
    /// How many messages are under way.
    at_a_time: u64,
    /// In the room of [`FEW`].
    few: bool,
}

/// One row: nodes, and what joins them.
pub(crate) struct Row {
    pub(crate) name: String,
    /// For each of the [`LOADS`].
    pub(crate) cells: [Cell; LOADS.len()],
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
    few: Crowd,
}

pub(crate) async fn run(plan: &Plan, kinds: &[Kind]) -> Result<Vec<Row>, Failure> {
    let kinds: Vec<_> = kinds
        .iter()
        .filter(|it| **it != Kind::RedisOnDisk)
        .collect();
    let mut engines = Vec::new();
    for kind in &kinds {
        engines.push(kind.start().await);
    }
    let alone = Carrier::Nothing;
    let first = Contender::start("one process", None, &alone, 1, None, plan);
    let mut contenders = vec![first.await?];
    let name = "one process, history";
    if plan.wants(name) {
        contenders.push(Contender::start(name, None, &alone, 1, KEPT, plan).await?);
    }
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
            if plan.wants(&name) {
                let engine = Some(number);
                let contender = Contender::start(&name, engine, &carrier, nodes, history, plan);
                contenders.push(contender.await?);
            }
        }
    }
    let steps = plan.rounds * LOADS.len() * contenders.len();
    let progress = Progress::new("broadcast to a room", steps);
    for round in 0..plan.rounds {
        for load in 0..LOADS.len() {
            let count = contenders.len();
            // Nobody is always the first after somebody else.
            for place in (0..count).map(|place| (round + place) % count) {
                let contender = &mut contenders[place];
                progress.show(&contender.row.name);
                let sampled = contender.sample(load, plan, &engines).await;
                sampled.map_err(|error| format!("{}: {error}", contender.row.name))?;
                progress.step();
            }
        }
    }
    Ok(contenders.into_iter().map(|it| it.row).collect())
}

impl Plan {
    fn wants(&self, row: &str) -> bool {
        row.contains(&self.rows)
    }
}

impl Load {
    /// What it is called in tables.
    pub(crate) fn name(self) -> String {
        let room = if self.few { ", few members" } else { "" };
        format!("{} B, {} at a time{room}", self.bytes, self.at_a_time)
    }
}

impl Contender {
    async fn start(
        name: &str,
        engine: Option<usize>,
        carrier: &Carrier,
        count: usize,
        history: Option<usize>,
        plan: &Plan,
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
        let few = Crowd::enter(&addresses, CLOSET, FEW).await?;
        for node in &nodes {
            for (room, members) in [(ROOM, plan.members), (CLOSET, FEW)] {
                let all = Condition::Members(room.to_owned(), members);
                let entered = node.until(all).await;
                entered.map_err(|error| format!("{name}: {error}"))?;
            }
        }
        Ok(Self {
            row: Row {
                name: name.to_owned(),
                cells: Default::default(),
            },
            nodes,
            engine,
            crowd,
            few,
        })
    }

    async fn sample(
        &mut self,
        load: usize,
        plan: &Plan,
        engines: &[Running],
    ) -> Result<(), Failure> {
        let Load {
            bytes,
            at_a_time,
            few,
        } = LOADS[load];
        let crowd = if few { &self.few } else { &self.crowd };
        crowd.talk(at_a_time, bytes, plan.span / 5).await?;
        let engine = self.engine.map(|number| &engines[number]);
        sleep(REST).await;
        let (nodes, served) = (self.cpu()?, engine_cpu(engine)?);
        let turn = crowd.talk(at_a_time, bytes, plan.span).await?;
        sleep(REST).await;
        let nodes = self.cpu()?.since(nodes);
        let served = engine_cpu(engine)?.since(served);
        self.row.cells[load].add(turn, nodes, served);
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

pub(crate) fn print(plan: &Plan, rows: &[Row]) {
    println!("## Broadcast to a room of {}\n", plan.members);
    println!(
        "CPU time is that of all nodes together, without the engine; medians of {} rounds, \
         ratios round by round. The more messages come together, the fewer writes they \
         take: one at a time shows what each costs, and in a room of {FEW} members a post \
         costs little beside its way from node to node.\n",
        plan.rounds
    );
    for (number, load) in LOADS.into_iter().enumerate() {
        let mut table = Table::new(&[
            &load.name(),
            "deliveries/s",
            "ns/delivery",
            "to one process",
            "µs/post",
            "of it backplane threads, µs",
            "engine, µs/post",
        ]);
        let baseline = &rows[0].cells[number].delivery;
        for row in rows {
            let cell = &row.cells[number];
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

/// What is measured of every row.
pub(crate) const LOADS: [Load; 5] = [
    Load {
        bytes: 125,
        at_a_time: 8,
        few: false,
    },
    Load {
        bytes: 1024,
        at_a_time: 8,
        few: false,
    },
    Load {
        bytes: 125,
        at_a_time: 64,
        few: false,
    },
    Load {
        bytes: 125,
        at_a_time: 1,
        few: false,
    },
    Load {
        bytes: 125,
        at_a_time: 1,
        few: true,
    },
];
const ROOM: &str = "hall";
const CLOSET: &str = "closet";
/// The fewest with which all nodes have members.
const FEW: usize = 3;
const KEPT: Option<usize> = Some(200);
/// For how long nodes have nothing to do before their time is taken.
const REST: Duration = Duration::from_millis(4);
