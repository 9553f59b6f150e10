//! What hangs there for all who look on, and takes their orders.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use actix::{Actor, Handler};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::UnboundedSender;
use ws_server::{Json, Membership, Rooms, WsContext};

/// The newest view, and those who hear of every new one.
pub(crate) struct Board {
    shown: Mutex<Shown>,
    watchers: Rooms<()>,
    orders: UnboundedSender<Order>,
    /// Whose turn it is to be given a page.
    turn: AtomicUsize,
}

#[derive(Default)]
struct Shown {
    view: View,
    text: String,
    events: VecDeque<Event>,
}

/// All that the page shows.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct View {
    pub(crate) backplane: BackplaneView,
    pub(crate) nodes: Vec<NodeView>,
}

#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct BackplaneView {
    /// Such as `redis-server`.
    pub(crate) name: String,
    /// Without secrets.
    pub(crate) address: String,
    /// It is this program's own: it can be killed.
    pub(crate) own: bool,
    pub(crate) state: &'static str,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct NodeView {
    pub(crate) number: usize,
    pub(crate) origin: String,
    pub(crate) state: &'static str,
    pub(crate) process: Option<i32>,
    /// Its page for operators.
    pub(crate) admin: Option<String>,
    pub(crate) figures: Option<Figures>,
}

/// What a node tells its operators, as far as it is shown here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Figures {
    sample: Sample,
    rooms: Vec<Room>,
    backplane: Option<Joining>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Sample {
    connections: f64,
    received: f64,
    sent: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Room {
    name: String,
    members: usize,
    here: usize,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Joining {
    connected: bool,
    nodes: f64,
    queued: f64,
    lost: u64,
}

/// Something that happened.
#[derive(Debug, Clone, Serialize)]
struct Event {
    /// Milliseconds since 1970.
    at: u128,
    text: String,
}

/// What somebody who looks on wants done.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(crate) enum Order {
    Node {
        /// From 1.
        node: usize,
        act: Act,
    },
    Backplane {
        act: Act,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Act {
    Start,
    Stop,
    Kill,
    Pause,
    Resume,
}

/// What the page is told.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum ToPage<'a> {
    View {
        #[serde(flatten)]
        view: &'a View,
        events: &'a VecDeque<Event>,
    },
}

impl Board {
    pub(crate) fn new(orders: UnboundedSender<Order>) -> Self {
        Self {
            shown: Mutex::default(),
            watchers: Rooms::builder().name("watchers").build(),
            orders,
            turn: AtomicUsize::new(0),
        }
    }

    /// Something happened: it is printed, and shown from the next view on.
    pub(crate) fn note(&self, text: String) {
        println!("{text}");
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let at = now.unwrap_or_default().as_millis();
        let mut shown = self.lock();
        shown.events.push_back(Event { at, text });
        if shown.events.len() > EVENTS {
            shown.events.pop_front();
        }
    }

    /// This is how it looks now; who looks on is told if that is new.
    pub(crate) fn put(&self, view: View) {
        let mut shown = self.lock();
        let events = &shown.events;
        let told = ToPage::View {
            view: &view,
            events,
        };
        let Ok(text) = serde_json::to_string(&told) else {
            return;
        };
        shown.view = view;
        if shown.text != text {
            shown.text.clone_from(&text);
            // A thread that is blocked hears of the next.
            self.watchers.broadcast(&(), text).ok();
        }
    }

    /// The origin of a node that serves, each in its turn; another than this
    /// one if there is one.
    pub(crate) fn node(&self, not: Option<&str>) -> Option<String> {
        let shown = self.lock();
        let serves = |node: &&NodeView| node.state == "running";
        let serving: Vec<_> = shown.view.nodes.iter().filter(serves).collect();
        let others: Vec<_> = serving
            .iter()
            .filter(|node| Some(node.origin.as_str()) != not)
            .copied()
            .collect();
        let choice = if others.is_empty() { serving } else { others };
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let node = choice.get(turn % choice.len().max(1))?;
        Some(node.origin.clone())
    }

    /// Whether a page of this origin is one of the nodes'.
    pub(crate) fn is_node(&self, origin: &str) -> bool {
        let shown = self.lock();
        shown.view.nodes.iter().any(|node| node.origin == origin)
    }

    fn lock(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody who looks on.
pub(crate) struct Watcher {
    board: Arc<Board>,
    place: Option<Membership<()>>,
}

impl Watcher {
    pub(crate) const fn new(board: Arc<Board>) -> Self {
        Self { board, place: None }
    }
}

impl Actor for Watcher {
    type Context = WsContext<Self>;

    fn started(&mut self, ctx: &mut WsContext<Self>) {
        // First of all, so that nothing is missing: it may come twice.
        self.place = self.board.watchers.join((), (), ctx).ok();
        // It fails only if the page has left already.
        ctx.text(self.board.lock().text.clone()).ok();
    }
}

impl Handler<Json<Order>> for Watcher {
    type Result = ();

    fn handle(&mut self, Json(order): Json<Order>, _: &mut WsContext<Self>) {
        // It fails only when all is ending.
        self.board.orders.send(order).ok();
    }
}

/// How much is remembered of what happened.
const EVENTS: usize = 40;
