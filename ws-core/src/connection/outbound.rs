use bytes::Bytes;

use crate::{
    ClosePayload, Fin, Frame, Message, Opcode, PreparedBatch, PreparedMessage, Rsv, SendError,
    SendQueue, Validator,
    extension::{Chain, FrameHead, PartEnd},
    frame::encoder::Encoder,
    send_queue::COPIED,
};

/// Messages, frames and control frames to bytes.
#[derive(Debug)]
pub(super) struct Outbound {
    encoder: Encoder,
    queue: SendQueue,
    /// The opcode of the message whose last fragment is still to be sent.
    under_way: Option<Opcode>,
    validator: Validator,
    /// The newest Pong, while another waits to leave: older ones need not be
    /// answered (§5.5.3), so a flood of Pings takes no memory.
    pong: Option<Box<Bytes>>,
    /// How many Pings that left without an answer.
    unanswered: u64,
    /// How much the transport has taken once the last Pong has left.
    pong_leaves_at: u64,
    /// Nothing is sent any more.
    shut: bool,
}

impl Outbound {
    pub(super) fn new(encoder: Encoder) -> Self {
        Self {
            encoder,
            queue: SendQueue::default(),
            under_way: None,
            validator: Validator::default(),
            pong: None,
            unanswered: 0,
            pong_leaves_at: 0,
            shut: false,
        }
    }

    pub(super) const fn queue(&self) -> &SendQueue {
        &self.queue
    }

    /// Whether a Pong found no room when it was due, and would find it now.
    pub(super) fn holds_pong(&self) -> bool {
        self.pong.is_some() && self.has_pong_room()
    }

    /// The bytes to transmit.
    pub(super) fn transmit(&mut self, chain: &mut Chain) -> &mut SendQueue {
        if let Some(payload) = self.pong.take() {
            self.pong(*payload, chain);
        }
        &mut self.queue
    }

    #[inline]
    pub(super) fn message(
        &mut self,
        message: Message,
        compress: Option<bool>,
        chain: &mut Chain,
    ) -> Result<(), SendError> {
        let opcode = message.opcode();
        if !self.copy(opcode, message.payload(), chain)? {
            let frame = Frame::new(opcode, message.into_payload());
            self.data(frame, compress, chain);
        }
        Ok(())
    }

    pub(super) fn borrowed(
        &mut self,
        opcode: Opcode,
        payload: &[u8],
        chain: &mut Chain,
    ) -> Result<(), SendError> {
        if !self.copy(opcode, payload, chain)? {
            let frame = Frame::new(opcode, Bytes::copy_from_slice(payload));
            self.data(frame, None, chain);
        }
        Ok(())
    }

    /// The short way for short messages that no extension changes; `false` if
    /// this is none.
    #[inline]
    fn copy(&mut self, opcode: Opcode, payload: &[u8], chain: &Chain) -> Result<bool, SendError> {
        if self.under_way.is_some() {
            return Err(SendError::MessageUnderWay);
        }
        if payload.len() > COPIED || !chain.is_empty() {
            return Ok(false);
        }
        if !self.shut {
            let (fin, rsv) = (Fin::Last, Rsv::NONE);
            self.encoder
                .copy(fin, rsv, opcode, payload, &mut self.queue);
        }
        Ok(true)
    }

    pub(super) fn prepared(
        &mut self,
        prepared: &PreparedMessage,
        chain: &mut Chain,
    ) -> Result<(), SendError> {
        if self.under_way.is_some() {
            return Err(SendError::MessageUnderWay);
        }
        if !self.encoder.masks() {
            if chain.is_empty() {
                self.whole(prepared.frame());
                return Ok(());
            }
            if let Some((extension, key)) = chain.shared() {
                match prepared.shared(key, extension) {
                    Some(frame) => {
                        extension.shared_sent();
                        self.whole(&frame);
                    }
                    None => self.whole(prepared.frame()),
                }
                return Ok(());
            }
        }
        self.message(prepared.message(), None, chain)
    }

    pub(super) fn batch(
        &mut self,
        batch: &PreparedBatch,
        chain: &mut Chain,
    ) -> Result<(), SendError> {
        if chain.is_empty() && !self.encoder.masks() && self.under_way.is_none() {
            self.whole(batch.frames());
            return Ok(());
        }
        let mut messages = batch.messages().iter();
        messages.try_for_each(|message| self.prepared(message, chain))
    }

    /// A frame of a data message, in its order (§5.4).
    pub(super) fn fragment(&mut self, frame: Frame, chain: &mut Chain) -> Result<(), SendError> {
        let opcode = match (self.under_way, frame.opcode) {
            (None, Opcode::CONTINUATION) => return Err(SendError::NoMessageUnderWay),
            (Some(opcode), Opcode::CONTINUATION) => opcode,
            (Some(_), _) => return Err(SendError::MessageUnderWay),
            (None, opcode) => opcode,
        };
        if opcode == Opcode::TEXT {
            let mut validator = self.validator.clone();
            let checked = validator.push(&frame.payload);
            let checked = checked.and_then(|()| match frame.fin {
                Fin::Last => validator.finish(),
                Fin::More => Ok(()),
            });
            checked.map_err(|_| SendError::InvalidUtf8)?;
            self.validator = validator;
        }
        self.under_way = (frame.fin == Fin::More).then_some(opcode);
        self.data(frame, None, chain);
        Ok(())
    }

    /// A control frame, which may go between the fragments of a message.
    pub(super) fn control(&mut self, rsv: Rsv, opcode: Opcode, payload: Bytes, chain: &mut Chain) {
        let frame = Frame::new(opcode, payload).rsv(rsv);
        self.data(frame, None, chain);
    }

    pub(super) fn pong(&mut self, payload: Bytes, chain: &mut Chain) {
        if self.has_pong_room() {
            self.control(Rsv::NONE, Opcode::PONG, payload, chain);
            self.pong_leaves_at = self.queue.taken() + self.queue.len() as u64;
        } else if self.pong.replace(Box::new(payload)).is_some() {
            self.unanswered += 1;
        }
    }

    pub(super) const fn unanswered_pings(&self) -> u64 {
        self.unanswered
    }

    /// Behind a long queue there is one Pong at most.
    const fn has_pong_room(&self) -> bool {
        self.queue.len() < PONG_ROOM || self.queue.taken() >= self.pong_leaves_at
    }

    pub(super) fn close(&mut self, rsv: Rsv, payload: &ClosePayload, chain: &mut Chain) {
        self.pong = None;
        self.control(rsv, Opcode::CLOSE, payload.encode(), chain);
    }

    /// The transport takes nothing any more.
    pub(super) fn shut(&mut self) {
        self.shut = true;
        self.pong = None;
        self.queue.clear();
    }

    fn data(&mut self, mut frame: Frame, compress: Option<bool>, chain: &mut Chain) {
        if !chain.is_empty() {
            let head = FrameHead {
                fin: frame.fin,
                rsv: frame.rsv,
                opcode: frame.opcode,
                payload_len: frame.payload.len() as u64,
                compress,
            };
            let end = match frame.fin {
                Fin::More => PartEnd::Frame,
                Fin::Last => PartEnd::Message,
            };
            (frame.rsv, frame.payload) = chain.encode(&head, frame.payload, end);
        }
        self.frame(frame);
    }

    /// A frame that is encoded already.
    fn whole(&mut self, frame: &Bytes) {
        if !self.shut {
            self.queue.push_ref(frame);
        }
    }

    fn frame(&mut self, frame: Frame) {
        let Frame {
            fin,
            rsv,
            opcode,
            payload,
        } = frame;
        if !self.shut {
            self.encoder
                .encode(fin, rsv, opcode, payload, &mut self.queue);
        }
    }
}

/// Pongs are queued one by one below this many bytes, and one at a time above.
const PONG_ROOM: usize = 4096;
