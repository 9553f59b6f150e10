//! An example program as a process of its own.

use std::{
    net::SocketAddr,
    process::{ExitStatus, Stdio},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader, Lines},
    process::{Child, ChildStderr, ChildStdout, Command},
};

use crate::{binaries, server::is_stock, wait::within};

/// A running program, killed when dropped.
#[derive(Debug)]
pub struct Program {
    name: &'static str,
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    errors: ChildStderr,
}

/// What a program has left behind.
#[derive(Debug)]
#[non_exhaustive]
pub struct Ended {
    /// How it ended.
    pub status: ExitStatus,
    /// The lines it printed and nobody has read yet.
    pub lines: Vec<String>,
    /// What it complained about.
    pub errors: String,
}

impl Program {
    /// Starts an example program; on actix-web's own server where
    /// [tests](crate::server::is_stock) use that.
    #[must_use]
    pub fn start(name: &'static str, arguments: &[&str]) -> Self {
        Self::spawn(Command::new(binaries::example(name)), name, arguments)
    }

    /// As [`start`](Self::start), with room for so many descriptors.
    #[must_use]
    pub fn start_with_descriptors(limit: u64, name: &'static str, arguments: &[&str]) -> Self {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("ulimit -n {limit} && exec \"$0\" \"$@\"")]);
        shell.arg(binaries::example(name));
        Self::spawn(shell, name, arguments)
    }

    fn spawn(mut command: Command, name: &'static str, arguments: &[&str]) -> Self {
        let stock = is_stock() && ["chat", "echo"].contains(&name);
        let mut child = command
            .args(arguments)
            .args(stock.then_some("--server=stock"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the program starts");
        let output = child.stdout.take().expect("it is piped");
        let errors = child.stderr.take().expect("it is piped");
        Self {
            name,
            child,
            lines: BufReader::new(output).lines(),
            errors,
        }
    }

    /// Waits for a line on its standard output.
    pub async fn line(&mut self) -> String {
        let what = format!("a line of {}", self.name);
        let line = within(what, self.lines.next_line()).await;
        if let Some(line) = line.expect("it prints text") {
            return line;
        }
        let complaints = self.complaints().await;
        panic!("{} ended: {complaints}", self.name)
    }

    /// Waits for its first line, or the next, and finds in it where the program
    /// listens.
    pub async fn address(&mut self) -> SocketAddr {
        let line = self.line().await;
        let parts = line.split("://").skip(1);
        let mut addresses = parts.filter_map(|part| {
            let end = part.find(['/', ' ']).unwrap_or(part.len());
            part[..end].parse().ok()
        });
        match addresses.next() {
            Some(address) => address,
            None => panic!("{} printed no address: {line}", self.name),
        }
    }

    /// Its id, while it runs.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id().expect("it has not ended")
    }

    /// Sends it a signal, such as `TERM`.
    pub async fn signal(&self, signal: &str) {
        let id = self.id();
        let kill = format!("kill -{signal} {id}");
        let killed = Command::new("sh").args(["-c", &kill]).status();
        let killed = within("kill", killed).await.expect("there is a shell");
        assert!(killed.success(), "{kill}: {killed}");
    }

    /// Waits until it ends.
    pub async fn ended(mut self) -> Ended {
        let what = format!("{} to end", self.name);
        let status = within(what, self.child.wait()).await;
        let mut lines = Vec::new();
        while let Ok(Some(line)) = self.lines.next_line().await {
            lines.push(line);
        }
        Ended {
            status: status.expect("it is our child"),
            lines,
            errors: self.complaints().await,
        }
    }

    async fn complaints(&mut self) -> String {
        let mut errors = String::new();
        let read = self.errors.read_to_string(&mut errors);
        within("the end of its complaints", read).await.ok();
        errors
    }
}
