//! How soon TCP connections end once both Close frames are through.
//!
//! Judges nothing: it prints a table. `WS_TESTS_SERVER=stock` measures
//! actix-web's own server.

use std::time::{Duration, Instant};

use actix_rt::Arbiter;
use clap::Parser;
use ws_actors::{Closed, Handlers, Text, client::Client};
use ws_tests::{
    landing::Landing,
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

impl First {
    /// Closes the connection, and tells when one of the Close frames was through.
    async fn close(self, wire: &mut Wire) -> Instant {
        match self {
            Self::Peer => {
                let begun = Instant::now();
                wire.close(1000).await;
                wire.closed().await;
                begun
            }
            Self::Actor => {
                wire.send(TEXT, "close").await;
                wire.closed().await;
                let begun = Instant::now();
                wire.close(4001).await;
                begun
            }
        }
    }
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
        let begun = first.close(&mut wire).await;
        assert_eq!(wire.ended().await, End::Eof);
        begun.elapsed()
    }
}

/// Clients on a thread of their own.
struct Dialled {
    landing: Landing,
    arbiter: Arbiter,
}

impl Dialled {
    async fn start(tls: Option<&Authority>) -> Self {
        Self {
            landing: Landing::open(tls).await,
            arbiter: Arbiter::new(),
        }
    }

    async fn close(&self, tls: Option<&Authority>, first: First) -> Duration {
        let handlers = Handlers::new().on::<Text>().on::<Closed>();
        let client = Client::new(self.landing.connector(), handlers);
        self.arbiter.spawn_fn(move || {
            client.start(Probe::silent());
        });
        let mut wire = self.landing.meet(tls).await.answer().await;
        let begun = first.close(&mut wire).await;
        // §7.1.1: the server is the first to end the connection.
        wire.end_sending().await;
        assert_eq!(wire.ended().await, End::Eof);
        begun.elapsed()
    }
}
