use std::{
    io::{self, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use ws_peers::{
    poller::Poller,
    wire::{self, BINARY},
};

use super::{Clock, Expected, Frames, Load, READ, SPIN, connect};

/// Clients that send a message for each that comes back.
pub(crate) struct Echo {
    poller: Poller,
    clients: Vec<Client>,
    /// How many messages of each client are under way.
    depth: usize,
    expected: Expected,
    /// As many frames as a client has under way.
    burst: Vec<u8>,
    buffer: Vec<u8>,
}

struct Client {
    stream: TcpStream,
    frames: Frames,
    /// How much of `burst` is to be sent, from where, in bytes.
    unsent: usize,
    at: usize,
    owed: usize,
}

impl Echo {
    pub(crate) fn connect(
        to: SocketAddr,
        path: &str,
        connections: usize,
        depth: usize,
        size: usize,
    ) -> io::Result<Self> {
        let poller = Poller::new()?;
        let mut clients = Vec::with_capacity(connections);
        for (token, stream) in connect(to, path, connections)?.into_iter().enumerate() {
            poller.add(&stream, token)?;
            clients.push(Client {
                stream,
                frames: Frames::default(),
                unsent: 0,
                at: 0,
                owed: 0,
            });
        }
        let payload: Vec<u8> = (0..size).map(|at| b'a' + (at % 26) as u8).collect();
        Ok(Self {
            poller,
            clients,
            depth,
            expected: Expected::new(BINARY, &payload),
            burst: wire::client_frame(BINARY, &payload).repeat(depth),
            buffer: vec![0; READ],
        })
    }
}

impl Load for Echo {
    fn run(&mut self, span: Duration) -> io::Result<u64> {
        let clock = Clock::start(span);
        let frame = self.burst.len() / self.depth;
        let mut owed = self.clients.len() * self.depth;
        let mut returned = 0;
        for client in &mut self.clients {
            client.unsent = self.burst.len();
            client.send(&self.burst)?;
        }
        // Those who have something to send, once all have read.
        let mut ready = Vec::new();
        let mut over = false;
        while owed > 0 {
            for event in self.poller.wait(SPIN)? {
                let client = &mut self.clients[event.token];
                let count = if event.readable {
                    let Client { stream, frames, .. } = client;
                    frames.read(stream, &mut self.buffer, &self.expected)?
                } else {
                    0
                };
                returned += count as u64;
                owed -= count;
                client.owed += count;
                if client.owed > 0 || (client.unsent > 0 && event.writable) {
                    ready.push(event.token);
                }
            }
            over = over || clock.over()?;
            for token in ready.drain(..) {
                let client = &mut self.clients[token];
                let again = std::mem::take(&mut client.owed);
                if !over {
                    owed += again;
                    client.unsent += again * frame;
                }
                client.send(&self.burst)?;
            }
        }
        self.expected.thorough = false;
        Ok(returned)
    }
}

impl Client {
    /// Sends what is to be sent, as far as there is room.
    fn send(&mut self, burst: &[u8]) -> io::Result<()> {
        while self.unsent > 0 {
            let part = &burst[self.at..burst.len().min(self.at + self.unsent)];
            match self.stream.write(part) {
                Ok(sent) => {
                    self.unsent -= sent;
                    self.at = (self.at + sent) % burst.len();
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
