//! The command line.

use std::net::{IpAddr, SocketAddr};

use crate::{ServerKind, page::origin};
use clap::Parser;

/// Serves a chat page: open it in two browsers and talk.
///
/// Rooms keep their last 200 lines: pages that come back, and those that are
/// new, are shown them. With --backplane several of these programs are nodes
/// that serve the same rooms.
///
/// The program stops on SIGTERM and on Ctrl-C; pages reconnect by themselves
/// when it is started again.
#[derive(Debug, Clone, Parser)]
#[command(name = "chat", version, after_help = AFTERWORD)]
pub struct Args {
    /// TCP port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 8080, value_name = "N")]
    pub(crate) port: u16,
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1", value_name = "ADDRESS")]
    pub(crate) host: IpAddr,
    /// Number of threads that serve connections [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) workers: Option<u16>,
    /// Which server carries the connections
    #[arg(long, default_value = "own", value_name = "WHICH")]
    pub(crate) server: ServerKind,
    /// Serve a live page for operators, /admin, and metrics for Prometheus,
    /// /metrics, on an address of their own; without one it is 127.0.0.1:8081
    #[arg(long, num_args = 0..=1, default_missing_value = "127.0.0.1:8081", value_name = "ADDRESS:PORT")]
    pub(crate) admin: Option<SocketAddr>,
    /// Let --admin listen on an address that other machines reach, though the
    /// page asks nobody who they are
    #[arg(long, requires = "admin")]
    pub(crate) admin_for_anyone: bool,
    /// Serve the same rooms as all other nodes at this engine: redis://HOST:PORT
    /// (rediss:// for TLS, redis+cluster:// for a cluster) or nats://HOST:PORT
    /// (tls:// for TLS). NATS needs JetStream: nats-server -js
    #[arg(long, value_name = "URL")]
    pub(crate) backplane: Option<String>,
    /// Start though the backplane is not there yet, and join when it is: what
    /// is said waits for it until then
    #[arg(long, requires = "backplane")]
    pub(crate) backplane_later: bool,
    /// Where pages ask for another node when this one is gone: GET ORIGIN/node
    /// answers with {"node":"http://HOST:PORT"}. It may show the page in a frame
    #[arg(long, value_name = "ORIGIN", value_parser = origin)]
    pub(crate) balancer: Option<String>,
    /// Another node, whose pages may go on here and where those of this one may
    /// go on; give it once for each
    #[arg(long = "node", value_name = "ORIGIN", value_parser = origin, requires = "balancer")]
    pub(crate) nodes: Vec<String>,
}

const AFTERWORD: &str = "\
Examples:
  chat
  chat --host 0.0.0.0 --port 80 --workers 4
  chat --admin
  chat --server stock --admin 127.0.0.1:9000
  chat --admin 10.0.0.5:9000 --admin-for-anyone
  chat --port 8080 --backplane redis://127.0.0.1:6379
  chat --port 8090 --backplane redis://127.0.0.1:6379
  chat --backplane nats://10.0.0.7:4222 --backplane-later
  chat --port 8090 --backplane redis://127.0.0.1:6379 \\
    --balancer http://127.0.0.1:8000 --node http://127.0.0.1:8080";
