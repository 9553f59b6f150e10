use actix::Actor;
use bytes::Bytes;
use serde::Serialize;
use ws_core::{CloseCode, Frame, Message, Opcode};

use super::Peer;
use crate::test::protocol;

/// # Sending
///
/// What one call sends is read at once, unless the peer
/// [trickles](Peer::trickle). Nothing of it waits: the actor reads when the
/// scenario waits.
impl<A: Actor> Peer<A> {
    /// Sends a text message, compressed if that was agreed on.
    pub fn send_text(&mut self, text: impl Into<String>) {
        self.send_message(Message::text(text.into()));
    }

    /// Sends a binary message, compressed if that was agreed on.
    pub fn send_binary(&mut self, bytes: impl Into<Bytes>) {
        self.send_message(Message::binary(bytes));
    }

    /// Sends a text message that holds `value` as JSON.
    ///
    /// # Panics
    ///
    /// If the value cannot be written as JSON.
    #[track_caller]
    pub fn send_json(&mut self, value: &(impl Serialize + ?Sized)) {
        match serde_json::to_string(value) {
            Ok(text) => self.send_text(text),
            Err(error) => panic!("the value cannot be written as JSON: {error}"),
        }
    }

    /// Sends a message of any kind, in one frame.
    pub fn send_message(&mut self, message: impl Into<Message>) {
        let mut state = self.state.borrow_mut();
        let bytes = state.protocol.message(message.into());
        state.send(bytes);
    }

    /// Sends a Ping, which the actor's side answers.
    pub fn send_ping(&mut self, payload: impl Into<Bytes>) {
        self.send_frame(Frame::new(Opcode::PING, payload));
    }

    /// Sends a Pong: for those who [ignore Pings](Self::ignore_pings).
    pub fn send_pong(&mut self, payload: impl Into<Bytes>) {
        self.send_frame(Frame::new(Opcode::PONG, payload));
    }

    /// Sends a Close frame with any code, also one that must not be sent; with
    /// [`CloseCode::NO_STATUS`] it has neither code nor reason.
    pub fn send_close(&mut self, code: impl Into<CloseCode>, reason: &str) {
        self.send_frame(protocol::close(code.into(), reason));
    }

    /// Sends a frame as it is, right or wrong, with the masking of this role.
    /// No extension sees it.
    pub fn send_frame(&mut self, frame: Frame) {
        let bytes = self.encode(&frame);
        let mut state = self.state.borrow_mut();
        state.send(bytes.into());
        if frame.opcode == Opcode::CLOSE {
            state.close_sent = true;
        }
    }

    /// Sends these bytes, whatever they are: parts of a frame, several of them,
    /// or nonsense.
    pub fn send_raw(&mut self, bytes: impl Into<Bytes>) {
        self.state.borrow_mut().send(bytes.into());
    }

    /// The bytes that [`send_frame`](Self::send_frame) would send: to be cut,
    /// joined or spoilt, and given to [`send_raw`](Self::send_raw).
    #[must_use]
    pub fn encode(&self, frame: &Frame) -> Vec<u8> {
        self.state.borrow().protocol.frame(frame)
    }
}
