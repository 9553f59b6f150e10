//! The least that an echo and a room cost in safe Rust: epoll and nothing else.
//!
//! Nothing is checked, nothing is limited and nobody is pinged. Everything that
//! one read brings leaves in one write, from the buffer that it was read to; a
//! room is written to once per member for all posts of a wake-up.

use std::{
    io::{self, Read, Write},
    net::{TcpListener, TcpStream},
    os::fd::AsRawFd,
};

use rustix::net::{self, SocketFlags};
use ws_core::MaskingKey;
use ws_peers::{
    poller::Poller,
    wire::{self, Header},
};

pub(crate) fn serve(listener: TcpListener, room: bool) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let mut poller = Poller::new()?;
    poller.add(&listener, LISTENER)?;
    let mut clients: Vec<Option<Client>> = Vec::new();
    let mut buffer = vec![0; FRONT + READ];
    let mut members = Vec::new();
    let mut posts = Vec::new();
    let mut accepting = false;
    loop {
        for ready in poller.wait(None)? {
            if ready.token == LISTENER {
                accepting = true;
                continue;
            }
            let Some(Some(client)) = clients.get_mut(ready.token) else {
                continue;
            };
            let goes_on = client.serve(&mut buffer, room.then_some(&mut posts), ready.readable);
            if !goes_on.unwrap_or(false) {
                clients[ready.token] = None;
                members.retain(|&member| member != ready.token);
            }
        }
        if accepting {
            accepting = false;
            accept(&listener, |stream| {
                let token = stream.as_raw_fd().cast_unsigned() as usize;
                poller.add(&stream, token)?;
                if clients.len() <= token {
                    clients.resize_with(token + 1, || None);
                }
                clients[token] = Some(Client::new(stream));
                members.push(token);
                Ok(())
            })?;
        }
        if !posts.is_empty() {
            for &member in &members {
                if let Some(client) = &mut clients[member] {
                    // Who has gone is heard of by the poller.
                    client.write(&posts).ok();
                }
            }
            posts.clear();
        }
    }
}

fn accept(
    listener: &TcpListener,
    mut arrived: impl FnMut(TcpStream) -> io::Result<()>,
) -> io::Result<()> {
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    while let Ok(socket) = net::accept_with(listener, flags) {
        let stream = TcpStream::from(socket);
        stream.set_nodelay(true)?;
        arrived(stream)?;
    }
    Ok(())
}

struct Client {
    stream: TcpStream,
    upgraded: bool,
    /// The frame whose payload data still comes: how much, and its key.
    frame: Option<(usize, MaskingKey)>,
    /// The start of a header, or in a room of a frame, that still comes.
    held: Vec<u8>,
    unsent: Vec<u8>,
    readable: bool,
}

impl Client {
    const fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            upgraded: false,
            frame: None,
            held: Vec::new(),
            unsent: Vec::new(),
            readable: false,
        }
    }

    /// Reads and answers; in a room, posts. Returns whether the client stays.
    fn serve(
        &mut self,
        buffer: &mut [u8],
        mut posts: Option<&mut Vec<u8>>,
        readable: bool,
    ) -> io::Result<bool> {
        self.readable |= readable;
        if !self.unsent.is_empty() {
            let unsent = std::mem::take(&mut self.unsent);
            self.write(&unsent)?;
        }
        while self.readable && self.unsent.is_empty() {
            let count = match self.stream.read(&mut buffer[FRONT..]) {
                Ok(0) => return Ok(false),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.readable = false;
                    break;
                }
                Err(error) => return Err(error),
            };
            self.readable = count == buffer.len() - FRONT;
            let end = FRONT + count;
            if !self.upgraded {
                self.upgrade(&buffer[FRONT..end])?;
                continue;
            }
            let goes_on = match &mut posts {
                Some(posts) => self.post(&buffer[FRONT..end], posts),
                None => self.echo(&mut buffer[..end])?,
            };
            if !goes_on {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn upgrade(&mut self, request: &[u8]) -> io::Result<()> {
        self.held.extend_from_slice(request);
        if !self.held.ends_with(b"\r\n\r\n") {
            return Ok(());
        }
        let at = self.held.windows(KEY_FIELD.len()).position(|it| it == KEY_FIELD);
        let at = at.ok_or(io::ErrorKind::InvalidData)? + KEY_FIELD.len();
        let key = self.held.get(at..at + KEY_LENGTH);
        let accept = wire::accept(key.ok_or(io::ErrorKind::InvalidData)?);
        let answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {accept}\r\n\r\n"
        );
        self.held = Vec::new();
        self.upgraded = true;
        self.write(answer.as_bytes())
    }

    /// Answers what lies behind the first `FRONT` bytes, which are free.
    fn echo(&mut self, buffer: &mut [u8]) -> io::Result<bool> {
        let mut at = FRONT - self.held.len();
        buffer[at..FRONT].copy_from_slice(&self.held);
        self.held.clear();
        // The answer takes no more room than what it answers, and lies in its place.
        let (mut from, mut to) = (None, at);
        let mut last = wire::BINARY;
        while at < buffer.len() {
            let (left, mut key) = match self.frame.take() {
                Some(frame) => frame,
                None => {
                    let Some(header) = Header::read(&buffer[at..]) else {
                        self.held.extend_from_slice(&buffer[at..]);
                        break;
                    };
                    at += header.length;
                    last = header.first;
                    let mut answer = [0; 10];
                    let length = wire::write_header(header.first, header.payload, &mut answer);
                    if from.is_none() {
                        // The first one's payload data stays where it is.
                        to = at - length;
                    }
                    buffer[to..to + length].copy_from_slice(&answer[..length]);
                    from.get_or_insert(to);
                    to += length;
                    let key = header.key.ok_or(io::ErrorKind::InvalidData)?;
                    (header.payload, key)
                }
            };
            from.get_or_insert(to);
            let part = left.min(buffer.len() - at);
            if to != at {
                buffer.copy_within(at..at + part, to);
            }
            key.apply(&mut buffer[to..to + part]);
            at += part;
            to += part;
            if part < left {
                self.frame = Some((left - part, key));
            }
        }
        if let Some(from) = from {
            self.write(&buffer[from..to])?;
        }
        Ok(last != wire::CLOSE)
    }

    /// Appends all whole frames to the room's posts.
    fn post(&mut self, read: &[u8], posts: &mut Vec<u8>) -> bool {
        let held = std::mem::take(&mut self.held);
        let joined;
        let mut bytes = if held.is_empty() {
            read
        } else {
            joined = [&held, read].concat();
            &joined
        };
        while let Some(header) = Header::read(bytes) {
            let Some(payload) = bytes.get(header.length..header.length + header.payload) else {
                break;
            };
            let Some(mut key) = header.key.filter(|_| header.first != wire::CLOSE) else {
                return false;
            };
            let mut answer = [0; 10];
            let length = wire::write_header(header.first, header.payload, &mut answer);
            posts.extend_from_slice(&answer[..length]);
            let at = posts.len();
            posts.extend_from_slice(payload);
            key.apply(&mut posts[at..]);
            bytes = &bytes[header.length + header.payload..];
        }
        self.held.extend_from_slice(bytes);
        true
    }

    /// Writes now, or later what there is no room for.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if !self.unsent.is_empty() {
            self.unsent.extend_from_slice(bytes);
            return Ok(());
        }
        let mut sent = 0;
        while sent < bytes.len() {
            match self.stream.write(&bytes[sent..]) {
                Ok(count) => sent += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.unsent.extend_from_slice(&bytes[sent..]);
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

const LISTENER: usize = usize::MAX;
/// How much is read at once, in bytes.
const READ: usize = 128 * 1024;
/// Room in front of it for the start of a header that came earlier.
const FRONT: usize = 16;
const KEY_FIELD: &[u8] = b"Sec-WebSocket-Key: ";
/// 16 bytes in base64.
const KEY_LENGTH: usize = 24;
