//! Servers and proxies on this machine, and the two sides of a connection.

use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpStream};
use ws_actors::client::{ConnectError, Opened};

#[cfg(feature = "rustls")]
pub(crate) mod certificates;
pub(crate) mod proxies;
pub(crate) mod server;
pub(crate) mod side;

/// A listener on this machine, and its address.
pub(crate) async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// The next connection to a listener.
pub(crate) async fn next(listener: &TcpListener) -> TcpStream {
    listener.accept().await.unwrap().0
}

/// The error of an attempt that must fail.
pub(crate) fn failure<S>(attempt: Result<Opened<S>, ConnectError>) -> ConnectError {
    match attempt {
        Ok(_) => panic!("a connection was opened"),
        Err(error) => error,
    }
}

/// The status that a server refused with.
pub(crate) fn status(error: &ConnectError) -> u16 {
    match error {
        ConnectError::Refused(response) => response.status,
        other => panic!("no refusal: {other:?}"),
    }
}
