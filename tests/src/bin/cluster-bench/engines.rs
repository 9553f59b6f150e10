//! The engines that are measured, as far as they are installed.

use std::process::{Command, Stdio};

use ws_tests::{
    engine::{Engine, nats, redis},
    usage,
};

use crate::{cpu::Cpu, orders::Carrier, samples::Failure};

/// What joins nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Redis,
    /// It writes all to its disk before it answers.
    RedisOnDisk,
    /// With JetStream, which keeps what is recorded in files.
    Nats,
}

/// One that runs.
pub(crate) struct Running {
    pub(crate) engine: Engine,
    kind: Kind,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Redis, Self::RedisOnDisk, Self::Nats];

    /// Those whose programs are there.
    pub(crate) fn installed() -> Vec<Self> {
        let kinds = Self::ALL.into_iter();
        kinds.filter(|kind| kind.version().is_some()).collect()
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Redis => "Redis",
            Self::RedisOnDisk => "Redis, appendonly",
            Self::Nats => "NATS",
        }
    }

    /// What it is called where its rooms keep their messages.
    pub(crate) const fn name_recording(self) -> &'static str {
        match self {
            Self::Redis => "Redis, history",
            Self::RedisOnDisk => "Redis, appendonly, history",
            Self::Nats => "NATS, history",
        }
    }

    /// The program, which is also the name of Debian's package.
    pub(crate) const fn program(self) -> &'static str {
        match self {
            Self::Redis | Self::RedisOnDisk => "redis-server",
            Self::Nats => "nats-server",
        }
    }

    /// What its program says it is; none if it is not installed.
    pub(crate) fn version(self) -> Option<String> {
        let version = Command::new(self.program())
            .arg("--version")
            .stdin(Stdio::null())
            .output();
        let version = version.ok().filter(|it| it.status.success())?;
        Some(String::from_utf8_lossy(&version.stdout).trim().to_owned())
    }

    pub(crate) async fn start(self) -> Running {
        let start = match self {
            Self::Redis => redis::forgetful(),
            Self::RedisOnDisk => redis::persistent(),
            Self::Nats => nats::jetstream(),
        };
        Running {
            engine: Engine::start(start).await,
            kind: self,
        }
    }
}

impl Running {
    pub(crate) fn carrier(&self) -> Carrier {
        let url = self.engine.url();
        match self.kind {
            Kind::Redis | Kind::RedisOnDisk => Carrier::Redis(url),
            Kind::Nats => Carrier::Nats(url),
        }
    }

    pub(crate) fn cpu(&self) -> Result<Cpu, Failure> {
        Ok(Cpu::of(self.id()?)?)
    }

    /// The memory that it has, in bytes.
    pub(crate) fn resident(&self) -> Result<u64, Failure> {
        Ok(usage::resident(self.id()?)?)
    }

    fn id(&self) -> Result<u32, Failure> {
        Ok(self.engine.id().ok_or("the engine does not run")?)
    }
}
