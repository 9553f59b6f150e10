use std::{
    future::Future,
    net::SocketAddr,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use actix_http::{Protocol, error::DispatchError};
use actix_service::{Service, ServiceFactory};
use tokio::net::TcpStream;

use crate::upgrade::takeover::{Lease, Leased};

use super::{connection::Connection, intake::HeadLimits, stream::ServerStream};

/// What is done with a connection before HTTP begins.
#[derive(Clone)]
pub(super) enum Greeting {
    Plain,
    #[cfg(feature = "rustls")]
    Tls(tokio_rustls::TlsAcceptor, std::time::Duration),
}

/// Makes the service of one worker.
pub(super) struct Acceptor<H> {
    http: H,
    greeting: Greeting,
    limits: HeadLimits,
}

/// Takes connections, one after the other.
pub(super) struct AcceptorService<S> {
    http: Rc<S>,
    greeting: Greeting,
    limits: HeadLimits,
}

type HttpConnection = (Leased, Protocol, Option<SocketAddr>);
type LocalBoxFuture<T> = Pin<Box<dyn Future<Output = T>>>;

impl<H> Acceptor<H> {
    pub(super) const fn new(http: H, greeting: Greeting, limits: HeadLimits) -> Self {
        Self {
            http,
            greeting,
            limits,
        }
    }
}

impl<H> ServiceFactory<TcpStream> for Acceptor<H>
where
    H: ServiceFactory<HttpConnection, Config = (), Response = (), Error = DispatchError>,
    H::Future: 'static,
    H::Service: 'static,
    H::InitError: 'static,
    <H::Service as Service<HttpConnection>>::Future: 'static,
{
    type Response = ();
    type Error = DispatchError;
    type Config = ();
    type Service = AcceptorService<H::Service>;
    type InitError = H::InitError;
    type Future = LocalBoxFuture<Result<Self::Service, Self::InitError>>;

    fn new_service(&self, (): ()) -> Self::Future {
        let (http, greeting) = (self.http.new_service(()), self.greeting.clone());
        let limits = self.limits;
        Box::pin(async move {
            let http = Rc::new(http.await?);
            Ok(AcceptorService {
                http,
                greeting,
                limits,
            })
        })
    }
}

impl<S> Service<TcpStream> for AcceptorService<S>
where
    S: Service<HttpConnection, Response = (), Error = DispatchError> + 'static,
    S::Future: 'static,
{
    type Response = ();
    type Error = DispatchError;
    type Future = Accepted<S>;

    fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<Result<(), DispatchError>> {
        self.http.poll_ready(cx)
    }

    fn call(&self, stream: TcpStream) -> Accepted<S> {
        // Small messages leave at once; what fails here fails again later.
        stream.set_nodelay(true).ok();
        let peer = stream.peer_addr().ok();
        let limits = self.limits;
        match &self.greeting {
            Greeting::Plain => {
                let stream = ServerStream::Tcp(stream);
                Accepted::Serving(serve(&*self.http, stream, peer, limits))
            }
            #[cfg(feature = "rustls")]
            Greeting::Tls(acceptor, timeout) => {
                let accepting = tokio::time::timeout(*timeout, acceptor.accept(stream));
                let accepting = Box::pin(async move {
                    let stream = accepting.await.map_err(std::io::Error::from)??;
                    Ok(ServerStream::Tls(Box::new(stream)))
                });
                Accepted::Greeting(accepting, Rc::clone(&self.http), peer, limits)
            }
        }
    }
}

/// A connection that was accepted.
pub(super) enum Accepted<S: Service<HttpConnection>> {
    #[cfg(feature = "rustls")]
    Greeting(
        LocalBoxFuture<std::io::Result<ServerStream>>,
        Rc<S>,
        Option<SocketAddr>,
        HeadLimits,
    ),
    Serving(Connection<S::Future>),
}

impl<S> Future for Accepted<S>
where
    S: Service<HttpConnection, Response = (), Error = DispatchError>,
{
    type Output = Result<(), DispatchError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        #[cfg(feature = "rustls")]
        if let Self::Greeting(accepting, http, peer, limits) = this {
            let stream = std::task::ready!(accepting.as_mut().poll(cx))?;
            let serving = serve(&**http, stream, *peer, *limits);
            *this = Self::Serving(serving);
        }
        match this {
            Self::Serving(connection) => Pin::new(connection).poll(cx),
            #[cfg(feature = "rustls")]
            Self::Greeting(..) => Poll::Pending,
        }
    }
}

fn serve<S>(
    http: &S,
    stream: ServerStream,
    peer: Option<SocketAddr>,
    limits: HeadLimits,
) -> Connection<S::Future>
where
    S: Service<HttpConnection>,
{
    let protocol = stream.protocol();
    let lease = Lease::new(stream);
    let http = http.call((Leased(lease.clone()), protocol, peer));
    // What HTTP/2 reads are frames of many requests, with bounds of its own.
    let limits = (protocol == Protocol::Http1).then_some(limits);
    Connection::new(http, lease, limits)
}

impl Greeting {
    #[cfg(feature = "rustls")]
    pub(super) fn tls(
        mut config: tokio_rustls::rustls::ServerConfig,
        timeout: std::time::Duration,
    ) -> Self {
        let mut protocols: Vec<Vec<u8>> = Vec::new();
        if cfg!(feature = "http2") {
            protocols.push(b"h2".to_vec());
        }
        protocols.push(b"http/1.1".to_vec());
        protocols.retain(|protocol| !config.alpn_protocols.contains(protocol));
        config.alpn_protocols.append(&mut protocols);
        Self::Tls(std::sync::Arc::new(config).into(), timeout)
    }

    pub(super) const fn is_secure(&self) -> bool {
        !matches!(self, Self::Plain)
    }
}
