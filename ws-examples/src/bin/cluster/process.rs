//! Processes that end with this one.

use std::{
    io::{self, Read},
    process::{ExitStatus, Stdio},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, getpid, kill_process};
use tokio::{
    process::{Child, ChildStdout, Command},
    time::{Instant, sleep},
};

/// A child, which is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    pid: Option<Pid>,
}

impl Process {
    /// Starts a program. It is in a group of its own, so that Ctrl-C is for
    /// this process alone, which then ends it in good order.
    pub(crate) fn start(mut command: Command) -> io::Result<Self> {
        let child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let pid = child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?));
        Ok(Self { child, pid })
    }

    /// Its number, for people.
    pub(crate) fn number(&self) -> i32 {
        self.pid.map_or(0, |pid| pid.as_raw_nonzero().get())
    }

    /// What it prints; once.
    pub(crate) fn output(&mut self) -> Option<ChildStdout> {
        self.child.stdout.take()
    }

    /// How it ended, if it has. Only this forgets its number, so that a signal
    /// can hit nobody else.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        if let Some(pid) = self.pid {
            // It fails only if the process has ended, which is seen soon.
            kill_process(pid, signal).ok();
        }
    }

    /// Asks it to end, and kills it if it takes too long.
    pub(crate) async fn end(mut self, patience: Duration) {
        self.signal(Signal::CONT);
        self.signal(Signal::TERM);
        let until = Instant::now() + patience;
        while self.ended().is_none() {
            if Instant::now() > until {
                self.child.kill().await.ok();
                return;
            }
            sleep(PAUSE).await;
        }
    }
}

/// Ends this process in good order when the one that started it is gone,
/// however that ended: it holds the other end of the standard input.
pub(crate) fn end_with_parent() {
    thread::spawn(|| {
        // Nobody writes there.
        let mut nothing = [0; 64];
        while io::stdin().read(&mut nothing).is_ok_and(|read| read > 0) {}
        kill_process(getpid(), Signal::TERM).ok();
    });
}

const PAUSE: Duration = Duration::from_millis(20);
