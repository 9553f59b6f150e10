use bytes::{Bytes, BytesMut};

use crate::{
    ClosePayload, Config, Delivery, Opcode, ProtocolError, Role,
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
    /// Bytes were read to the place that `read_buffer` lent.
    read_in_place: bool,
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
            read_in_place: false,
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

    /// What is held of that message, and what came and was not looked at, in
    /// bytes.
    pub(super) fn held_bytes(&self) -> usize {
        self.input.len() + self.assembler.held_bytes()
    }

    /// Takes all bytes out of `buffer`.
    pub(super) fn feed(&mut self, buffer: &mut BytesMut) {
        if self.input.is_empty() {
            self.input = buffer.split();
        } else {
            self.input.unsplit(buffer.split());
        }
    }

    /// Where to read the rest of a long frame to, if that is what comes next.
    pub(super) fn read_buffer(&mut self) -> Option<&mut BytesMut> {
        let missing = self.decoder.missing()?;
        let next = self.plain && self.input.is_empty() && !self.read_in_place;
        if next {
            self.assembler.place(missing)
        } else {
            None
        }
    }

    /// Something was read there.
    pub(super) const fn note_read(&mut self) {
        self.read_in_place = true;
    }

    fn take_read_in_place(&mut self) -> Result<Option<Incoming>, ProtocolError> {
        self.read_in_place = false;
        let Some(missing) = self.decoder.missing() else {
            return Ok(None);
        };
        let (read, behind) = self.assembler.read_in_place(missing);
        let ended = self.decoder.read_elsewhere(read);
        if let Some(mut behind) = behind {
            behind.unsplit(std::mem::take(&mut self.input));
            self.input = behind;
        }
        let assembled = if ended {
            self.assembler.finish_in_place()?
        } else {
            None
        };
        Ok(assembled.map(Incoming::Data))
    }

    /// Forgets all that came and was not handed out.
    pub(super) fn discard(&mut self) {
        self.input = BytesMut::new();
        self.assembler.discard();
    }

    /// Whether the next frame may be what most are, a plain text or binary
    /// message in one frame: then [`whole_message`](Self::whole_message) is the
    /// short way to it.
    #[inline]
    pub(super) fn whole_message_ahead(&self) -> Option<Opcode> {
        if self.plain && self.assembler.under_way().is_none() {
            self.decoder.whole_message_ahead(&self.input)
        } else {
            None
        }
    }

    /// The payload data of that message, if all of it is in the input, and
    /// nothing is wrong with it.
    #[inline(always)]
    pub(super) fn whole_message(&mut self) -> Option<BytesMut> {
        let limit = self.assembler.max_message_bytes();
        self.decoder.whole_message(&mut self.input, limit)
    }

    /// What came next; `None` when more input is needed.
    pub(super) fn next(&mut self, chain: &mut Chain) -> Result<Option<Incoming>, ProtocolError> {
        if self.read_in_place
            && let Some(incoming) = self.take_read_in_place()?
        {
            return Ok(Some(incoming));
        }
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
        self.input = BytesMut::new();
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
