//! Starts the processes, does what the page says, and sees how they end.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use futures_util::future::join_all;
use rustix::process::Signal;
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::{Instant, MissedTickBehavior, interval},
};
use ws_examples::{StartError, backplane};
use ws_server::Publisher;

use crate::{
    args::{Args, Kind},
    board::{Act, BackplaneView, Board, Order, View},
    engine::Engine,
    node::{News, Node, origin},
};

/// All the processes, and who has a say in them.
pub(crate) struct Director {
    board: Arc<Board>,
    orders: UnboundedReceiver<Order>,
    given: Option<String>,
    kind: Option<Kind>,
    engine: Option<Engine>,
    balancer: SocketAddr,
    addresses: Vec<SocketAddr>,
    nodes: Vec<Node>,
    news: UnboundedReceiver<News>,
    tell: UnboundedSender<News>,
}

impl Director {
    pub(crate) fn new(
        args: &Args,
        balancer: SocketAddr,
        addresses: &[SocketAddr],
        board: Arc<Board>,
        orders: UnboundedReceiver<Order>,
    ) -> Self {
        let (tell, news) = unbounded_channel();
        Self {
            board,
            orders,
            given: args.backplane.clone(),
            kind: args.engine,
            engine: None,
            balancer,
            addresses: addresses.to_vec(),
            nodes: Vec::new(),
            news,
            tell,
        }
    }

    /// Starts all, and waits until all serve.
    pub(crate) async fn begin(&mut self) -> Result<(), StartError> {
        let url = if let Some(url) = &self.given {
            reach(url).await?;
            url.clone()
        } else {
            let engine = Engine::start(self.kind).await?;
            let (name, url) = (engine.name(), engine.url());
            self.board.note(format!("{name} runs at {url}"));
            self.engine = Some(engine);
            url
        };
        for (index, &address) in self.addresses.iter().enumerate() {
            let arguments = self.arguments(address, &url);
            let mut node = Node::new(index + 1, address, arguments);
            node.start(&self.tell)?;
            let process = node.process_number();
            self.board
                .note(format!("node {} starts, process {process}", index + 1));
            self.nodes.push(node);
        }
        let until = Instant::now() + PATIENCE;
        while !self.nodes.iter().all(Node::serves) {
            self.step().await;
            if !self.nodes.iter().all(Node::is_there) {
                let text = "a node ended at once: it has said why";
                return Err(StartError::told(text));
            }
            if Instant::now() > until {
                let text = format!("the nodes do not serve within {PATIENCE:?}");
                return Err(StartError::told(text));
            }
        }
        Ok(())
    }

    /// Does what the page says, for ever.
    pub(crate) async fn work(&mut self) {
        loop {
            self.step().await;
        }
    }

    /// Ends all, the nodes first, as they say good-bye to each other.
    pub(crate) async fn end(mut self, ended: io::Result<()>) -> Result<(), StartError> {
        if let Some(engine) = &mut self.engine {
            // They would wait for one that is held up.
            engine.pause(false);
        }
        let nodes: Vec<_> = self.nodes.iter_mut().filter_map(Node::take).collect();
        if !nodes.is_empty() {
            println!("ending {} nodes", nodes.len());
        }
        join_all(nodes.into_iter().map(|node| node.end(FAREWELL))).await;
        if let Some(mut engine) = self.engine.take() {
            println!("ending {}", engine.name());
            engine.end().await;
        }
        Ok(ended?)
    }

    /// Waits for something to do, and shows what has become of it.
    async fn step(&mut self) {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // The first comes at once.
        ticks.tick().await;
        tokio::select! {
            Some(order) = self.orders.recv() => self.obey(order),
            Some(news) = self.news.recv() => self.hear(news),
            _ = ticks.tick() => {}
        }
        self.look();
        self.board.put(self.view());
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Node { node, act } => {
                let Some(index) = node.checked_sub(1) else {
                    return;
                };
                if let Some(node) = self.nodes.get_mut(index) {
                    let done = act_on_node(node, act, &self.tell);
                    self.note(&format!("node {}", index + 1), done);
                }
            }
            Order::Backplane { act } => {
                if let Some(engine) = &mut self.engine {
                    let name = engine.name();
                    let done = act_on_engine(engine, act);
                    self.note(name, done);
                }
            }
        }
    }

    fn note(&self, who: &str, done: io::Result<Option<&'static str>>) {
        match done {
            Ok(Some(what)) => self.board.note(format!("{who} {what}")),
            // As the page was a moment behind.
            Ok(None) => {}
            Err(error) => self.board.note(format!("{who} does not start: {error}")),
        }
    }

    fn hear(&mut self, news: News) {
        let number = news.node;
        let Some(node) = number.checked_sub(1).and_then(|it| self.nodes.get_mut(it)) else {
            return;
        };
        if node.hear(news) {
            let origin = node.origin();
            self.board.note(format!("node {number} serves at {origin}"));
        }
    }

    /// Whether somebody has ended.
    fn look(&mut self) {
        for (index, node) in self.nodes.iter_mut().enumerate() {
            if let Some(how) = node.ended() {
                self.board.note(format!("node {} ended: {how}", index + 1));
            }
        }
        if let Some(engine) = &mut self.engine
            && let Some(how) = engine.ended()
        {
            self.board.note(format!("{} ended: {how}", engine.name()));
        }
    }

    fn view(&self) -> View {
        let backplane = match &self.engine {
            Some(engine) => BackplaneView {
                name: engine.name().to_owned(),
                address: engine.url(),
                own: true,
                state: engine.state(),
            },
            None => BackplaneView {
                name: "backplane".to_owned(),
                address: "as given".to_owned(),
                own: false,
                state: "given",
            },
        };
        View {
            backplane,
            nodes: self.nodes.iter().map(Node::view).collect(),
        }
    }

    /// Of the program `chat`, which a node is.
    fn arguments(&self, address: SocketAddr, backplane: &str) -> Vec<String> {
        let (host, port) = (address.ip().to_string(), address.port().to_string());
        let admin = SocketAddr::new(address.ip(), 0).to_string();
        let balancer = origin(self.balancer);
        // It may be started while there is no backplane.
        let mut arguments = vec!["--backplane-later".to_owned()];
        let mut say = |name: &str, value: String| {
            arguments.push(name.to_owned());
            arguments.push(value);
        };
        say("--host", host);
        say("--port", port);
        say("--workers", "1".to_owned());
        say("--admin", admin);
        say("--backplane", backplane.to_owned());
        say("--balancer", balancer);
        for other in self.addresses.iter().filter(|other| **other != address) {
            say("--node", origin(*other));
        }
        arguments
    }
}

/// Does something to a node, and says what; nothing, if there is nothing to do.
fn act_on_node(
    node: &mut Node,
    act: Act,
    tell: &UnboundedSender<News>,
) -> io::Result<Option<&'static str>> {
    Ok(match act {
        Act::Start if !node.is_there() => {
            node.start(tell)?;
            Some("starts")
        }
        Act::Stop => node.signal(Signal::TERM).then_some("is asked to stop"),
        Act::Kill => node.signal(Signal::KILL).then_some("is killed (kill -9)"),
        Act::Start | Act::Pause | Act::Resume => None,
    })
}

fn act_on_engine(engine: &mut Engine, act: Act) -> io::Result<Option<&'static str>> {
    Ok(match act {
        Act::Start if engine.state() == "stopped" => {
            engine.begin()?;
            Some("starts")
        }
        Act::Pause => engine.pause(true).then_some("is paused: it answers nobody"),
        Act::Resume => engine.pause(false).then_some("goes on"),
        Act::Kill => engine.kill().then_some("is killed (kill -9)"),
        Act::Start | Act::Stop => None,
    })
}

/// Whether a backplane that was given is there.
async fn reach(url: &str) -> Result<(), StartError> {
    let engine = backplane::Engine::at(url)?;
    let reached = Publisher::<str>::connect(engine, "chat").await;
    reached
        .map(drop)
        .map_err(|error| StartError::told(error.to_string()))
}

/// How long nodes may take to serve.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long they may take to end: pages have 10 s to go, and what is still to be
/// published as much.
const FAREWELL: Duration = Duration::from_secs(22);
/// How often is looked who has ended.
const TICK: Duration = Duration::from_millis(100);
