//! What processes compute, as Linux tells.

use std::{fs, io};

/// What a process has computed so far, in nanoseconds.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cpu {
    /// All its threads.
    pub(crate) all: u64,
    /// Those that talk to the engine.
    pub(crate) bridge: u64,
}

impl Cpu {
    /// Of this process. What a thread computes is known exactly once it sleeps.
    pub(crate) fn of(process: u32) -> io::Result<Self> {
        let mut cpu = Self::default();
        for task in fs::read_dir(format!("/proc/{process}/task"))? {
            let task = task?.path();
            let Ok(text) = fs::read_to_string(task.join("schedstat")) else {
                // It has just ended.
                continue;
            };
            let first = text.split_whitespace().next();
            let spent: u64 = first
                .and_then(|it| it.parse().ok())
                .ok_or(io::ErrorKind::InvalidData)?;
            cpu.all += spent;
            if fs::read_to_string(task.join("comm")).is_ok_and(|it| it.trim() == BRIDGE) {
                cpu.bridge += spent;
            }
        }
        Ok(cpu)
    }

    /// What was computed since.
    pub(crate) const fn since(self, before: Self) -> Self {
        Self {
            all: self.all.saturating_sub(before.all),
            bridge: self.bridge.saturating_sub(before.bridge),
        }
    }

    /// Of both.
    pub(crate) const fn and(self, other: Self) -> Self {
        Self {
            all: self.all + other.all,
            bridge: self.bridge + other.bridge,
        }
    }
}

/// How the thread is called that a node talks to its engine on.
const BRIDGE: &str = "ws-backplane";
