//! `nats-server`.

use std::{
    fs,
    path::PathBuf,
    process,
    sync::atomic::{AtomicUsize, Ordering},
};

use super::{Engine, Start, free_port};
use crate::{binaries::target_directory, tls::Authority};

/// Without JetStream: it records nothing.
#[must_use]
pub fn plain() -> Start {
    start(&["--addr", "127.0.0.1", "--port", "{port}"])
}

/// With JetStream, in a folder that outlives restarts.
#[must_use]
pub fn jetstream() -> Start {
    plain().with(&["--jetstream", "--store_dir", "{folder}/jetstream"])
}

impl Start {
    /// Of NATS: with TLS, and the certificate of this authority.
    #[must_use]
    pub fn with_tls(self, authority: &Authority) -> Self {
        let identity = authority.identity_file().display().to_string();
        let mut start = self.with(&["--tls", "--tlscert", &identity, "--tlskey", &identity]);
        start.scheme = "tls";
        start
    }

    /// Of NATS: with this configuration, which arguments outdo.
    #[must_use]
    pub fn with_configuration(self, configuration: &Configuration) -> Self {
        self.with(&["--config", &configuration.0.display().to_string()])
    }
}

/// A file of configuration. Gone when dropped.
#[derive(Debug)]
pub struct Configuration(PathBuf);

impl Configuration {
    /// Writes one.
    #[must_use]
    pub fn new(text: &str) -> Self {
        static FILES: AtomicUsize = AtomicUsize::new(0);
        let number = FILES.fetch_add(1, Ordering::Relaxed);
        let folder = target_directory().join("tests-engines");
        fs::create_dir_all(&folder).expect("the target folder can be written to");
        let file = folder.join(format!("nats-{}-{number}.conf", process::id()));
        fs::write(&file, text).expect("the target folder can be written to");
        Self(file)
    }
}

impl Drop for Configuration {
    fn drop(&mut self) {
        fs::remove_file(&self.0).ok();
    }
}

/// Starts three servers with JetStream that know each other.
pub async fn cluster() -> [Engine; 3] {
    let routes = [free_port(), free_port(), free_port()];
    let urls = routes.map(|port| format!("nats://127.0.0.1:{port}"));
    let all = urls.join(",");
    let member = |index: usize| {
        let name = format!("member-{index}");
        Engine::start(jetstream().with(&[
            "--cluster",
            &urls[index],
            "--cluster_name",
            "of-tests",
            "--server_name",
            &name,
            "--routes",
            &all,
        ]))
    };
    [member(0).await, member(1).await, member(2).await]
}

/// The URL of all of them.
#[must_use]
pub fn url(engines: &[Engine]) -> String {
    let urls: Vec<_> = engines.iter().map(Engine::url).collect();
    urls.join(",")
}

fn start(arguments: &[&str]) -> Start {
    Start {
        program: "nats-server",
        scheme: "nats",
        ready: "Server is ready",
        arguments: Vec::new(),
    }
    .with(arguments)
}
