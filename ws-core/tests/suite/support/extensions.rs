//! Extensions of the tests' own, written with what is public.

use std::sync::{Arc, Mutex};

use ws_core::{
    CloseCode, Config, Fin, Opcode, Role, Rsv,
    extension::{
        Agreement, ClientOffer, Extension, ExtensionError, FrameHead, Handling, NegotiationError,
        Params, PartEnd, ServerChoice,
    },
};

use super::side::Side;

/// An extension without parameters, on either side.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Named {
    pub(crate) name: &'static str,
    pub(crate) make: fn() -> Box<dyn Extension>,
}

impl ServerChoice for Named {
    fn name(&self) -> &str {
        self.name
    }

    fn rsv(&self) -> Rsv {
        (self.make)().rsv()
    }

    fn choose(&self, _: &Params, _: &[Params]) -> Option<(Params, Box<dyn Extension>)> {
        Some((Params::new(self.name), (self.make)()))
    }
}

impl ClientOffer for Named {
    fn name(&self) -> &str {
        self.name
    }

    fn rsv(&self) -> Rsv {
        (self.make)().rsv()
    }

    fn offers(&self) -> Vec<Params> {
        vec![Params::new(self.name)]
    }

    fn agree(&self, _: &Params, _: &[Params]) -> Result<Box<dyn Extension>, NegotiationError> {
        Ok((self.make)())
    }
}

/// A side on which these extensions run, in this order.
pub(crate) fn running(role: Role, config: Config, extensions: Vec<Box<dyn Extension>>) -> Side {
    let mut agreement = Agreement::new();
    for extension in extensions {
        let added = agreement.add(Params::new(extension.name()), extension);
        added.expect("no other owns its bits");
    }
    Side::extended(role, config, agreement)
}

/// XORs the frames that it marks with RSV2: all that go out, control frames too.
#[derive(Debug)]
pub(crate) struct Xor;

pub(crate) const XOR: Named = Named {
    name: "x-xor",
    make: || Box::new(Xor),
};

pub(crate) fn xor(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|byte| byte ^ 0x5A).collect()
}

impl Extension for Xor {
    fn name(&self) -> &str {
        XOR.name
    }

    fn rsv(&self) -> Rsv {
        Rsv::RSV2
    }

    fn inbound_frame(&mut self, frame: &FrameHead) -> Result<Handling, ExtensionError> {
        Ok(if frame.rsv.contains(Rsv::RSV2) {
            Handling::Transform
        } else {
            Handling::Pass
        })
    }

    fn decode(
        &mut self,
        part: &[u8],
        _: PartEnd,
        limit: usize,
        output: &mut Vec<u8>,
    ) -> Result<(), ExtensionError> {
        append(&xor(part), limit, output)
    }

    fn outbound_frame(&mut self, _: &FrameHead) -> (Rsv, Handling) {
        (Rsv::RSV2, Handling::Transform)
    }

    fn encode(&mut self, part: &[u8], _: PartEnd, output: &mut Vec<u8>) {
        output.extend(xor(part));
    }
}

/// Appends a checksum to each data frame, which no bit tells of.
#[derive(Debug, Default)]
pub(crate) struct Checksum {
    sum: u32,
    /// What may turn out to be the checksum.
    held: Vec<u8>,
}

pub(crate) const CHECKSUM: Named = Named {
    name: "x-checksum",
    make: || Box::new(Checksum::default()),
};

/// The bytes with their checksum.
pub(crate) fn checked(bytes: &[u8]) -> Vec<u8> {
    [bytes, &sum(0, bytes).to_be_bytes()].concat()
}

fn sum(start: u32, bytes: &[u8]) -> u32 {
    let bytes = bytes.iter();
    bytes.fold(start, |sum, &byte| {
        sum.rotate_left(5).wrapping_add(byte.into()).wrapping_add(1)
    })
}

impl Extension for Checksum {
    fn name(&self) -> &str {
        CHECKSUM.name
    }

    fn rsv(&self) -> Rsv {
        Rsv::NONE
    }

    fn inbound_frame(&mut self, frame: &FrameHead) -> Result<Handling, ExtensionError> {
        Ok(if frame.opcode.is_control() {
            Handling::Pass
        } else {
            Handling::Transform
        })
    }

    fn decode(
        &mut self,
        part: &[u8],
        end: PartEnd,
        limit: usize,
        output: &mut Vec<u8>,
    ) -> Result<(), ExtensionError> {
        self.held.extend_from_slice(part);
        let told = self.held.len().saturating_sub(4);
        self.sum = sum(self.sum, &self.held[..told]);
        append(&self.held[..told], limit, output)?;
        self.held.drain(..told);
        if end == PartEnd::Part {
            return Ok(());
        }
        if self.held != self.sum.to_be_bytes() {
            return Err(ExtensionError::Fault {
                code: CloseCode::INVALID_PAYLOAD,
                reason: "checksum does not match",
            });
        }
        *self = Self::default();
        Ok(())
    }

    fn outbound_frame(&mut self, frame: &FrameHead) -> (Rsv, Handling) {
        let handling = if frame.opcode.is_control() {
            Handling::Pass
        } else {
            Handling::Transform
        };
        (Rsv::NONE, handling)
    }

    fn encode(&mut self, part: &[u8], end: PartEnd, output: &mut Vec<u8>) {
        assert_ne!(end, PartEnd::Part, "frames are encoded whole");
        output.extend(checked(part));
    }
}

/// Frames marked with RSV3 stand for pairs of a number and a byte: some frames
/// of a message may be marked, and others not. It marks none itself.
#[derive(Debug, Default)]
pub(crate) struct RunLength {
    times: Option<u8>,
}

pub(crate) const RUN_LENGTH: Named = Named {
    name: "x-run-length",
    make: || Box::new(RunLength::default()),
};

impl Extension for RunLength {
    fn name(&self) -> &str {
        RUN_LENGTH.name
    }

    fn rsv(&self) -> Rsv {
        Rsv::RSV3
    }

    fn inbound_frame(&mut self, frame: &FrameHead) -> Result<Handling, ExtensionError> {
        if frame.opcode == Opcode::PING && frame.rsv.contains(Rsv::RSV3) {
            return Err(ExtensionError::protocol("no ping is that long"));
        }
        Ok(if frame.rsv.contains(Rsv::RSV3) {
            Handling::Transform
        } else {
            Handling::Pass
        })
    }

    fn decode(
        &mut self,
        part: &[u8],
        _: PartEnd,
        mut limit: usize,
        output: &mut Vec<u8>,
    ) -> Result<(), ExtensionError> {
        for &byte in part {
            match self.times.take() {
                None => self.times = Some(byte),
                Some(times) => {
                    append(&vec![byte; times.into()], limit, output)?;
                    limit -= usize::from(times);
                }
            }
        }
        Ok(())
    }

    fn outbound_frame(&mut self, _: &FrameHead) -> (Rsv, Handling) {
        (Rsv::NONE, Handling::Pass)
    }

    fn encode(&mut self, _: &[u8], _: PartEnd, _: &mut Vec<u8>) {
        panic!("nothing is to be encoded");
    }
}

fn append(bytes: &[u8], limit: usize, output: &mut Vec<u8>) -> Result<(), ExtensionError> {
    if bytes.len() > limit {
        return Err(ExtensionError::TooBig);
    }
    output.extend_from_slice(bytes);
    Ok(())
}

/// Does as the extension in it, and writes down what it was asked.
#[derive(Debug)]
pub(crate) struct Watched {
    pub(crate) extension: Box<dyn Extension>,
    pub(crate) log: Arc<Mutex<Log>>,
}

/// What an extension was asked.
#[derive(Debug, Default)]
pub(crate) struct Log {
    pub(crate) inbound: Vec<(Opcode, Rsv, Fin, u64)>,
    pub(crate) outbound: Vec<(Opcode, Rsv, Fin, u64)>,
    pub(crate) compress: Vec<Option<bool>>,
    /// How much was decoded at most at once, and all in all, in bytes.
    pub(crate) most_decoded: usize,
    pub(crate) decoded: usize,
    /// The limits that `decode` was given.
    pub(crate) limits: Vec<usize>,
    /// Where the parts that it was to decode ended.
    pub(crate) ends: Vec<PartEnd>,
    pub(crate) encoded: usize,
    pub(crate) encoded_shared: usize,
    pub(crate) shared_sent: usize,
}

impl Watched {
    pub(crate) fn over(extension: Box<dyn Extension>) -> (Box<dyn Extension>, Arc<Mutex<Log>>) {
        let log = Arc::default();
        let watched = Self {
            extension,
            log: Arc::clone(&log),
        };
        (Box::new(watched), log)
    }

    fn note(&self, note: impl FnOnce(&mut Log)) {
        note(&mut self.log.lock().expect("no test panics meanwhile"));
    }
}

impl Extension for Watched {
    fn name(&self) -> &str {
        self.extension.name()
    }

    fn rsv(&self) -> Rsv {
        self.extension.rsv()
    }

    fn inbound_frame(&mut self, frame: &FrameHead) -> Result<Handling, ExtensionError> {
        let seen = (frame.opcode, frame.rsv, frame.fin, frame.payload_len);
        self.note(|log| log.inbound.push(seen));
        self.extension.inbound_frame(frame)
    }

    fn decode(
        &mut self,
        part: &[u8],
        end: PartEnd,
        limit: usize,
        output: &mut Vec<u8>,
    ) -> Result<(), ExtensionError> {
        let before = output.len();
        let decoded = self.extension.decode(part, end, limit, output);
        let len = output.len() - before;
        self.note(|log| {
            log.most_decoded = log.most_decoded.max(len);
            log.decoded += len;
            log.limits.push(limit);
            log.ends.push(end);
        });
        decoded
    }

    fn outbound_frame(&mut self, frame: &FrameHead) -> (Rsv, Handling) {
        let seen = (frame.opcode, frame.rsv, frame.fin, frame.payload_len);
        self.note(|log| {
            log.outbound.push(seen);
            log.compress.push(frame.compress);
        });
        self.extension.outbound_frame(frame)
    }

    fn encode(&mut self, part: &[u8], end: PartEnd, output: &mut Vec<u8>) {
        self.note(|log| log.encoded += 1);
        self.extension.encode(part, end, output);
    }

    fn shared_key(&self) -> Option<u64> {
        self.extension.shared_key()
    }

    fn encode_shared(&self, opcode: Opcode, payload: &[u8]) -> Option<(Rsv, Vec<u8>)> {
        self.note(|log| log.encoded_shared += 1);
        self.extension.encode_shared(opcode, payload)
    }

    fn shared_sent(&mut self) {
        self.note(|log| log.shared_sent += 1);
        self.extension.shared_sent();
    }
}
