use crate::{
    Fin, Opcode, Rsv,
    extension::{Extension, ExtensionError, FrameHead, Handling, PartEnd},
};

use super::{
    Compression, WindowBits, compressor::Compressor, decompressor::Decompressor, params::NAME,
};

/// permessage-deflate at work.
#[derive(Debug)]
pub(super) struct PerMessageDeflate {
    outbound: Direction,
    compression: Compression,
    threshold: usize,
    decompressor: Decompressor,
    compressor: Option<Compressor>,
    /// Whether the message under way is compressed.
    inbound_message: Handling,
    outbound_message: Handling,
    outbound_under_way: bool,
}

/// The terms of one direction.
#[derive(Debug, Clone, Copy)]
pub(super) struct Direction {
    pub(super) bits: WindowBits,
    /// A message may refer to those before it.
    pub(super) takeover: bool,
}

impl PerMessageDeflate {
    pub(super) const fn new(
        inbound: Direction,
        outbound: Direction,
        compression: Compression,
        threshold: usize,
    ) -> Self {
        Self {
            outbound,
            compression,
            threshold,
            decompressor: Decompressor::new(inbound.bits, inbound.takeover),
            compressor: None,
            inbound_message: Handling::Pass,
            outbound_message: Handling::Pass,
            outbound_under_way: false,
        }
    }

    /// Compresses the next message without reference to those before, which is
    /// always allowed.
    fn forget(&mut self) {
        if let Some(compressor) = self.compressor.take() {
            compressor.give_back();
        }
    }
}

impl Extension for PerMessageDeflate {
    fn name(&self) -> &str {
        NAME
    }

    fn rsv(&self) -> Rsv {
        Rsv::RSV1
    }

    fn inbound_frame(&mut self, frame: &FrameHead) -> Result<Handling, ExtensionError> {
        let compressed = frame.rsv.contains(Rsv::RSV1);
        // §6: the bit stands on the first frame of a data message only.
        if frame.opcode.is_control() || frame.opcode == Opcode::CONTINUATION {
            if compressed {
                return Err(ExtensionError::protocol(
                    "RSV1 on a frame that is not the first",
                ));
            }
            return Ok(if frame.opcode.is_control() {
                Handling::Pass
            } else {
                self.inbound_message
            });
        }
        self.inbound_message = if compressed {
            Handling::Transform
        } else {
            Handling::Pass
        };
        Ok(self.inbound_message)
    }

    fn decode(
        &mut self,
        part: &[u8],
        end: PartEnd,
        limit: usize,
        output: &mut Vec<u8>,
    ) -> Result<(), ExtensionError> {
        self.decompressor.decompress(part, end, limit, output)
    }

    fn outbound_frame(&mut self, frame: &FrameHead) -> (Rsv, Handling) {
        if frame.opcode.is_control() {
            return (Rsv::NONE, Handling::Pass);
        }
        self.outbound_under_way = frame.fin == Fin::More;
        if frame.opcode == Opcode::CONTINUATION {
            return (Rsv::NONE, self.outbound_message);
        }
        let worthwhile = frame.fin == Fin::More || frame.payload_len >= self.threshold as u64;
        if frame.compress.unwrap_or(worthwhile) {
            self.outbound_message = Handling::Transform;
            (Rsv::RSV1, Handling::Transform)
        } else {
            self.outbound_message = Handling::Pass;
            (Rsv::NONE, Handling::Pass)
        }
    }

    fn encode(&mut self, part: &[u8], end: PartEnd, output: &mut Vec<u8>) {
        let (bits, compression) = (self.outbound.bits, self.compression);
        let compressor = self
            .compressor
            .get_or_insert_with(|| Compressor::take(bits, compression));
        compressor.compress(part, end, output);
        if end == PartEnd::Message && !self.outbound.takeover {
            self.forget();
        }
    }

    fn idle(&mut self) {
        self.decompressor.idle();
        // A message under way refers to its beginning.
        if !self.outbound_under_way {
            self.forget();
        }
    }

    fn shared_key(&self) -> Option<u64> {
        let Compression {
            level,
            mem_level,
            strategy,
        } = self.compression;
        let bytes = [self.outbound.bits.get(), level, mem_level, strategy as u8];
        let threshold = u64::try_from(self.threshold).unwrap_or(u64::MAX);
        Some(u64::from(u32::from_be_bytes(bytes)) | threshold << 32)
    }

    fn encode_shared(&self, _opcode: Opcode, payload: &[u8]) -> Option<(Rsv, Vec<u8>)> {
        if payload.len() < self.threshold {
            return None;
        }
        let mut output = Vec::new();
        let mut compressor = Compressor::take(self.outbound.bits, self.compression);
        compressor.compress(payload, PartEnd::Message, &mut output);
        compressor.give_back();
        Some((Rsv::RSV1, output))
    }

    fn shared_sent(&mut self) {
        // The peer's window has moved on without ours: begin anew.
        self.forget();
    }
}
