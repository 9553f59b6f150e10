//! A peer in another language: a process that is told what to do by lines of
//! JSON.

use std::{
    env,
    path::{Path, PathBuf},
    process::Stdio,
};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, Command as Process},
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
};
use ws_tests::wait::within;

use super::{Command, PEERS, Seen};

/// A running script, killed when dropped. What it complains about goes where
/// the test's own complaints go.
#[derive(Debug)]
pub(crate) struct Script {
    name: &'static str,
    child: Child,
    commands: ChildStdin,
    seen: UnboundedReceiver<String>,
}

impl Script {
    /// Starts a script of Node.js.
    pub(super) fn node(name: &'static str, options: &Value) -> Self {
        let mut node = Process::new("node");
        node.env("NODE_PATH", peers().join("node_modules"));
        Self::start(node, name, options)
    }

    /// Starts a script of Python.
    pub(super) fn python(name: &'static str, options: &Value) -> Self {
        let mut python = Process::new(peers().join("venv/bin/python"));
        python.arg("-B"); // nothing is compiled into the repository
        Self::start(python, name, options)
    }

    fn start(mut interpreter: Process, name: &'static str, options: &Value) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop");
        let mut child = interpreter
            .arg(folder.join(name))
            .arg(options.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("`tests/run --only test` installs the peers");
        let commands = child.stdin.take().expect("it is piped");
        let output = child.stdout.take().expect("it is piped");
        let (sender, seen) = unbounded_channel();
        // At once, as a script that waits to be heard would not listen.
        actix_rt::spawn(async move {
            let mut lines = BufReader::new(output).lines();
            while let Some(line) = lines.next_line().await.expect("it prints text") {
                sender.send(line).ok(); // a test that is over does not care
            }
        });
        Self {
            name,
            child,
            commands,
            seen,
        }
    }

    /// Waits for what it sees next.
    pub(super) async fn seen(&mut self) -> Seen {
        let what = format!("a line of {}", self.name);
        let Some(line) = within(what, self.seen.recv()).await else {
            panic!("{} has ended", self.name);
        };
        serde_json::from_str(&line).expect("it says what it sees")
    }

    /// Tells it what to do.
    pub(super) async fn obey(&mut self, command: &Command) {
        let mut line = serde_json::to_string(command).expect("a command is JSON");
        line.push('\n');
        let told = self.commands.write_all(line.as_bytes());
        // It does not listen any more if its connection is over.
        within(format!("{} to listen", self.name), told).await.ok();
    }

    /// Waits until it has ended, in good order and without seeing anything more:
    /// a client does by itself, and a server when nobody tells it what to do.
    pub(super) async fn ended(self) {
        let Self {
            name,
            mut child,
            commands,
            mut seen,
        } = self;
        drop(commands);
        let what = format!("{name} to end");
        assert_eq!(within(&what, seen.recv()).await, None);
        let status = within(&what, child.wait()).await;
        let status = status.expect("it is our child");
        assert!(status.success(), "{name}: {status}");
    }

    /// Ends it on the spot.
    pub(super) async fn killed(mut self) {
        let killed = within(format!("{} to end", self.name), self.child.kill()).await;
        killed.expect("it is our child");
    }
}

fn peers() -> PathBuf {
    let folder = env::var_os(PEERS).expect("it is set, or the test left out");
    folder.into()
}
