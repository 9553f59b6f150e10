//! A node as the bench sees it: a process that obeys.

use std::{env, net::SocketAddr, process::Stdio, time::Duration};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    time::timeout,
};

use crate::{
    orders::{Answer, Condition, Counts, Order, Published, Terms},
    samples::Failure,
    usage::{self, Cpu},
};

/// A node, in a process of its own, which is killed when this is dropped.
pub(crate) struct Process {
    child: Child,
    id: u32,
    address: SocketAddr,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Process {
    pub(crate) async fn start(terms: &Terms) -> Result<Self, Failure> {
        let mut child = Command::new(env::current_exe()?)
            .arg("node")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let id = child.id().ok_or(ENDED)?;
        let mut input = child.stdin.take().ok_or(ENDED)?;
        let output = child.stdout.take().ok_or(ENDED)?;
        let mut output = BufReader::new(output).lines();
        let terms = serde_json::to_string(terms)?;
        input.write_all(format!("{terms}\n").as_bytes()).await?;
        let address = output.next_line().await?.ok_or(ENDED)?;
        Ok(Self {
            address: address.parse()?,
            child,
            id,
            input,
            output,
        })
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn cpu(&self) -> Result<Cpu, Failure> {
        Ok(Cpu::of(self.id)?)
    }

    /// The memory that it has, in bytes.
    pub(crate) fn resident(&self) -> Result<u64, Failure> {
        Ok(usage::resident(self.id)?)
    }

    pub(crate) async fn obey(&mut self, order: &Order) -> Result<Answer, Failure> {
        let line = serde_json::to_string(order)?;
        self.input.write_all(format!("{line}\n").as_bytes()).await?;
        let answer = timeout(PATIENCE, self.output.next_line()).await;
        let answer = answer.map_err(|_| format!("no answer to {order:?}"))??;
        match serde_json::from_str(&answer.ok_or(ENDED)?)? {
            Answer::Failed(reason) => Err(reason.into()),
            answer @ (Answer::Done | Answer::Published(_) | Answer::Counts(_)) => Ok(answer),
        }
    }

    /// Waits until it is so.
    pub(crate) async fn until(&mut self, condition: Condition) -> Result<(), Failure> {
        self.obey(&Order::Await(condition)).await.map(drop)
    }

    pub(crate) async fn counts(&mut self) -> Result<Counts, Failure> {
        match self.obey(&Order::Count).await? {
            Answer::Counts(counts) => Ok(counts),
            other @ (Answer::Done | Answer::Published(_) | Answer::Failed(_)) => {
                Err(format!("it answers {other:?}").into())
            }
        }
    }

    pub(crate) async fn publish(&mut self, order: &Order) -> Result<Published, Failure> {
        match self.obey(order).await? {
            Answer::Published(published) => Ok(published),
            other @ (Answer::Done | Answer::Counts(_) | Answer::Failed(_)) => {
                Err(format!("it answers {other:?}").into())
            }
        }
    }

    /// Ends it on the spot (SIGKILL).
    pub(crate) async fn kill(mut self) -> Result<(), Failure> {
        Ok(self.child.kill().await?)
    }
}

const ENDED: &str = "the node ended, which it was not asked to";
const PATIENCE: Duration = Duration::from_secs(60);
