//! A TCP connection with a counter in the middle.

use std::net::SocketAddr;

use actix_rt::task::JoinHandle;
use bytes::BytesMut;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
};
use ws_core::handshake::http::HeadReader;

use crate::wait::within;

/// Passes one TCP connection on, and counts its bytes.
#[derive(Debug)]
pub struct Relay {
    address: SocketAddr,
    traffic: JoinHandle<Traffic>,
}

/// The bytes that went through, opening handshake included and what was asked of
/// a proxy not.
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
        Self::start(Some(server)).await
    }

    /// Listens on a free port as an HTTP proxy, for one client that asks for
    /// the server it wants.
    pub async fn proxy() -> Self {
        Self::start(None).await
    }

    async fn start(server: Option<SocketAddr>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await;
        let listener = listener.expect("there are ports left");
        let address = listener.local_addr().expect("it is bound");
        let traffic = actix_rt::spawn(async move {
            let (mut client, _) = listener.accept().await.expect("a client comes");
            let server = match server {
                Some(server) => server,
                None => asked(&mut client).await,
            };
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

/// Grants what a client asks of a proxy.
async fn asked(client: &mut TcpStream) -> SocketAddr {
    let (mut input, mut reader) = (BytesMut::new(), HeadReader::new());
    let head = loop {
        let read = client.read_buf(&mut input).await;
        assert_ne!(read.expect("the client is there"), 0, "it asks for nothing");
        if let Some(head) = reader.request(&mut input).expect("it speaks HTTP") {
            break head;
        }
    };
    assert!(input.is_empty(), "clients wait for the answer");
    assert_eq!(head.method, "CONNECT");
    let granted = client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
    granted.expect("the client is there");
    head.target.parse().expect("it names an address")
}
