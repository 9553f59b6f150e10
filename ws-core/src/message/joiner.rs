use crate::{Fin, Frame, Message, Opcode, ProtocolError, Utf8Bytes};

/// Puts frames together to messages, for those who have
/// [`Delivery::Frames`](crate::Delivery::Frames) and want a whole message now
/// and then.
///
/// A connection has checked its frames and their limits; here only their order
/// counts, and that text is UTF-8.
///
/// ```
/// use ws_core::{Fin, Frame, Joiner, Message, Opcode};
///
/// let mut joiner = Joiner::new();
/// let first = Frame::new(Opcode::TEXT, "Hel").fin(Fin::More);
/// assert_eq!(joiner.push(first)?, None);
/// let last = Frame::new(Opcode::CONTINUATION, "lo");
/// assert_eq!(joiner.push(last)?, Some(Message::text("Hello")));
/// # Ok::<_, ws_core::ProtocolError>(())
/// ```
#[derive(Debug, Default)]
pub struct Joiner {
    /// The message under way.
    opcode: Option<Opcode>,
    held: Vec<u8>,
}

impl Joiner {
    /// Without a message under way.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            opcode: None,
            held: Vec::new(),
        }
    }

    /// Adds a data frame; the message, if it ends here.
    ///
    /// # Errors
    ///
    /// If the frame does not follow the one before it ([RFC 6455 §5.4]), or
    /// text is not UTF-8. The message under way stays as it was, but for text
    /// that is none.
    ///
    /// [RFC 6455 §5.4]: https://www.rfc-editor.org/rfc/rfc6455#section-5.4
    pub fn push(&mut self, frame: Frame) -> Result<Option<Message>, ProtocolError> {
        let opcode = match (self.opcode, frame.opcode) {
            (None, Opcode::CONTINUATION) => return Err(ProtocolError::UnexpectedContinuation),
            (None, opcode) if opcode.is_control() => {
                return Err(ProtocolError::UnknownOpcode(opcode));
            }
            (None, opcode) => opcode,
            (Some(opcode), Opcode::CONTINUATION) => opcode,
            (Some(_), other) => return Err(ProtocolError::ExpectedContinuation(other)),
        };
        if frame.fin == Fin::More {
            self.opcode = Some(opcode);
            self.held.extend_from_slice(&frame.payload);
            return Ok(None);
        }
        let payload = if self.opcode.take().is_none() {
            frame.payload
        } else {
            self.held.extend_from_slice(&frame.payload);
            std::mem::take(&mut self.held).into()
        };
        Ok(Some(match opcode {
            Opcode::TEXT => Message::Text(Utf8Bytes::try_from(payload)?),
            Opcode::BINARY => Message::Binary(payload),
            custom => Message::Custom(custom, payload),
        }))
    }
}
