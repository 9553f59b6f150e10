use std::{
    fmt,
    hash::{BuildHasher, RandomState},
    sync::Arc,
    thread,
    time::Duration,
};

use tokio::sync::{oneshot, watch};

use crate::backplane::{Backplane, BackplaneError};

mod bridge;
mod desk;
mod envelope;
mod line;
mod listener;
mod meters;
mod publisher;
mod receipt;

use self::{
    bridge::Bridge,
    desk::{Desk, Order},
    meters::Meters,
};
pub(crate) use self::{
    desk::NotTaken,
    line::{Draft, Line},
    listener::{Listener, Recorded},
};
pub use self::{
    publisher::Publisher,
    receipt::{PublishError, Receipt},
};

/// This process as one of the nodes that serve the same rooms.
///
/// A clone is the same node; several sets of rooms may share one, and with it
/// the connection to the engine. Rooms are given one by
/// [`RoomsBuilder::backplane`](crate::RoomsBuilder::backplane), which takes the
/// engine as well:
///
/// ```
/// use ws_server::{Rooms, backplane::Memory};
///
/// let engine = Memory::new();
/// let here: Rooms<String> = Rooms::builder().backplane(engine.clone()).build();
/// let there: Rooms<String> = Rooms::builder().backplane(engine).build();
/// ```
///
/// It works on a thread of its own, which ends when the last clone and the last
/// room are gone. If the engine cannot be reached, the members of this node are
/// served alone, and the engine is tried again, after 100 ms at first and every
/// 5 s in the end.
#[derive(Clone)]
pub struct Cluster(Arc<Handle>);

struct Handle {
    desk: Arc<Desk>,
    status: watch::Receiver<Status>,
}

/// Says how a node takes part.
#[derive(Debug)]
pub struct ClusterBuilder {
    backplane: Arc<dyn Backplane>,
    terms: Terms,
}

/// The rooms that have members on any node.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Census {
    /// The key of each, as it is displayed, and the number of its members; in
    /// no order.
    pub rooms: Vec<(String, usize)>,
    /// All nodes that gave signs of life have told theirs.
    pub complete: bool,
}

#[derive(Debug, Clone)]
struct Terms {
    queue: usize,
    inbox: usize,
    patience: Duration,
    silence: Duration,
}

#[derive(Debug, Clone)]
enum Status {
    Connecting,
    Connected,
    Failed(Arc<BackplaneError>),
    Left,
}

impl Cluster {
    /// A node with the default limits.
    #[must_use]
    pub fn new(backplane: impl Backplane) -> Self {
        Self::builder(backplane).start()
    }

    /// Begins to say how a node takes part.
    #[must_use]
    pub fn builder(backplane: impl Backplane) -> ClusterBuilder {
        ClusterBuilder {
            backplane: Arc::new(backplane),
            terms: Terms {
                queue: 16 << 20,
                inbox: 64 << 20,
                patience: Duration::from_secs(10),
                silence: Duration::from_secs(6),
            },
        }
    }

    /// Waits until the engine is connected.
    ///
    /// For who would rather not start than serve without the other nodes:
    /// await this before the server is run.
    ///
    /// # Errors
    ///
    /// If the first attempt fails, or the latest did. It is tried again
    /// nevertheless.
    pub async fn connected(&self) -> Result<(), Arc<BackplaneError>> {
        let mut status = self.0.status.clone();
        let settled = |status: &Status| !matches!(status, Status::Connecting);
        match status.wait_for(settled).await.as_deref() {
            Ok(Status::Failed(error)) => Err(Arc::clone(error)),
            // Without a thread there is nothing to wait for.
            Ok(Status::Connecting | Status::Connected | Status::Left) | Err(_) => Ok(()),
        }
    }

    /// Whether the engine is connected now.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        matches!(*self.0.status.borrow(), Status::Connected)
    }

    /// Publishes what waits, for as long as its
    /// [patience](ClusterBuilder::patience) lasts, and leaves: the others
    /// learn at once that the members of this node are gone.
    ///
    /// Await it when the server has stopped. Broadcasts are refused from now
    /// on.
    pub async fn leave(&self) {
        let (done, left) = oneshot::channel();
        self.desk().order(Order::Leave(Some(done)));
        // It is dropped if the node has left already.
        left.await.ok();
    }

    /// Counts the rooms of this name, as it is in topics, on all nodes.
    pub(crate) async fn census(&self, rooms: &str) -> Option<Census> {
        let (answer, census) = oneshot::channel();
        let rooms = rooms.to_owned();
        self.desk().order(Order::Census { rooms, answer });
        census.await.ok()
    }

    fn desk(&self) -> &Desk {
        &self.0.desk
    }
}

impl<B: Backplane> From<B> for Cluster {
    fn from(backplane: B) -> Self {
        Self::new(backplane)
    }
}

impl ClusterBuilder {
    /// How many bytes may wait to be published. Default: 16 MiB, some seconds
    /// of a busy node.
    ///
    /// When they do, broadcasts say so: see
    /// [`BroadcastError::Behind`](crate::BroadcastError::Behind).
    #[must_use]
    pub const fn max_queued_bytes(mut self, bytes: usize) -> Self {
        self.terms.queue = bytes;
        self
    }

    /// How many bytes that have arrived may wait. Default: 64 MiB.
    ///
    /// More of them cut the connection to the engine; what rooms keep a record
    /// of is fetched from there then, and the rest is lost, as it would be by
    /// a network that is too slow.
    #[must_use]
    pub const fn max_arrived_bytes(mut self, bytes: usize) -> Self {
        self.terms.inbox = bytes;
        self
    }

    /// How long a message waits for the engine. Default: 10 s, more than a
    /// restart of the engine takes.
    ///
    /// Then it is given up, [counted](crate::metrics::BACKPLANE_GIVEN_UP), and
    /// its [receipt](crate::Receipt) says so.
    #[must_use]
    pub const fn patience(mut self, patience: Duration) -> Self {
        self.terms.patience = patience;
        self
    }

    /// After how long a silence another node counts as dead, and its members
    /// as gone. Default: 6 s, three of the signs of life that are sent every
    /// third part of it.
    ///
    /// All nodes have to say the same.
    #[must_use]
    pub const fn node_timeout(mut self, silence: Duration) -> Self {
        self.terms.silence = silence;
        self
    }

    /// Starts the node.
    ///
    /// # Panics
    ///
    /// If the system gives no thread.
    #[must_use]
    pub fn start(self) -> Cluster {
        let origin = RandomState::new().hash_one(0);
        let meters = Meters::new(self.backplane.name());
        let desk = Arc::new(Desk::new(origin, self.terms.queue, meters));
        let (status, watched) = watch::channel(Status::Connecting);
        let bridge = Bridge::new(self.backplane, self.terms, Arc::clone(&desk), status);
        let started = thread::Builder::new()
            .name("ws-backplane".to_owned())
            .spawn(move || bridge.run());
        started.expect("the system has a thread for the backplane");
        Cluster(Arc::new(Handle {
            desk,
            status: watched,
        }))
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.desk.order(Order::Leave(None));
    }
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster")
            .field("node", &format_args!("{:x}", self.desk().origin))
            .field("connected", &self.is_connected())
            .finish()
    }
}
