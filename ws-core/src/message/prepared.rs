use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::{BufMut, Bytes, BytesMut};

use crate::{Fin, Header, Message, Opcode, Rsv, extension::Extension, frame::MAX_HEADER};

/// A message that is encoded once and sent by many servers' connections.
///
/// A clone is the same message. Connections that compress share one encoding
/// for each distinct set of negotiated parameters, made when the first of them
/// sends it. Client connections mask each frame with a key of its own, so they
/// encode the message anew.
///
/// ```
/// use ws_core::{Message, PreparedMessage};
///
/// let prepared = PreparedMessage::new(Message::text("hi"));
/// assert_eq!(prepared.len(), 4); // two bytes of header
/// ```
#[derive(Clone)]
pub struct PreparedMessage(Arc<Inner>);

struct Inner {
    opcode: Opcode,
    /// It was given as [`Message::Custom`].
    custom: bool,
    header_len: usize,
    /// The message without extensions.
    frame: Bytes,
    /// The message with one extension, by what decides its encoding; `None`
    /// where the extension lets it pass.
    variants: Mutex<Vec<Variant>>,
}

struct Variant {
    extension: String,
    key: u64,
    frame: Option<Bytes>,
}

impl PreparedMessage {
    /// Encodes a message.
    #[must_use]
    pub fn new(message: impl Into<Message>) -> Self {
        let message = message.into();
        let (header_len, frame) = encode(message.opcode(), Rsv::NONE, message.payload());
        Self(Arc::new(Inner {
            opcode: message.opcode(),
            custom: matches!(message, Message::Custom(..)),
            header_len,
            frame,
            variants: Mutex::default(),
        }))
    }

    /// The message, over the same bytes.
    #[must_use]
    pub fn message(&self) -> Message {
        let payload = self.0.frame.slice(self.0.header_len..);
        if self.0.custom {
            Message::Custom(self.0.opcode, payload)
        } else {
            Message::from_validated(self.0.opcode, payload)
        }
    }

    /// Whether it may be sent as what it says it is.
    pub(crate) fn is_consistent(&self) -> bool {
        !self.0.custom || self.0.opcode.is_reserved()
    }

    /// The length of the message's payload, in bytes.
    #[must_use]
    pub fn payload_len(&self) -> usize {
        self.0.frame.len() - self.0.header_len
    }

    /// The opcode of the message.
    #[must_use]
    pub fn opcode(&self) -> Opcode {
        self.0.opcode
    }

    /// The length of the frame without extensions, in bytes.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "no frame is empty")]
    pub fn len(&self) -> usize {
        self.0.frame.len()
    }

    /// The frame without extensions.
    pub(crate) fn frame(&self) -> &Bytes {
        &self.0.frame
    }

    /// The frame that connections with this extension share; `None` if the
    /// extension lets the message pass.
    pub(crate) fn shared(&self, key: u64, extension: &dyn Extension) -> Option<Bytes> {
        // A variant is whole once it is in the list.
        let variants = self.0.variants.lock();
        let mut variants = variants.unwrap_or_else(PoisonError::into_inner);
        let name = extension.name();
        let mut made = variants.iter();
        if let Some(variant) = made.find(|made| made.key == key && made.extension == name) {
            return variant.frame.clone();
        }
        let payload = &self.0.frame[self.0.header_len..];
        let encoded = extension.encode_shared(self.0.opcode, payload);
        let frame = encoded.map(|(rsv, payload)| encode(self.0.opcode, rsv, &payload).1);
        variants.push(Variant {
            extension: name.to_owned(),
            key,
            frame: frame.clone(),
        });
        frame
    }
}

/// Several messages that one after the other go to many servers' connections.
///
/// Those without extensions take them in one piece.
///
/// ```
/// use ws_core::{PreparedBatch, PreparedMessage};
///
/// let batch = PreparedBatch::new(vec![PreparedMessage::new("a"), PreparedMessage::new("b")]);
/// assert_eq!(batch.len(), 6); // two headers of two bytes
/// ```
#[derive(Debug, Clone)]
pub struct PreparedBatch(Arc<Batch>);

#[derive(Debug)]
struct Batch {
    messages: Vec<PreparedMessage>,
    /// All of them without extensions.
    frames: Bytes,
}

impl PreparedBatch {
    /// Joins messages.
    #[must_use]
    pub fn new(messages: Vec<PreparedMessage>) -> Self {
        let len = messages.iter().map(PreparedMessage::len).sum();
        let mut frames = BytesMut::with_capacity(len);
        for message in &messages {
            frames.put_slice(&message.0.frame);
        }
        let frames = frames.freeze();
        Self(Arc::new(Batch { messages, frames }))
    }

    /// The messages, in their order.
    #[must_use]
    pub fn messages(&self) -> &[PreparedMessage] {
        &self.0.messages
    }

    /// The length of the frames without extensions, in bytes.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "no frame is empty")]
    pub fn len(&self) -> usize {
        self.0.frames.len()
    }

    /// The frames without extensions.
    pub(crate) fn frames(&self) -> &Bytes {
        &self.0.frames
    }
}

/// A whole message as one unmasked frame, and the length of its header.
fn encode(opcode: Opcode, rsv: Rsv, payload: &[u8]) -> (usize, Bytes) {
    let header = Header {
        fin: Fin::Last,
        rsv,
        ..Header::new(opcode, payload.len() as u64)
    };
    let mut buffer = [0; MAX_HEADER];
    let len = header.write(&mut buffer);
    let mut frame = BytesMut::with_capacity(len + payload.len());
    frame.put_slice(&buffer[..len]);
    frame.put_slice(payload);
    (len, frame.freeze())
}

impl<T: Into<Message>> From<T> for PreparedMessage {
    fn from(message: T) -> Self {
        Self::new(message)
    }
}

impl fmt::Debug for PreparedMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PreparedMessage")
            .field("opcode", &self.0.opcode)
            .field("len", &self.len())
            .finish()
    }
}
