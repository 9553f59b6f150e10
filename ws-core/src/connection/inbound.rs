use bytes::{Bytes, BytesMut};

use crate::{
    ClosePayload, Config, Delivery, Message, Opcode, ProtocolError, Role, Utf8Bytes,
    extension::{Chain, Handling, PartEnd},
    frame::{
        MAX_CONTROL_PAYLOAD,
        decoder::{Decoder, Part},
    },
    message::assembler::{Assembled, Assembler},
};

/// Bytes to messages and control frames.
#[derive(Debug)]
pub(super) struct Inbound {
    input: BytesMut,
    decoder: Decoder,
    assembler: Assembler,
    /// Messages are wanted whole, and no extension looks at them.
    plain: bool,
    /// A control frame whose end is not here yet: at most 125 bytes.
    control: Vec<u8>,
    control_handling: Handling,
}

pub(super) enum Incoming {
    Data(Assembled),
    Ping(Bytes),
    Pong(Bytes),
    Close(ClosePayload),
    /// A control frame of a registered opcode.
    Control(Opcode, Bytes),
}

impl Inbound {
    pub(super) fn new(role: Role, config: &Config) -> Self {
        Self {
            input: BytesMut::new(),
            decoder: Decoder::new(role, config),
            assembler: Assembler::new(config),
            plain: config.delivery == Delivery::Messages,
            control: Vec::new(),
            control_handling: Handling::Pass,
        }
    }

    /// Frames go through these extensions.
    pub(super) fn extend(&mut self, chain: &Chain) {
        self.decoder.own(chain.rsv());
        self.plain &= chain.is_empty();
    }

    /// The number of the message that has begun and not ended.
    pub(super) fn message_under_way(&self) -> Option<u64> {
        self.assembler.under_way()
    }

    /// Takes all bytes out of `buffer`.
    pub(super) fn feed(&mut self, buffer: &mut BytesMut) {
        if self.input.is_empty() {
            self.input = buffer.split();
        } else {
            self.input.unsplit(buffer.split());
        }
    }

    /// Forgets all that came and was not looked at.
    pub(super) fn discard(&mut self) {
        self.input = BytesMut::new();
    }

    /// The short way for what most frames are: a plain message in one frame,
    /// all of it in the input. `None` for anything else.
    #[inline(always)]
    pub(super) fn whole_message(&mut self) -> Result<Option<Message>, ProtocolError> {
        if !self.plain || self.assembler.under_way().is_some() {
            return Ok(None);
        }
        let limit = self.assembler.max_message_bytes();
        let Some((opcode, mut payload, mask)) = self.decoder.whole(&mut self.input, limit)? else {
            return Ok(None);
        };
        if let Some(key) = mask {
            key.apply_once(&mut payload);
        }
        let payload = payload.freeze();
        Ok(Some(match opcode {
            Opcode::TEXT => Message::Text(Utf8Bytes::try_from(payload)?),
            opcode => Message::from_validated(opcode, payload),
        }))
    }

    /// What came next; `None` when more input is needed.
    pub(super) fn next(&mut self, chain: &mut Chain) -> Result<Option<Incoming>, ProtocolError> {
        while let Some(part) = self.decoder.decode(&mut self.input)? {
            if part.header.opcode.is_control() {
                if let Some(incoming) = self.control(part, chain)? {
                    return Ok(Some(incoming));
                }
            } else if let Some(assembled) = self.assembler.push(part, chain)? {
                return Ok(Some(Incoming::Data(assembled)));
            }
        }
        // The driver can use its buffer again once no slice of it is left.
        self.discard();
        Ok(None)
    }

    fn control(
        &mut self,
        part: Part,
        chain: &mut Chain,
    ) -> Result<Option<Incoming>, ProtocolError> {
        if part.first && !chain.is_empty() {
            self.control_handling = chain.inbound_frame(&part.header)?;
        }
        let whole = part.first && part.missing == 0;
        let payload = if whole && self.control_handling == Handling::Pass {
            part.payload.freeze()
        } else {
            let end = if part.missing == 0 {
                PartEnd::Message
            } else {
                PartEnd::Part
            };
            match self.control_handling {
                Handling::Pass => self.control.extend_from_slice(&part.payload),
                Handling::Transform => {
                    let limit = MAX_CONTROL_PAYLOAD - self.control.len();
                    chain
                        .decode(&part.payload, end, limit, &mut self.control)
                        .map_err(|error| error.into_protocol(MAX_CONTROL_PAYLOAD))?;
                }
            }
            if part.missing > 0 {
                return Ok(None);
            }
            std::mem::take(&mut self.control).into()
        };
        Ok(Some(match part.header.opcode {
            Opcode::PING => Incoming::Ping(payload),
            Opcode::PONG => Incoming::Pong(payload),
            Opcode::CLOSE => Incoming::Close(ClosePayload::parse(payload)?),
            custom => Incoming::Control(custom, payload),
        }))
    }
}
