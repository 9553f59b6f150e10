//! DEFLATE as RFC 7692 uses it to messages, no further than a limit.

use std::{cell::RefCell, fmt};

use flate2::{Decompress, DecompressError, FlushDecompress, Status};

use crate::{
    CloseCode,
    extension::{ExtensionError, PartEnd},
};

use super::{TAIL, WindowBits, history::History};

/// Inflates the messages of one connection.
pub(super) struct Decompressor {
    /// Made for the first message, and given back while the peer is idle.
    inflate: Option<Decompress>,
    /// What the next message may refer to, should the inflater be another.
    history: History,
    takeover: bool,
    /// A message has begun and not ended.
    under_way: bool,
    /// A final block ended the last stream, and nothing came since.
    fresh: bool,
    /// How long the last message was, in bytes: the next may be alike.
    usual: usize,
}

thread_local! {
    /// What was given back: a new one costs more than a short message.
    static SPARE: RefCell<Vec<Decompress>> = const { RefCell::new(Vec::new()) };
}

impl Decompressor {
    /// With takeover, messages may refer to those before them.
    pub(super) const fn new(bits: WindowBits, takeover: bool) -> Self {
        Self {
            inflate: None,
            history: History::new(if takeover { 1 << bits.get() } else { 0 }),
            takeover,
            under_way: false,
            fresh: false,
            usual: 0,
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
        let mut inflate = self.inflate.take().unwrap_or_else(|| self.inflater());
        let before = output.len();
        let most = before.saturating_add(limit);
        self.inflate_all(&mut inflate, input, most, output)?;
        self.under_way = end != PartEnd::Message;
        if !self.under_way {
            if !self.fresh {
                // All that was sent is inflated by now. If these bytes stand
                // for data, the message ended inside a block.
                let whole = output.len();
                self.inflate_all(&mut inflate, &TAIL, most, output)?;
                if output.len() > whole {
                    return Err(CORRUPT);
                }
            }
            self.usual = output.len() - before;
        }
        if self.under_way || self.takeover {
            self.inflate = Some(inflate);
        } else {
            give_back(inflate);
        }
        Ok(())
    }

    /// Between messages an inflater, which takes ten times as much, can be made
    /// again from the history.
    pub(super) fn idle(&mut self) {
        if !self.under_way
            && let Some(inflate) = self.inflate.take()
        {
            give_back(inflate);
        }
    }

    fn inflater(&self) -> Decompress {
        let spare = SPARE.with_borrow_mut(Vec::pop);
        let mut inflate = spare.unwrap_or_else(|| Decompress::new(false));
        for part in self.history.parts() {
            // A raw stream takes any dictionary, and one behind the other.
            inflate.set_dictionary(part).ok();
        }
        inflate
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
            let chunk = (input.len() * 4)
                .max(self.usual)
                .saturating_add(LEAST_CHUNK);
            let read = inflate.total_in();
            let status = inflate_some(inflate, input, chunk.min(MOST_CHUNK), most, output);
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

/// Inflates into the room there is for a chunk, but for one byte more than
/// allowed, which shows that there is more.
fn inflate_some(
    inflate: &mut Decompress,
    input: &[u8],
    chunk: usize,
    most: usize,
    output: &mut Vec<u8>,
) -> Result<Status, DecompressError> {
    let start = output.len();
    let most = most.saturating_add(1);
    let room = most - start;
    make_room(output, chunk.min(room), most);
    if output.capacity() - start <= room {
        return inflate.decompress_vec(input, output, FlushDecompress::Sync);
    }
    output.resize(start + chunk.min(room), 0);
    let written = inflate.total_out();
    let status = inflate.decompress(input, &mut output[start..], FlushDecompress::Sync);
    output.truncate(start + (inflate.total_out() - written) as usize);
    status
}

/// Makes room for so many bytes more, and for no more than `most` in all: what
/// is beyond would have to be kept from the inflater, at each call anew.
fn make_room(output: &mut Vec<u8>, more: usize, most: usize) {
    let (len, capacity) = (output.len(), output.capacity());
    if capacity - len < more {
        let wanted = capacity.saturating_mul(2).max(len + more).min(most);
        output.reserve_exact(wanted - len);
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

impl fmt::Debug for Decompressor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decompressor")
            .field("history", &self.history)
            .finish_non_exhaustive()
    }
}

const CORRUPT: ExtensionError = ExtensionError::Fault {
    code: CloseCode::INVALID_PAYLOAD,
    reason: "compressed data is corrupt",
};

/// How much room is made at once, in bytes.
const LEAST_CHUNK: usize = 512;
const MOST_CHUNK: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use crate::extension::deflate::{Compression, Strategy, compressor::Compressor};

    use super::*;

    #[test]
    fn all_of_a_message_comes_out_however_long_it_is() {
        for len in 0..3000 {
            let message = vec![7; len];
            let mut decompressor = Decompressor::new(WindowBits::MAX, false);
            let mut inflated = Vec::new();
            let input = deflated(&mut compressor(), &message);
            decompressor
                .decompress(&input, PartEnd::Message, len, &mut inflated)
                .unwrap();
            assert_eq!(inflated, message);
        }
    }

    #[test]
    fn no_more_room_is_made_than_may_be_needed() {
        let limit = 1 << 20;
        let message = vec![7; limit];
        for usual in (0..200_000).step_by(7919) {
            let mut decompressor = Decompressor::new(WindowBits::MAX, false);
            decompressor.usual = usual;
            let mut inflated = Vec::new();
            for piece in deflated(&mut compressor(), &message).chunks(100) {
                decompressor
                    .decompress(piece, PartEnd::Frame, limit - inflated.len(), &mut inflated)
                    .unwrap();
                assert!(inflated.capacity() <= limit + 1, "{}", inflated.capacity());
            }
            assert_eq!(inflated.len(), limit);
        }
    }

    #[test]
    fn an_idle_one_keeps_what_came_and_an_inflater_only_within_a_message() {
        let message = b"to be said again and again and again";
        let mut decompressor = Decompressor::new(WindowBits::MAX, true);
        let mut compressor = compressor();
        for _ in 0..3 {
            let input = deflated(&mut compressor, message);
            let (first, rest) = input.split_at(input.len() / 2);
            let mut inflated = Vec::new();
            for (part, end) in [(first, PartEnd::Frame), (rest, PartEnd::Message)] {
                decompressor
                    .decompress(part, end, 100, &mut inflated)
                    .unwrap();
                decompressor.idle();
                assert_eq!(decompressor.inflate.is_some(), end == PartEnd::Frame);
            }
            assert_eq!(inflated, message);
        }
    }

    fn compressor() -> Compressor {
        let compression = Compression {
            level: 6,
            mem_level: 8,
            strategy: Strategy::Default,
        };
        Compressor::take(WindowBits::MAX, compression)
    }

    fn deflated(compressor: &mut Compressor, message: &[u8]) -> Vec<u8> {
        let mut output = Vec::new();
        compressor.compress(message, PartEnd::Message, &mut output);
        output
    }
}
