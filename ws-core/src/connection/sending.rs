use std::time::Instant;

use bytes::Bytes;

use crate::{
    ClosePayload, Fin, Frame, Message, Opcode, PreparedBatch, PreparedMessage, Rsv, SendError,
    frame::MAX_CONTROL_PAYLOAD,
};

use super::{Cause, Connection, State};

/// The verbs: what the application asks for.
impl Connection {
    /// Queues a message.
    ///
    /// # Errors
    ///
    /// [`SendError::Closing`] once a Close frame was sent or received.
    pub fn send(&mut self, message: impl Into<Message>) -> Result<(), SendError> {
        self.send_with(message, None)
    }

    /// Queues a text message that the caller keeps.
    ///
    /// What is at most 2 KiB long is copied to where it leaves from, and nowhere
    /// else: for text that is written into a buffer of yours again and again.
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send).
    pub fn send_text(&mut self, text: &str) -> Result<(), SendError> {
        self.send_borrowed(Opcode::TEXT, text.as_bytes())
    }

    /// Queues a binary message that the caller keeps; see
    /// [`send_text`](Self::send_text).
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send).
    pub fn send_binary(&mut self, bytes: &[u8]) -> Result<(), SendError> {
        self.send_borrowed(Opcode::BINARY, bytes)
    }

    fn send_borrowed(&mut self, opcode: Opcode, payload: &[u8]) -> Result<(), SendError> {
        self.check_open()?;
        self.deadlines.act();
        self.outbound.borrowed(opcode, payload, &mut self.chain)
    }

    /// Queues a message and tells the extensions whether to compress it; `None`
    /// leaves it to them.
    ///
    /// Secrets that stand beside what a peer can choose should not be
    /// compressed: the length of the result would tell of them.
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send).
    #[inline]
    pub fn send_with(
        &mut self,
        message: impl Into<Message>,
        compress: Option<bool>,
    ) -> Result<(), SendError> {
        self.check_open()?;
        let message = message.into();
        self.check_message(&message)?;
        self.deadlines.act();
        self.outbound.message(message, compress, &mut self.chain)
    }

    /// Queues a frame as it is: a fragment of a message, or a control frame.
    ///
    /// # Errors
    ///
    /// If the connection is closing, the frame is out of order or not allowed
    /// by its kind, the opcode is not registered, a reserved bit is not the
    /// application's, or text is not UTF-8.
    pub fn send_frame(&mut self, now: Instant, frame: Frame) -> Result<(), SendError> {
        let Frame {
            fin,
            rsv,
            opcode,
            ref payload,
        } = frame;
        self.check_rsv(rsv)?;
        if !opcode.is_control() {
            self.check_open()?;
            if opcode != Opcode::CONTINUATION {
                self.check_opcode(opcode)?;
            }
            self.deadlines.act();
            return self.outbound.fragment(frame, &mut self.chain);
        }
        if fin == Fin::More {
            return Err(SendError::FragmentedControl(opcode));
        }
        let payload = payload.clone();
        if opcode == Opcode::CLOSE {
            return self.close_with(now, rsv, ClosePayload::to_send(payload)?, Cause::Local);
        }
        self.send_control_frame(rsv, opcode, payload)
    }

    /// Queues a control frame of a registered opcode, with a payload of at most
    /// 125 bytes.
    ///
    /// # Errors
    ///
    /// If the connection is closing, the opcode is not registered, or the
    /// payload is too long.
    pub fn send_control(
        &mut self,
        opcode: Opcode,
        payload: impl Into<Bytes>,
    ) -> Result<(), SendError> {
        if !opcode.is_reserved() || !opcode.is_control() {
            return Err(SendError::Opcode(opcode));
        }
        self.send_control_frame(Rsv::NONE, opcode, payload.into())
    }

    /// Queues a message that is encoded already.
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send).
    pub fn send_prepared(&mut self, prepared: &PreparedMessage) -> Result<(), SendError> {
        self.check_open()?;
        self.check_prepared(prepared)?;
        self.deadlines.act();
        self.outbound.prepared(prepared, &mut self.chain)
    }

    /// Queues messages that are encoded already, one behind the other. Of those
    /// that cannot be sent, none is.
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send), of the first that cannot be sent.
    pub fn send_batch(&mut self, batch: &PreparedBatch) -> Result<(), SendError> {
        self.check_open()?;
        for message in batch.messages() {
            self.check_prepared(message)?;
        }
        self.deadlines.act();
        self.outbound.batch(batch, &mut self.chain)
    }

    /// Queues a Ping with a payload of at most 125 bytes ([RFC 6455 §5.5.2]).
    ///
    /// The heartbeat sends its own; this one is for protocols above.
    ///
    /// # Errors
    ///
    /// If the connection is closing or the payload is too long.
    ///
    /// [RFC 6455 §5.5.2]: https://www.rfc-editor.org/rfc/rfc6455#section-5.5.2
    pub fn ping(&mut self, payload: impl Into<Bytes>) -> Result<(), SendError> {
        self.send_control_frame(Rsv::NONE, Opcode::PING, payload.into())
    }

    /// Queues a Pong that answers no Ping ([RFC 6455 §5.5.3]).
    ///
    /// # Errors
    ///
    /// If the connection is closing or the payload is too long.
    ///
    /// [RFC 6455 §5.5.3]: https://www.rfc-editor.org/rfc/rfc6455#section-5.5.3
    pub fn pong(&mut self, payload: impl Into<Bytes>) -> Result<(), SendError> {
        self.send_control_frame(Rsv::NONE, Opcode::PONG, payload.into())
    }

    /// Begins the closing handshake ([RFC 6455 §7.1.2]).
    ///
    /// Messages of the peer may still come until its Close frame does, within
    /// [`Config::close_timeout`](crate::Config::close_timeout).
    ///
    /// # Errors
    ///
    /// [`SendError::Closing`] if it has begun already.
    ///
    /// [RFC 6455 §7.1.2]: https://www.rfc-editor.org/rfc/rfc6455#section-7.1.2
    pub fn close(&mut self, now: Instant, payload: ClosePayload) -> Result<(), SendError> {
        self.close_because(now, payload, Cause::Local)
    }

    /// As [`close`](Self::close), and has the outcome tell another cause: for
    /// runtimes that close connections without being asked to.
    ///
    /// # Errors
    ///
    /// As for [`close`](Self::close).
    pub fn close_because(
        &mut self,
        now: Instant,
        payload: ClosePayload,
        cause: Cause,
    ) -> Result<(), SendError> {
        self.close_with(now, Rsv::NONE, payload, cause)
    }

    /// Fails the connection ([RFC 6455 §7.1.7]): a last Close frame, and nothing that
    /// the peer sends is looked at any more. What is held of its message is
    /// dropped at once.
    ///
    /// The outcome stays what it was if the connection is closed already.
    ///
    /// [RFC 6455 §7.1.7]: https://www.rfc-editor.org/rfc/rfc6455#section-7.1.7
    pub fn fail_because(&mut self, now: Instant, payload: ClosePayload, cause: Cause) {
        self.now = now;
        if self.state != State::Closed {
            self.fail(cause, payload);
        }
    }

    /// Ends the connection at once, without a Close frame and without what is
    /// queued.
    ///
    /// The outcome stays what it was if it is closed already.
    pub fn abort(&mut self, now: Instant, cause: Cause) {
        self.now = now;
        self.lose(cause);
    }

    fn close_with(
        &mut self,
        now: Instant,
        rsv: Rsv,
        payload: ClosePayload,
        cause: Cause,
    ) -> Result<(), SendError> {
        self.now = now;
        match self.state {
            State::Open => {
                self.cause = Some(cause);
                self.deadlines.close(now, &self.config);
                self.send_close(rsv, payload);
            }
            State::RemoteClosing => {
                self.send_close(rsv, payload);
                self.finish_closing();
            }
            State::LocalClosing | State::Closed => return Err(SendError::Closing),
        }
        Ok(())
    }

    fn check_open(&self) -> Result<(), SendError> {
        match self.state {
            // §5.5.1: who is asked to close may finish what it is saying.
            State::Open | State::RemoteClosing => Ok(()),
            State::LocalClosing | State::Closed => Err(SendError::Closing),
        }
    }

    /// Whether a message may be sent on a connection that is open: for those
    /// who queue messages of their own before.
    ///
    /// # Errors
    ///
    /// If its opcode is not registered, or it is text or binary in a custom
    /// disguise.
    #[inline]
    pub fn check_message(&self, message: &Message) -> Result<(), SendError> {
        self.check_kind(message.opcode(), message.is_consistent())
    }

    fn check_prepared(&self, message: &PreparedMessage) -> Result<(), SendError> {
        self.check_kind(message.opcode(), message.is_consistent())
    }

    /// Text and binary in a custom disguise are not consistent.
    fn check_kind(&self, opcode: Opcode, consistent: bool) -> Result<(), SendError> {
        if consistent {
            self.check_opcode(opcode)
        } else {
            Err(SendError::Opcode(opcode))
        }
    }

    /// Whether the application may set these reserved bits on its frames.
    ///
    /// # Errors
    ///
    /// If it does not claim one of them
    /// ([`Config::claim_rsv`](crate::Config::claim_rsv)), or an extension owns it.
    pub fn check_rsv(&self, rsv: Rsv) -> Result<(), SendError> {
        let owned = self.config.claimed_rsv.without(self.chain.rsv());
        let foreign = rsv.without(owned);
        if foreign.is_empty() {
            Ok(())
        } else {
            Err(SendError::ReservedBits(foreign))
        }
    }

    /// Whether data messages of this opcode may be sent on a connection that is
    /// open.
    ///
    /// # Errors
    ///
    /// If it is not registered, or not one of data.
    #[inline]
    pub fn check_opcode(&self, opcode: Opcode) -> Result<(), SendError> {
        let data = !opcode.is_control() && opcode != Opcode::CONTINUATION;
        if data && self.config.opcodes.knows(opcode) {
            Ok(())
        } else {
            Err(SendError::Opcode(opcode))
        }
    }

    fn send_control_frame(
        &mut self,
        rsv: Rsv,
        opcode: Opcode,
        payload: Bytes,
    ) -> Result<(), SendError> {
        self.check_open()?;
        if !self.config.opcodes.knows(opcode) {
            return Err(SendError::Opcode(opcode));
        }
        if payload.len() > MAX_CONTROL_PAYLOAD {
            return Err(SendError::ControlTooLong(payload.len()));
        }
        self.outbound.control(rsv, opcode, payload, &mut self.chain);
        Ok(())
    }
}
