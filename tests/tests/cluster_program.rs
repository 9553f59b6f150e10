//! The program `cluster`: nodes as processes, a backplane, and a page that
//! kills them. What needs a backplane runs if `WS_TESTS_ENGINES` is 1.

use std::{net::SocketAddr, path::Path, process::Command};

use serde_json::{Value, json};
use ws_tests::{
    binaries::example,
    client::Client,
    engine::{Engine, asked_for, redis},
    program::Program,
    raw::Raw,
    request::Request,
    wait::{until, within},
};

#[test]
fn cluster_explains_itself() {
    let help = Command::new(example("cluster")).arg("--help").output();
    let help = help.expect("the program starts");
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    for part in ["Usage:", "Examples:", "--backplane", "cluster say lobby"] {
        assert!(help.contains(part), "{help}");
    }
    assert!(!help.contains("guard"), "what is its own affair: {help}");
}

#[actix_web::test]
async fn cluster_listens_for_nobody_elses_machine() {
    let ended = Program::start("cluster", &["--host", "0.0.0.0"]);
    let ended = ended.ended().await;
    assert_eq!(ended.status.code(), Some(2), "{}", ended.errors);
}

#[actix_web::test]
async fn cluster_says_that_its_backplane_is_not_there() {
    let url = format!("redis://127.0.0.1:{}", ws_tests::engine::free_port());
    let arguments = ["--port", "0", "--backplane", &url];
    let ended = Program::start("cluster", &arguments).ended().await;
    assert_eq!(ended.status.code(), Some(1));
    assert!(ended.errors.contains("cannot reach"), "{}", ended.errors);
}

#[actix_web::test]
async fn who_talked_to_a_node_that_was_killed_misses_nothing_on_another() {
    if !asked_for() {
        return;
    }
    for engine in ["redis", "nats"] {
        let mut cluster = Cluster::start(&["--engine", engine]).await;
        let processes = cluster.processes();
        assert_eq!(processes.len(), 3);
        let mut ada = cluster.enter(0, "name=Ada").await;
        let mut ben = cluster.enter(1, "name=Ben").await;
        say(&mut ada, "one").await;
        let one = said(&mut ada).await;
        assert_eq!(said(&mut ben).await, one);

        cluster
            .order(json!({ "type": "node", "node": 1, "act": "kill" }))
            .await;
        let event = within("the end of a connection", ada.event()).await;
        assert!(format!("{event:?}").contains("Closed"), "{event:?}");
        cluster
            .until(|view| view["nodes"][0]["state"] == "stopped")
            .await;
        let lines = ["two", "three", "four"];
        for line in lines {
            say(&mut ben, line).await;
        }
        let node = cluster.another_node(0).await;
        assert_ne!(node, 0, "it is gone");
        let since = one["position"].as_str().expect("it has a position");
        let mut ada = cluster
            .enter(node, &format!("name=Ada&since={since}"))
            .await;
        for line in lines {
            assert_eq!(said(&mut ada).await["text"], line);
        }

        cluster
            .order(json!({ "type": "node", "node": 1, "act": "start" }))
            .await;
        cluster
            .until(|view| view["nodes"][0]["state"] == "running")
            .await;
        let backplane = cluster.view["backplane"]["address"]
            .as_str()
            .expect("it has one");
        let told = Command::new(example("cluster"))
            .args(["say", "lobby", "from outside", "--backplane", backplane])
            .output()
            .expect("the program starts");
        assert!(told.status.success(), "{told:?}");
        assert_eq!(said(&mut ada).await["text"], "from outside");

        let processes = cluster.processes();
        cluster.program.signal("TERM").await;
        let ended = cluster.program.ended().await;
        assert_eq!(ended.status.code(), Some(0), "{}", ended.errors);
        until("all processes to be gone", || {
            !processes.iter().any(|it| is_there(*it))
        })
        .await;
    }
}

#[actix_web::test]
async fn all_ends_when_the_program_is_killed() {
    if !asked_for() {
        return;
    }
    let mut cluster = Cluster::start(&[]).await;
    let processes = cluster.processes();
    let backplane = cluster.view["backplane"]["address"].as_str();
    let address = backplane.and_then(|it| it.split_once("://"));
    let address: SocketAddr = address
        .and_then(|it| it.1.parse().ok())
        .expect("it has one");
    cluster
        .order(json!({ "type": "backplane", "act": "pause" }))
        .await;
    cluster
        .until(|view| view["backplane"]["state"] == "paused")
        .await;
    cluster.program.signal("KILL").await;
    until("all processes to be gone", || {
        let nodes = processes.iter().any(|it| is_there(*it));
        !nodes && std::net::TcpStream::connect(address).is_err()
    })
    .await;
}

#[actix_web::test]
async fn backplane_that_is_given_is_left_alone() {
    if !asked_for() {
        return;
    }
    let engine = Engine::start(redis::persistent()).await;
    let mut cluster = Cluster::start(&["--backplane", &engine.url()]).await;
    assert_eq!(cluster.view["backplane"]["own"], false);
    cluster
        .order(json!({ "type": "backplane", "act": "kill" }))
        .await;
    let everybody_joined = |view: &Value| {
        let mut nodes = view["nodes"].as_array().expect("a list").iter();
        nodes.all(|node| node["figures"]["backplane"]["nodes"] == 3.0)
    };
    cluster.until(everybody_joined).await;
    cluster.program.signal("INT").await;
    assert_eq!(cluster.program.ended().await.status.code(), Some(0));
    assert!(std::net::TcpStream::connect(("127.0.0.1", engine.port())).is_ok());
}

/// The program, and how it says that things stand.
struct Cluster {
    program: Program,
    address: SocketAddr,
    feed: Client,
    view: Value,
}

impl Cluster {
    /// Starts it on free ports, and waits until all nodes serve.
    async fn start(arguments: &[&str]) -> Self {
        let mut program = Program::start("cluster", &[&["--port", "0"], arguments].concat());
        let address = loop {
            let line = program.line().await;
            if let Some(rest) = line.strip_prefix("open http://") {
                let end = rest.find(':').map(|colon| {
                    let port = rest[colon + 1..].find(|c: char| !c.is_ascii_digit());
                    colon + 1 + port.unwrap_or(rest.len() - colon - 1)
                });
                break rest[..end.expect("a port")].parse().expect("an address");
            }
        };
        let feed = Client::connect(address, "/feed").await;
        let mut cluster = Self {
            program,
            address,
            feed,
            view: Value::Null,
        };
        let joined = |view: &Value| {
            let mut nodes = view["nodes"].as_array().expect("a list").iter();
            nodes.all(|node| node["figures"]["backplane"]["connected"] == true)
        };
        cluster.until(joined).await;
        cluster
    }

    /// Waits for a view of which this is true.
    async fn until(&mut self, is_so: impl Fn(&Value) -> bool) {
        let found = within("another view", async {
            while self.view.is_null() || !is_so(&self.view) {
                let text = self.feed.text().await;
                self.view = serde_json::from_str(&text).expect("it is JSON");
            }
        });
        found.await;
    }

    async fn order(&mut self, order: Value) {
        self.feed.send(order.to_string()).await;
    }

    fn node(&self, index: usize) -> SocketAddr {
        let origin = self.view["nodes"][index]["origin"].as_str();
        let address = origin.and_then(|it| it.strip_prefix("http://")?.parse().ok());
        address.expect("it is an origin")
    }

    /// Of the nodes that run.
    fn processes(&self) -> Vec<i64> {
        let nodes = self.view["nodes"].as_array().expect("a list").iter();
        nodes.filter_map(|node| node["process"].as_i64()).collect()
    }

    /// Which node it names to a page of this one.
    async fn another_node(&self, index: usize) -> usize {
        let origin = format!("http://{}", self.node(index));
        let request = Request::get(&format!("/node?not={origin}")).with("Origin", &origin);
        let answer = Raw::connect(self.address).await.ask(&request).await;
        let allowed = answer.header("access-control-allow-origin");
        assert_eq!(allowed.as_deref(), Some(origin.as_str()));
        let answer: Value = serde_json::from_str(&answer.body).expect("it is JSON");
        let nodes = self.view["nodes"].as_array().expect("a list");
        let named = nodes.iter().position(|it| it["origin"] == answer["node"]);
        named.expect("it is one of them")
    }

    /// Lets somebody into the lobby, on this node.
    async fn enter(&self, index: usize, query: &str) -> Client {
        let path = format!("/ws?room=lobby&{query}");
        let mut person = Client::connect(self.node(index), &path).await;
        while next(&mut person).await["type"] != "recovery" {}
        person
    }
}

async fn say(person: &mut Client, text: &str) {
    let message = json!({ "type": "say", "text": text });
    person.send(message.to_string()).await;
}

/// The next line that is said.
async fn said(person: &mut Client) -> Value {
    let said = within("a line", async {
        loop {
            let message = next(person).await;
            if message["type"] == "said" {
                return message;
            }
        }
    });
    said.await
}

async fn next(person: &mut Client) -> Value {
    serde_json::from_str(&person.text().await).expect("it is JSON")
}

/// Whether there is a process of this number, dead ones that somebody has yet
/// to look at aside.
fn is_there(process: i64) -> bool {
    let stat = std::fs::read_to_string(Path::new("/proc").join(format!("{process}/stat")));
    stat.is_ok_and(|stat| !stat.contains(") Z "))
}
