//! The least that an echo and a room cost in safe Rust: epoll and nothing else.
//!
//! Nothing is checked, nothing is limited and nobody is pinged. Everything that
//! one read brings leaves in one write, from the buffer that it was read to; a long
//! message is read to where it is written from, as a whole. A room is written to
//! once per member for all posts of a wake-up.

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
    /// The start of a frame whose rest still comes.
    held: Vec<u8>,
    long: Long,
    unsent: Vec<u8>,
    readable: bool,
}

/// A long message on its way: first it comes, then it leaves.
#[derive(Default)]
struct Long {
    /// The frame as it leaves; its storage serves for the next one, too.
    frame: Vec<u8>,
    /// How much of it has come. All that is to come, has, where nothing comes.
    come: usize,
    /// How much of it has left.
    left: usize,
    key: Option<MaskingKey>,
}

impl Client {
    fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            upgraded: false,
            held: Vec::new(),
            long: Long::default(),
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
        self.write_long()?;
        while self.readable && self.unsent.is_empty() && !self.long.leaves() {
            let long = self.long.comes();
            let place = if long {
                &mut self.long.frame[self.long.come..]
            } else {
                &mut buffer[FRONT..]
            };
            let room = place.len();
            let count = match self.stream.read(place) {
                Ok(0) => return Ok(false),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.readable = false;
                    break;
                }
                Err(error) => return Err(error),
            };
            self.readable = count == room;
            let end = FRONT + count;
            if long {
                self.long.advance(count);
                self.write_long()?;
                continue;
            }
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
        let at = self
            .held
            .windows(KEY_FIELD.len())
            .position(|it| it == KEY_FIELD);
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
        while let Some(header) = Header::read(&buffer[at..]) {
            let mut key = header.key.ok_or(io::ErrorKind::InvalidData)?;
            let mut answer = [0; 10];
            let length = wire::write_header(header.first, header.payload, &mut answer);
            let payload = at + header.length;
            let end = payload + header.payload;
            if end > buffer.len() {
                if header.payload >= LONG {
                    self.long.start(&answer[..length], header.payload, key);
                    let here = buffer.len() - payload;
                    self.long.frame[length..length + here].copy_from_slice(&buffer[payload..]);
                    self.long.advance(here);
                    at = buffer.len();
                }
                break;
            }
            last = header.first;
            // The first one's payload data stays where it is.
            let start = if from.is_none() { payload - length } else { to };
            from.get_or_insert(start);
            buffer[start..start + length].copy_from_slice(&answer[..length]);
            to = start + length + header.payload;
            if start + length != payload {
                buffer.copy_within(payload..end, start + length);
            }
            key.apply(&mut buffer[start + length..to]);
            at = end;
        }
        self.held.extend_from_slice(&buffer[at..]);
        if let Some(from) = from {
            self.write(&buffer[from..to])?;
        }
        Ok(last != wire::CLOSE)
    }

    /// Writes a long message that has come, as far as there is room.
    fn write_long(&mut self) -> io::Result<()> {
        while self.unsent.is_empty() && self.long.leaves() {
            match self.stream.write(&self.long.frame[self.long.left..]) {
                Ok(count) => self.long.left += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
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

impl Long {
    /// Begins with a header and room for the payload data.
    fn start(&mut self, header: &[u8], payload: usize, key: MaskingKey) {
        // What was there is written over, so that nothing has to be cleared.
        self.frame.resize(header.len() + payload, 0);
        self.frame[..header.len()].copy_from_slice(header);
        (self.come, self.left) = (header.len(), 0);
        self.key = Some(key);
    }

    const fn comes(&self) -> bool {
        self.come < self.frame.len()
    }

    const fn leaves(&self) -> bool {
        !self.comes() && self.left < self.frame.len()
    }

    /// Takes what was read behind what had come.
    fn advance(&mut self, count: usize) {
        let end = self.come + count;
        if let Some(key) = &mut self.key {
            key.apply(&mut self.frame[self.come..end]);
        }
        self.come = end;
    }
}

const LISTENER: usize = usize::MAX;
/// How much is read at once, in bytes.
const READ: usize = 128 * 1024;
/// From how many bytes on a message that is not there yet is read to a place of
/// its own.
const LONG: usize = 4096;
/// Room in front of what is read, for the start of a shorter one that came earlier.
const FRONT: usize = LONG + 14;
const KEY_FIELD: &[u8] = b"Sec-WebSocket-Key: ";
/// 16 bytes in base64.
const KEY_LENGTH: usize = 24;
