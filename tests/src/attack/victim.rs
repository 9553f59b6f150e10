use std::{
    io,
    net::SocketAddr,
    path::Path,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    time::timeout,
};

mod actors;
mod server;

pub use self::server::serve;
use super::Usage;

/// A process that is attacked: this program itself, started anew.
///
/// It says in its first line where it listens, answers each line of input with a
/// line, and ends with its input. Whatever is told to it thereafter is up to the
/// kind of victim.
#[derive(Debug)]
pub struct Victim {
    /// Killed when dropped.
    child: Child,
    id: u32,
    address: SocketAddr,
    input: Option<ChildStdin>,
    output: Lines<BufReader<ChildStdout>>,
}

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
    /// Starts `program` with these arguments, and waits until it says where it
    /// listens.
    ///
    /// # Errors
    ///
    /// If it does not.
    pub async fn start(program: &Path, arguments: &[&str], kind: Kind) -> io::Result<Self> {
        let server = match kind {
            Kind::Own => "own",
            Kind::Stock => "stock",
        };
        let mut child = Command::new(program)
            .args(arguments)
            .env("WS_TESTS_SERVER", server)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let id = child.id().ok_or_else(ended)?;
        let input = child.stdin.take();
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

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its process.
    #[must_use]
    pub const fn id(&self) -> u32 {
        self.id
    }

    /// What its process uses.
    ///
    /// # Errors
    ///
    /// If it has ended.
    pub fn usage(&self) -> io::Result<Usage> {
        Usage::of(self.id)
    }

    /// Tells it a line, and waits for its answer.
    ///
    /// # Errors
    ///
    /// If it has ended.
    pub async fn ask(&mut self, line: &str) -> io::Result<String> {
        let input = self.input.as_mut().ok_or_else(ended)?;
        input.write_all(format!("{line}\n").as_bytes()).await?;
        let answer = timeout(PATIENCE, self.output.next_line()).await;
        answer??.ok_or_else(ended)
    }

    /// Ends its input, and waits until it has ended, in good order.
    ///
    /// # Errors
    ///
    /// If it has not.
    pub async fn stop(&mut self) -> io::Result<()> {
        drop(self.input.take());
        let status: ExitStatus = timeout(PATIENCE, self.child.wait()).await??;
        if status.success() {
            return Ok(());
        }
        Err(io::Error::other(format!("it ended with {status}")))
    }
}

fn ended() -> io::Error {
    io::Error::other("it ended, which it was not asked to")
}

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
