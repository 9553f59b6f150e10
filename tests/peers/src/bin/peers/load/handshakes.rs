use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use ws_peers::{
    poller::Poller,
    wire::{self, CLOSE},
};

use super::{
    Clock, Load, SPIN,
    connect::{SWITCHING, dial},
    wrong,
};

/// Clients that connect, upgrade, close and come again.
pub(crate) struct Handshakes {
    to: SocketAddr,
    request: Vec<u8>,
    close: Vec<u8>,
    poller: Poller,
    clients: Vec<Option<Client>>,
}

struct Client {
    stream: TcpStream,
    heard: Vec<u8>,
    upgraded: bool,
}

impl Handshakes {
    pub(crate) fn new(to: SocketAddr, path: &str, under_way: usize) -> io::Result<Self> {
        let mut clients = Vec::new();
        clients.resize_with(under_way, || None);
        Ok(Self {
            to,
            request: wire::request(&to.to_string(), path),
            close: wire::client_frame(CLOSE, &NORMAL),
            poller: Poller::new()?,
            clients,
        })
    }

    fn arrive(&mut self, token: usize) -> io::Result<()> {
        let mut stream = dial(self.to, None)?;
        stream.write_all(&self.request)?;
        stream.set_nonblocking(true)?;
        self.poller.add(&stream, token)?;
        self.clients[token] = Some(Client {
            stream,
            heard: Vec::new(),
            upgraded: false,
        });
        Ok(())
    }
}

impl Load for Handshakes {
    fn run(&mut self, span: Duration) -> io::Result<u64> {
        let clock = Clock::start(span);
        for token in 0..self.clients.len() {
            self.arrive(token)?;
        }
        let (mut made, mut there) = (0, self.clients.len());
        let mut gone = Vec::new();
        while there > 0 {
            for event in self.poller.wait(SPIN)? {
                if let Some(client) = &mut self.clients[event.token]
                    && event.readable
                    && client.hear(&self.close)?
                {
                    made += 1;
                    there -= 1;
                    self.clients[event.token] = None;
                    gone.push(event.token);
                }
            }
            let over = clock.over()?;
            for token in gone.drain(..) {
                if !over {
                    there += 1;
                    self.arrive(token)?;
                }
            }
        }
        Ok(made)
    }
}

impl Client {
    /// Reads, and closes once it is upgraded. Returns whether that was answered.
    fn hear(&mut self, close: &[u8]) -> io::Result<bool> {
        let mut buffer = [0; 1024];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => return Err(wrong("the server left without a Close frame")),
                Ok(count) => self.heard.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
            if !self.upgraded && self.heard.ends_with(b"\r\n\r\n") {
                if !self.heard.starts_with(SWITCHING) {
                    return Err(wrong("the server refused to upgrade"));
                }
                self.heard.clear();
                self.upgraded = true;
                self.stream.write_all(close)?;
            } else if self.upgraded && self.heard.len() >= 2 {
                if self.heard[0] != CLOSE {
                    return Err(wrong("the server answered Close with another frame"));
                }
                if self.heard.len() >= 2 + usize::from(self.heard[1]) {
                    return Ok(true);
                }
            }
        }
    }
}

/// Close code 1000 (RFC 6455 §7.4.1).
const NORMAL: [u8; 2] = 1000_u16.to_be_bytes();
