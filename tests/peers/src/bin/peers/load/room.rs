use std::{
    io::{self, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use ws_peers::{
    poller::Poller,
    wire::{self, BINARY},
};

use super::{Clock, Expected, Frames, Load, READ, SPIN, connect, wrong};

/// Members of a room, of whom another one posts as soon as all have heard a post.
pub(crate) struct Room {
    poller: Poller,
    members: Vec<(TcpStream, Frames)>,
    /// How many posts are under way.
    depth: usize,
    expected: Expected,
    post: Vec<u8>,
    buffer: Vec<u8>,
    posts: usize,
}

impl Room {
    pub(crate) fn connect(
        to: SocketAddr,
        path: &str,
        members: usize,
        depth: usize,
        size: usize,
    ) -> io::Result<Self> {
        let poller = Poller::new()?;
        let streams = connect(to, path, members)?;
        for (token, stream) in streams.iter().enumerate() {
            poller.add(stream, token)?;
        }
        let payload: Vec<u8> = (0..size).map(|at| b'a' + (at % 26) as u8).collect();
        Ok(Self {
            poller,
            members: streams
                .into_iter()
                .map(|stream| (stream, Frames::default()))
                .collect(),
            depth,
            expected: Expected::new(BINARY, &payload),
            post: wire::client_frame(BINARY, &payload),
            buffer: vec![0; READ],
            posts: 0,
        })
    }

    /// Has the next member post.
    fn post(&mut self) -> io::Result<()> {
        self.posts += 1;
        let poster = self.posts.wrapping_mul(STRIDE) % self.members.len();
        // A member writes so little that there is always room for it.
        if self.members[poster].0.write(&self.post)? < self.post.len() {
            return Err(wrong("the server does not read what a member posts"));
        }
        Ok(())
    }
}

impl Load for Room {
    fn run(&mut self, span: Duration) -> io::Result<u64> {
        let clock = Clock::start(span);
        let mut wanted = (self.members.len() * self.depth) as u64;
        let mut delivered = 0;
        for _ in 0..self.depth {
            self.post()?;
        }
        while delivered < wanted {
            for event in self.poller.wait(SPIN)? {
                let (stream, frames) = &mut self.members[event.token];
                if event.readable {
                    let count = frames.read(stream, &mut self.buffer, &self.expected)?;
                    delivered += count as u64;
                }
            }
            if !clock.over()? {
                while wanted - delivered <= (self.members.len() * (self.depth - 1)) as u64 {
                    wanted += self.members.len() as u64;
                    self.post()?;
                }
            }
        }
        self.expected.thorough = false;
        Ok(delivered)
    }
}

/// How far the next poster sits from the last one.
const STRIDE: usize = 387;
