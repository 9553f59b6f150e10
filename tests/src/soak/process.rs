use std::{io, net::SocketAddr, path::Path, process::Stdio};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use super::{
    census,
    ledger::Account,
    server::{DRAIN, FORGET},
};

/// The server, as a process of its own: what is counted there is its own.
pub(super) struct Process {
    /// Kills it when dropped.
    child: Child,
    id: String,
    address: SocketAddr,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Process {
    /// Starts `program --serve`.
    pub(super) async fn start(program: &Path) -> io::Result<Self> {
        let mut child = Command::new(program)
            .arg("--serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let id = child.id().ok_or_else(ended)?.to_string();
        let input = child.stdin.take().ok_or_else(ended)?;
        let output = child.stdout.take().ok_or_else(ended)?;
        let mut output = BufReader::new(output).lines();
        let address = output.next_line().await?.ok_or_else(ended)?;
        Ok(Self {
            child,
            id,
            address: address.parse().map_err(io::Error::other)?,
            input,
            output,
        })
    }

    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Asks what it holds.
    pub(super) async fn account(&mut self) -> io::Result<Account> {
        self.ask("").await
    }

    /// Has it let go of what it keeps on purpose, and asks what it holds then.
    pub(super) async fn forget(&mut self) -> io::Result<Account> {
        self.ask(FORGET).await
    }

    /// Has it end all connections.
    pub(super) async fn drain(&mut self) -> io::Result<Account> {
        self.ask(DRAIN).await
    }

    async fn ask(&mut self, line: &str) -> io::Result<Account> {
        self.input.write_all(format!("{line}\n").as_bytes()).await?;
        let answer = self.output.next_line().await?.ok_or_else(ended)?;
        let mut account: Account = serde_json::from_str(&answer)?;
        account.census.descriptors = census::descriptors(&self.id)?;
        account.census.resident = census::resident(&self.id)?;
        Ok(account)
    }

    /// Has it end, and waits until it has.
    pub(super) async fn stop(mut self) -> io::Result<()> {
        drop(self.input);
        let status = self.child.wait().await?;
        if status.success() {
            return Ok(());
        }
        Err(io::Error::other(format!("the server ended with {status}")))
    }
}

fn ended() -> io::Error {
    io::Error::other("the server ended, which it was not asked to")
}
