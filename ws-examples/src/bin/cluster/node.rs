//! One of the nodes: a chat as a process of its own.

use std::{env, io, net::SocketAddr};

use actix_web::rt;
use rustix::process::Signal;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
    sync::mpsc::UnboundedSender,
    task::JoinHandle,
};

use crate::{
    args::Args,
    board::{Figures, NodeView},
    engine::free_port,
    process::Process,
    watch,
};

/// A node, running or not.
#[derive(Debug)]
pub(crate) struct Node {
    /// As people call it, from 1.
    number: usize,
    arguments: Vec<String>,
    state: State,
    process: Option<Process>,
    /// How often it was started: what is heard of an earlier one is old.
    starts: u32,
    listening: Option<JoinHandle<()>>,
    admin: Option<String>,
    figures: Option<Figures>,
    address: SocketAddr,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Starting,
    Running,
    Stopping,
    Stopped,
}

/// What is heard of a node, and of which start.
#[derive(Debug)]
pub(crate) struct News {
    pub(crate) node: usize,
    start: u32,
    what: What,
}

#[derive(Debug)]
enum What {
    /// It serves, and operators look on there.
    Serves(String),
    Counts(Figures),
}

impl Node {
    pub(crate) const fn new(number: usize, address: SocketAddr, arguments: Vec<String>) -> Self {
        Self {
            number,
            arguments,
            state: State::Stopped,
            process: None,
            starts: 0,
            listening: None,
            admin: None,
            figures: None,
            address,
        }
    }

    /// Starts it, as this program in another role; tells of it from there on.
    pub(crate) fn start(&mut self, news: &UnboundedSender<News>) -> io::Result<()> {
        let mut command = Command::new(env::current_exe()?);
        command.arg("node").args(&self.arguments);
        let mut process = Process::start(command)?;
        self.starts += 1;
        let teller = Teller {
            node: self.number,
            start: self.starts,
            news: news.clone(),
        };
        let output = process.output();
        let listening = rt::spawn(async move {
            let Some(output) = output else { return };
            let mut lines = BufReader::new(output).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                let Some(address) = line.strip_prefix("look on at ") else {
                    continue;
                };
                teller.tell(What::Serves(address.to_owned()));
                let counts = teller.clone();
                let tell = move |figures| counts.tell(What::Counts(figures));
                watch::spawn(address, tell);
            }
        });
        self.listening = Some(listening);
        self.process = Some(process);
        self.state = State::Starting;
        Ok(())
    }

    /// Takes what was heard of it; true if it has just begun to serve.
    pub(crate) fn hear(&mut self, news: News) -> bool {
        if news.start != self.starts || self.process.is_none() {
            return false;
        }
        match news.what {
            What::Serves(admin) => {
                self.admin = Some(admin);
                if self.state == State::Starting {
                    self.state = State::Running;
                    return true;
                }
            }
            What::Counts(figures) => self.figures = Some(figures),
        }
        false
    }

    /// How it ended, if it has just now, and whether it was asked to.
    pub(crate) fn ended(&mut self) -> Option<String> {
        let status = self.process.as_mut()?.ended()?;
        self.process = None;
        self.state = State::Stopped;
        self.admin = None;
        self.figures = None;
        if let Some(listening) = self.listening.take() {
            listening.abort();
        }
        Some(status.to_string())
    }

    /// Kills it, or asks it to stop; false if it does not run.
    pub(crate) fn signal(&mut self, signal: Signal) -> bool {
        let Some(process) = &self.process else {
            return false;
        };
        process.signal(signal);
        if signal == Signal::TERM {
            self.state = State::Stopping;
        }
        true
    }

    pub(crate) const fn take(&mut self) -> Option<Process> {
        self.process.take()
    }

    pub(crate) const fn is_there(&self) -> bool {
        self.process.is_some()
    }

    pub(crate) fn serves(&self) -> bool {
        self.state == State::Running
    }

    pub(crate) fn process_number(&self) -> i32 {
        self.process.as_ref().map_or(0, Process::number)
    }

    pub(crate) fn origin(&self) -> String {
        origin(self.address)
    }

    /// What the page shows of it.
    pub(crate) fn view(&self) -> NodeView {
        NodeView {
            number: self.number,
            origin: self.origin(),
            state: match self.state {
                State::Starting => "starting",
                State::Running => "running",
                State::Stopping => "stopping",
                State::Stopped => "stopped",
            },
            process: self.process.as_ref().map(Process::number),
            admin: self.admin.clone(),
            figures: self.figures.clone(),
        }
    }
}

/// Tells of one start of a node.
#[derive(Debug, Clone)]
struct Teller {
    node: usize,
    start: u32,
    news: UnboundedSender<News>,
}

impl Teller {
    fn tell(&self, what: What) {
        let (node, start) = (self.node, self.start);
        // It fails only when all is ending.
        self.news.send(News { node, start, what }).ok();
    }
}

/// Where the nodes listen: behind the page's port, or on free ones.
pub(crate) fn addresses(args: &Args, page: SocketAddr) -> io::Result<Vec<SocketAddr>> {
    let ports = 1..=args.nodes;
    let address = |number: u16| {
        let port = match args.port {
            0 => free_port()?,
            port => port + number,
        };
        Ok(SocketAddr::new(page.ip(), port))
    };
    ports.map(address).collect()
}

/// What pages on it have as their origin.
pub(crate) fn origin(address: SocketAddr) -> String {
    format!("http://{address}")
}
