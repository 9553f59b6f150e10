use bytes::{Bytes, BytesMut};

use crate::{
    Config, Delivery, Fin, Frame, Header, Message, MessagePart, Opcode, ProtocolError, Utf8Bytes,
    Validator,
    extension::{Chain, Handling, PartEnd, encoded},
    frame::decoder::Part,
};

use super::collector::Collector;

/// Parts of data frames to what the application wants: whole messages, parts
/// or frames; their order and size checked (§5.4).
///
/// What lies in the input as a whole stays there. Anything else is collected
/// in one contiguous buffer that grows with what arrives, never with what is
/// announced: a fragment costs its bytes and nothing else.
#[derive(Debug)]
pub(crate) struct Assembler {
    max_message_bytes: usize,
    max_fragments: usize,
    delivery: Delivery,
    /// The opcode of the message under way.
    opcode: Option<Opcode>,
    /// How many messages have begun.
    messages: u64,
    fragments: usize,
    /// What has come of the message, decoded, and what it took on the wire.
    message_bytes: usize,
    wire_bytes: u64,
    /// What the extensions do with the frame under way.
    handling: Handling,
    /// What waits to be handed out, and the same of whole plain messages.
    held: Vec<u8>,
    /// Made for messages in several pieces.
    collector: Option<Box<Collector>>,
    validator: Validator,
}

/// What there is to hand out.
#[derive(Debug)]
pub(crate) enum Assembled {
    Message(Message),
    Part(MessagePart),
    Frame(Frame),
}

impl Assembler {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            max_message_bytes: config.max_message_bytes,
            max_fragments: config.max_fragments,
            delivery: config.delivery,
            opcode: None,
            messages: 0,
            fragments: 0,
            message_bytes: 0,
            wire_bytes: 0,
            handling: Handling::Pass,
            held: Vec::new(),
            collector: None,
            validator: Validator::default(),
        }
    }

    pub(crate) const fn max_message_bytes(&self) -> usize {
        self.max_message_bytes
    }

    /// The number of the message that has begun and not ended.
    pub(crate) fn under_way(&self) -> Option<u64> {
        self.opcode.map(|_| self.messages)
    }

    /// What is held of it, in bytes.
    pub(crate) fn held_bytes(&self) -> usize {
        let collected = self.collector.as_ref().map_or(0, |it| it.held_bytes());
        self.held.capacity() + collected
    }

    pub(crate) fn push(
        &mut self,
        part: Part,
        chain: &mut Chain,
    ) -> Result<Option<Assembled>, ProtocolError> {
        let Part {
            header,
            payload,
            first,
            missing,
        } = part;
        if first {
            self.begin_frame(&header, chain)?;
        }
        let opcode = self.opcode.ok_or(ProtocolError::UnexpectedContinuation)?;
        let end = match (missing, header.fin) {
            (1.., _) => PartEnd::Part,
            (0, Fin::More) => PartEnd::Frame,
            (0, Fin::Last) => PartEnd::Message,
        };
        // An extension may change one frame of a message, and the next not.
        let alone = chain.is_empty() || self.message_bytes == 0 && end == PartEnd::Message;
        if alone && self.handling == Handling::Pass && self.delivery == Delivery::Messages {
            return self.collect(opcode, payload, end, missing);
        }
        let due = match self.delivery {
            Delivery::Messages => end == PartEnd::Message,
            Delivery::Parts => true,
            Delivery::Frames => end != PartEnd::Part,
        };
        let checked = match self.handling {
            Handling::Pass => &payload[..],
            Handling::Transform => {
                let held = self.held.len();
                let limit = self.max_message_bytes.saturating_sub(self.message_bytes);
                let decoded = chain.decode(&payload, end, limit, &mut self.held);
                if let Err(error) = decoded {
                    // What came before the fault is looked at before it, as it
                    // would be had it come in another part.
                    let before = &self.held[held..];
                    if opcode == Opcode::TEXT {
                        self.validator.push(&before[..before.len().min(limit)])?;
                    }
                    return Err(error.into_protocol(self.max_message_bytes));
                }
                &self.held[held..]
            }
        };
        self.message_bytes += checked.len();
        if opcode == Opcode::TEXT {
            self.validator.push(checked)?;
            if end == PartEnd::Message {
                self.validator.finish()?;
            }
        }
        let payload = match self.handling {
            // It lies in the input as a whole.
            Handling::Pass if due && self.held.is_empty() => payload.freeze(),
            Handling::Pass => {
                self.held.extend_from_slice(&payload);
                // Before anything is handed out: the input is free again.
                drop(payload);
                self.release(due)
            }
            Handling::Transform => {
                drop(payload);
                self.release(due)
            }
        };
        if end == PartEnd::Message {
            self.end_message();
        }
        if !due {
            return Ok(None);
        }
        let rsv = header.rsv.without(chain.rsv());
        Ok(match self.delivery {
            Delivery::Messages => {
                Some(Assembled::Message(Message::from_validated(opcode, payload)))
            }
            // A header alone is nothing to tell of yet.
            Delivery::Parts if payload.is_empty() && end == PartEnd::Part => None,
            Delivery::Parts => Some(Assembled::Part(MessagePart {
                opcode,
                rsv,
                payload,
                end,
            })),
            Delivery::Frames => Some(Assembled::Frame(Frame {
                fin: header.fin,
                rsv,
                opcode: header.opcode,
                payload,
            })),
        })
    }

    /// Adds to a message that is wanted whole and changed by nobody.
    fn collect(
        &mut self,
        opcode: Opcode,
        part: BytesMut,
        end: PartEnd,
        missing: u64,
    ) -> Result<Option<Assembled>, ProtocolError> {
        let first = self.message_bytes == 0;
        self.message_bytes += part.len();
        let text = opcode == Opcode::TEXT;
        let message = if first && end == PartEnd::Message {
            // It lies in the input as a whole.
            match part.freeze() {
                part if text => Message::Text(Utf8Bytes::try_from(part)?),
                part => Message::from_validated(opcode, part),
            }
        } else {
            if text {
                let validator = &mut self.validator;
                let collector = self.collector.get_or_insert_default();
                collector.push_text(&part, missing, validator)?;
            } else {
                let collector = self.collector.get_or_insert_default();
                collector.push(&part, missing);
            }
            if end != PartEnd::Message {
                return Ok(None);
            }
            // The input is free again, before anything is handed out.
            drop(part);
            self.collected(opcode)?
        };
        self.end_message();
        Ok(Some(Assembled::Message(message)))
    }

    fn collected(&mut self, opcode: Opcode) -> Result<Message, ProtocolError> {
        if opcode == Opcode::TEXT {
            self.validator.finish()?;
            let text = self.collector.take().map(|it| it.into_text());
            Ok(Message::Text(text.unwrap_or_default()))
        } else {
            let payload = self.collector.take().map(|it| it.into_bytes());
            Ok(Message::from_validated(opcode, payload.unwrap_or_default()))
        }
    }

    /// Where the rest of the frame under way, so many bytes, can be read to
    /// without a copy.
    pub(crate) fn place(&mut self, missing: u64) -> Option<&mut BytesMut> {
        if self.opcode.is_none_or(|it| it == Opcode::TEXT) {
            return None;
        }
        self.collector.as_mut()?.place(missing)
    }

    /// What was read there, and what came behind the frame.
    pub(crate) fn read_in_place(&mut self, missing: u64) -> (&mut [u8], Option<BytesMut>) {
        let (read, behind) = self.collector.get_or_insert_default().unseen(missing);
        self.message_bytes += read.len();
        (read, behind)
    }

    /// The message, when its last frame was read in place to its end.
    pub(crate) fn finish_in_place(&mut self) -> Result<Option<Assembled>, ProtocolError> {
        let opcode = self.opcode.ok_or(ProtocolError::UnexpectedContinuation)?;
        let message = self.collected(opcode)?;
        self.end_message();
        Ok(Some(Assembled::Message(message)))
    }

    /// Forgets what has come of a message that will not come to its end.
    pub(crate) fn discard(&mut self) {
        self.held = Vec::new();
        self.collector = None;
    }

    const fn end_message(&mut self) {
        self.opcode = None;
        self.fragments = 0;
        self.message_bytes = 0;
        self.wire_bytes = 0;
    }

    fn release(&mut self, due: bool) -> Bytes {
        if due {
            std::mem::take(&mut self.held).into()
        } else {
            Bytes::new()
        }
    }

    fn begin_frame(&mut self, header: &Header, chain: &mut Chain) -> Result<(), ProtocolError> {
        match (self.opcode, header.opcode) {
            (None, Opcode::CONTINUATION) => return Err(ProtocolError::UnexpectedContinuation),
            (Some(_), Opcode::CONTINUATION) => {}
            (Some(_), opcode) => return Err(ProtocolError::ExpectedContinuation(opcode)),
            (None, opcode) => {
                self.opcode = Some(opcode);
                self.messages += 1;
            }
        }
        if header.fin == Fin::More {
            self.fragments += 1;
            if self.fragments > self.max_fragments {
                return Err(ProtocolError::TooManyFragments {
                    limit: self.max_fragments,
                });
            }
        }
        self.handling = if chain.is_empty() {
            Handling::Pass
        } else {
            chain.inbound_frame(header)?
        };
        let limit = self.max_message_bytes;
        self.wire_bytes = self.wire_bytes.saturating_add(header.payload_len);
        let (len, most) = match self.handling {
            Handling::Pass => {
                let before = self.message_bytes as u64;
                (before.saturating_add(header.payload_len), limit)
            }
            // What is decoded is counted while decoding; here it is enough
            // that bytes which stand for nothing come to an end as well.
            Handling::Transform => (self.wire_bytes, encoded(limit)),
        };
        if len > most as u64 {
            return Err(ProtocolError::MessageTooBig { len, limit });
        }
        Ok(())
    }
}
