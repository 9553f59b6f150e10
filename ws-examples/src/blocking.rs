//! A WebSocket connection over a blocking stream: `ws-core` with nothing but
//! the standard library.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use bytes::{Buf, BytesMut};
use ws_core::{Connection, Event, Output};

/// Keeps a connection going over a TCP stream, until its next event.
#[derive(Debug)]
pub struct Blocking {
    stream: TcpStream,
    /// The protocol, for its verbs.
    pub connection: Connection,
    buffer: BytesMut,
    disconnected: bool,
}

impl Blocking {
    /// Joins a connection to a stream. `first` is what was read already, behind
    /// the head of the opening handshake.
    #[must_use]
    pub fn new(stream: TcpStream, mut connection: Connection, mut first: BytesMut) -> Self {
        connection.handle_input(Instant::now(), &mut first);
        Self {
            stream,
            connection,
            buffer: first,
            disconnected: false,
        }
    }

    /// Does what the connection says until there is an event; `None` when it
    /// is over.
    ///
    /// # Errors
    ///
    /// If the stream fails in another way than by breaking.
    pub fn next_event(&mut self) -> io::Result<Option<Event>> {
        loop {
            match self.connection.poll_output(Instant::now()) {
                Output::Event(event) => return Ok(Some(event)),
                Output::Transmit(queue) => match self.stream.write(queue.chunk()) {
                    Ok(written) => queue.advance(written),
                    Err(error) => self.lose(&error),
                },
                Output::Shutdown => {
                    // The peer may have gone first, which is as well.
                    self.stream.shutdown(std::net::Shutdown::Write).ok();
                }
                Output::Disconnect => {
                    self.stream.shutdown(std::net::Shutdown::Both).ok();
                    self.disconnected = true;
                }
                Output::Wait(_) if self.disconnected => return Ok(None),
                Output::Wait(deadline) => self.wait(deadline)?,
            }
        }
    }

    /// Reads, but no longer than until the deadline.
    fn wait(&mut self, deadline: Option<Instant>) -> io::Result<()> {
        let patience = deadline.map(|deadline| {
            let left = deadline.saturating_duration_since(Instant::now());
            left.max(Duration::from_millis(1))
        });
        self.stream.set_read_timeout(patience)?;
        self.buffer.resize(READ, 0);
        let read = self.stream.read(&mut self.buffer);
        let now = Instant::now();
        match read {
            Ok(0) => self.connection.handle_eof(now),
            Ok(received) => {
                self.buffer.truncate(received);
                self.connection.handle_input(now, &mut self.buffer);
            }
            Err(error) if is_timeout(&error) => self.connection.handle_timeout(now),
            Err(error) => self.lose(&error),
        }
        self.buffer.clear();
        Ok(())
    }

    fn lose(&mut self, error: &io::Error) {
        eprintln!("the stream broke: {error}");
        self.connection.handle_lost(Instant::now());
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted
    )
}

const READ: usize = 4096;
