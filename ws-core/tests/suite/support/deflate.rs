//! Compressed messages made and read by plain zlib, and connections that agreed
//! on permessage-deflate without a handshake.

use std::time::Instant;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use ws_core::{
    Config, Role,
    extension::{
        Agreement, Params,
        deflate::{Deflate, WindowBits},
    },
};

use super::{pair::Pair, side::Side};

/// First bytes of compressed messages.
pub(crate) const TEXT: u8 = 0xC1;
pub(crate) const BINARY: u8 = 0xC2;
pub(crate) const TEXT_BEGINS: u8 = 0x41;
pub(crate) const BINARY_BEGINS: u8 = 0x42;

/// What the sender of a message leaves out (RFC 7692 §7.2.1).
pub(crate) const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];

/// Windows of 32 KiB, and every message compressed.
pub(crate) fn widest() -> Deflate {
    Deflate::new()
        .server_max_window_bits(WindowBits::MAX)
        .client_max_window_bits(WindowBits::MAX)
        .threshold(0)
}

pub(crate) fn bits(bits: u8) -> WindowBits {
    WindowBits::new(bits).expect("a window has 8 to 15 bits")
}

/// An agreement on these terms.
pub(crate) fn agreement(terms: &Deflate, role: Role) -> Agreement {
    let mut agreement = Agreement::new();
    let params = Params::new("permessage-deflate");
    let added = agreement.add(params, terms.agreed(role));
    added.expect("nothing else owns the bit");
    agreement
}

pub(crate) fn side(role: Role, config: &Config, terms: &Deflate) -> Side {
    Side::extended(role, config.clone(), agreement(terms, role))
}

/// Both sides of a connection with these terms, on one clock.
pub(crate) fn pair(config: &Config, terms: &Deflate) -> Pair {
    let now = Instant::now();
    let side = |role| {
        let plain = Side::at(now, role, config.clone()).connection;
        Side::with(now, plain.with_extensions(agreement(terms, role)))
    };
    Pair::of(side(Role::Client), side(Role::Server))
}

/// A peer's compressor.
pub(crate) struct Deflater(Compress);

impl Deflater {
    pub(crate) fn new(bits: WindowBits) -> Self {
        let level = Compression::default();
        Self(Compress::new_with_window_bits(level, false, bits.get()))
    }

    /// What stands for a whole message.
    pub(crate) fn message(&mut self, payload: &[u8]) -> Vec<u8> {
        let mut message = self.flushed(payload, FlushCompress::Sync);
        assert!(message.ends_with(&TAIL));
        message.truncate(message.len() - TAIL.len());
        message
    }

    /// What stands for a part of a message, with another end.
    pub(crate) fn flushed(&mut self, payload: &[u8], flush: FlushCompress) -> Vec<u8> {
        let mut output = Vec::with_capacity(payload.len() + payload.len() / 8 + 64);
        let before = self.0.total_in();
        let status = self.0.compress_vec(payload, &mut output, flush);
        status.expect("the stream goes on");
        assert_eq!(self.0.total_in() - before, payload.len() as u64);
        assert!(output.len() < output.capacity());
        output
    }
}

/// A whole message of a peer whose window is of 32 KiB and empty.
pub(crate) fn deflated(payload: &[u8]) -> Vec<u8> {
    Deflater::new(WindowBits::MAX).message(payload)
}

/// A peer's decompressor.
pub(crate) struct Inflater(Decompress);

impl Inflater {
    pub(crate) fn new(bits: WindowBits) -> Self {
        Self(Decompress::new_with_window_bits(false, bits.get()))
    }

    /// What a whole message stands for.
    pub(crate) fn message(&mut self, payload: &[u8]) -> Vec<u8> {
        let input = [payload, &TAIL].concat();
        let mut rest = &input[..];
        let mut output = Vec::new();
        loop {
            // In small steps, so that the window is all that it can look at.
            output.reserve(512);
            let before = self.0.total_in();
            let inflated = self
                .0
                .decompress_vec(rest, &mut output, FlushDecompress::Sync);
            inflated.expect("the data is not corrupt");
            rest = &rest[(self.0.total_in() - before) as usize..];
            if rest.is_empty() && output.len() < output.capacity() {
                return output;
            }
        }
    }
}
