//! A process that does as it is told.

use std::{
    io,
    net::SocketAddr,
    process::{ExitStatus, Stdio},
    rc::Rc,
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    sync::Mutex,
    time::timeout,
};

/// A process of our own, most often this program itself, started anew: what is
/// counted there is its own.
///
/// It says in its first line where it listens, answers each line of input with a
/// line, and ends with its input. It is killed when the last clone of this is
/// dropped.
#[derive(Debug, Clone)]
pub struct Servant {
    id: u32,
    address: SocketAddr,
    ends: Rc<Mutex<Ends>>,
}

#[derive(Debug)]
struct Ends {
    child: Child,
    input: Option<ChildStdin>,
    output: Lines<BufReader<ChildStdout>>,
}

impl Servant {
    /// Starts it, and waits until it says where it listens.
    ///
    /// # Errors
    ///
    /// If it does not.
    pub async fn start(command: &mut Command) -> io::Result<Self> {
        Self::start_with(command, "").await
    }

    /// The same for one that first wants to be told this.
    ///
    /// # Errors
    ///
    /// If it does not.
    pub async fn start_with(command: &mut Command, line: &str) -> io::Result<Self> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let id = child.id().ok_or_else(ended)?;
        let output = child.stdout.take().ok_or_else(ended)?;
        let mut ends = Ends {
            input: child.stdin.take(),
            output: BufReader::new(output).lines(),
            child,
        };
        if !line.is_empty() {
            ends.tell(line).await?;
        }
        let address = ends.hear().await?;
        Ok(Self {
            id,
            address: address.parse().map_err(io::Error::other)?,
            ends: Rc::new(Mutex::new(ends)),
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

    /// Tells it a line, and waits for its answer.
    ///
    /// # Errors
    ///
    /// If it has ended, or does not answer within a minute.
    pub async fn ask(&self, line: &str) -> io::Result<String> {
        let mut ends = self.ends.lock().await;
        ends.tell(line).await?;
        ends.hear().await
    }

    /// Ends its input, and waits until it has ended, in good order.
    ///
    /// # Errors
    ///
    /// If it has not.
    pub async fn stop(&self) -> io::Result<()> {
        let mut ends = self.ends.lock().await;
        drop(ends.input.take());
        let status: ExitStatus = timeout(PATIENCE, ends.child.wait()).await??;
        if status.success() {
            return Ok(());
        }
        Err(io::Error::other(format!("it ended with {status}")))
    }

    /// Ends it on the spot (SIGKILL).
    ///
    /// # Errors
    ///
    /// If it has ended before.
    pub async fn kill(&self) -> io::Result<()> {
        self.ends.lock().await.child.kill().await
    }
}

impl Ends {
    async fn tell(&mut self, line: &str) -> io::Result<()> {
        let input = self.input.as_mut().ok_or_else(ended)?;
        input.write_all(format!("{line}\n").as_bytes()).await
    }

    async fn hear(&mut self) -> io::Result<String> {
        let line = timeout(PATIENCE, self.output.next_line()).await;
        let line =
            line.map_err(|_| io::Error::other(format!("it says nothing for {PATIENCE:?}")))?;
        line?.ok_or_else(ended)
    }
}

fn ended() -> io::Error {
    io::Error::other("it ended, which it was not asked to")
}

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);
