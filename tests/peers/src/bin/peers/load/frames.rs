use std::io;

use super::wrong;

/// Counts what a server sends: always the same frame, however it is cut.
#[derive(Debug, Default)]
pub(super) struct Frames {
    /// How much of the next frame has come, in bytes.
    at: usize,
}

impl Frames {
    /// How many frames these bytes complete.
    ///
    /// Headers are compared always, payload data if it is asked for.
    pub(super) fn count(
        &mut self,
        mut bytes: &[u8],
        frame: &[u8],
        header: usize,
        thorough: bool,
    ) -> io::Result<usize> {
        let mut whole = 0;
        let compared = if thorough { frame.len() } else { header };
        while !bytes.is_empty() {
            let part = bytes.len().min(frame.len() - self.at);
            let end = compared.min(self.at + part);
            if self.at < end && bytes[..end - self.at] != frame[self.at..end] {
                return Err(wrong("the server sent another frame than the one it was to"));
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
