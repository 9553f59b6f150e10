//! DEFLATE as RFC 7692 uses it to messages, no further than a limit.

use std::{cell::RefCell, fmt};

use flate2::{Decompress, FlushDecompress, Status};

use crate::{
    CloseCode,
    extension::{ExtensionError, PartEnd},
};

use super::{TAIL, WindowBits};

/// Inflates the messages of one connection.
///
/// Between messages it keeps only the bytes that the next one may refer to: an
/// inflater, which takes ten times as much, is lent by the thread.
pub(super) struct Decompressor {
    /// At work on a message.
    inflate: Option<Decompress>,
    history: History,
    /// A final block ended the last stream, and nothing came since.
    fresh: bool,
}

thread_local! {
    static SPARE: RefCell<Vec<Decompress>> = const { RefCell::new(Vec::new()) };
}

impl Decompressor {
    /// With takeover, messages may refer to those before them.
    pub(super) const fn new(bits: WindowBits, takeover: bool) -> Self {
        let most = if takeover { 1 << bits.get() } else { 0 };
        Self {
            inflate: None,
            history: History {
                bytes: Vec::new(),
                most,
            },
            fresh: false,
        }
    }

    /// Appends what `input` stands for, at most `limit` bytes; at the message's
    /// end also what was held back until then (RFC 7692 §7.2.2).
    pub(super) fn decompress(
        &mut self,
        input: &[u8],
        end: PartEnd,
        limit: usize,
        output: &mut Vec<u8>,
    ) -> Result<(), ExtensionError> {
        let mut inflate = self
            .inflate
            .take()
            .unwrap_or_else(|| self.history.inflater());
        let most = output.len().saturating_add(limit);
        self.inflate_all(&mut inflate, input, most, output)?;
        if end != PartEnd::Message {
            self.inflate = Some(inflate);
            return Ok(());
        }
        if !self.fresh {
            // All that was sent is inflated by now. If these bytes stand for
            // data, the message ended inside a block.
            let whole = output.len();
            self.inflate_all(&mut inflate, &TAIL, most, output)?;
            if output.len() > whole {
                return Err(CORRUPT);
            }
        }
        give_back(inflate);
        Ok(())
    }

    fn inflate_all(
        &mut self,
        inflate: &mut Decompress,
        mut input: &[u8],
        most: usize,
        output: &mut Vec<u8>,
    ) -> Result<(), ExtensionError> {
        if !input.is_empty() {
            self.fresh = false;
        }
        let mut start = output.len();
        loop {
            // One byte more than allowed shows that there is more.
            let room = (most - output.len()).saturating_add(1);
            let chunk = (input.len() * 4).clamp(LEAST_CHUNK, MOST_CHUNK).min(room);
            output.reserve(chunk);
            let read = inflate.total_in();
            let status = inflate.decompress_vec(input, output, FlushDecompress::Sync);
            // What came before a fault counts before it.
            if output.len() > most {
                return Err(ExtensionError::TooBig);
            }
            let status = status.map_err(|_| CORRUPT)?;
            input = &input[(inflate.total_in() - read) as usize..];
            match status {
                // §7.2.3.4: a final block ends a stream; the next block starts
                // another. The byte that ends it may leave nothing behind.
                Status::StreamEnd => {
                    inflate.reset(false);
                    self.history.forget();
                    start = output.len();
                    if input.is_empty() {
                        self.fresh = true;
                        return Ok(());
                    }
                }
                Status::Ok | Status::BufError => {
                    // Room that is left says that nothing is held back.
                    if input.is_empty() && output.len() < output.capacity() {
                        self.history.push(&output[start..]);
                        return Ok(());
                    }
                }
            }
        }
    }
}

impl fmt::Debug for Decompressor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decompressor")
            .field("history", &self.history.bytes.len())
            .finish_non_exhaustive()
    }
}

/// The end of what the peer's window has seen.
struct History {
    bytes: Vec<u8>,
    most: usize,
}

impl History {
    fn push(&mut self, bytes: &[u8]) {
        let bytes = &bytes[bytes.len().saturating_sub(self.most)..];
        let kept = self.most - bytes.len();
        self.bytes.drain(..self.bytes.len().saturating_sub(kept));
        // To the byte: connections hold it while they are idle.
        self.bytes.reserve_exact(bytes.len());
        self.bytes.extend_from_slice(bytes);
    }

    fn forget(&mut self) {
        self.bytes = Vec::new();
    }

    /// An inflater that has seen what the peer may refer to.
    fn inflater(&self) -> Decompress {
        let spare = SPARE.with_borrow_mut(Vec::pop);
        let mut inflate = spare.unwrap_or_else(|| Decompress::new(false));
        if !self.bytes.is_empty() {
            // A raw stream takes any dictionary.
            inflate.set_dictionary(&self.bytes).ok();
        }
        inflate
    }
}

fn give_back(mut inflate: Decompress) {
    SPARE.with_borrow_mut(|spare| {
        if spare.is_empty() {
            inflate.reset(false);
            spare.push(inflate);
        }
    });
}

const CORRUPT: ExtensionError = ExtensionError::Fault {
    code: CloseCode::INVALID_PAYLOAD,
    reason: "compressed data is corrupt",
};

/// How much room is made at once, in bytes.
const LEAST_CHUNK: usize = 256;
const MOST_CHUNK: usize = 64 * 1024;
