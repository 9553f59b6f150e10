use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
#[cfg(feature = "rustls")]
use tokio_rustls::client::TlsStream;

/// The stream of bytes to a server: TCP, or TLS over it.
///
/// Nagle's algorithm is off (`TCP_NODELAY`): a connection collects what belongs
/// together itself. Over TLS an end without `close_notify` is an end like any
/// other, as WebSocket connections have a closing handshake of their own.
#[derive(Debug)]
pub struct Stream(Kind);

#[derive(Debug)]
enum Kind {
    Tcp(TcpStream),
    #[cfg(feature = "rustls")]
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
    pub(super) const fn tcp(tcp: TcpStream) -> Self {
        Self(Kind::Tcp(tcp))
    }

    #[cfg(feature = "rustls")]
    pub(super) fn tls(tls: TlsStream<TcpStream>) -> Self {
        Self(Kind::Tls(Box::new(tls)))
    }

    /// The address of the peer: of the proxy, if there is one.
    ///
    /// # Errors
    ///
    /// If the operating system has none, because the connection broke.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.get_ref().peer_addr()
    }

    /// The address of this side.
    ///
    /// # Errors
    ///
    /// If the operating system has none.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.get_ref().local_addr()
    }

    /// Whether it is TLS.
    #[must_use]
    pub const fn is_secure(&self) -> bool {
        match &self.0 {
            Kind::Tcp(_) => false,
            #[cfg(feature = "rustls")]
            Kind::Tls(_) => true,
        }
    }

    /// The TCP connection below, for options of the socket.
    #[must_use]
    pub fn get_ref(&self) -> &TcpStream {
        match &self.0 {
            Kind::Tcp(tcp) => tcp,
            #[cfg(feature = "rustls")]
            Kind::Tls(tls) => tls.get_ref().0,
        }
    }

    fn writer(&mut self) -> &mut (dyn AsyncWrite + Unpin) {
        match &mut self.0 {
            Kind::Tcp(tcp) => tcp,
            #[cfg(feature = "rustls")]
            Kind::Tls(tls) => tls,
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.get_mut().0 {
            Kind::Tcp(tcp) => Pin::new(tcp).poll_read(cx, buf),
            #[cfg(feature = "rustls")]
            Kind::Tls(tls) => Pin::new(&mut **tls).poll_read(cx, buf).map(|read| {
                read.or_else(|error| match error.kind() == io::ErrorKind::UnexpectedEof {
                    // No `close_notify` came: see the docs of `Stream`.
                    true => Ok(()),
                    false => Err(error),
                })
            }),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(self.get_mut().writer()).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(self.get_mut().writer()).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        match &self.0 {
            Kind::Tcp(tcp) => tcp.is_write_vectored(),
            #[cfg(feature = "rustls")]
            Kind::Tls(tls) => tls.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(self.get_mut().writer()).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(self.get_mut().writer()).poll_shutdown(cx)
    }
}
