use std::{
    io::{self, Read, Write},
    net::TcpStream,
};

use ws_peers::wire::{self, Header};

/// A page of `chat` that reads.
pub(super) struct Member {
    stream: TcpStream,
    /// In which of the rooms it is.
    pub(super) side: usize,
    /// The start of a frame whose rest still comes.
    held: Vec<u8>,
}

/// What a member is told.
#[derive(Debug, Clone, Copy)]
pub(super) enum Heard {
    /// The line of this number.
    Line(usize),
    /// Somebody has left.
    Left,
}

impl Member {
    pub(super) const fn new(stream: TcpStream, side: usize) -> Self {
        Self {
            stream,
            side,
            held: Vec::new(),
        }
    }

    pub(super) fn say(&mut self, frame: &[u8]) -> io::Result<()> {
        // Members write so little that there is always room for it.
        self.stream.write_all(frame)
    }

    pub(super) fn hear(
        &mut self,
        buffer: &mut [u8],
        mut heard: impl FnMut(Heard),
    ) -> io::Result<()> {
        loop {
            let count = match self.stream.read(buffer) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            };
            let bytes = &buffer[..count];
            if self.held.is_empty() {
                let rest = self.take(bytes, &mut heard)?;
                self.held.extend_from_slice(&bytes[count - rest..]);
            } else {
                let mut held = std::mem::take(&mut self.held);
                held.extend_from_slice(bytes);
                let rest = self.take(&held, &mut heard)?;
                held.drain(..held.len() - rest);
                self.held = held;
            }
            if count < buffer.len() {
                return Ok(());
            }
        }
    }

    /// Takes all whole frames, and returns how many bytes are left.
    fn take(&mut self, mut bytes: &[u8], mut heard: impl FnMut(Heard)) -> io::Result<usize> {
        while let Some(header) = Header::read(bytes)
            && let Some(payload) = bytes.get(header.length..header.length + header.payload)
        {
            match header.first {
                wire::TEXT if payload.starts_with(SAID) => {
                    let line = payload.windows(LINE.len()).position(|it| it == LINE);
                    let line = line.and_then(|at| payload.get(at + LINE.len()..)?.get(..8));
                    let line = line.and_then(|digits| str::from_utf8(digits).ok()?.parse().ok());
                    heard(Heard::Line(line.ok_or(io::ErrorKind::InvalidData)?));
                }
                wire::TEXT if payload.starts_with(LEFT) => heard(Heard::Left),
                PING => self.say(&wire::client_frame(PONG, payload))?,
                wire::CLOSE => return Err(io::Error::other("chat closed a member that reads")),
                // Who is there and who has come.
                _ => {}
            }
            bytes = &bytes[header.length + header.payload..];
        }
        Ok(bytes.len())
    }
}

const SAID: &[u8] = br#"{"type":"said""#;
const LEFT: &[u8] = br#"{"type":"left""#;
const LINE: &[u8] = br#""text":""#;
const PING: u8 = 0x89;
const PONG: u8 = 0x8A;
