//! The suite on Redis: alone, forgetful, over TLS, as a cluster.

use std::{
    collections::BTreeMap,
    fs,
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::sync::Mutex;
use ws_server::backplane::{Backplane, Redis};
use ws_tests::{
    engine::{self, Engine, redis as servers},
    tls::Authority,
    wait::within,
};

use crate::suite::{Mortal, Subject};

mod alien;
mod faults;
mod memory;
mod reach;

mod plain {
    crate::passes_all!(super::Persistent);
    crate::passes! { super::Persistent: record { record_keeps_so_many_bytes } }
    crate::passes_all_losses!(super::Persistent);
}

mod forgetful {
    crate::passes_all_losses!(super::Forgetful);
}

mod tls {
    crate::passes_all!(super::Tls);
}

mod cluster_of_one {
    crate::passes_all!(super::Cluster<1>);
}

mod cluster_of_three {
    crate::passes_all!(super::Cluster<3>);
    crate::passes_all_losses!(super::MortalCluster);
}

/// Has all on its disk.
struct Persistent(Engine);

/// Has nothing on its disk.
struct Forgetful(Engine);

/// Speaks TLS.
struct Tls {
    server: Engine,
    authority: Authority,
}

/// Of so many servers, shared by the tests that run at a time, since it takes
/// seconds to start; each has keys and channels of its own.
struct Cluster<const SERVERS: usize> {
    cluster: Arc<servers::Cluster>,
    prefix: String,
}

/// Of three servers, of which one has the room `lobby`, and dies.
struct MortalCluster {
    cluster: servers::Cluster,
    lobby: usize,
}

impl Subject for Persistent {
    async fn start() -> Option<Self> {
        if !engine::asked_for() {
            return None;
        }
        Some(Self(Engine::start(servers::persistent()).await))
    }

    fn backplane(&self) -> Box<dyn Backplane> {
        Box::new(redis(&self.0.url()))
    }

    fn nowhere() -> Option<Box<dyn Backplane>> {
        nowhere("redis")
    }
}

impl Mortal for Persistent {
    const PERSISTENT: bool = true;

    fn kill(&mut self) {
        self.0.kill();
    }

    async fn restart(&mut self) {
        self.0.restart().await;
    }

    fn pause(&self) {
        self.0.pause();
    }
}

impl Subject for Forgetful {
    async fn start() -> Option<Self> {
        if !engine::asked_for() {
            return None;
        }
        Some(Self(Engine::start(servers::forgetful()).await))
    }

    fn backplane(&self) -> Box<dyn Backplane> {
        Box::new(redis(&self.0.url()))
    }

    fn nowhere() -> Option<Box<dyn Backplane>> {
        nowhere("redis")
    }
}

impl Mortal for Forgetful {
    const PERSISTENT: bool = false;

    fn kill(&mut self) {
        self.0.kill();
    }

    async fn restart(&mut self) {
        self.0.restart().await;
    }

    fn pause(&self) {
        self.0.pause();
    }
}

impl Subject for Tls {
    async fn start() -> Option<Self> {
        if !engine::asked_for() {
            return None;
        }
        let name = format!("backplane-redis-{}", fastrand::u64(..));
        let authority = Authority::new(&name);
        let server = Engine::start(servers::over_tls(&authority)).await;
        Some(Self { server, authority })
    }

    fn backplane(&self) -> Box<dyn Backplane> {
        let root = fs::read(self.authority.file()).expect("it is there");
        Box::new(redis(&self.server.url()).root_certificate(root))
    }

    fn nowhere() -> Option<Box<dyn Backplane>> {
        nowhere("rediss")
    }
}

impl<const SERVERS: usize> Subject for Cluster<SERVERS> {
    async fn start() -> Option<Self> {
        static STARTED: Mutex<BTreeMap<usize, Weak<servers::Cluster>>> =
            Mutex::const_new(BTreeMap::new());
        if !engine::asked_for() {
            return None;
        }
        let mut started = STARTED.lock().await;
        let cluster = match started.get(&SERVERS).and_then(Weak::upgrade) {
            Some(cluster) => cluster,
            None => Arc::new(servers::Cluster::start(SERVERS).await),
        };
        started.insert(SERVERS, Arc::downgrade(&cluster));
        Some(Self {
            cluster,
            prefix: format!("ws:{}", fastrand::u64(..)),
        })
    }

    fn backplane(&self) -> Box<dyn Backplane> {
        Box::new(redis(&self.cluster.url()).prefix(&self.prefix))
    }

    fn nowhere() -> Option<Box<dyn Backplane>> {
        nowhere("redis+cluster")
    }
}

impl Subject for MortalCluster {
    async fn start() -> Option<Self> {
        if !engine::asked_for() {
            return None;
        }
        let cluster = servers::Cluster::start(3).await;
        let lobby = cluster.server_of("ws:{chat.lobby}").await;
        Some(Self { cluster, lobby })
    }

    fn backplane(&self) -> Box<dyn Backplane> {
        Box::new(redis(&self.cluster.url()))
    }

    fn nowhere() -> Option<Box<dyn Backplane>> {
        nowhere("redis+cluster")
    }
}

impl Mortal for MortalCluster {
    const PERSISTENT: bool = true;

    // One is enough: its loss is that of the link.
    fn kill(&mut self) {
        self.cluster.servers[self.lobby].kill();
    }

    async fn restart(&mut self) {
        self.cluster.servers[self.lobby].restart().await;
        self.cluster.ready().await;
    }

    fn pause(&self) {
        self.cluster.servers[self.lobby].pause();
    }
}

/// Finds out sooner than it would by default.
fn redis(url: &str) -> Redis {
    let redis = Redis::connect(url).expect("it is a URL");
    redis.response_timeout(Duration::from_secs(1))
}

fn nowhere(scheme: &str) -> Option<Box<dyn Backplane>> {
    Some(Box::new(redis(&format!(
        "{scheme}://127.0.0.1:{}",
        engine::free_port()
    ))))
}

/// Has a server without TLS do something that the backplane would not.
async fn ask(server: &Engine, command: &::redis::Cmd) -> ::redis::Value {
    let client = ::redis::Client::open(server.url()).expect("it is a URL");
    let connection = within("a connection", client.get_multiplexed_async_connection()).await;
    let mut connection = connection.expect("it listens");
    let answer = within("an answer", command.query_async(&mut connection)).await;
    answer.unwrap_or_else(|error| panic!("{error}"))
}
