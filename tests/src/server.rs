//! An actix-web server inside the test's own process.

use std::{env, net::SocketAddr, time::Duration};

use actix_web::{
    App, HttpServer,
    dev::{Server as Running, ServerHandle},
    web::ServiceConfig,
};
use ws_server::WsServer;

use crate::{sockets::Socket, tls::Authority, wait::until};

/// How many threads serve connections.
pub const WORKERS: usize = 2;

/// A server on a free port of 127.0.0.1, stopped when dropped.
///
/// It is a [`WsServer`]; with `WS_TESTS_SERVER=stock` it is an [`HttpServer`], as
/// all that is tested has to be so on both.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    handle: ServerHandle,
}

impl Server {
    /// Starts a server with what `configure` routes, on [`WORKERS`] threads.
    /// They get new connections in turns.
    pub fn start(configure: impl Fn(&mut ServiceConfig) + Clone + Send + 'static) -> Self {
        Self::start_over(None, configure)
    }

    /// Starts a server that speaks TLS, with a certificate of this authority if
    /// there is one, and plain TCP otherwise.
    pub fn start_over(
        tls: Option<&Authority>,
        configure: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
    ) -> Self {
        let (server, address) = if is_stock() {
            start_stock(tls, configure)
        } else {
            start_own(tls, configure)
        };
        let handle = server.handle();
        actix_rt::spawn(server);
        Self { address, handle }
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends its threads, and waits for nobody.
    pub fn stop_at_once(&self) {
        // The command is sent by the call; the future only waits for its end.
        drop(self.handle.stop(false));
    }

    /// Waits until the server holds `count` TCP connections.
    pub async fn until_sockets(&self, count: usize) {
        let what = format!("the server to hold {count} TCP connections");
        until(what, || self.sockets() == count).await;
    }

    /// The TCP connections of its port that have a descriptor.
    fn sockets(&self) -> usize {
        let port = self.address.port();
        let sockets = Socket::all().into_iter();
        sockets.filter(|it| it.is_held_at(port)).count()
    }
}

/// Whether tests use actix-web's own server.
#[must_use]
pub fn is_stock() -> bool {
    env::var("WS_TESTS_SERVER").is_ok_and(|server| server == "stock")
}

fn start_own(
    tls: Option<&Authority>,
    configure: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
) -> (Running, SocketAddr) {
    let server = WsServer::new(move || App::new().configure(configure.clone())).workers(WORKERS);
    let server = match tls {
        None => server.bind(("127.0.0.1", 0)),
        Some(tls) => server.bind_rustls_0_23(("127.0.0.1", 0), tls.server()),
    };
    let server = server.expect("there are ports left");
    let address = server.addrs()[0];
    (server.run(), address)
}

fn start_stock(
    tls: Option<&Authority>,
    configure: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
) -> (Running, SocketAddr) {
    let server = HttpServer::new(move || App::new().configure(configure.clone()))
        .workers(WORKERS)
        .tcp_nodelay(true)
        .client_disconnect_timeout(Duration::ZERO)
        .disable_signals()
        .on_connect(ws_server::keep_socket);
    let server = match tls {
        None => server.bind(("127.0.0.1", 0)),
        Some(tls) => server.bind_rustls_0_23(("127.0.0.1", 0), tls.server()),
    };
    let server = server.expect("there are ports left");
    let address = server.addrs()[0];
    (server.run(), address)
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop_at_once();
    }
}
