use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    sync::atomic::{AtomicU16, Ordering},
    time::Duration,
};

use socket2::{Domain, Socket, Type};
use ws_peers::wire;

use super::wrong;

/// So many WebSocket connections, which do not block, to one server.
pub(crate) fn connect(to: SocketAddr, path: &str, count: usize) -> io::Result<Vec<TcpStream>> {
    connect_holding(to, path, count, None)
}

/// As [`connect`], where a connection holds no more than so many bytes that
/// nobody reads.
pub(crate) fn connect_holding(
    to: SocketAddr,
    path: &str,
    count: usize,
    most: Option<usize>,
) -> io::Result<Vec<TcpStream>> {
    let request = wire::request(&to.to_string(), path);
    let mut connections = Vec::with_capacity(count);
    while connections.len() < count {
        let mut group = Vec::new();
        for _ in 0..GROUP.min(count - connections.len()) {
            let mut stream = dial(to, most)?;
            stream.write_all(&request)?;
            group.push(stream);
        }
        for stream in &mut group {
            stream.set_read_timeout(Some(PATIENCE))?;
            read_answer(stream)?;
            stream.set_nonblocking(true)?;
        }
        connections.append(&mut group);
    }
    Ok(connections)
}

/// A TCP connection, from another source address each time: one address has
/// ports for 28,000 connections, and keeps them for a minute.
pub(super) fn dial(to: SocketAddr, most: Option<usize>) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    if let Some(most) = most {
        socket.set_recv_buffer_size(most)?;
    }
    let number = NEXT.fetch_add(1, Ordering::Relaxed) % SOURCES;
    let [high, low] = number.to_be_bytes();
    let source = SocketAddr::from((Ipv4Addr::new(127, 0, 1 + high, low), 0));
    socket.bind(&source.into())?;
    socket.set_tcp_nodelay(true)?;
    socket.connect(&to.into())?;
    Ok(socket.into())
}

/// Reads up to the end of the answer, byte by byte: what follows is a frame.
fn read_answer(stream: &mut TcpStream) -> io::Result<()> {
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        answer.extend_from_slice(&byte);
    }
    if answer.starts_with(SWITCHING) {
        Ok(())
    } else {
        Err(wrong("the server refused to upgrade"))
    }
}

pub(super) const SWITCHING: &[u8] = b"HTTP/1.1 101 ";
/// How many connections are made at a time: no more than a backlog holds.
const GROUP: usize = 64;
const PATIENCE: Duration = Duration::from_secs(10);
const SOURCES: u16 = 500;
static NEXT: AtomicU16 = AtomicU16::new(0);
