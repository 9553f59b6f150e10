use std::{
    cell::Cell,
    io,
    pin::pin,
    process,
    rc::Rc,
    time::{Duration, Instant},
};

use fastrand::Rng;
use futures_util::future::join_all;
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::{
    Balance, Census, Plan, Progress,
    ledger::Account,
    process::Process,
    stay::{ROOMS, Stay},
    tally::Tally,
    visit::Visit,
    witness,
};
use crate::usage;

mod findings;

/// A run, round by round.
pub(super) struct Run<'a> {
    plan: &'a Plan,
    began: Instant,
    /// What the server held before the first connection.
    before: Census,
    /// The descriptors of this process.
    own: usize,
    /// What the server held after the first round.
    warm: Option<(Census, u64)>,
    pub(super) tally: Rc<Tally>,
    /// Times in rooms that were not compared with what clients know.
    stays: Vec<Stay>,
    pub(super) balance: Balance,
    pub(super) wrongs: Vec<String>,
}

impl<'a> Run<'a> {
    pub(super) fn new(plan: &'a Plan, before: Census) -> io::Result<Self> {
        Ok(Self {
            plan,
            began: Instant::now(),
            before,
            own: usage::descriptors(process::id())?,
            warm: None,
            tally: Rc::default(),
            stays: Vec::new(),
            balance: Balance::default(),
            wrongs: Vec::new(),
        })
    }

    /// Has clients come and go, until the last is gone.
    pub(super) async fn round(
        &mut self,
        round: usize,
        duration: Duration,
        drain: bool,
        server: &Process,
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
    pub(super) async fn rest(
        &mut self,
        round: usize,
        server: &Process,
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

/// How long all that is left may take to end.
const REST: Duration = Duration::from_secs(45);
/// How long ws-server, and an actor that waits, may take to forget a connection
/// that has ended: 5 s.
const PATIENCE: Duration = Duration::from_millis(5200);
/// How long clients go on coming while the server drains.
const DRAINING: Duration = Duration::from_secs(1);
/// How often is looked how it goes.
const TICK: Duration = Duration::from_millis(200);
