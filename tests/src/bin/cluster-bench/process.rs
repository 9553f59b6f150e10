//! A node as the bench sees it: a process that obeys.

use std::{env, net::SocketAddr};

use tokio::process::Command;
use ws_tests::{servant::Servant, usage};

use crate::{
    cpu::Cpu,
    orders::{Answer, Condition, Counts, Order, Published, Terms},
    samples::Failure,
};

/// A node, in a process of its own, which is killed when this is dropped.
pub(crate) struct Process(Servant);

impl Process {
    pub(crate) async fn start(terms: &Terms) -> Result<Self, Failure> {
        let mut command = Command::new(env::current_exe()?);
        let terms = serde_json::to_string(terms)?;
        let servant = Servant::start_with(command.arg("node"), &terms).await?;
        Ok(Self(servant))
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.0.address()
    }

    pub(crate) fn cpu(&self) -> Result<Cpu, Failure> {
        Ok(Cpu::of(self.0.id())?)
    }

    /// The memory that it has, in bytes.
    pub(crate) fn resident(&self) -> Result<u64, Failure> {
        Ok(usage::resident(self.0.id())?)
    }

    pub(crate) async fn obey(&self, order: &Order) -> Result<Answer, Failure> {
        let answer = self.0.ask(&serde_json::to_string(order)?).await;
        let answer = answer.map_err(|error| format!("no answer to {order:?}: {error}"))?;
        match serde_json::from_str(&answer)? {
            Answer::Failed(reason) => Err(reason.into()),
            answer @ (Answer::Done | Answer::Published(_) | Answer::Counts(_)) => Ok(answer),
        }
    }

    /// Waits until it is so.
    pub(crate) async fn until(&self, condition: Condition) -> Result<(), Failure> {
        self.obey(&Order::Await(condition)).await.map(drop)
    }

    pub(crate) async fn counts(&self) -> Result<Counts, Failure> {
        match self.obey(&Order::Count).await? {
            Answer::Counts(counts) => Ok(counts),
            other @ (Answer::Done | Answer::Published(_) | Answer::Failed(_)) => {
                Err(format!("it answers {other:?}").into())
            }
        }
    }

    pub(crate) async fn publish(&self, order: &Order) -> Result<Published, Failure> {
        match self.obey(order).await? {
            Answer::Published(published) => Ok(published),
            other @ (Answer::Done | Answer::Counts(_) | Answer::Failed(_)) => {
                Err(format!("it answers {other:?}").into())
            }
        }
    }

    /// Ends it on the spot (SIGKILL).
    pub(crate) async fn kill(self) -> Result<(), Failure> {
        Ok(self.0.kill().await?)
    }
}
