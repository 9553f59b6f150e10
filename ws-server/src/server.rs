use std::{
    fmt, io,
    marker::PhantomData,
    net::{SocketAddr, TcpListener, ToSocketAddrs},
    sync::Arc,
    time::Duration,
};

use actix_http::{HttpService, Request, Response};
use actix_server::{Server, ServerBuilder};
use actix_service::{
    IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt, apply_fn_factory, map_config,
};
use actix_web::{
    Error,
    body::MessageBody,
    dev::{AppConfig, Extensions},
    http::KeepAlive,
};
use socket2::{Domain, Protocol, Socket, Type};

mod acceptor;
mod attended;
mod connection;
pub(crate) mod intake;
pub(crate) mod stream;

use self::{
    acceptor::{Acceptor, Greeting},
    attended::Attendance,
    intake::HeadLimits,
};
use crate::upgrade::takeover::Leased;

/// A server for an actix-web app, whose WebSockets have their connections to
/// themselves.
///
/// It is built like [`actix_web::HttpServer`], and serves the same apps. Once an
/// [`Endpoint`](crate::Endpoint) has answered a request with 101, HTTP gives the
/// connection up: the actor reads and writes the socket itself, an idle
/// connection holds no buffers, and its end is decided by the WebSocket's own
/// deadlines.
///
/// ```no_run
/// use actix_web::{App, web};
/// use ws_server::{Shutdown, WsServer};
///
/// # async fn index() -> &'static str { "hello" }
/// # async fn run() -> std::io::Result<()> {
/// let shutdown = Shutdown::new();
/// let server = WsServer::new(|| App::new().route("/", web::get().to(index)))
///     .bind("127.0.0.1:8080")?;
/// // until SIGTERM or Ctrl-C, then in good order
/// shutdown.run(server.run())?.await
/// # }
/// ```
pub struct WsServer<F, I, S, B> {
    factory: F,
    app: PhantomData<fn() -> (I, S, B)>,
    settings: Settings,
    builder: ServerBuilder,
    backlog: i32,
    addresses: Vec<SocketAddr>,
}

/// What the connections of all addresses have in common.
#[derive(Clone)]
struct Settings {
    keep_alive: KeepAlive,
    request_timeout: Duration,
    max_head_bytes: usize,
    tls_timeout: Duration,
    hostname: Option<String>,
    on_connect: Option<Arc<OnConnect>>,
}

type OnConnect = dyn Fn(&tokio::net::TcpStream, &mut Extensions) + Send + Sync;

impl<F, I, S, B> WsServer<F, I, S, B>
where
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request> + 'static,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<Error>,
    S::InitError: fmt::Debug,
    S::Response: Into<Response<B>>,
    B: MessageBody + 'static,
{
    /// A server for the apps that `factory` makes, one for each worker thread.
    ///
    /// It leaves signals to [`Shutdown::run`](crate::Shutdown::run).
    #[must_use]
    pub fn new(factory: F) -> Self {
        Self {
            factory,
            app: PhantomData,
            settings: Settings {
                keep_alive: KeepAlive::default(),
                request_timeout: Duration::from_secs(5),
                max_head_bytes: 16 * 1024,
                tls_timeout: Duration::from_secs(3),
                hostname: None,
                on_connect: None,
            },
            builder: ServerBuilder::new().disable_signals(),
            backlog: 2048,
            addresses: Vec::new(),
        }
    }

    /// The number of worker threads. Default: one for each core.
    ///
    /// # Panics
    ///
    /// If it is 0.
    #[must_use]
    pub fn workers(mut self, workers: usize) -> Self {
        self.builder = self.builder.workers(workers);
        self
    }

    /// The most connections that one worker serves at a time, of HTTP and
    /// WebSockets together; more wait to be accepted.
    ///
    /// Default: 25600.
    #[must_use]
    pub fn max_connections(mut self, limit: usize) -> Self {
        self.builder = self.builder.max_concurrent_connections(limit);
        self
    }

    /// The most connections that may wait to be accepted, for addresses that
    /// are bound after this call. Default: 2048.
    #[must_use]
    pub fn backlog(mut self, limit: u16) -> Self {
        self.backlog = i32::from(limit);
        self
    }

    /// How long a connection is kept between two requests of HTTP. Default: 5 s.
    #[must_use]
    pub fn keep_alive(mut self, keep_alive: impl Into<KeepAlive>) -> Self {
        self.settings.keep_alive = keep_alive.into();
        self
    }

    /// How long the head of a request may take, and with it a WebSocket's
    /// opening handshake, before it is answered with 408. Default: 5 s.
    ///
    /// It holds for each request of a connection, from the first byte on.
    #[must_use]
    pub fn client_request_timeout(mut self, timeout: Duration) -> Self {
        self.settings.request_timeout = timeout;
        self
    }

    /// The most bytes that the head of a request may have: more are answered with
    /// 431.
    ///
    /// Default: 16 KiB. As all servers of actix-http, this one takes 96 header
    /// fields at most, and never more than 128 KiB: a head that follows a request
    /// with a body is not looked at before it is complete.
    #[must_use]
    pub fn max_head_bytes(mut self, limit: usize) -> Self {
        self.settings.max_head_bytes = limit;
        self
    }

    /// How long a TLS handshake may take. Default: 3 s.
    #[must_use]
    pub fn tls_handshake_timeout(mut self, timeout: Duration) -> Self {
        self.settings.tls_timeout = timeout;
        self
    }

    /// How long connections have to end by themselves once the server is
    /// stopped. Default: 30 s.
    #[must_use]
    pub fn shutdown_timeout(mut self, timeout: Duration) -> Self {
        self.builder = self.builder.shutdown_timeout(timeout.as_secs());
        self
    }

    /// What the app calls its host in URLs that it makes. Default: the address
    /// that is bound.
    #[must_use]
    pub fn server_hostname(mut self, hostname: impl Into<String>) -> Self {
        self.settings.hostname = Some(hostname.into());
        self
    }

    /// Looks at each connection when it comes in, and leaves data for its
    /// requests ([`HttpRequest::conn_data`](actix_web::HttpRequest::conn_data)).
    #[must_use]
    pub fn on_connect(
        mut self,
        look: impl Fn(&tokio::net::TcpStream, &mut Extensions) + Send + Sync + 'static,
    ) -> Self {
        self.settings.on_connect = Some(Arc::new(look));
        self
    }

    /// Listens on these addresses.
    ///
    /// # Errors
    ///
    /// If none of them can be bound.
    pub fn bind(mut self, addresses: impl ToSocketAddrs) -> io::Result<Self> {
        for listener in listen(addresses, self.backlog)? {
            self = self.listen(listener)?;
        }
        Ok(self)
    }

    /// Listens with a socket that is bound already.
    ///
    /// # Errors
    ///
    /// If the socket cannot be used.
    pub fn listen(self, listener: TcpListener) -> io::Result<Self> {
        self.serve(listener, Greeting::Plain)
    }

    /// Listens on these addresses, with TLS.
    ///
    /// # Errors
    ///
    /// If none of them can be bound.
    #[cfg(feature = "rustls")]
    pub fn bind_rustls_0_23(
        mut self,
        addresses: impl ToSocketAddrs,
        config: tokio_rustls::rustls::ServerConfig,
    ) -> io::Result<Self> {
        for listener in listen(addresses, self.backlog)? {
            self = self.listen_rustls_0_23(listener, config.clone())?;
        }
        Ok(self)
    }

    /// Listens with a socket that is bound already, with TLS.
    ///
    /// # Errors
    ///
    /// If the socket cannot be used.
    #[cfg(feature = "rustls")]
    pub fn listen_rustls_0_23(
        self,
        listener: TcpListener,
        config: tokio_rustls::rustls::ServerConfig,
    ) -> io::Result<Self> {
        let timeout = self.settings.tls_timeout;
        self.serve(listener, Greeting::tls(config, timeout))
    }

    /// The addresses that it listens on.
    #[must_use]
    pub fn addrs(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Starts the workers.
    ///
    /// The server stops when it is told to: by
    /// [`Shutdown::run`](crate::Shutdown::run), or by its handle.
    ///
    /// # Panics
    ///
    /// If it listens nowhere.
    #[must_use = "a server does nothing until it is awaited"]
    pub fn run(self) -> Server {
        self.builder.run()
    }

    fn serve(mut self, listener: TcpListener, greeting: Greeting) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let (factory, settings) = (self.factory.clone(), self.settings.clone());
        let name = format!("websocket service on {address}");
        self.builder = self.builder.listen(name, listener, move || {
            let secure = greeting.is_secure();
            let on_connect = settings.on_connect.clone();
            let hostname = settings.hostname.clone();
            let hostname = hostname.unwrap_or_else(|| address.to_string());
            // The only door: actix-test comes in by it as well.
            let config = move |()| AppConfig::__priv_test_new(secure, hostname.clone(), address);
            let app = factory().into_factory();
            let max_head_bytes = settings.max_head_bytes;
            let app = apply_fn_factory(app, move |request: Request, app: &S::Service| {
                let attendance = Attendance::of(&request, max_head_bytes);
                let doing = attendance.ask(|| app.call(request));
                attendance.answer(doing)
            });
            let app = app.map_err(|error: S::Error| error.into().error_response());
            let http = HttpService::build()
                .keep_alive(settings.keep_alive)
                .client_request_timeout(settings.request_timeout)
                .client_disconnect_timeout(Duration::ZERO)
                .local_addr(address)
                .on_connect_ext(move |leased: &Leased, data: &mut Extensions| {
                    if let Some(look) = &on_connect {
                        leased.0.look(|stream| look(stream, data));
                    }
                    leased.0.note(data);
                })
                .finish(map_config(app, config));
            let limits = HeadLimits {
                bytes: settings.max_head_bytes,
                time: settings.request_timeout,
            };
            Acceptor::new(http, greeting.clone(), limits)
        })?;
        self.addresses.push(address);
        Ok(self)
    }
}

/// Sockets that listen on these addresses, as many as can be had.
fn listen(addresses: impl ToSocketAddrs, backlog: i32) -> io::Result<Vec<TcpListener>> {
    let mut listeners = Vec::new();
    let mut failed = None;
    for address in addresses.to_socket_addrs()? {
        match listen_on(address, backlog) {
            Ok(listener) => listeners.push(listener),
            Err(error) => failed = Some(error),
        }
    }
    match failed {
        Some(error) if listeners.is_empty() => Err(error),
        None if listeners.is_empty() => Err(io::ErrorKind::AddrNotAvailable.into()),
        _ => Ok(listeners),
    }
}

fn listen_on(address: SocketAddr, backlog: i32) -> io::Result<TcpListener> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    // A server that was restarted takes its address back at once.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(backlog)?;
    Ok(socket.into())
}

impl<F, I, S, B> fmt::Debug for WsServer<F, I, S, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WsServer")
            .field("addresses", &self.addresses)
            .finish_non_exhaustive()
    }
}
