use bytes::BytesMut;

use crate::{Fin, Header, Message, Opcode, ProtocolError, Validator, frame::decoder::Part};

/// Parts of data frames to whole messages, their order and size checked (§5.4).
///
/// A message that lies in the input as one frame stays there. Any other is
/// collected in one contiguous buffer that grows with what arrives, never with
/// what is announced: a fragment costs its bytes and nothing else.
#[derive(Debug)]
pub(crate) struct Assembler {
    max_message_bytes: usize,
    max_fragments: usize,
    /// The opcode of the message under way.
    opcode: Option<Opcode>,
    fragments: usize,
    payload: BytesMut,
    validator: Validator,
}

impl Assembler {
    pub(crate) fn new(max_message_bytes: usize, max_fragments: usize) -> Self {
        Self {
            max_message_bytes,
            max_fragments,
            opcode: None,
            fragments: 0,
            payload: BytesMut::new(),
            validator: Validator::default(),
        }
    }

    pub(crate) fn push(&mut self, part: Part) -> Result<Option<Message>, ProtocolError> {
        let Part {
            header,
            payload,
            first,
            last,
        } = part;
        if first {
            self.begin_frame(&header)?;
        }
        let opcode = self.opcode.ok_or(ProtocolError::UnexpectedContinuation)?;
        if opcode == Opcode::TEXT {
            self.validator.push(&payload)?;
        }
        let done = last && header.fin == Fin::Last;
        if done && first && header.opcode != Opcode::CONTINUATION {
            return self.finish(opcode, payload).map(Some);
        }
        self.payload.extend_from_slice(&payload);
        // Only now, since both may be slices of one input.
        drop(payload);
        if done {
            let payload = std::mem::take(&mut self.payload);
            self.finish(opcode, payload).map(Some)
        } else {
            Ok(None)
        }
    }

    fn begin_frame(&mut self, header: &Header) -> Result<(), ProtocolError> {
        match (self.opcode, header.opcode) {
            (None, Opcode::CONTINUATION) => return Err(ProtocolError::UnexpectedContinuation),
            (Some(_), Opcode::CONTINUATION) => {}
            (Some(_), opcode) => return Err(ProtocolError::ExpectedContinuation(opcode)),
            (None, opcode) => self.opcode = Some(opcode),
        }
        if header.fin == Fin::More {
            self.fragments += 1;
            if self.fragments > self.max_fragments {
                return Err(ProtocolError::TooManyFragments {
                    limit: self.max_fragments,
                });
            }
        }
        let len = (self.payload.len() as u64).saturating_add(header.payload_len);
        if len > self.max_message_bytes as u64 {
            return Err(ProtocolError::MessageTooBig {
                len,
                limit: self.max_message_bytes,
            });
        }
        Ok(())
    }

    fn finish(&mut self, opcode: Opcode, payload: BytesMut) -> Result<Message, ProtocolError> {
        self.opcode = None;
        self.fragments = 0;
        if opcode == Opcode::TEXT {
            self.validator.finish()?;
        }
        Ok(Message::from_validated(opcode, payload.freeze()))
    }
}
