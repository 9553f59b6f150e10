//! Connections that come and go by the thousand, with all that can go wrong, a
//! count of what they leave behind, and a ledger of what was said in rooms.
//!
//! A room of the ledger numbers what it accepts, under a lock that whoever joins
//! or leaves takes too, so that it is known which messages were for whom. Clients
//! note what comes. Both are compared once a round is over: a client that left in
//! good order has every message, but for those that its connection says it gave
//! up; others have all up to some point, and their actors were told of the end.
//!
//! The server is a process of its own, so that nothing of the clients is counted
//! as its. It runs as the front page of `ws-server` says.

use std::{
    collections::BTreeMap,
    io,
    path::Path,
    time::{Duration, Instant},
};

mod balance;
mod census;
mod guest;
mod halls;
mod ledger;
mod member;
mod peer;
mod process;
mod receipt;
mod recorder;
mod rounds;
mod server;
mod session;
mod stay;
mod swallow;
mod tally;
mod visit;
mod witness;

pub use self::{balance::Balance, census::Census, server::serve, tally::Visits, visit::Kind};
use self::{ledger::Account, process::Process, rounds::Run};

/// What is to be done.
#[derive(Debug, Clone)]
#[expect(clippy::exhaustive_structs, reason = "its users fill it in")]
pub struct Plan {
    /// How many clients there are at a time.
    pub connections: usize,
    /// What they do, by chance.
    pub kinds: Vec<Kind>,
    /// How many of them are witnesses: undisturbed, from the beginning of a
    /// round to its end.
    pub witnesses: usize,
    /// How long clients come and go, for each round. What a round leaves behind
    /// is counted; the first one warms up.
    pub rounds: Vec<Duration>,
    /// How long a client stays, about.
    pub life: Duration,
    /// Decides what each client does.
    pub seed: u64,
    /// The last round ends with a drain of the server, while clients come still.
    pub drain: bool,
}

/// Where a run stands.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Progress {
    /// The round, from 1.
    pub round: usize,
    /// Clients still come; otherwise it is waited for the end of them.
    pub open: bool,
    /// The time since the beginning of the run.
    pub elapsed: Duration,
    /// Clients that are there.
    pub live: usize,
    /// Connections so far.
    pub connections: u64,
    /// Messages that came back so far.
    pub messages: u64,
}

/// What was done, and what it left behind.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Report {
    /// What decided what each client did.
    pub seed: u64,
    /// What became of messages that rooms accepted.
    pub balance: Balance,
    /// Messages that the server's metrics count as taken by members of rooms, as
    /// refused by them, and as given up by connections.
    pub metrics: [u64; 3],
    /// Actors of rooms that panicked and began anew.
    pub restarts: u64,
    /// Visits of clients, by kind.
    pub visits: BTreeMap<Kind, Visits>,
    /// TCP connections that clients opened.
    pub connections: u64,
    /// Visitors whose handshake the server gave up, with 408: the machine was too
    /// busy for it.
    pub late: u64,
    /// Messages that clients sent and wanted back.
    pub sent: u64,
    /// Those that came back.
    pub returned: u64,
    /// Those of witnesses that came back, each in its turn.
    pub witnessed: u64,
    /// The median round trip of witnesses, and the 99th percentile.
    pub round_trip: Option<(Duration, Duration)>,
    /// Actors that the server started.
    pub started: u64,
    /// Actors that panicked, and so heard of no end.
    pub panics: u64,
    /// Messages that the server's actors heard.
    pub heard: u64,
    /// The causes of `Closed` that the server's actors heard.
    pub closed: BTreeMap<String, u64>,
    /// What the server held before the first connection, and after each round.
    pub censuses: Vec<Census>,
    /// How long each round took to come to rest.
    pub rests: Vec<Duration>,
    /// What is left behind, or was not as it has to be: nothing, if all is well.
    pub wrongs: Vec<String>,
}

/// Runs a plan against the server that `program --serve` is.
///
/// # Errors
///
/// If the server does not run.
pub async fn run(plan: &Plan, program: &Path, watch: impl Fn(&Progress)) -> io::Result<Report> {
    let server = Process::start(program).await?;
    let before = server.account().await?.census;
    let mut run = Run::new(plan, before)?;
    let mut censuses = vec![before];
    let mut rests = Vec::new();
    let mut account = Account::default();
    for (round, duration) in plan.rounds.iter().enumerate() {
        let drain = plan.drain && round + 1 == plan.rounds.len();
        run.round(round, *duration, drain, &server, &watch).await?;
        let rested = Instant::now();
        account = run.rest(round, &server, &watch).await?;
        rests.push(rested.elapsed());
        censuses.push(account.census);
        run.settle(round);
    }
    run.judge(&account);
    server.stop().await?;
    let tally = &run.tally;
    run.wrongs.extend(tally.wrongs());
    let visits = tally.visits.borrow().clone();
    Ok(Report {
        seed: plan.seed,
        balance: run.balance,
        metrics: [
            account.meters.deliveries,
            account.meters.refused,
            account.meters.given_up,
        ],
        restarts: account.meters.restarts,
        visits,
        connections: tally.connections.get(),
        late: tally.late.get(),
        sent: tally.sent.get(),
        returned: tally.returned.get(),
        witnessed: tally.witnessed.get(),
        round_trip: tally.percentiles(),
        started: account.started,
        panics: account.panics,
        heard: account.messages,
        closed: account.closed,
        censuses,
        rests,
        wrongs: run.wrongs,
    })
}
