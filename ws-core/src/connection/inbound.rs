use bytes::{Bytes, BytesMut};

use crate::{
    ClosePayload, Config, Message, Opcode, ProtocolError, Role,
    frame::decoder::{Decoder, Part},
    message::assembler::Assembler,
};

/// Bytes to messages and control frames.
#[derive(Debug)]
pub(super) struct Inbound {
    input: BytesMut,
    decoder: Decoder,
    assembler: Assembler,
    /// A control frame whose end is not here yet: at most 125 bytes.
    control: BytesMut,
}

pub(super) enum Incoming {
    Message(Message),
    Ping(Bytes),
    Pong(Bytes),
    Close(ClosePayload),
}

impl Inbound {
    pub(super) fn new(role: Role, config: &Config) -> Self {
        Self {
            input: BytesMut::new(),
            decoder: Decoder::new(role, config.max_frame_bytes),
            assembler: Assembler::new(config.max_message_bytes, config.max_fragments),
            control: BytesMut::new(),
        }
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

    /// What came next; `None` when more input is needed.
    pub(super) fn next(&mut self) -> Result<Option<Incoming>, ProtocolError> {
        while let Some(part) = self.decoder.decode(&mut self.input)? {
            if part.header.opcode.is_control() {
                if let Some(incoming) = self.control(part)? {
                    return Ok(Some(incoming));
                }
            } else if let Some(message) = self.assembler.push(part)? {
                return Ok(Some(Incoming::Message(message)));
            }
        }
        // The driver can use its buffer again once no slice of it is left.
        self.discard();
        Ok(None)
    }

    fn control(&mut self, part: Part) -> Result<Option<Incoming>, ProtocolError> {
        let payload = if part.first && part.last {
            part.payload.freeze()
        } else {
            self.control.extend_from_slice(&part.payload);
            if !part.last {
                return Ok(None);
            }
            std::mem::take(&mut self.control).freeze()
        };
        match part.header.opcode {
            Opcode::PING => Ok(Some(Incoming::Ping(payload))),
            Opcode::PONG => Ok(Some(Incoming::Pong(payload))),
            Opcode::CLOSE => ClosePayload::parse(payload).map(|it| Some(Incoming::Close(it))),
            unknown => Err(ProtocolError::UnknownOpcode(unknown)),
        }
    }
}
