//! An extension of one's own: runs of equal bytes are sent as a count and the
//! byte, under RSV1.
//!
//! Nothing here is private to `ws-core`: permessage-deflate is written in the
//! same way.

use ws_core::{
    Fin, Opcode, Rsv,
    extension::{
        ClientOffer, Extension, ExtensionError, FrameHead, Handling, NegotiationError, Params,
        PartEnd, ServerChoice,
    },
};

const NAME: &str = "x-run-length";

/// Offers the extension, and accepts it. It has no parameters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RunLength;

impl ClientOffer for RunLength {
    fn name(&self) -> &str {
        NAME
    }

    fn rsv(&self) -> Rsv {
        Rsv::RSV1
    }

    fn offers(&self) -> Vec<Params> {
        vec![Params::new(NAME)]
    }

    fn agree(
        &self,
        answer: &Params,
        _accepted: &[Params],
    ) -> Result<Box<dyn Extension>, NegotiationError> {
        match answer.iter().next() {
            None => Ok(Box::<Running>::default()),
            Some(_) => Err(NegotiationError::Parameters(answer.to_string())),
        }
    }
}

impl ServerChoice for RunLength {
    fn name(&self) -> &str {
        NAME
    }

    fn rsv(&self) -> Rsv {
        Rsv::RSV1
    }

    fn choose(&self, offer: &Params, accepted: &[Params]) -> Option<(Params, Box<dyn Extension>)> {
        let again = accepted.iter().any(|other| other.name() == NAME);
        if again || offer.iter().next().is_some() {
            return None;
        }
        Some((Params::new(NAME), Box::<Running>::default()))
    }
}

/// The extension at work.
#[derive(Debug, Default)]
struct Running {
    /// Whether the message that comes in is encoded.
    inbound: bool,
    /// A count whose byte is still to come.
    count: Option<u8>,
}

impl Extension for Running {
    fn name(&self) -> &str {
        NAME
    }

    fn rsv(&self) -> Rsv {
        Rsv::RSV1
    }

    fn inbound_frame(&mut self, frame: &FrameHead) -> Result<Handling, ExtensionError> {
        let encoded = frame.rsv.contains(Rsv::RSV1);
        match frame.opcode {
            control if control.is_control() => return refuse_bit(encoded, Handling::Pass),
            Opcode::CONTINUATION => return refuse_bit(encoded, handling(self.inbound)),
            _ => self.inbound = encoded,
        }
        Ok(handling(encoded))
    }

    fn decode(
        &mut self,
        part: &[u8],
        end: PartEnd,
        limit: usize,
        output: &mut Vec<u8>,
    ) -> Result<(), ExtensionError> {
        let most = output.len() + limit;
        for &byte in part {
            match self.count.take() {
                None => self.count = Some(byte),
                Some(count) => output.resize(output.len() + usize::from(count), byte),
            }
            // While decoding, not afterwards: two bytes can stand for 255.
            if output.len() > most {
                return Err(ExtensionError::TooBig);
            }
        }
        if end == PartEnd::Message && self.count.take().is_some() {
            return Err(ExtensionError::protocol("a run without its byte"));
        }
        Ok(())
    }

    fn outbound_frame(&mut self, frame: &FrameHead) -> (Rsv, Handling) {
        // Whole messages only, to keep the example short.
        let whole = frame.fin == Fin::Last && frame.opcode != Opcode::CONTINUATION;
        if whole && !frame.opcode.is_control() {
            (Rsv::RSV1, Handling::Transform)
        } else {
            (Rsv::NONE, Handling::Pass)
        }
    }

    fn encode(&mut self, part: &[u8], _end: PartEnd, output: &mut Vec<u8>) {
        for run in part.chunk_by(|one, other| one == other) {
            for part in run.chunks(usize::from(u8::MAX)) {
                output.extend([part.len() as u8, part[0]]);
            }
        }
    }
}

const fn handling(transform: bool) -> Handling {
    if transform {
        Handling::Transform
    } else {
        Handling::Pass
    }
}

fn refuse_bit(set: bool, handling: Handling) -> Result<Handling, ExtensionError> {
    if set {
        Err(ExtensionError::protocol(
            "RSV1 on a frame that is not the first",
        ))
    } else {
        Ok(handling)
    }
}
