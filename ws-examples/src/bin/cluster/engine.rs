//! What joins the nodes, as a process of its own.

use std::{
    env, fs,
    hash::{BuildHasher, RandomState},
    io,
    net::{Ipv4Addr, TcpListener},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    process::{self, Stdio},
    time::Duration,
};

use rustix::process::Signal;
use tokio::{
    net::TcpStream,
    process::Command,
    time::{sleep, timeout},
};
use ws_examples::StartError;

use crate::{args::Kind, process::Process};

/// redis-server or nats-server, and the folder in which it keeps its record.
#[derive(Debug)]
pub(crate) struct Engine {
    kind: Kind,
    program: PathBuf,
    port: u16,
    folder: PathBuf,
    process: Option<Process>,
    /// Ends it if this process is killed and can end nobody.
    guard: Option<Process>,
    paused: bool,
}

impl Engine {
    /// Starts what is asked for, or what is installed, and waits until it
    /// listens.
    pub(crate) async fn start(kind: Option<Kind>) -> Result<Self, StartError> {
        let kinds = kind.map_or_else(|| vec![Kind::Redis, Kind::Nats], |kind| vec![kind]);
        let mut found = kinds.iter().filter_map(|kind| Some((*kind, find(*kind)?)));
        let Some((kind, program)) = found.next() else {
            let programs: Vec<_> = kinds.iter().map(|kind| name(*kind)).collect();
            let programs = programs.join(" or ");
            return Err(StartError::told(format!(
                "there is no {programs} on this machine to join the nodes: install one \
                 (apt-get install redis-server), or say with --backplane where one is running"
            )));
        };
        let folder = env::temp_dir().join(format!("ws-cluster-{}", process::id()));
        fs::DirBuilder::new().mode(0o700).create(&folder)?;
        let mut engine = Self {
            kind,
            program,
            port: free_port()?,
            folder,
            process: None,
            guard: None,
            paused: false,
        };
        engine.begin()?;
        let listens = async {
            loop {
                if let Some(status) = engine.ended() {
                    let name = name(kind);
                    return Err(StartError::told(format!("{name} does not start: {status}")));
                }
                if TcpStream::connect((Ipv4Addr::LOCALHOST, engine.port))
                    .await
                    .is_ok()
                {
                    return Ok(());
                }
                sleep(Duration::from_millis(50)).await;
            }
        };
        match timeout(PATIENCE, listens).await {
            Ok(listens) => listens?,
            Err(_) => {
                let name = name(kind);
                return Err(StartError::told(format!(
                    "{name} does not listen within {PATIENCE:?}"
                )));
            }
        }
        Ok(engine)
    }

    /// Starts it, on its port and with what it has kept.
    pub(crate) fn begin(&mut self) -> io::Result<()> {
        let mut command = Command::new(&self.program);
        let port = self.port.to_string();
        match self.kind {
            Kind::Redis => command
                .args(["--bind", "127.0.0.1", "--port", &port, "--save", ""])
                .args(["--appendonly", "yes", "--dir"])
                .arg(&self.folder),
            Kind::Nats => command
                .args(["-a", "127.0.0.1", "-p", &port, "-js", "-sd"])
                .arg(&self.folder),
        };
        let log = fs::File::create(self.folder.join("log"))?;
        command.stderr(Stdio::from(log));
        let mut process = Process::start(command)?;
        // What it prints is for nobody, and must not hold it up.
        if let Some(mut output) = process.output() {
            actix_web::rt::spawn(async move {
                tokio::io::copy(&mut output, &mut tokio::io::sink())
                    .await
                    .ok();
            });
        }
        self.guard = Some(Process::guard(&process, &self.folder)?);
        self.process = Some(process);
        self.paused = false;
        Ok(())
    }

    /// How nodes reach it.
    pub(crate) fn url(&self) -> String {
        let scheme = match self.kind {
            Kind::Redis => "redis",
            Kind::Nats => "nats",
        };
        format!("{scheme}://127.0.0.1:{}", self.port)
    }

    pub(crate) const fn name(&self) -> &'static str {
        name(self.kind)
    }

    pub(crate) const fn state(&self) -> &'static str {
        match (&self.process, self.paused) {
            (None, _) => "stopped",
            (Some(_), true) => "paused",
            (Some(_), false) => "running",
        }
    }

    /// How it ended, if it has just now.
    pub(crate) fn ended(&mut self) -> Option<process::ExitStatus> {
        let status = self.process.as_mut()?.ended()?;
        self.process = None;
        self.guard = None;
        Some(status)
    }

    /// Holds it up, or has it go on; false if it does not run.
    pub(crate) fn pause(&mut self, paused: bool) -> bool {
        let Some(process) = &self.process else {
            return false;
        };
        process.signal(if paused { Signal::STOP } else { Signal::CONT });
        self.paused = paused;
        true
    }

    pub(crate) fn kill(&self) -> bool {
        if let Some(process) = &self.process {
            process.signal(Signal::KILL);
        }
        self.process.is_some()
    }

    /// Ends it, and throws away what it has kept.
    pub(crate) async fn end(&mut self) {
        if let Some(process) = self.process.take() {
            process.end(PATIENCE).await;
        }
        self.guard = None;
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // It is killed before its folder goes.
        self.process = None;
        self.guard = None;
        fs::remove_dir_all(&self.folder).ok();
    }
}

const fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Redis => "redis-server",
        Kind::Nats => "nats-server",
    }
}

/// Debian puts one of them where only administrators look.
fn find(kind: Kind) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path);
    let more = ["/usr/local/sbin", "/usr/sbin"].map(PathBuf::from);
    let mut programs = folders.chain(more).map(|folder| folder.join(name(kind)));
    programs.find(|program| Path::is_file(program))
}

/// A port that nobody has now, and that the system gives to no client while
/// somebody is started again: those are from 32768 on.
pub(crate) fn free_port() -> io::Result<u16> {
    let chance = RandomState::new();
    let ports = (0..100_u32).map(|attempt| 10_000 + (chance.hash_one(attempt) % 22_000) as u16);
    let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    let mut free = ports.filter(is_free);
    free.next()
        .ok_or_else(|| io::Error::other("no port from 10000 to 31999 is free"))
}

/// How long it may take to listen, and to end.
const PATIENCE: Duration = Duration::from_secs(10);
