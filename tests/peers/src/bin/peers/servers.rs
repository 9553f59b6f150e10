use std::{env, io, path::PathBuf, process::Command};

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// Who is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Server {
    /// The least that raw epoll allows, checking nothing
    Limit,
    /// `echo` of ws-examples, on WsServer
    Ours,
    /// The same on actix-web's HttpServer
    OursStock,
    ActixWs,
    ActixWebActors,
    Axum,
    /// With hyper
    Fastwebsockets,
    TokioTungstenite,
    TokioWebsockets,
    /// npm's `ws`, on Node.js
    NpmWs,
}

/// What a server is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    Echo,
    Room,
}

impl Server {
    /// What it is called in tables and on the command line.
    pub(crate) fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// Whether it is somebody else's.
    pub(crate) const fn is_peer(self) -> bool {
        !matches!(self, Self::Limit | Self::Ours | Self::OursStock)
    }

    /// Whether there is a program of it for this.
    pub(crate) const fn serves(self, service: Service) -> bool {
        match service {
            Service::Echo => true,
            Service::Room => !matches!(
                self,
                Self::ActixWs | Self::Fastwebsockets | Self::TokioWebsockets
            ),
        }
    }

    /// How many descriptors a connection takes there.
    pub(crate) const fn descriptors(self) -> usize {
        match self {
            // It keeps a duplicate of the socket, to cut it.
            Self::OursStock => 2,
            Self::Limit
            | Self::Ours
            | Self::ActixWs
            | Self::ActixWebActors
            | Self::Axum
            | Self::Fastwebsockets
            | Self::TokioTungstenite
            | Self::TokioWebsockets
            | Self::NpmWs => 1,
        }
    }

    pub(crate) const fn path(self, service: Service) -> &'static str {
        match service {
            Service::Echo => "/echo",
            Service::Room => "/room",
        }
    }

    /// How it is started. It listens on a port of its own choice, and says on
    /// which.
    pub(crate) fn command(self, service: Service) -> io::Result<Command> {
        let ours = |server| {
            let mut command = Command::new(program("echo")?);
            command.args(["--port=0", "--workers=1", "--compression=off", server]);
            Ok(command)
        };
        let mut command = match self {
            Self::Ours => return ours("--server=own"),
            Self::OursStock => return ours("--server=stock"),
            Self::NpmWs => {
                let mut node = Command::new("node");
                node.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/ws/server.mjs"));
                if let Some(folder) = env::var_os(NPM) {
                    node.env("NODE_PATH", PathBuf::from(folder).join("node_modules"));
                }
                node
            }
            Self::Limit
            | Self::ActixWs
            | Self::ActixWebActors
            | Self::Axum
            | Self::Fastwebsockets
            | Self::TokioTungstenite
            | Self::TokioWebsockets => {
                let mut command = Command::new(program("peer")?);
                command.arg(self.name());
                command
            }
        };
        if service == Service::Room {
            command.arg("--room");
        }
        Ok(command)
    }
}

/// A program that was built into the same folder as this one.
pub(crate) fn program(name: &str) -> io::Result<PathBuf> {
    let program = env::current_exe()?.with_file_name(name);
    if program.exists() {
        return Ok(program);
    }
    let problem = format!(
        "{} is missing: start tests/peers/run, which builds it",
        program.display()
    );
    Err(io::Error::new(io::ErrorKind::NotFound, problem))
}

/// The variable that names the folder in which npm has installed `ws`.
const NPM: &str = "WS_PEERS_NPM";
