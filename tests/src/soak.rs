//! Connections that come and go by the thousand, with all that can go wrong, and
//! a count of what they leave behind.
//!
//! The server is a process of its own, so that nothing of the clients is counted
//! as its. It runs as the front page of `ws-server` says.

use std::{
    cell::Cell,
    collections::BTreeMap,
    io,
    path::Path,
    pin::pin,
    rc::Rc,
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use fastrand::Rng;
use futures_util::future::join_all;
use tokio::time::{MissedTickBehavior, interval, sleep};

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
mod server;
mod session;
mod stay;
mod swallow;
mod tally;
mod visit;
mod witness;

pub use self::{balance::Balance, census::Census, server::serve, tally::Visits, visit::Kind};
use self::{
    ledger::Account,
    process::Process,
    stay::{ROOMS, Stay},
    tally::Tally,
    visit::Visit,
};

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
    let mut server = Process::start(program).await?;
    let mut run = Run {
        plan,
        began: Instant::now(),
        before: server.account().await?.census,
        own: census::descriptors("self")?,
        warm: None,
        tally: Rc::default(),
        stays: Vec::new(),
        balance: Balance::default(),
        wrongs: Vec::new(),
    };
    let mut censuses = vec![run.before];
    let mut rests = Vec::new();
    let mut account = Account::default();
    for (round, duration) in plan.rounds.iter().enumerate() {
        let drain = plan.drain && round + 1 == plan.rounds.len();
        run.round(round, *duration, drain, &mut server, &watch)
            .await?;
        let rested = Instant::now();
        account = run.rest(round, &mut server, &watch).await?;
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

struct Run<'a> {
    plan: &'a Plan,
    began: Instant,
    /// What the server held before the first connection.
    before: Census,
    /// The descriptors of this process.
    own: usize,
    /// What the server held after the first round.
    warm: Option<(Census, u64)>,
    tally: Rc<Tally>,
    /// Times in rooms that were not compared with what clients know.
    stays: Vec<Stay>,
    balance: Balance,
    wrongs: Vec<String>,
}

impl Run<'_> {
    /// Has clients come and go, until the last is gone.
    async fn round(
        &mut self,
        round: usize,
        duration: Duration,
        drain: bool,
        server: &mut Process,
        watch: &impl Fn(&Progress),
    ) -> io::Result<()> {
        let open = Rc::new(Cell::new(true));
        let address = server.address();
        // So that each has some members.
        let rooms = (self.plan.connections / 64).clamp(1, ROOMS);
        let mut seeds = Rng::with_seed(self.plan.seed.wrapping_add(round as u64));
        let clients = (0..self.plan.connections).map(|number| {
            let (tally, open) = (Rc::clone(&self.tally), Rc::clone(&open));
            let (mut rng, life) = (seeds.fork(), self.plan.life);
            let kinds = self.plan.kinds.clone();
            let is_witness = number < self.plan.witnesses;
            actix_rt::spawn(async move {
                if is_witness {
                    let end = witness::witness(address, &tally, rng, || open.get()).await;
                    if let Err(error) = end
                        && !tally.drains.get()
                    {
                        tally.note_wrong(format!("witness {number}: {error}"));
                    }
                    return;
                }
                // Not all of them at once.
                sleep(life.mul_f64(rng.f64())).await;
                while open.get() {
                    let kind = kinds[rng.usize(..kinds.len())];
                    let rng = rng.fork();
                    let tally = &*tally;
                    let mut visit = Visit {
                        address,
                        life,
                        rooms,
                        tally,
                        rng,
                    };
                    visit.pay(kind).await;
                    if tally.drains.get() {
                        // Nobody is let in any more.
                        sleep(life / 10).await;
                    }
                }
            })
        });
        let mut clients = pin!(join_all(clients.collect::<Vec<_>>()));
        let began = Instant::now();
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let ends = loop {
            tokio::select! {
                ends = &mut clients => break ends,
                _ = ticks.tick() => {
                    let mut until = duration;
                    if drain && began.elapsed() >= duration {
                        until += DRAINING;
                        if !self.tally.drains.replace(true) {
                            let account = server.drain().await?;
                            self.take(account);
                        }
                    }
                    open.set(began.elapsed() < until);
                    watch(&self.progress(round, open.get()));
                }
            }
        };
        for end in ends {
            if let Err(error) = end {
                self.wrongs.push(format!("a client: {error}"));
            }
        }
        Ok(())
    }

    /// Waits until all is as it was before, for a bounded while.
    async fn rest(
        &mut self,
        round: usize,
        server: &mut Process,
        watch: &impl Fn(&Progress),
    ) -> io::Result<Account> {
        let deadline = Instant::now() + REST;
        let mut calm_since = None;
        loop {
            let account = server.forget().await?;
            let account = self.take(account);
            let wrongs = self.left(round, &account)?;
            // A first round has nothing to be compared with: it gets all the
            // time that ws-server takes to forget a connection.
            let calm_since = if wrongs.is_empty() {
                *calm_since.get_or_insert_with(Instant::now)
            } else {
                calm_since = None;
                Instant::now()
            };
            let enough = if self.warm.is_some() {
                Duration::ZERO
            } else {
                PATIENCE
            };
            let calm = wrongs.is_empty() && calm_since.elapsed() >= enough;
            if calm || Instant::now() >= deadline {
                self.wrongs.extend(wrongs);
                let connections = self.tally.connections.get();
                self.warm.get_or_insert((account.census, connections));
                return Ok(account);
            }
            watch(&self.progress(round, false));
            sleep(TICK / 2).await;
        }
    }

    /// Takes what is told once.
    fn take(&mut self, mut account: Account) -> Account {
        self.stays.append(&mut account.stays);
        let wrongs = account.wrongs.drain(..);
        self.wrongs
            .extend(wrongs.map(|wrong| format!("the server: {wrong}")));
        account
    }

    /// Compares what the server and its clients know of those who were members
    /// of rooms, once all are gone.
    fn settle(&mut self, round: usize) {
        let mut pages = self.tally.take_pages();
        let stays = std::mem::take(&mut self.stays);
        let mut wrongs = self.balance.add(stays, &mut pages);
        // Who was greeted was a member.
        pages.retain(|_, page| page.others > 0);
        wrongs.extend(pages.iter().map(|(id, page)| {
            format!("the server has forgotten of member {id:x}, who knows {page:?}")
        }));
        let more = wrongs.len().saturating_sub(SHOWN);
        wrongs.truncate(SHOWN);
        if more > 0 {
            wrongs.push(format!("{more} more like these"));
        }
        let wrongs = wrongs.into_iter();
        self.wrongs
            .extend(wrongs.map(|wrong| format!("in round {}: {wrong}", round + 1)));
    }

    /// What is there that was not there before.
    fn left(&self, round: usize, account: &Account) -> io::Result<Vec<String>> {
        let census = &account.census;
        let mut left = census.beyond(&self.before);
        let gauges = account.gauges.iter();
        left.extend(gauges.map(|(gauge, value)| format!("{value} by the gauge {gauge}, 0 before")));
        if let Some((warm, connections)) = &self.warm {
            let connections = self.tally.connections.get() - connections;
            left.extend(census.grown_since(warm, &allowed(connections as usize)));
        }
        let waiting = account.said.told - account.said.heard - account.said.dropped;
        if waiting > 0 {
            left.push(format!("{waiting} messages for actors of rooms, 0 before"));
        }
        let own = census::descriptors("self")?;
        if own != self.own {
            let before = self.own;
            left.push(format!("{own} descriptors of the clients, {before} before"));
        }
        let callers = self.tally.callers.load(Ordering::SeqCst);
        if callers > 0 {
            left.push(format!("{callers} actors of client sessions, 0 before"));
        }
        for line in &mut left {
            *line = format!("after round {}: {line}", round + 1);
        }
        Ok(left)
    }

    /// Compares sums that have to be equal.
    fn judge(&mut self, account: &Account) {
        let closed: u64 = account.closed.values().sum();
        if account.started != closed + account.panics {
            self.wrongs.push(format!(
                "{} actors were started, {closed} heard of their end and {} panicked before",
                account.started, account.panics
            ));
        }
        self.wrongs.extend(self.balance.finish(account));
    }

    fn progress(&self, round: usize, open: bool) -> Progress {
        Progress {
            round: round + 1,
            open,
            elapsed: self.began.elapsed(),
            live: self.tally.live.get(),
            connections: self.tally.connections.get(),
            messages: self.tally.returned.get(),
        }
    }
}

/// How much more a server may hold after so many connections more.
const fn allowed(connections: usize) -> Census {
    let mut allowed = Census::NOTHING;
    // What is kept for the next connection: requests of actix-http, and of
    // ws-core four compressors of 268 KiB on each of two threads. So it is the
    // blocks that tell soon; the bytes tell of a table that only grows.
    allowed.blocks = 256;
    allowed.heap = (2 * 4 * 268 + 256) * 1024;
    // What the allocator loses between blocks.
    allowed.resident = 16 * 1024 * 1024 + connections * 256;
    allowed
}

/// How long all that is left may take to end.
const REST: Duration = Duration::from_secs(45);
/// How long ws-server, and an actor that waits, may take to forget a connection
/// that has ended: 5 s.
const PATIENCE: Duration = Duration::from_millis(5200);
/// How long clients go on coming while the server drains.
const DRAINING: Duration = Duration::from_secs(1);
/// How much of what does not fit is told of each round.
const SHOWN: usize = 8;
/// How often is looked how it goes.
const TICK: Duration = Duration::from_millis(200);
