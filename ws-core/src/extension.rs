//! Extensions: what changes frames between the application and the wire
//! ([RFC 6455 §9]).
//!
//! An extension is agreed on in the opening handshake, by a [`ClientOffer`] and
//! a [`ServerChoice`], and then runs on one connection as an [`Extension`].
//! [`Deflate`](deflate) is written with nothing but what is public here.
//!
//! [RFC 6455 §9]: https://www.rfc-editor.org/rfc/rfc6455#section-9

use std::fmt;

use crate::{CloseCode, Fin, Opcode, Rsv};

mod chain;
pub mod deflate;
mod negotiation;
mod params;

pub(crate) use self::chain::{Chain, encoded};
pub use self::{
    negotiation::{Agreement, ClientOffer, NegotiationError, ServerChoice},
    params::{MalformedParams, Params},
};

/// An extension at work on one connection.
///
/// Inbound, each frame's header is shown to the extensions in the reverse of
/// the order agreed on, and those that answer [`Handling::Transform`] get the
/// frame's payload data in parts as they arrive. Outbound it is the same in
/// order. A frame that all let pass is not copied.
pub trait Extension: fmt::Debug + Send {
    /// The name it was agreed on with.
    fn name(&self) -> &str;

    /// The reserved bits that it gives a meaning. No other extension of the
    /// connection may own one of them.
    fn rsv(&self) -> Rsv;

    /// The header of a frame came.
    ///
    /// # Errors
    ///
    /// If the frame must not look like this: the connection fails.
    fn inbound_frame(&mut self, frame: &FrameHead) -> Result<Handling, ExtensionError>;

    /// Appends to `output` what a part of the frame's payload data stands for,
    /// at most `limit` bytes of it.
    ///
    /// The limit is what the message may still grow by. It has to be looked at
    /// while decoding, as a few bytes can stand for very many.
    ///
    /// # Errors
    ///
    /// If the payload is not what it should be, or would exceed the limit.
    fn decode(
        &mut self,
        part: &[u8],
        end: PartEnd,
        limit: usize,
        output: &mut Vec<u8>,
    ) -> Result<(), ExtensionError>;

    /// A frame is to be sent: the bits to set, and whether its payload is to be
    /// encoded.
    fn outbound_frame(&mut self, frame: &FrameHead) -> (Rsv, Handling);

    /// Appends to `output` what stands for a part of the frame's payload data.
    fn encode(&mut self, part: &[u8], end: PartEnd, output: &mut Vec<u8>);

    /// Names what decides the encoding of a whole message that refers to none
    /// before it, if there is such an encoding.
    ///
    /// Connections with one value get the same bytes of a
    /// [`PreparedMessage`](crate::PreparedMessage), which are made with
    /// [`encode_shared`](Self::encode_shared) once.
    fn shared_key(&self) -> Option<u64> {
        None
    }

    /// Encodes a whole message without reference to any other; `None` if it is
    /// to be sent as it is.
    fn encode_shared(&self, _opcode: Opcode, _payload: &[u8]) -> Option<(Rsv, Vec<u8>)> {
        None
    }

    /// Bytes of [`encode_shared`](Self::encode_shared), also of another
    /// connection, are sent here: what follows must not refer to what was
    /// before them.
    fn shared_sent(&mut self) {}

    /// The peer was silent for
    /// [`Config::ping_interval`](crate::Config::ping_interval): what can be made
    /// again when it is needed may be given back.
    fn idle(&mut self) {}
}

/// What an extension does with the payload data of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there is nothing between")]
pub enum Handling {
    /// It stays as it is.
    Pass,
    /// It goes through `decode` or `encode`.
    Transform,
}

/// Where a part of a frame's payload data ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "the RFC knows no other end")]
pub enum PartEnd {
    /// More of the frame follows.
    Part,
    /// The frame ends here, its message does not.
    Frame,
    /// The message ends here, or the control frame.
    Message,
}

/// The head of a frame, as an extension sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct FrameHead {
    /// Whether the message ends with this frame.
    pub fin: Fin,
    /// The reserved bits that are set.
    pub rsv: Rsv,
    /// The opcode of the frame.
    pub opcode: Opcode,
    /// The length of the payload data on the side that is known: on the wire
    /// inbound, of the application outbound.
    pub payload_len: u64,
    /// Outbound, whether the application wants compression of this message or
    /// does not; `None` leaves it to the extension.
    pub compress: Option<bool>,
}

/// Why an extension fails a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExtensionError {
    /// The payload stands for more bytes than the limit.
    TooBig,
    /// The peer broke the extension's rules.
    Fault {
        /// The code to close with.
        code: CloseCode,
        /// What is wrong, in a few words.
        reason: &'static str,
    },
}

impl ExtensionError {
    /// A fault that is closed with 1002.
    #[must_use]
    pub const fn protocol(reason: &'static str) -> Self {
        Self::Fault {
            code: CloseCode::PROTOCOL_ERROR,
            reason,
        }
    }
}
