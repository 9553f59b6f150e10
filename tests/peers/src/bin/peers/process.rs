use std::{
    fs, io,
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
};

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// A server in a process of its own, killed when this is dropped.
pub(crate) struct Process {
    child: Child,
    pub(crate) address: SocketAddr,
}

/// The cores for servers and for the load.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cores {
    pub(crate) server: usize,
    pub(crate) load: usize,
}

impl Process {
    /// Starts a program and waits until it says where it listens.
    pub(crate) fn start(mut command: Command, core: usize) -> io::Result<Self> {
        let own = sched_getaffinity(None)?;
        // A program begins where its parent is, with all its threads.
        stay_on(core)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| io::Error::new(error.kind(), format!("{command:?}: {error}")));
        sched_setaffinity(None, &own)?;
        let mut process = Self {
            child: child?,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
        };
        let mut line = String::new();
        if let Some(output) = process.child.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        let address = line.split_once("://").map(|(_, rest)| rest);
        let address = address.and_then(|rest| {
            let end = rest.find(|it: char| it != ':' && it != '.' && !it.is_ascii_digit());
            rest[..end.unwrap_or(rest.len())].parse().ok()
        });
        process.address = address.ok_or_else(|| {
            io::Error::other(format!(
                "{command:?} does not say where it listens: {line:?}"
            ))
        })?;
        Ok(process)
    }

    /// What all its threads have computed so far, in nanoseconds.
    pub(crate) fn cpu(&self) -> io::Result<u64> {
        let mut total = 0;
        for task in fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let text = fs::read_to_string(task?.path().join("schedstat"))?;
            let spent = text
                .split_whitespace()
                .next()
                .and_then(|it| it.parse::<u64>().ok());
            total += spent.ok_or(io::ErrorKind::InvalidData)?;
        }
        Ok(total)
    }

    /// How often its threads have gone to sleep so far.
    pub(crate) fn sleeps(&self) -> io::Result<u64> {
        let mut total = 0;
        for task in fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let text = fs::read_to_string(task?.path().join("status"))?;
            total += field(&text, "voluntary_ctxt_switches:").ok_or(io::ErrorKind::InvalidData)?;
        }
        Ok(total)
    }

    /// The memory it has, in KiB.
    pub(crate) fn resident(&self) -> io::Result<u64> {
        let text = fs::read_to_string(format!("/proc/{}/smaps_rollup", self.child.id()))?;
        field(&text, "Rss:").ok_or_else(|| io::ErrorKind::InvalidData.into())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It is our own child, and has nothing to lose.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Cores {
    /// The last core for servers and the first one for the load, unless others
    /// are wanted.
    pub(crate) fn choose(server: Option<usize>, load: Option<usize>) -> io::Result<Self> {
        let allowed = sched_getaffinity(None)?;
        let mut cores = (0..CpuSet::MAX_CPU).filter(|&core| allowed.is_set(core));
        let first = cores.next().unwrap_or_default();
        let last = cores.next_back().unwrap_or(first);
        Ok(Self {
            server: server.unwrap_or(last),
            load: load.unwrap_or(first),
        })
    }
}

/// Keeps this thread, and those it starts, on one core.
pub(crate) fn stay_on(core: usize) -> io::Result<()> {
    let mut cores = CpuSet::new();
    cores.set(core);
    Ok(sched_setaffinity(None, &cores)?)
}

fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}
