//! Proxies that pass on bytes, to one server whatever it is called.

use std::net::SocketAddr;

use bytes::BytesMut;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
};
use ws_core::handshake::http::{HeadReader, RequestHead};

use super::next;

/// Reads what an HTTP proxy is asked for.
pub(crate) async fn asked(stream: &mut TcpStream) -> RequestHead {
    let mut input = BytesMut::new();
    let mut reader = HeadReader::new();
    loop {
        assert_ne!(stream.read_buf(&mut input).await.unwrap(), 0);
        if let Some(head) = reader.request(&mut input).unwrap() {
            assert!(input.is_empty(), "clients wait for the answer");
            return head;
        }
    }
}

/// An HTTP proxy for one connection; tells what it was asked for.
pub(crate) async fn http(listener: TcpListener, server: SocketAddr) -> RequestHead {
    let mut client = next(&listener).await;
    let head = asked(&mut client).await;
    // In parts, with an interim response before it.
    for part in [
        &b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 2"[..],
        b"00 OK\r\nVia: tests\r\n\r",
        b"\n",
    ] {
        client.write_all(part).await.unwrap();
        tokio::task::yield_now().await;
    }
    relay(client, server).await;
    head
}

/// What a SOCKS proxy was asked.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct SocksRequest {
    pub(crate) user: String,
    pub(crate) password: String,
    /// A name, or an address as its bytes in hexadecimal digits.
    pub(crate) host: String,
    pub(crate) port: u16,
}

/// A SOCKS proxy of version 5 for one connection, which wants this password if
/// there is one, and answers with this code.
pub(crate) async fn socks5(
    listener: TcpListener,
    server: SocketAddr,
    password: Option<&str>,
    reply: u8,
) -> Option<SocksRequest> {
    let mut client = next(&listener).await;
    let mut asked = SocksRequest::default();
    assert_eq!(client.read_u8().await.unwrap(), 5);
    let methods = counted(&mut client).await;
    let method = if password.is_some() { 2 } else { 0 };
    if !methods.as_bytes().contains(&method) {
        client.write_all(&[5, 0xFF]).await.unwrap();
        return None;
    }
    client.write_all(&[5, method]).await.unwrap();
    if let Some(password) = password {
        assert_eq!(client.read_u8().await.unwrap(), 1);
        asked.user = counted(&mut client).await;
        asked.password = counted(&mut client).await;
        let right = asked.password == password;
        client.write_all(&[1, u8::from(!right)]).await.unwrap();
        if !right {
            return Some(asked);
        }
    }
    let mut head = [0; 4];
    client.read_exact(&mut head).await.unwrap();
    assert_eq!(head[..3], [5, 1, 0]);
    asked.host = match head[3] {
        3 => counted(&mut client).await,
        kind => {
            let mut address = vec![0; if kind == 1 { 4 } else { 16 }];
            client.read_exact(&mut address).await.unwrap();
            address.iter().map(|byte| format!("{byte:02x}")).collect()
        }
    };
    asked.port = client.read_u16().await.unwrap();
    // Bound to a name, which is the longest there is.
    let mut answer = vec![5, reply, 0, 3, 255];
    answer.extend([b'a'; 255]);
    answer.extend([0, 80]);
    client.write_all(&answer).await.unwrap();
    if reply == 0 {
        relay(client, server).await;
    }
    Some(asked)
}

/// A text with its length before it.
async fn counted(stream: &mut TcpStream) -> String {
    let mut text = vec![0; usize::from(stream.read_u8().await.unwrap())];
    stream.read_exact(&mut text).await.unwrap();
    String::from_utf8(text).unwrap()
}

async fn relay(mut client: TcpStream, server: SocketAddr) {
    let mut server = TcpStream::connect(server).await.unwrap();
    // One of them may end with a reset.
    copy_bidirectional(&mut client, &mut server).await.ok();
}
