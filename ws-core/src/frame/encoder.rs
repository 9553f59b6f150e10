use bytes::{BufMut, Bytes, BytesMut};

use crate::{Entropy, Fin, Message, Opcode, send_queue::SendQueue};

use super::{Header, MAX_HEADER, MaskingKey};

/// Frames to bytes: masked if there is entropy to mask with, which only a
/// client has.
#[derive(Debug)]
pub(crate) struct Encoder {
    entropy: Option<Box<Entropy>>,
}

impl Encoder {
    pub(crate) const fn masked(entropy: Box<Entropy>) -> Self {
        Self {
            entropy: Some(entropy),
        }
    }

    pub(crate) const fn unmasked() -> Self {
        Self { entropy: None }
    }

    pub(crate) const fn masks(&self) -> bool {
        self.entropy.is_some()
    }

    pub(crate) fn encode(
        &mut self,
        fin: Fin,
        opcode: Opcode,
        payload: Bytes,
        queue: &mut SendQueue,
    ) {
        let mut header = Header {
            fin,
            ..Header::new(opcode, payload.len() as u64)
        };
        let mut buffer = [0; MAX_HEADER];
        match &mut self.entropy {
            Some(entropy) => {
                // §5.3: a fresh key for each frame
                let mut key = MaskingKey::new(entropy.draw());
                header.mask = Some(key);
                let len = header.write(&mut buffer);
                queue.copy(&buffer[..len]);
                key.apply(queue.copy(&payload));
            }
            None => {
                let len = header.write(&mut buffer);
                queue.copy(&buffer[..len]);
                queue.push(payload);
            }
        }
    }
}

/// A message that is encoded once and sent by many servers' connections.
///
/// A clone shares the bytes. Client connections mask each frame with a key of
/// its own, so they encode the message anew.
///
/// ```
/// use ws_core::{Message, PreparedMessage};
///
/// let prepared = PreparedMessage::new(Message::text("hi"));
/// assert_eq!(prepared.len(), 4); // two bytes of header
/// ```
#[derive(Debug, Clone)]
pub struct PreparedMessage {
    opcode: Opcode,
    header_len: u8,
    frame: Bytes,
}

impl PreparedMessage {
    /// Encodes a message.
    #[must_use]
    pub fn new(message: impl Into<Message>) -> Self {
        let message = message.into();
        let payload = message.payload();
        let mut header = [0; MAX_HEADER];
        let len = Header::new(message.opcode(), payload.len() as u64).write(&mut header);
        let mut frame = BytesMut::with_capacity(len + payload.len());
        frame.put_slice(&header[..len]);
        frame.put_slice(payload);
        Self {
            opcode: message.opcode(),
            header_len: len as u8,
            frame: frame.freeze(),
        }
    }

    /// The message, over the same bytes.
    #[must_use]
    pub fn message(&self) -> Message {
        let payload = self.frame.slice(usize::from(self.header_len)..);
        Message::from_validated(self.opcode, payload)
    }

    /// The length of the encoded frame, in bytes.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "no frame is empty")]
    pub const fn len(&self) -> usize {
        self.frame.len()
    }

    pub(crate) fn frame(&self) -> Bytes {
        self.frame.clone()
    }
}

impl<T: Into<Message>> From<T> for PreparedMessage {
    fn from(message: T) -> Self {
        Self::new(message)
    }
}
