use bytes::Bytes;

use crate::{
    ClosePayload, Fin, Message, Opcode, PreparedMessage, SendQueue, frame::encoder::Encoder,
};

/// Messages and control frames to bytes.
#[derive(Debug)]
pub(super) struct Outbound {
    encoder: Encoder,
    queue: SendQueue,
    /// The newest Pong, while the queue has no room for it: older ones need
    /// not be answered (§5.5.3), so a flood of Pings takes no memory.
    pong: Option<Bytes>,
}

impl Outbound {
    pub(super) fn new(encoder: Encoder) -> Self {
        Self {
            encoder,
            queue: SendQueue::default(),
            pong: None,
        }
    }

    pub(super) const fn queue(&self) -> &SendQueue {
        &self.queue
    }

    /// The bytes to transmit.
    pub(super) fn transmit(&mut self) -> &mut SendQueue {
        if let Some(payload) = self.pong.take() {
            self.pong(payload);
        }
        &mut self.queue
    }

    pub(super) fn message(&mut self, message: Message) {
        let opcode = message.opcode();
        self.frame(opcode, message.into_payload());
    }

    pub(super) fn prepared(&mut self, prepared: &PreparedMessage) {
        if self.encoder.masks() {
            self.message(prepared.message());
        } else {
            self.queue.push(prepared.frame());
        }
    }

    pub(super) fn ping(&mut self, payload: Bytes) {
        self.frame(Opcode::PING, payload);
    }

    pub(super) fn pong(&mut self, payload: Bytes) {
        if self.queue.len() < PONG_ROOM {
            self.frame(Opcode::PONG, payload);
        } else {
            self.pong = Some(payload);
        }
    }

    pub(super) fn close(&mut self, payload: &ClosePayload) {
        self.pong = None;
        self.frame(Opcode::CLOSE, payload.encode());
    }

    /// Forgets what the transport will not take any more.
    pub(super) fn discard(&mut self) {
        self.pong = None;
        self.queue = SendQueue::default();
    }

    fn frame(&mut self, opcode: Opcode, payload: Bytes) {
        self.encoder
            .encode(Fin::Last, opcode, payload, &mut self.queue);
    }
}

/// Pongs are queued one by one below this many bytes, and only the newest above.
const PONG_ROOM: usize = 4096;
