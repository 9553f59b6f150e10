use std::{
    cell::{Cell, RefCell},
    net::SocketAddr,
};

use ws_tests::program::Program;

/// Processes of the program `chat` that serve the same rooms.
pub(crate) struct Nodes {
    url: String,
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
    pub(crate) async fn start(count: usize, engine: &str) -> Self {
        let nodes = Self {
            url: engine.to_owned(),
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
        let arguments = ["--port", "0", "--workers", "1", "--backplane", &self.url];
        let arguments = [arguments.as_slice(), &["--backplane-later"]].concat();
        let mut program = Program::start("chat", &arguments);
        let address = program.address().await;
        self.programs.borrow_mut()[number] = Some((address, program));
    }

    /// Ends one on the spot (SIGKILL).
    pub(crate) fn kill(&self, number: usize) {
        self.programs.borrow_mut()[number] = None;
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
