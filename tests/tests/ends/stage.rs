//! Where connections are made: a server or a client, with an actor for each.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use ws_core::{Cause, Config, Outcome};
use ws_server::{Budget, Flow};
use ws_tests::{
    tls::Authority,
    wait::{until, within},
    wire::{TEXT, Wire},
};

use crate::{
    counted,
    dialling::Dialling,
    house::House,
    subject::{Brings, Opened, Report, Trap},
};

/// A way that a connection takes. Servers are ours or actix-web's own, as the
/// test run has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Path {
    pub(crate) side: Side,
    pub(crate) tls: bool,
}

/// The side that the actor is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Server,
    Client,
}

pub(crate) const PATHS: [Path; 4] = [
    Path::of(Side::Server, false),
    Path::of(Side::Server, true),
    Path::of(Side::Client, false),
    Path::of(Side::Client, true),
];

/// What connections are like.
#[derive(Debug, Clone)]
pub(crate) struct Terms {
    pub(crate) config: Config,
    pub(crate) flow: Flow,
    pub(crate) budget: Budget,
}

/// One server, or one that clients dial.
pub(crate) struct Stage {
    name: String,
    path: Path,
    authority: Option<Authority>,
    ways: Ways,
    budget: Budget,
    reports: UnboundedReceiver<Report>,
    held: Arc<()>,
    /// Where the next actor panics.
    pub(crate) trap: Trap,
}

enum Ways {
    Served(House),
    Dialled(Dialling),
}

impl Path {
    const fn of(side: Side, tls: bool) -> Self {
        Self { side, tls }
    }
}

impl Default for Terms {
    /// Without deadlines: what ends a connection is never the passing of time.
    fn default() -> Self {
        let long = Duration::from_secs(3600);
        Self {
            config: Config::new()
                .ping_interval(None)
                .close_timeout(long)
                .write_timeout(long),
            flow: Flow::new(),
            budget: Budget::new(1 << 30),
        }
    }
}

impl Stage {
    pub(crate) async fn build(path: Path, terms: Terms) -> Self {
        let name = next_name();
        let authority = path.tls.then(|| Authority::new(&name));
        let (reporter, reports) = unbounded_channel();
        let (held, trap) = (Arc::new(()), Trap::default());
        let brings = Brings {
            reporter,
            rooms: None,
            held: Arc::downgrade(&held),
            trap: trap.clone(),
        };
        let budget = terms.budget.clone();
        let ways = match path.side {
            Side::Server => {
                let house = House::open(name.clone(), authority.as_ref(), terms, brings);
                Ways::Served(house)
            }
            Side::Client => {
                let dialling = Dialling::begin(name.clone(), authority.as_ref(), terms, brings);
                Ways::Dialled(dialling.await)
            }
        };
        Self {
            name,
            path,
            authority,
            ways,
            budget,
            reports,
            held,
            trap,
        }
    }

    pub(crate) const fn path(&self) -> Path {
        self.path
    }

    /// By which its counts are told from those of others.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The server, which has to be there.
    pub(crate) fn house(&self) -> &House {
        match &self.ways {
            Ways::Served(house) => house,
            Ways::Dialled(_) => panic!("this is a client"),
        }
    }

    pub(crate) fn authority(&self) -> Option<&Authority> {
        self.authority.as_ref()
    }

    /// Opens a connection, and shows that both sides of it live.
    pub(crate) async fn connect(&mut self) -> (Wire, Opened) {
        let mut wire = self.open().await;
        converse(&mut wire).await;
        (wire, self.started().await)
    }

    /// Waits for the next actor.
    pub(crate) async fn started(&mut self) -> Opened {
        let Report::Started(opened) = self.report().await else {
            panic!("the actor starts first");
        };
        opened
    }

    /// Opens a connection.
    pub(crate) async fn open(&self) -> Wire {
        let authority = self.authority.as_ref();
        match &self.ways {
            Ways::Served(house) => Wire::open(house.server.address(), "/", authority).await,
            Ways::Dialled(_) => self.meet().await.answer().await,
        }
    }

    /// Has a client begin to connect.
    pub(crate) async fn meet(&self) -> Wire {
        let Ways::Dialled(dialling) = &self.ways else {
            panic!("this is a server");
        };
        dialling.start();
        dialling.landing.meet(self.authority.as_ref()).await
    }

    /// Ends the threads of all actors.
    pub(crate) fn stop_at_once(&self) {
        match &self.ways {
            Ways::Served(house) => house.server.stop_at_once(),
            Ways::Dialled(dialling) => dialling.stop_at_once(),
        }
    }

    /// Waits until an actor hears of its end, and tells how long after its clock
    /// was let go that was.
    pub(crate) async fn closed(&mut self) -> (Outcome, Option<Duration>) {
        match self.report().await {
            Report::Closed(outcome, after) => (outcome, after),
            Report::Started(_) => panic!("an actor starts once"),
        }
    }

    async fn report(&mut self) -> Report {
        let report = within("a report of the actor", self.reports.recv()).await;
        report.expect("the stage holds a sender")
    }

    /// Waits until all actors are gone, with all that they held.
    pub(crate) async fn are_all_gone(&self) {
        until("the actor to be gone", || {
            Arc::strong_count(&self.held) == 1
        })
        .await;
    }

    /// Waits until nothing is left of the one connection that there was, which
    /// is counted by its cause, and checks that no more was heard of it.
    pub(crate) async fn is_left_empty(&mut self, cause: &Cause) {
        self.is_left_with(&[(counted::label(cause), 1)]).await;
    }

    /// Waits until nothing is left of all connections, of which there were so
    /// many of each cause, and checks that no more was heard of them.
    pub(crate) async fn is_left_with(&mut self, causes: &[(&str, i64)]) {
        self.are_all_gone().await;
        if let Ways::Served(house) = &self.ways {
            house.is_empty().await;
        }
        until("the budget to be free", || {
            self.budget.held_bytes() == 0 && self.budget.connections() == 0
        })
        .await;
        let causes: Vec<_> = causes
            .iter()
            .map(|(it, n)| ((*it).to_owned(), *n))
            .collect();
        let counted = format!("{causes:?} to be counted");
        until(counted, || counted::closed(&self.name) == causes).await;
        assert_eq!(counted::open(&self.name), 0);
        assert!(self.reports.try_recv().is_err(), "the end is told once");
    }
}

/// A text there and back.
pub(crate) async fn converse(wire: &mut Wire) {
    wire.send(TEXT, "are you there?").await;
    assert_eq!(wire.text().await, "are you there?");
}

/// By which the counts of a stage are told from those of others.
fn next_name() -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    counted::begin();
    format!("ends-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}
