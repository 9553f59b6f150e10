//! The peer's side of the protocol: what is read is checked and decoded by the
//! core, what is sent is written by hand, as the core sends nothing wrong.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use tokio::time::Instant;
use ws_core::{
    Cause, CloseCode, Config, Connection, Delivery, Entropy, Event, Fin, Frame, Header, MaskingKey,
    Message, Opcode, Role, Rsv, extension::Agreement,
};

pub(super) struct Protocol {
    role: Role,
    /// Decodes what came, and encodes messages as the extensions want them. It
    /// is never told of the Close frame that the peer sends.
    connection: Connection,
    received: Splitter,
    /// What the peer sent, to tell where its frames end.
    sent: Splitter,
}

impl Protocol {
    pub(super) fn new(role: Role, config: &Config, agreement: Agreement) -> Self {
        let now = Instant::now().into_std();
        // The limits are the actor's: its peer takes what comes.
        let config = Config::clone(config)
            .delivery(Delivery::Frames)
            .auto_pong(false)
            .auto_close(false)
            .max_frame_bytes(usize::MAX)
            .max_message_bytes(usize::MAX)
            .max_fragments(usize::MAX);
        let connection = match role {
            Role::Server => Connection::server(now, config),
            Role::Client => Connection::client(now, config, Entropy::seeded(KEY.into())),
        };
        Self {
            role,
            connection: connection.with_extensions(agreement),
            received: Splitter::default(),
            sent: Splitter::default(),
        }
    }

    /// Bytes came from the actor.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.received.0.extend_from_slice(bytes);
    }

    /// The next frame that is here as a whole, and its decoded payload data, or
    /// what is wrong with it.
    pub(super) fn next(&mut self) -> Option<Result<(Header, Bytes), String>> {
        let (header, frame) = match self.received.next()? {
            Ok(whole) => whole,
            Err(error) => return Some(Err(error)),
        };
        let payload = self.decode(&header, frame);
        Some(payload.map(|payload| (header, payload)))
    }

    fn decode(&mut self, header: &Header, mut frame: BytesMut) -> Result<Bytes, String> {
        let now = Instant::now().into_std();
        self.connection.handle_input(now, &mut frame);
        match self.connection.poll_event() {
            Some(Event::Frame { frame, .. }) => Ok(frame.payload),
            Some(
                Event::Ping(payload) | Event::Pong { payload, .. } | Event::Control { payload, .. },
            ) => Ok(payload),
            Some(Event::Closing(payload)) => {
                let code = payload.code().unwrap_or(CloseCode::NO_STATUS);
                Ok(close(code, payload.reason().as_str()).payload)
            }
            Some(Event::Closed(outcome)) => Err(match outcome.cause {
                Cause::Protocol(error) => error.to_string(),
                cause @ (Cause::Local
                | Cause::Remote
                | Cause::Timeout(_)
                | Cause::TransportLost
                | _) => {
                    format!("{cause:?}")
                }
            }),
            // Nothing is decoded behind a Close frame.
            Some(Event::Message(_) | Event::Part(_) | _) | None => Err(format!(
                "a {} frame comes behind the Close frame",
                header.opcode
            )),
        }
    }

    /// The bytes of a message, encoded by the extensions.
    pub(super) fn message(&mut self, message: Message) -> Bytes {
        match self.connection.send(message.clone()) {
            Ok(()) => {
                let queue = self.connection.transmit();
                queue.copy_to_bytes(queue.len())
            }
            // The script may say what nobody should.
            Err(_) => {
                let frame = Frame::new(message.opcode(), message.into_payload());
                self.frame(&frame).into()
            }
        }
    }

    /// The bytes of a frame as it is, right or wrong.
    pub(super) fn frame(&self, frame: &Frame) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut first = frame.opcode.get();
        if frame.fin == Fin::Last {
            first |= 0x80;
        }
        for (bit, value) in [(Rsv::RSV1, 0x40), (Rsv::RSV2, 0x20), (Rsv::RSV3, 0x10)] {
            if frame.rsv.contains(bit) {
                first |= value;
            }
        }
        bytes.push(first);
        let masked = if self.role.masks() { 0x80 } else { 0 };
        match u16::try_from(frame.payload.len()) {
            Ok(len @ 0..126) => bytes.push(masked | len as u8),
            Ok(len) => {
                bytes.push(masked | 126);
                bytes.put_u16(len);
            }
            Err(_) => {
                bytes.push(masked | 127);
                bytes.put_u64(frame.payload.len() as u64);
            }
        }
        if self.role.masks() {
            bytes.put_u32(KEY);
        }
        let start = bytes.len();
        bytes.extend_from_slice(&frame.payload);
        if self.role.masks() {
            MaskingKey::new(KEY.to_be_bytes()).apply(&mut bytes[start..]);
        }
        bytes
    }

    /// The peer sends these bytes.
    pub(super) fn note_sent(&mut self, bytes: &[u8]) {
        self.sent.0.extend_from_slice(bytes);
        // What follows something wrong is nothing, so it is no frame cut short.
        while let Some(frame) = self.sent.next() {
            if frame.is_err() {
                self.sent.0.clear();
            }
        }
    }

    /// Whether a frame that the peer sends is still without its end.
    pub(super) fn is_within_frame(&self) -> bool {
        !self.sent.0.is_empty()
    }
}

/// A Close frame with any code; 1005 stands for none.
pub(super) fn close(code: CloseCode, reason: &str) -> Frame {
    let mut payload = BytesMut::new();
    if code != CloseCode::NO_STATUS {
        payload.put_u16(code.get());
        payload.put_slice(reason.as_bytes());
    }
    Frame::new(Opcode::CLOSE, payload)
}

/// The start of a stream of frames, in which they are found as a whole.
#[derive(Default)]
struct Splitter(BytesMut);

impl Splitter {
    fn next(&mut self) -> Option<Result<(Header, BytesMut), String>> {
        let (header, header_len) = match Header::parse(&self.0) {
            Ok(header) => header?,
            Err(error) => return Some(Err(error.to_string())),
        };
        let len = usize::try_from(header.payload_len).ok()?;
        let len = header_len.checked_add(len)?;
        (self.0.len() >= len).then(|| Ok((header, self.0.split_to(len))))
    }
}

/// The masking key of the RFC's examples (§5.7).
const KEY: u32 = 0x37fa_213d;
