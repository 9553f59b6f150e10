use std::{collections::HashMap, error::Error, sync::Arc};

use redis::{RedisResult, Value, cluster_routing::Slot, cmd};

use super::{
    ENGINE,
    address::{Address, Server},
    live::Live,
    names::Names,
    node::{Node, Terms},
    value::text,
};
use crate::backplane::{BackplaneError, Topic};

/// The servers, and which of them has which topics.
///
/// The library's own connection to a cluster would connect anew and try again
/// by itself: then messages change places, and nobody learns what was missed.
#[derive(Debug)]
pub(super) struct Shards {
    nodes: Vec<Node>,
    /// None, if it is no cluster.
    slots: Option<HashMap<Slot, usize>>,
    names: Names,
}

impl Shards {
    /// Connects to the server, or to all of a cluster that have slots.
    pub(super) async fn connect(
        address: &Address,
        terms: &Terms<'_>,
        live: &Arc<Live>,
        names: Names,
    ) -> Result<Self, BackplaneError> {
        let mut first = Err(unreachable(String::new(), "no server is named"));
        for server in &address.servers {
            let node = Node::connect(server, terms, live).await;
            let node = node.map_err(|error| cannot_connect(server, error));
            first = node.map(|node| (server, node));
            if first.is_ok() {
                break;
            }
        }
        let (server, first) = first?;
        if !address.cluster {
            return Ok(Self {
                nodes: vec![first],
                slots: None,
                names,
            });
        }

        let mut ask = cmd("CLUSTER");
        ask.arg("SHARDS");
        let answer = first.command(&ask).await?;
        let shards = shards(answer, server, address.tls)?;
        let (mut nodes, mut slots) = (Vec::new(), HashMap::new());
        for shard in shards {
            for slot in shard.slots.into_iter().filter_map(Slot::new) {
                slots.insert(slot, nodes.len());
            }
            let node = Node::connect(&shard.primary, terms, live).await;
            nodes.push(node.map_err(|error| cannot_connect(&shard.primary, error))?);
        }
        if slots.len() < SLOTS {
            let missing = format!("no server has {} of its slots", SLOTS - slots.len());
            return Err(unreachable(server.to_string(), missing));
        }
        Ok(Self {
            nodes,
            slots: Some(slots),
            names,
        })
    }

    /// All servers.
    pub(super) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The number of the server that has this topic.
    pub(super) fn of(&self, topic: &Topic) -> usize {
        let slot = self.slots.as_ref().and_then(|slots| {
            let slot = Slot::for_key(self.names.of(topic));
            slots.get(&slot)
        });
        slot.copied().unwrap_or(0)
    }
}

/// A part of a cluster.
struct Shard {
    slots: Vec<u16>,
    primary: Server,
}

/// Reads what `asked` says of its cluster.
fn shards(
    answer: RedisResult<Value>,
    asked: &Server,
    tls: bool,
) -> Result<Vec<Shard>, BackplaneError> {
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) if error.to_string().contains("nknown subcommand") => {
            return Err(BackplaneError::Unsupported {
                engine: ENGINE,
                what: "keep a channel on one server of a cluster",
                remedy: "Redis Cluster has to be of version 7 or later",
            });
        }
        Err(error) => return Err(unreachable(asked.to_string(), error)),
    };
    let Value::Array(parts) = answer else {
        return Err(unreachable(asked.to_string(), ODD));
    };
    let mut shards = Vec::new();
    for part in parts {
        let shard = shard(&part, asked, tls);
        let shard = shard.ok_or_else(|| unreachable(asked.to_string(), ODD))?;
        if !shard.slots.is_empty() {
            shards.push(shard);
        }
    }
    Ok(shards)
}

fn shard(part: &Value, asked: &Server, tls: bool) -> Option<Shard> {
    let Some(Value::Array(ranges)) = field(part, "slots") else {
        return None;
    };
    let mut slots = Vec::new();
    for range in ranges.chunks_exact(2) {
        let [Value::Int(first), Value::Int(last)] = range else {
            return None;
        };
        slots.extend(u16::try_from(*first).ok()?..=u16::try_from(*last).ok()?.min(SLOTS as u16));
    }
    let Some(Value::Array(nodes)) = field(part, "nodes") else {
        return None;
    };
    let is = |node: &Value, name, expected| field(node, name).and_then(text) == Some(expected);
    let mut primaries = nodes.iter().filter(|node| is(node, "role", "master"));
    // One that was given up may be there still.
    let healthy = primaries.clone().find(|node| is(node, "health", "online"));
    let primary = healthy.or_else(|| primaries.next());
    // A part without slots may be without a primary.
    let Some(primary) = primary else {
        return slots.is_empty().then(|| Shard {
            slots,
            primary: asked.clone(),
        });
    };
    let port = field(primary, if tls { "tls-port" } else { "port" })?;
    let Value::Int(port) = port else {
        return None;
    };
    let port = u16::try_from(*port).ok()?;
    let endpoint = field(primary, "endpoint").and_then(text).filter(|host| {
        // Then it is found where the one is that was asked.
        !host.is_empty() && *host != "?"
    });
    let host = match (endpoint, asked) {
        (Some(host), _) => host.to_owned(),
        (None, Server::Tcp(host, _)) => host.clone(),
        (None, Server::Unix(_)) => return None,
    };
    Some(Shard {
        slots,
        primary: Server::Tcp(host, port),
    })
}

fn field<'a>(map: &'a Value, name: &str) -> Option<&'a Value> {
    let Value::Map(fields) = map else {
        return None;
    };
    let mut fields = fields.iter();
    let (_, value) = fields.find(|(key, _)| text(key) == Some(name))?;
    Some(value)
}

/// What it means that a server cannot be connected to.
fn cannot_connect(server: &Server, error: redis::RedisError) -> BackplaneError {
    if error.kind() == redis::ErrorKind::RESP3NotSupported {
        return BackplaneError::Unsupported {
            engine: ENGINE,
            what: "send commands' answers and messages over one connection (RESP3)",
            remedy: "it has to be of version 6 or later",
        };
    }
    unreachable(server.to_string(), error)
}

fn unreachable(address: String, source: impl Into<Box<dyn Error + Send + Sync>>) -> BackplaneError {
    BackplaneError::Unreachable {
        engine: ENGINE,
        address,
        source: source.into(),
    }
}

/// How many slots a cluster has.
const SLOTS: usize = 16_384;

const ODD: &str = "it describes its cluster in an unknown way";
