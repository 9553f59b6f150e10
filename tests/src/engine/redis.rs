//! `redis-server`, alone or as a cluster.

use super::{Engine, Start, free_port, tool};
use crate::{tls::Authority, wait::within};

use tokio::time::{Duration, sleep};

/// One that has forgotten all when it is restarted.
#[must_use]
pub fn forgetful() -> Start {
    start("redis", &["--port", "{port}", "--appendonly", "no"])
}

/// One that has written all to its disk before it answers.
#[must_use]
pub fn persistent() -> Start {
    start(
        "redis",
        &[["--port", "{port}"].as_slice(), &ON_DISK].concat(),
    )
}

/// One that speaks TLS, with the one certificate of this authority.
#[must_use]
pub fn over_tls(authority: &Authority) -> Start {
    let [root, identity] = [authority.file(), authority.identity_file()];
    let [root, identity] = [root, identity].map(|file| file.display().to_string());
    let port = ["--port", "0", "--tls-port", "{port}"];
    let own = ["--tls-cert-file", &identity, "--tls-key-file", &identity];
    let theirs = ["--tls-ca-cert-file", &root, "--tls-auth-clients", "no"];
    start("rediss", &[port, own, theirs].concat())
}

/// Servers that share the slots of one cluster.
#[derive(Debug)]
#[non_exhaustive]
pub struct Cluster {
    /// The servers, each with a run of slots, in order.
    pub servers: Vec<Engine>,
}

impl Cluster {
    /// Starts so many servers, and waits until they know each other.
    pub async fn start(count: usize) -> Self {
        let mut servers = Vec::new();
        let mut buses = Vec::new();
        for number in 0..count {
            let bus = free_port().to_string();
            let is_one = ["--port", "{port}", "--cluster-enabled", "yes"];
            let of_many = ["--cluster-port", &bus];
            let arguments = [is_one.as_slice(), &of_many, &ON_DISK].concat();
            let start = start("redis+cluster", &arguments);
            let server = Engine::start(start).await;
            let (first, last) = (number * SLOTS / count, (number + 1) * SLOTS / count - 1);
            let range = [first.to_string(), last.to_string()];
            let epoch = (number + 1).to_string();
            command(&server, &["CLUSTER", "SET-CONFIG-EPOCH", &epoch]).await;
            command(&server, &["CLUSTER", "ADDSLOTSRANGE", &range[0], &range[1]]).await;
            servers.push(server);
            buses.push(bus);
        }
        for (other, bus) in servers.iter().zip(&buses).skip(1) {
            let port = other.port().to_string();
            command(&servers[0], &["CLUSTER", "MEET", "127.0.0.1", &port, bus]).await;
        }
        let cluster = Self { servers };
        cluster.ready().await;
        cluster
    }

    /// Waits until all servers know all others, and serve.
    pub async fn ready(&self) {
        let known = format!("cluster_known_nodes:{}\r", self.servers.len());
        let ready = async {
            for server in &self.servers {
                loop {
                    let info = command(server, &["CLUSTER", "INFO"]).await;
                    if info.contains("cluster_state:ok") && info.contains(&known) {
                        break;
                    }
                    sleep(Duration::from_millis(20)).await;
                }
            }
        };
        within("the cluster to be ready", ready).await;
    }

    /// The number of the server that has this key.
    pub async fn server_of(&self, key: &str) -> usize {
        let slot = command(&self.servers[0], &["CLUSTER", "KEYSLOT", key]).await;
        let slot: usize = slot.trim().parse().expect("it is a number");
        // The last whose first slot is not behind it.
        let first = |number: &usize| number * SLOTS / self.servers.len();
        let numbers = (0..self.servers.len()).rev();
        let mut begun = numbers.skip_while(|number| first(number) > slot);
        begun.next().expect("the first begins with 0")
    }

    /// Where all of them are, as clients write it.
    #[must_use]
    pub fn url(&self) -> String {
        let servers = self.servers.iter();
        let servers = servers.map(|server| format!("127.0.0.1:{}", server.port()));
        format!("redis+cluster://{}", servers.collect::<Vec<_>>().join(","))
    }
}

/// Has a server without TLS do something, and gives its answer.
pub async fn command(server: &Engine, command: &[&str]) -> String {
    let port = server.port().to_string();
    let arguments = [&["-e", "-p", &port], command].concat();
    tool("redis-cli", &arguments).await
}

fn start(scheme: &'static str, arguments: &[&str]) -> Start {
    let own = ["--bind", "127.0.0.1", "--dir", "{folder}", "--save", ""];
    let arguments = [own.as_slice(), arguments].concat();
    Start {
        program: "redis-server",
        scheme,
        ready: "Ready to accept connections",
        arguments: arguments.into_iter().map(str::to_owned).collect(),
    }
}

const SLOTS: usize = 16_384;

const ON_DISK: [&str; 4] = ["--appendonly", "yes", "--appendfsync", "always"];
