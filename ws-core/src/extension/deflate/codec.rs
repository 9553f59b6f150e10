//! DEFLATE as RFC 7692 uses it: raw, flushed at each message's end.

use std::fmt;

use flate2::{Decompress, FlushDecompress, Status};
use zlib_rs::{Deflate, DeflateConfig, DeflateFlush, Strategy as ZlibStrategy};

use crate::{
    CloseCode,
    extension::{ExtensionError, PartEnd},
};

use super::{Compression, Strategy, WindowBits};

/// Compresses messages, with a window that may reach back into earlier ones.
pub(super) struct Compressor(Deflate);

impl Compressor {
    pub(super) fn new(bits: WindowBits, compression: Compression) -> Self {
        let strategy = match compression.strategy {
            // zlib has no raw stream with a window of 8 bits; run-length
            // encoding refers one byte back, so it fits into any window.
            _ if bits == WindowBits::MIN => ZlibStrategy::Rle,
            Strategy::Default => ZlibStrategy::Default,
            Strategy::Filtered => ZlibStrategy::Filtered,
            Strategy::HuffmanOnly => ZlibStrategy::HuffmanOnly,
            Strategy::Rle => ZlibStrategy::Rle,
            Strategy::Fixed => ZlibStrategy::Fixed,
        };
        Self(Deflate::new_with_config(DeflateConfig {
            level: compression.level.into(),
            window_bits: -i32::from(bits.get().max(LEAST_BITS)),
            mem_level: compression.mem_level.into(),
            strategy,
            ..DeflateConfig::default()
        }))
    }

    /// Appends the compressed bytes. At a frame's end all that was given is in
    /// them; at the message's end they go without the four bytes that every
    /// message would end with (RFC 7692 §7.2.1).
    pub(super) fn compress(&mut self, mut input: &[u8], end: PartEnd, output: &mut Vec<u8>) {
        let flush = match end {
            PartEnd::Part => DeflateFlush::NoFlush,
            PartEnd::Frame | PartEnd::Message => DeflateFlush::SyncFlush,
        };
        let before = output.len();
        loop {
            let start = output.len();
            output.resize(start + (input.len() / 2).clamp(LEAST_CHUNK, MOST_CHUNK), 0);
            let (read, written) = (self.0.total_in(), self.0.total_out());
            // Neither error can come: the stream is whole, the buffer is not empty.
            self.0.compress(input, &mut output[start..], flush).ok();
            let written = (self.0.total_out() - written) as usize;
            input = &input[(self.0.total_in() - read) as usize..];
            let room = output.len() - start - written;
            output.truncate(start + written);
            if input.is_empty() && room > 0 {
                break;
            }
        }
        if end == PartEnd::Message {
            if output[before..].ends_with(&TAIL) {
                output.truncate(output.len() - TAIL.len());
            }
            if output.len() == before {
                // §7.2.3.6: an empty message is an empty block.
                output.push(0);
            }
        }
    }
}

/// Inflates messages, no further than a limit.
pub(super) struct Decompressor {
    inflate: Decompress,
    bits: u8,
    /// A final block ended the last stream, and nothing came since.
    fresh: bool,
}

impl Decompressor {
    pub(super) fn new(bits: WindowBits) -> Self {
        // A larger window than the peer's reads the same stream.
        let bits = bits.get().max(LEAST_BITS);
        Self {
            inflate: Decompress::new_with_window_bits(false, bits),
            bits,
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
        let most = output.len().saturating_add(limit);
        self.inflate_all(input, most, output)?;
        if end == PartEnd::Message && !self.fresh {
            // All that was sent is inflated by now. If these bytes stand for
            // data, the message ended inside a block.
            let whole = output.len();
            self.inflate_all(&TAIL, most, output)?;
            if output.len() > whole {
                return Err(CORRUPT);
            }
        }
        Ok(())
    }

    fn inflate_all(
        &mut self,
        mut input: &[u8],
        most: usize,
        output: &mut Vec<u8>,
    ) -> Result<(), ExtensionError> {
        if !input.is_empty() {
            self.fresh = false;
        }
        loop {
            // One byte more than allowed shows that there is more.
            let room = (most - output.len()).saturating_add(1);
            let chunk = (input.len() * 4).clamp(LEAST_CHUNK, MOST_CHUNK).min(room);
            output.reserve(chunk);
            let read = self.inflate.total_in();
            let status = self
                .inflate
                .decompress_vec(input, output, FlushDecompress::Sync);
            // What came before a fault counts before it.
            if output.len() > most {
                return Err(ExtensionError::TooBig);
            }
            let status = status.map_err(|_| CORRUPT)?;
            input = &input[(self.inflate.total_in() - read) as usize..];
            match status {
                // §7.2.3.4: a final block ends a stream; the next block starts
                // another. The byte that ends it may leave nothing behind.
                Status::StreamEnd => {
                    self.inflate = Decompress::new_with_window_bits(false, self.bits);
                    if input.is_empty() {
                        self.fresh = true;
                        return Ok(());
                    }
                }
                Status::Ok | Status::BufError => {
                    // Room that is left says that nothing is held back.
                    if input.is_empty() && output.len() < output.capacity() {
                        return Ok(());
                    }
                }
            }
        }
    }
}

impl fmt::Debug for Compressor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compressor").finish_non_exhaustive()
    }
}

impl fmt::Debug for Decompressor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decompressor").finish_non_exhaustive()
    }
}

const CORRUPT: ExtensionError = ExtensionError::Fault {
    code: CloseCode::INVALID_PAYLOAD,
    reason: "compressed data is corrupt",
};

/// The end of every flushed block.
const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];
/// The smallest window that zlib works with.
const LEAST_BITS: u8 = 9;
/// How much room is made at once, in bytes.
const LEAST_CHUNK: usize = 256;
const MOST_CHUNK: usize = 64 * 1024;
