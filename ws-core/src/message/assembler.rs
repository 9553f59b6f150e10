use bytes::{Bytes, BytesMut};

use crate::{
    Config, Delivery, Fin, Frame, Header, Message, MessagePart, Opcode, ProtocolError, Utf8Bytes,
    Validator,
    extension::{Chain, Handling, PartEnd, encoded},
    frame::decoder::Part,
};

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
    /// What waits to be handed out, and the same of plain text.
    held: Vec<u8>,
    text: String,
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
            text: String::new(),
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
        if opcode == Opcode::TEXT
            && self.handling == Handling::Pass
            && self.delivery == Delivery::Messages
        {
            return self.push_text(payload, end, missing);
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
                let room = room(
                    self.held.len(),
                    self.held.capacity(),
                    payload.len(),
                    missing,
                );
                self.held.reserve(room);
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

    /// Adds to a text that is wanted whole: what was looked at once stays `str`.
    fn push_text(
        &mut self,
        part: BytesMut,
        end: PartEnd,
        missing: u64,
    ) -> Result<Option<Assembled>, ProtocolError> {
        let whole = self.message_bytes == 0;
        if whole && end == PartEnd::Message {
            self.end_message();
            let text = Utf8Bytes::try_from(part.freeze())?;
            return Ok(Some(Assembled::Message(Message::Text(text))));
        }
        self.message_bytes += part.len();
        let room = room(self.text.len(), self.text.capacity(), part.len(), missing);
        self.text.reserve(room);
        self.validator.push_to(&part, &mut self.text)?;
        if end != PartEnd::Message {
            return Ok(None);
        }
        self.validator.finish()?;
        self.end_message();
        let text = Utf8Bytes::from_received(std::mem::take(&mut self.text));
        Ok(Some(Assembled::Message(Message::Text(text))))
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

/// How much room to make for a part, and for what is announced behind it as far
/// as that is no more than three times what has come: long messages are not
/// copied at every doubling, and an announcement alone takes nothing.
fn room(held: usize, capacity: usize, part: usize, missing: u64) -> usize {
    let come = held + part;
    if capacity >= come {
        return part;
    }
    let missing = usize::try_from(missing).unwrap_or(usize::MAX);
    part.saturating_add(missing.min(come.saturating_mul(3)))
}
