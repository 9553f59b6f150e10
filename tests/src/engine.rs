//! Servers that carry rooms from one process to another, as processes of
//! their own: on free ports, in folders of their own, gone when dropped.
//!
//! They are programs of others, so that tests leave them out unless `tests/run`
//! [asks for them](asked_for), which installs them first.

use std::{
    env, fs,
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::{self, Child, Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
};

use crate::{
    binaries::target_directory,
    wait::{until, within},
};

pub mod nats;
pub mod redis;

/// Whether tests that need such servers are to run: if `WS_TESTS_ENGINES` is 1.
/// Says so if they are not.
#[must_use]
pub fn asked_for() -> bool {
    let asked_for = env::var_os("WS_TESTS_ENGINES").is_some_and(|value| value == "1");
    if !asked_for {
        eprintln!(
            "left out: it needs redis-server or nats-server, and WS_TESTS_ENGINES=1 asks for them"
        );
    }
    asked_for
}

/// A server that carries rooms. Killed when dropped, and its folder removed.
#[derive(Debug)]
pub struct Engine {
    start: Start,
    port: u16,
    folder: PathBuf,
    child: Option<Child>,
}

/// How a server is started.
#[derive(Debug, Clone)]
#[expect(clippy::exhaustive_structs, reason = "tests make it")]
pub struct Start {
    /// The program, which is also the name of Debian's package.
    pub program: &'static str,
    /// What its URLs begin with, such as `nats`.
    pub scheme: &'static str,
    /// What it prints once clients may come.
    pub ready: &'static str,
    /// Its arguments. `{port}` stands for a free port of 127.0.0.1, `{folder}`
    /// for a folder that outlives restarts.
    pub arguments: Vec<String>,
}

impl Start {
    /// With more arguments.
    #[must_use]
    pub fn with(mut self, arguments: &[&str]) -> Self {
        let more = arguments.iter().map(|argument| (*argument).to_owned());
        self.arguments.extend(more);
        self
    }
}

impl Engine {
    /// Starts one on a free port, and waits until clients may come.
    pub async fn start(start: Start) -> Self {
        static FOLDERS: AtomicUsize = AtomicUsize::new(0);
        let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let folder = format!("tests-engines/{}-{}-{number}", start.program, process::id());
        let folder = target_directory().join(folder);
        fs::create_dir_all(&folder).expect("the target folder can be written to");
        let mut engine = Self {
            start,
            port: 0,
            folder,
            child: None,
        };
        // Somebody else may take the port before the server does.
        for _ in 0..10 {
            engine.port = free_port();
            if engine.begin().await {
                return engine;
            }
        }
        panic!("{} ended:\n{}", engine.start.program, engine.log());
    }

    /// Where it listens, on 127.0.0.1.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The number of its process, if it runs.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Where it listens, as clients write it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://127.0.0.1:{}", self.start.scheme, self.port)
    }

    /// Where it keeps what is to outlive it.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What it has printed since it was started last.
    #[must_use]
    pub fn log(&self) -> String {
        let log = fs::read(self.folder.join(LOG)).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }

    /// Ends it on the spot (SIGKILL).
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("it is our child");
            child.wait().expect("it is our child");
        }
    }

    /// Has it end in good order (SIGTERM), and waits until it has.
    pub async fn stop(&mut self) {
        self.signal("TERM");
        let mut child = self.child.take().expect("it is running");
        let ended = || child.try_wait().expect("it is our child").is_some();
        until(format!("{} to end", self.start.program), ended).await;
    }

    /// Has it do nothing, with its connections open (SIGSTOP).
    pub fn pause(&self) {
        self.signal("STOP");
    }

    /// Has a paused one go on (SIGCONT).
    pub fn resume(&self) {
        self.signal("CONT");
    }

    /// Starts it again, on the same port and with the same folder, and waits
    /// until clients may come. It is killed first if it runs.
    pub async fn restart(&mut self) {
        self.kill();
        assert!(
            self.begin().await,
            "{} ended:\n{}",
            self.start.program,
            self.log()
        );
    }

    fn signal(&self, signal: &str) {
        let child = self.child.as_ref().expect("it is running");
        let kill = format!("kill -{signal} {}", child.id());
        let killed = Command::new("sh").args(["-c", &kill]).status();
        let killed = killed.expect("there is a shell");
        assert!(killed.success(), "{kill}: {killed}");
    }

    /// Starts the program; false if it ends before it is ready.
    async fn begin(&mut self) -> bool {
        let folder = self.folder.display().to_string();
        let port = self.port.to_string();
        let fill = |argument: &String| {
            let argument = argument.replace("{port}", &port);
            argument.replace("{folder}", &folder)
        };
        let log = fs::File::create(self.folder.join(LOG)).expect("the folder is there");
        let errors = log.try_clone().expect("the file is open");
        let child = Command::new(self.start.program)
            .args(self.start.arguments.iter().map(fill))
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            .spawn();
        let child = child.unwrap_or_else(|error| {
            let program = self.start.program;
            panic!("cannot start {program}: {error}; apt-get install {program} installs it")
        });
        let child = self.child.insert(child);
        let (log, ready) = (self.folder.join(LOG), self.start.ready);
        let mut runs = true;
        let settled = || {
            let said = fs::read(&log).unwrap_or_default();
            if String::from_utf8_lossy(&said).contains(ready) {
                return true;
            }
            runs = child.try_wait().expect("it is our child").is_none();
            !runs
        };
        until(format!("{} to be ready", self.start.program), settled).await;
        if !runs {
            self.child = None;
        }
        runs
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.kill();
        fs::remove_dir_all(&self.folder).ok();
    }
}

/// Runs a program that talks to a server, and gives what it prints.
pub async fn tool(program: &str, arguments: &[&str]) -> String {
    let output = tokio::process::Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = within(program, output).await;
    let output = output.unwrap_or_else(|error| panic!("cannot start {program}: {error}"));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {said}{complaints}"
    );
    said
}

/// A port that nobody listens on, and that no client is given by the system
/// while a server is restarted: systems take those from 32768 on.
#[must_use]
pub fn free_port() -> u16 {
    let ports = std::iter::repeat_with(|| fastrand::u16(10_000..32_000));
    let mut free = ports.filter(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok());
    free.next().expect("it goes on for ever")
}

const LOG: &str = "log";
