use std::{io, net::SocketAddr, path::Path};

use serde::{Deserialize, Serialize};
use tokio::process::Command;

mod actors;
mod server;

pub use self::server::serve;
use crate::{servant::Servant, usage::Usage};

/// A process that is attacked: this program itself, started anew. A clone is the
/// same.
///
/// It answers each line of input with a line. Which lines there are is up to the
/// kind of victim.
#[derive(Debug, Clone)]
pub struct Victim(Servant);

/// Which server a victim is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
#[expect(clippy::exhaustive_enums, reason = "there are two")]
pub enum Kind {
    /// A `WsServer`.
    Own,
    /// actix-web's `HttpServer`.
    Stock,
}

/// What a server holds, by its own count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Counts {
    /// Connections by `Shutdown::connections`: the tasks that drive them.
    pub connections: usize,
    /// Actors that were not dropped.
    pub actors: usize,
    /// Members of rooms.
    pub members: usize,
    /// Rooms that somebody is in.
    pub rooms: usize,
    /// How often `/count` was asked for, since the beginning.
    pub counted: usize,
}

impl Kind {
    /// The server that [tests use](crate::server::is_stock).
    #[must_use]
    pub fn of_tests() -> Self {
        if crate::server::is_stock() {
            Self::Stock
        } else {
            Self::Own
        }
    }
}

impl Victim {
    /// Starts `program` with this argument, and waits until it says where it
    /// listens.
    ///
    /// # Errors
    ///
    /// If it does not.
    pub async fn start(program: &Path, argument: &str, kind: Kind) -> io::Result<Self> {
        let server = match kind {
            Kind::Own => "own",
            Kind::Stock => "stock",
        };
        let mut command = Command::new(program);
        command.arg(argument).env("WS_TESTS_SERVER", server);
        Servant::start(&mut command).await.map(Self)
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.0.address()
    }

    /// What its process uses.
    ///
    /// # Errors
    ///
    /// If it has ended.
    pub fn usage(&self) -> io::Result<Usage> {
        Usage::of(self.0.id())
    }

    /// Lets its peak be what is resident now.
    ///
    /// # Errors
    ///
    /// If it has ended.
    pub fn forget_peak(&self) -> io::Result<()> {
        Usage::forget_peak(self.0.id())
    }

    /// Tells it a line, and waits for its answer.
    ///
    /// # Errors
    ///
    /// If it has ended.
    pub async fn ask(&self, line: &str) -> io::Result<String> {
        self.0.ask(line).await
    }

    /// Has it end, and waits until it has, in good order.
    ///
    /// # Errors
    ///
    /// If it has not.
    pub async fn stop(&self) -> io::Result<()> {
        self.0.stop().await
    }
}
