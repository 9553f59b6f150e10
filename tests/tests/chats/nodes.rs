use std::{
    cell::{Cell, RefCell},
    net::SocketAddr,
};

use ws_tests::{cable::Cable, engine::Engine, program::Program};

/// Processes of the program `chat` that serve the same rooms.
pub(crate) struct Nodes {
    /// Each has a way of its own to the engine.
    ways: Vec<(Cable, String)>,
    programs: RefCell<Vec<Option<(SocketAddr, Program)>>>,
    stage: Cell<Stage>,
}

/// What people do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Talk,
    /// They say a last word.
    Calm,
    Leave,
}

impl Nodes {
    pub(crate) async fn start(count: usize, engine: &Engine) -> Self {
        let (url, port) = (engine.url(), engine.port());
        let mut ways = Vec::new();
        for _ in 0..count {
            let cable = Cable::to(([127, 0, 0, 1], port).into()).await;
            let its = cable.address().port().to_string();
            ways.push((cable, url.replace(&port.to_string(), &its)));
        }
        let nodes = Self {
            ways,
            programs: RefCell::new((0..count).map(|_| None).collect()),
            stage: Cell::new(Stage::Talk),
        };
        for number in 0..count {
            nodes.begin(number).await;
        }
        nodes
    }

    /// Starts one, also while the engine is away.
    pub(crate) async fn begin(&self, number: usize) {
        let arguments = [
            "--port",
            "0",
            "--workers",
            "1",
            "--backplane",
            &self.ways[number].1,
        ];
        let arguments = [arguments.as_slice(), &["--backplane-later"]].concat();
        let mut program = Program::start("chat", &arguments);
        let address = program.address().await;
        self.programs.borrow_mut()[number] = Some((address, program));
    }

    /// Ends one on the spot (SIGKILL).
    pub(crate) fn kill(&self, number: usize) {
        self.programs.borrow_mut()[number] = None;
    }

    /// Has one do nothing, with its connections open (SIGSTOP), or go on.
    #[expect(
        clippy::await_holding_refcell_ref,
        reason = "only trouble changes it, and awaits this"
    )]
    pub(crate) async fn signal(&self, number: usize, signal: &str) {
        if let Some((_, program)) = &self.programs.borrow()[number] {
            program.signal(signal).await;
        }
    }

    /// The way of one to the engine.
    pub(crate) fn cable(&self, number: usize) -> &Cable {
        &self.ways[number].0
    }

    /// All that run.
    pub(crate) fn all(&self) -> Vec<SocketAddr> {
        let programs = self.programs.borrow();
        programs.iter().flatten().map(|it| it.0).collect()
    }

    /// One that runs.
    pub(crate) fn any(&self) -> Option<SocketAddr> {
        let programs = self.programs.borrow();
        let running: Vec<_> = programs.iter().flatten().collect();
        let index = fastrand::usize(..running.len().max(1));
        running.get(index).map(|(address, _)| *address)
    }

    pub(crate) fn stage(&self) -> Stage {
        self.stage.get()
    }

    pub(crate) fn calm(&self) {
        self.stage.set(Stage::Calm);
    }

    pub(crate) fn end(&self) {
        self.stage.set(Stage::Leave);
    }
}
