use std::{io, net::SocketAddr, path::Path};

use tokio::process::Command;

use super::{
    ledger::Account,
    server::{DRAIN, FORGET},
};
use crate::{servant::Servant, usage};

/// The server, as a process of its own: what is counted there is its own.
pub(super) struct Process(Servant);

impl Process {
    /// Starts `program --serve`.
    pub(super) async fn start(program: &Path) -> io::Result<Self> {
        let mut command = Command::new(program);
        Servant::start(command.arg("--serve")).await.map(Self)
    }

    pub(super) const fn address(&self) -> SocketAddr {
        self.0.address()
    }

    /// Asks what it holds.
    pub(super) async fn account(&self) -> io::Result<Account> {
        self.ask("").await
    }

    /// Has it let go of what it keeps on purpose, and asks what it holds then.
    pub(super) async fn forget(&self) -> io::Result<Account> {
        self.ask(FORGET).await
    }

    /// Has it end all connections.
    pub(super) async fn drain(&self) -> io::Result<Account> {
        self.ask(DRAIN).await
    }

    async fn ask(&self, line: &str) -> io::Result<Account> {
        let answer = self.0.ask(line).await?;
        let mut account: Account = serde_json::from_str(&answer)?;
        account.census.descriptors = usage::descriptors(self.0.id())?;
        account.census.resident = usage::resident(self.0.id())? as usize;
        Ok(account)
    }

    /// Has it end, and waits until it has.
    pub(super) async fn stop(&self) -> io::Result<()> {
        self.0.stop().await
    }
}
