//! A TCP connection with a counter in the middle.

use std::net::SocketAddr;

use actix_rt::task::JoinHandle;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};

use crate::wait::within;

/// Passes one TCP connection on, and counts its bytes.
#[derive(Debug)]
pub struct Relay {
    address: SocketAddr,
    traffic: JoinHandle<Traffic>,
}

/// The bytes that went through, opening handshake included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Traffic {
    /// From the client to the server.
    pub up: u64,
    /// From the server to the client.
    pub down: u64,
}

impl Relay {
    /// Listens on a free port, for one client of the server at `address`.
    pub async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await;
        let listener = listener.expect("there are ports left");
        let address = listener.local_addr().expect("it is bound");
        let traffic = actix_rt::spawn(async move {
            let (mut client, _) = listener.accept().await.expect("a client comes");
            let mut server = TcpStream::connect(server)
                .await
                .expect("the server listens");
            for stream in [&client, &server] {
                stream.set_nodelay(true).expect("the socket is open");
            }
            let copied = copy_bidirectional(&mut client, &mut server).await;
            let (up, down) = copied.expect("both end in good order");
            Traffic { up, down }
        });
        Self { address, traffic }
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until the connection is over.
    pub async fn ended(self) -> Traffic {
        let ended = within("the relayed connection to end", self.traffic).await;
        ended.expect("the relay does not panic")
    }
}
