//! Processes that end with this one.

use std::{
    env, fs,
    io::{self, Read},
    path::Path,
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

    /// A process of this program that outlives it for a moment, if it is killed
    /// and can end nobody: to kill a process, and remove its folder.
    pub(crate) fn guard(process: &Self, folder: &Path) -> io::Result<Self> {
        let mut command = Command::new(env::current_exe()?);
        command
            .arg("guard")
            .arg(process.number().to_string())
            .arg(folder);
        Self::start(command)
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

/// Waits until the process that started this one is gone, and does what is left
/// to do.
pub(crate) fn guard(number: i32, folder: &Path) {
    wait_for_parent();
    if let Some(pid) = Pid::from_raw(number) {
        kill_process(pid, Signal::KILL).ok();
    }
    fs::remove_dir_all(folder).ok();
}

/// Ends this process in good order when the one that started it is gone,
/// however that ended: it holds the other end of the standard input.
pub(crate) fn end_with_parent() {
    thread::spawn(|| {
        wait_for_parent();
        kill_process(getpid(), Signal::TERM).ok();
    });
}

fn wait_for_parent() {
    // Nobody writes there.
    let mut nothing = [0; 64];
    while io::stdin().read(&mut nothing).is_ok_and(|read| read > 0) {}
}

const PAUSE: Duration = Duration::from_millis(20);
