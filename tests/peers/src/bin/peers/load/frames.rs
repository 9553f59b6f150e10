use std::{
    io::{self, Read},
    net::TcpStream,
};

use ws_peers::wire;

use super::wrong;

/// What a server sends: always the same frame, however it is cut.
pub(super) struct Expected {
    frame: Vec<u8>,
    /// How long its header is, in bytes.
    header: usize,
    /// Payload data is compared as well, and not the header alone.
    pub(super) thorough: bool,
}

/// How far the frames of one connection have come.
#[derive(Debug, Default)]
pub(super) struct Frames {
    /// How much of the next one, in bytes.
    at: usize,
}

impl Expected {
    pub(super) fn new(first: u8, payload: &[u8]) -> Self {
        let frame = wire::server_frame(first, payload);
        Self {
            header: frame.len() - payload.len(),
            frame,
            thorough: true,
        }
    }
}

impl Frames {
    /// Reads what there is, and counts the frames that are whole with it.
    pub(super) fn read(
        &mut self,
        stream: &mut TcpStream,
        buffer: &mut [u8],
        expected: &Expected,
    ) -> io::Result<usize> {
        let mut whole = 0;
        loop {
            let count = match stream.read(buffer) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(whole),
                Err(error) => return Err(error),
            };
            whole += self.count(&buffer[..count], expected)?;
            if count < buffer.len() {
                return Ok(whole);
            }
        }
    }

    fn count(&mut self, mut bytes: &[u8], expected: &Expected) -> io::Result<usize> {
        let frame = &expected.frame;
        let compared = if expected.thorough {
            frame.len()
        } else {
            expected.header
        };
        let mut whole = 0;
        while !bytes.is_empty() {
            let part = bytes.len().min(frame.len() - self.at);
            let end = compared.min(self.at + part);
            if self.at < end && bytes[..end - self.at] != frame[self.at..end] {
                return Err(wrong("the server sent another frame than it was to"));
            }
            bytes = &bytes[part..];
            self.at += part;
            if self.at == frame.len() {
                self.at = 0;
                whole += 1;
            }
        }
        Ok(whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_count_the_same_however_they_are_cut() {
        let expected = Expected::new(wire::BINARY, b"hello");
        let bytes = wire::server_frame(wire::BINARY, b"hello").repeat(3);
        for cut in 0..=bytes.len() {
            let mut frames = Frames::default();
            let (front, back) = bytes.split_at(cut);
            let count = frames.count(front, &expected).unwrap();
            assert_eq!(count, cut / 7);
            assert_eq!(frames.count(back, &expected).unwrap(), 3 - count);
        }
    }

    #[test]
    fn frames_of_another_length_or_kind_are_refused() {
        let mut expected = Expected::new(wire::BINARY, b"hello");
        expected.thorough = false;
        for other in [
            wire::server_frame(wire::BINARY, b"hell"),
            wire::server_frame(wire::TEXT, b"hello"),
        ] {
            let mut frames = Frames::default();
            assert!(frames.count(&other, &expected).is_err());
        }
    }
}
