//! What the example programs share.

pub mod backplane;
pub mod blocking;
pub mod chat;
pub mod guest;
pub mod page;

use std::{fmt, io, net::IpAddr};

use clap::ValueEnum;

/// Which server carries the connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[expect(clippy::exhaustive_enums, reason = "programs serve with each of them")]
pub enum ServerKind {
    /// ws-server's WsServer
    Own,
    /// actix-web's HttpServer
    Stock,
}

/// Why a program could not start, in words for whoever started it.
///
/// `main` prints the [`Debug`] form, so that is the friendly one.
pub struct StartError(String);

impl StartError {
    /// No socket could be opened at this address.
    #[must_use]
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "there is advice for few of the many kinds"
    )]
    pub fn bind(host: IpAddr, port: u16, error: &io::Error) -> Self {
        Self(match error.kind() {
            io::ErrorKind::AddrInUse => format!(
                "port {port} on {host} is taken by another program: \
                 stop that one, or choose another port with --port"
            ),
            io::ErrorKind::PermissionDenied => format!(
                "port {port} on {host} needs more rights: \
                 choose one above 1023 with --port"
            ),
            io::ErrorKind::AddrNotAvailable => {
                format!("{host} is no address of this machine: choose another with --host")
            }
            _ => format!("cannot listen on {host}, port {port}: {error}"),
        })
    }
}

impl StartError {
    /// The same for the page of operators.
    #[must_use]
    pub fn bind_admin(address: std::net::SocketAddr, error: &io::Error) -> Self {
        let Self(text) = Self::bind(address.ip(), address.port(), error);
        Self(
            text.replace("--port", "--admin")
                .replace("--host", "--admin"),
        )
    }
}

impl StartError {
    /// What is wrong, in words of the program's own.
    #[must_use]
    pub fn told(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl From<io::Error> for StartError {
    fn from(error: io::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<ws_server::EndpointError> for StartError {
    fn from(error: ws_server::EndpointError) -> Self {
        Self(error.to_string())
    }
}

impl fmt::Debug for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
