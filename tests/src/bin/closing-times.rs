//! How soon TCP connections end once both Close frames are through.
//!
//! Judges nothing: it prints a table. `WS_TESTS_SERVER=stock` measures
//! actix-web's own server.

use std::{
    fs,
    time::{Duration, Instant},
};

use actix_rt::Arbiter;
use clap::Parser;
use tokio::net::TcpListener;
use ws_actors::{
    Closed, Handlers, Text,
    client::{Client, Connector, Tls},
};
use ws_tests::{
    probe::{Probe, Reports},
    raw::End,
    server::{Server, is_stock},
    tls::Authority,
    wire::{TEXT, Wire},
};

/// Measures the time from the last of both Close frames to the end of the TCP
/// connection, as the peer of an actor sees it.
#[derive(Parser)]
struct Args {
    /// How often each way is taken
    #[arg(long, default_value_t = 1000)]
    closes: usize,
}

#[actix_web::main]
async fn main() {
    let args = Args::parse();
    println!("| actor's side | over | closed first by | p50 ms | p99 ms | most ms |");
    println!("| --- | --- | --- | --- | --- | --- |");
    for tls in [false, true] {
        let authority = tls.then(|| Authority::new("closing-times"));
        let served = Served::start(authority.as_ref());
        let dialled = Dialled::start(authority.as_ref()).await;
        for first in [First::Peer, First::Actor] {
            let mut times = [Vec::new(), Vec::new()];
            for _ in 0..args.closes {
                times[0].push(served.close(authority.as_ref(), first).await);
                times[1].push(dialled.close(authority.as_ref(), first).await);
            }
            let server = if is_stock() { "HttpServer" } else { "WsServer" };
            for (side, mut times) in [server, "client"].into_iter().zip(times) {
                times.sort();
                let at = |part: usize| {
                    let time: Duration = times[(times.len() - 1) * part / 100];
                    time.as_secs_f64() * 1000.0
                };
                println!(
                    "| {side} | {} | {first:?} | {:.2} | {:.2} | {:.2} |",
                    if tls { "TLS" } else { "TCP" },
                    at(50),
                    at(99),
                    at(100),
                );
            }
        }
        dialled.arbiter.stop();
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum First {
    Peer,
    Actor,
}

struct Served {
    server: Server,
    _reports: Reports,
}

impl Served {
    fn start(tls: Option<&Authority>) -> Self {
        let (server, reports) = Probe::serve_over(tls, Probe::endpoint());
        Self {
            server,
            _reports: reports,
        }
    }

    async fn close(&self, tls: Option<&Authority>, first: First) -> Duration {
        let mut wire = Wire::open(self.server.address(), "/probe", tls).await;
        let begun = match first {
            First::Peer => {
                let begun = Instant::now();
                wire.close(1000).await;
                wire.closed().await;
                begun
            }
            First::Actor => {
                wire.send(TEXT, "close").await;
                wire.closed().await;
                let begun = Instant::now();
                wire.close(4001).await;
                begun
            }
        };
        assert_eq!(wire.ended().await, End::Eof);
        begun.elapsed()
    }
}

/// Clients on a thread of their own.
struct Dialled {
    listener: TcpListener,
    arbiter: Arbiter,
    connector: Connector,
}

impl Dialled {
    async fn start(tls: Option<&Authority>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await;
        let listener = listener.expect("there are ports left");
        let address = listener.local_addr().expect("it is bound");
        let scheme = if tls.is_some() { "wss" } else { "ws" };
        let connector = Connector::new(&format!("{scheme}://{address}/"));
        let mut connector = connector.expect("it is a URL");
        if let Some(authority) = tls {
            let pem = fs::read(authority.file()).expect("the file is there");
            connector = connector.tls(Tls::with_pem(pem).expect("it is a certificate"));
        }
        Self {
            listener,
            arbiter: Arbiter::new(),
            connector,
        }
    }

    async fn close(&self, tls: Option<&Authority>, first: First) -> Duration {
        let handlers = Handlers::new().on::<Text>().on::<Closed>();
        let client = Client::new(self.connector.clone(), handlers);
        self.arbiter.spawn_fn(move || {
            client.start(Probe::silent());
        });
        let mut wire = Wire::meet(&self.listener, tls).await.answer().await;
        let begun = match first {
            First::Peer => {
                let begun = Instant::now();
                wire.close(1000).await;
                wire.closed().await;
                begun
            }
            First::Actor => {
                wire.send(TEXT, "close").await;
                wire.closed().await;
                let begun = Instant::now();
                wire.close(4001).await;
                begun
            }
        };
        // §7.1.1: the server is the first to end the connection.
        wire.end_sending().await;
        assert_eq!(wire.ended().await, End::Eof);
        begun.elapsed()
    }
}
