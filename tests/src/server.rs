//! An actix-web server inside the test's own process.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use actix_web::{App, HttpServer, dev::ServerHandle, web::ServiceConfig};

use crate::{tls::Authority, wait::until};

/// How many threads serve connections.
pub const WORKERS: usize = 2;

/// A server on a free port of 127.0.0.1, stopped when dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    handle: ServerHandle,
    sockets: Arc<AtomicUsize>,
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
        let sockets = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&sockets);
        let server = HttpServer::new(move || App::new().configure(configure.clone()))
            .workers(WORKERS)
            .tcp_nodelay(true)
            .client_disconnect_timeout(Duration::ZERO)
            .disable_signals()
            .on_connect(move |connection, data| {
                ws_server::keep_socket(connection, data);
                data.insert(Counted::new(&counted));
            });
        let server = match tls {
            None => server.bind(("127.0.0.1", 0)),
            Some(tls) => server.bind_rustls_0_23(("127.0.0.1", 0), tls.server()),
        };
        let server = server.expect("there are ports left");
        let address = server.addrs()[0];
        let server = server.run();
        let handle = server.handle();
        actix_rt::spawn(server);
        Self {
            address,
            handle,
            sockets,
        }
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until the server holds `count` TCP connections.
    pub async fn until_sockets(&self, count: usize) {
        let what = format!("the server to hold {count} TCP connections");
        until(what, || self.sockets.load(Ordering::SeqCst) == count).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The command is sent by the call; the future only waits for its end.
        drop(self.handle.stop(false));
    }
}

/// Lives as long as the server's side of a TCP connection.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(sockets: &Arc<AtomicUsize>) -> Self {
        sockets.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(sockets))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
