use std::{
    any::Any,
    net::{Shutdown, TcpStream},
    rc::{Rc, Weak},
    time::Duration,
};

#[cfg(feature = "rustls")]
use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::{HttpRequest, dev::Extensions, rt};
use socket2::SockRef;

/// Keeps a duplicate of each connection's TCP socket, for
/// [`HttpServer::on_connect`].
///
/// actix-http waits without end for a peer that has stopped reading. With this
/// hook such a connection is cut some seconds after its WebSocket was given up;
/// it costs a second descriptor for each connection.
///
/// It knows connections over plain TCP and, with the feature `rustls`, those of
/// `bind_rustls_0_23`, and does nothing for others. A connection for which there
/// is no descriptor left is ended at once.
///
/// ```
/// use actix_web::{App, HttpServer};
///
/// let server = HttpServer::new(App::new).on_connect(ws_server::keep_socket);
/// ```
///
/// [`HttpServer::on_connect`]: actix_web::HttpServer::on_connect
pub fn keep_socket(connection: &dyn Any, data: &mut Extensions) {
    use std::os::fd::AsFd;
    let Some(stream) = tcp(connection) else {
        return;
    };
    if let Ok(duplicate) = stream.as_fd().try_clone_to_owned() {
        // It lives as long as actix-http's own, so that it holds nothing open.
        data.insert(Rc::new(TcpStream::from(duplicate)));
    } else {
        SockRef::from(stream).shutdown(Shutdown::Both).ok();
    }
}

/// The TCP stream of what a server calls a connection.
fn tcp(connection: &dyn Any) -> Option<&rt::net::TcpStream> {
    #[cfg(feature = "rustls")]
    if let Some(tls) = connection.downcast_ref::<TlsStream<rt::net::TcpStream>>() {
        return Some(tls.get_ref().0);
    }
    connection.downcast_ref()
}

/// A connection's TCP socket, if its server keeps one and still has it.
#[derive(Debug, Default)]
pub(super) struct KeptSocket(Option<Weak<TcpStream>>);

impl KeptSocket {
    pub(super) fn of(request: &HttpRequest) -> Self {
        Self(request.conn_data::<Rc<TcpStream>>().map(Rc::downgrade))
    }

    /// Cuts the connection, unless it ends by itself before.
    pub(super) fn cut_later(&mut self) {
        if let Some(socket) = self.0.take() {
            rt::spawn(async move {
                rt::time::sleep(PATIENCE).await;
                if let Some(socket) = socket.upgrade() {
                    // An error says that it has ended already.
                    socket.shutdown(Shutdown::Both).ok();
                }
            });
        }
    }
}

/// How long actix-http has for the last bytes of a connection: as long as the
/// closing handshake by default.
const PATIENCE: Duration = Duration::from_secs(5);
