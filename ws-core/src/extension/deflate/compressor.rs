//! Messages to DEFLATE as RFC 7692 uses it: raw, flushed at each message's end.

use std::{cell::RefCell, fmt};

use zlib_rs::{Deflate, DeflateConfig, DeflateFlush, Strategy as ZlibStrategy};

use crate::extension::PartEnd;

use super::{Compression, Strategy, TAIL, WindowBits};

/// Compresses messages, with a window that may reach back into earlier ones.
pub(super) struct Compressor {
    settings: Settings,
    deflate: Deflate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Settings {
    bits: WindowBits,
    compression: Compression,
}

thread_local! {
    /// What was given back: a new one costs more than a short message.
    static SPARE: RefCell<Vec<Compressor>> = const { RefCell::new(Vec::new()) };
}

impl Compressor {
    /// One that has compressed nothing.
    pub(super) fn take(bits: WindowBits, compression: Compression) -> Self {
        let settings = Settings { bits, compression };
        let spare = SPARE.with_borrow_mut(|spare| {
            let at = spare.iter().position(|spare| spare.settings == settings)?;
            Some(spare.swap_remove(at))
        });
        spare.map_or_else(
            || Self::new(settings),
            |mut spare| {
                spare.deflate.reset();
                spare
            },
        )
    }

    /// Forgets what it compressed, and waits for the next message of this
    /// thread that begins anew.
    pub(super) fn give_back(self) {
        SPARE.with_borrow_mut(|spare| {
            if spare.len() < MOST_SPARE {
                spare.push(self);
            }
        });
    }

    fn new(settings: Settings) -> Self {
        let Settings { bits, compression } = settings;
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
        let deflate = Deflate::new_with_config(DeflateConfig {
            level: compression.level.into(),
            window_bits: -i32::from(bits.get().max(LEAST_BITS)),
            mem_level: compression.mem_level.into(),
            strategy,
            ..DeflateConfig::default()
        });
        Self { settings, deflate }
    }

    /// Appends the compressed bytes. At a frame's end all that was given is in
    /// them; at the message's end they go without the four bytes that every
    /// message would end with (RFC 7692 §7.2.1).
    pub(super) fn compress(&mut self, mut input: &[u8], end: PartEnd, output: &mut Vec<u8>) {
        let flush = match end {
            PartEnd::Part => DeflateFlush::NoFlush,
            PartEnd::Frame | PartEnd::Message => DeflateFlush::SyncFlush,
        };
        let deflate = &mut self.deflate;
        let before = output.len();
        loop {
            let start = output.len();
            output.resize(start + (input.len() / 2).clamp(LEAST_CHUNK, MOST_CHUNK), 0);
            let (read, written) = (deflate.total_in(), deflate.total_out());
            // Neither error can come: the stream is whole, the buffer is not empty.
            deflate.compress(input, &mut output[start..], flush).ok();
            let written = (deflate.total_out() - written) as usize;
            input = &input[(deflate.total_in() - read) as usize..];
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

impl fmt::Debug for Compressor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.settings.fmt(f)
    }
}

/// The smallest window that zlib compresses with.
const LEAST_BITS: u8 = 9;
/// How much room is made at once, in bytes.
const LEAST_CHUNK: usize = 256;
const MOST_CHUNK: usize = 64 * 1024;
/// How many settings in use at a time find their compressor again.
const MOST_SPARE: usize = 4;
