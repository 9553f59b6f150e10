use std::{
    fmt,
    time::{Duration, Instant},
};

use fastrand::Rng;
use tokio::time::sleep;
use ws_tests::engine::Engine;

use crate::{diary::Diary, nodes::Nodes};

/// What is done to nodes and to the engine, by chance.
pub(crate) struct Trouble {
    chance: Rng,
    time: Duration,
    pack: Vec<Kind>,
    nodes_killed: usize,
    engines_killed: usize,
    stalls: usize,
    nodes_stalled: usize,
    cuts: usize,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    NodeKilled,
    NodeStalled,
    WayCut,
    EngineKilled,
    EngineStalled,
}

impl Trouble {
    pub(crate) fn new(seed: u64, time: Duration) -> Self {
        Self {
            chance: Rng::with_seed(seed),
            time,
            pack: Vec::new(),
            nodes_killed: 0,
            engines_killed: 0,
            stalls: 0,
            nodes_stalled: 0,
            cuts: 0,
        }
    }

    pub(crate) async fn make(&mut self, engine: &mut Engine, nodes: &Nodes, diaries: &[Diary]) {
        let begun = Instant::now();
        let mut heard = 0;
        while begun.elapsed() < self.time {
            let pause = self.chance.u64(500..2500);
            sleep(Duration::from_millis(pause)).await;
            let what = match self.next() {
                Kind::NodeKilled => self.kill_node(nodes).await,
                Kind::EngineKilled => self.kill_engine(engine).await,
                Kind::EngineStalled => self.stall(engine).await,
                Kind::NodeStalled => self.stall_node(nodes).await,
                Kind::WayCut => self.cut(nodes).await,
            };
            let deliveries: usize = diaries.iter().map(Diary::deliveries).sum();
            eprintln!(
                "{:>6.1?} {what:<32} {:>7} heard meanwhile",
                begun.elapsed(),
                deliveries - heard
            );
            heard = deliveries;
        }
    }

    /// Each comes in its turn, as cards do of a pack that is shuffled.
    fn next(&mut self) -> Kind {
        loop {
            if let Some(kind) = self.pack.pop() {
                return kind;
            }
            self.pack = PACK.to_vec();
            self.chance.shuffle(&mut self.pack);
        }
    }

    async fn kill_node(&mut self, nodes: &Nodes) -> String {
        self.nodes_killed += 1;
        let number = self.chance.usize(..3);
        let away = self.chance.u64(..1500);
        nodes.kill(number);
        sleep(Duration::from_millis(away)).await;
        nodes.begin(number).await;
        format!("node {number} killed, {away} ms")
    }

    async fn stall_node(&mut self, nodes: &Nodes) -> String {
        self.nodes_stalled += 1;
        let number = self.chance.usize(..3);
        let time = self.chance.u64(500..4000);
        nodes.signal(number, "STOP").await;
        sleep(Duration::from_millis(time)).await;
        nodes.signal(number, "CONT").await;
        format!("node {number} stalled, {time} ms")
    }

    /// Takes the engine from a node, or has it wait.
    async fn cut(&mut self, nodes: &Nodes) -> String {
        self.cuts += 1;
        let number = self.chance.usize(..3);
        let time = self.chance.u64(100..3000);
        let stalled = self.chance.bool();
        let cable = nodes.cable(number);
        if stalled {
            cable.stall();
        } else {
            cable.cut();
        }
        sleep(Duration::from_millis(time)).await;
        cable.mend();
        let how = if stalled { "held up" } else { "cut" };
        format!("way of node {number} {how}, {time} ms")
    }

    async fn kill_engine(&mut self, engine: &mut Engine) -> String {
        self.engines_killed += 1;
        let away = self.chance.u64(..1000);
        engine.kill();
        sleep(Duration::from_millis(away)).await;
        engine.restart().await;
        format!("engine killed, {away} ms")
    }

    async fn stall(&mut self, engine: &Engine) -> String {
        self.stalls += 1;
        let time = self.chance.u64(1000..3000);
        engine.pause();
        sleep(Duration::from_millis(time)).await;
        engine.resume();
        format!("engine stalled, {time} ms")
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "nodes killed   {:>8}", self.nodes_killed)?;
        writeln!(f, "engines killed {:>8}", self.engines_killed)?;
        writeln!(f, "engine stalled {:>8}", self.stalls)?;
        writeln!(f, "nodes stalled  {:>8}", self.nodes_stalled)?;
        write!(f, "ways cut       {:>8}", self.cuts)
    }
}

const PACK: [Kind; 8] = [
    Kind::NodeKilled,
    Kind::NodeKilled,
    Kind::NodeKilled,
    Kind::NodeStalled,
    Kind::WayCut,
    Kind::EngineKilled,
    Kind::EngineKilled,
    Kind::EngineStalled,
];
