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
    nodes_killed: usize,
    engines_killed: usize,
    stalls: usize,
}

impl Trouble {
    pub(crate) fn new(seed: u64, time: Duration) -> Self {
        Self {
            chance: Rng::with_seed(seed),
            time,
            nodes_killed: 0,
            engines_killed: 0,
            stalls: 0,
        }
    }

    pub(crate) async fn make(&mut self, engine: &mut Engine, nodes: &Nodes, diaries: &[Diary]) {
        let begun = Instant::now();
        let mut heard = 0;
        while begun.elapsed() < self.time {
            let pause = self.chance.u64(500..2500);
            sleep(Duration::from_millis(pause)).await;
            let what = match self.chance.u32(..10) {
                0..5 => self.kill_node(nodes).await,
                5..8 => self.kill_engine(engine).await,
                _ => self.stall(engine).await,
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

    async fn kill_node(&mut self, nodes: &Nodes) -> String {
        self.nodes_killed += 1;
        let number = self.chance.usize(..3);
        let away = self.chance.u64(..1500);
        nodes.kill(number);
        sleep(Duration::from_millis(away)).await;
        nodes.begin(number).await;
        format!("node {number} killed, {away} ms")
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
        write!(f, "stalls         {:>8}", self.stalls)
    }
}
