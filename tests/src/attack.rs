//! Attacks on a server, or a client, in a process of its own, and what they cost
//! it.
//!
//! Each attack has a victim of its own. Its growth is that of its resident memory
//! at the highest, against the same process when it had served its first
//! connections and was idle. Meanwhile a witness, whom all of this must not
//! concern, has each of its messages sent back.

use std::{fmt, io, path::Path, time::Duration};

use futures_util::future::LocalBoxFuture;

use self::hostile::Site;

mod deflate;
mod frames;
mod line;
mod outcome;
mod promise;
mod scene;
mod tested;
mod victim;
mod witness;

mod bombs;
mod disclosure;
mod ends;
mod fairness;
mod fragments;
mod handshakes;
mod heads;
mod hostile;
mod http2;
mod lengths;
mod lines;
mod odd;
mod origins;
mod pongs;
mod readers;
mod reserved;
mod rooms;
mod smuggling;

pub use self::{
    hostile::dial,
    line::{Heard, Line, answers},
    outcome::Outcome,
    promise::{MIB, Promise},
    scene::Scene,
    tested::withstands,
    victim::{Counts, Kind, Victim, serve},
    witness::{Echoes, Witness},
};

/// One attack.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Attack {
    /// The class that it is of, a number of the table in `SECURITY.md`.
    pub class: u8,
    /// What `--only` knows it by.
    pub name: &'static str,
    /// What is promised about it.
    pub promise: Promise,
    deed: Deed,
}

/// What is done to whom.
#[derive(Clone, Copy)]
enum Deed {
    /// To a server; returns its answer.
    Server(fn(Scene) -> LocalBoxFuture<'static, String>),
    /// To a client; returns what it did and how it ended.
    Client(fn(Site) -> LocalBoxFuture<'static, String>),
}

impl Attack {
    /// An attack on a server. `deed` returns what it answered.
    const fn server(
        class: u8,
        name: &'static str,
        promise: Promise,
        deed: fn(Scene) -> LocalBoxFuture<'static, String>,
    ) -> Self {
        Self {
            class,
            name,
            promise,
            deed: Deed::Server(deed),
        }
    }

    /// An attack on a client. `deed` returns what it did, and how it ended.
    const fn client(
        class: u8,
        name: &'static str,
        promise: Promise,
        deed: fn(Site) -> LocalBoxFuture<'static, String>,
    ) -> Self {
        Self {
            class,
            name,
            promise,
            deed: Deed::Client(deed),
        }
    }

    /// Whether the victim is a client: which server others attack does not
    /// matter then.
    #[must_use]
    pub const fn is_on_client(&self) -> bool {
        matches!(self.deed, Deed::Client(_))
    }

    /// The attack of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|attack| attack.name == name)
    }

    /// All attacks, by class.
    pub fn all() -> impl Iterator<Item = Self> {
        let mut all: Vec<Self> = LISTS
            .iter()
            .chain(hostile::LISTS)
            .copied()
            .flatten()
            .copied()
            .collect();
        all.sort_by_key(|attack| attack.class);
        all.into_iter()
    }

    /// Does it to a victim that `program` is: `program --serve` is a server,
    /// `program --dial` a client.
    ///
    /// # Errors
    ///
    /// If the victim does not run. Whatever the attack does to it is told by the
    /// outcome.
    pub async fn run(&self, program: &Path, kind: Kind) -> io::Result<Outcome> {
        match self.deed {
            Deed::Server(deed) => attack_server(self.promise, deed, program, kind).await,
            Deed::Client(deed) => hostile::attack_client(self.promise, deed, program).await,
        }
    }
}

async fn attack_server(
    promise: Promise,
    deed: fn(Scene) -> LocalBoxFuture<'static, String>,
    program: &Path,
    kind: Kind,
) -> io::Result<Outcome> {
    let victim = Victim::start(program, "--serve", kind).await?;
    let scene = Scene::new(victim.clone(), kind);
    scene.warm_up().await;
    let witness = Witness::watch(victim.address()).await;
    let outcome = Outcome::of(&victim, deed(scene), async { witness.dismiss() }).await?;
    Ok(outcome.judged_by(&promise, kind))
}

impl fmt::Debug for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Server(_) => "on a server",
            Self::Client(_) => "on a client",
        })
    }
}

/// How long an attack may take that promises nothing else.
const PATIENCE: Duration = Duration::from_secs(20);
const LISTS: &[&[Attack]] = &[
    bombs::ATTACKS,
    fairness::ATTACKS,
    fragments::ATTACKS,
    lengths::ATTACKS,
    readers::ATTACKS,
    pongs::ATTACKS,
    heads::ATTACKS,
    handshakes::ATTACKS,
    odd::ATTACKS,
    smuggling::ATTACKS,
    lines::ATTACKS,
    reserved::ATTACKS,
    origins::ATTACKS,
    disclosure::ATTACKS,
    ends::ATTACKS,
    rooms::ATTACKS,
    http2::ATTACKS,
];
