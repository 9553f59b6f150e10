use thiserror::Error;

use crate::{CloseCode, InvalidUtf8, Opcode, Rsv};

/// What a peer did wrong; the connection fails with [`close_code`](Self::close_code)
/// ([RFC 6455 §7.1.7]).
///
/// [RFC 6455 §7.1.7]: https://www.rfc-editor.org/rfc/rfc6455#section-7.1.7
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ProtocolError {
    /// A reserved bit is set that no extension owns (§5.2).
    #[error("reserved bits {0} are set and nothing negotiated owns them")]
    ReservedBits(Rsv),
    /// The opcode has no meaning on this connection (§5.2).
    #[error("opcode {0} has no meaning on this connection")]
    UnknownOpcode(Opcode),
    /// A client sent a frame without a mask (§5.1).
    #[error("frame from a client is not masked")]
    UnmaskedFrame,
    /// A server sent a frame with a mask (§5.1).
    #[error("frame from a server is masked")]
    MaskedFrame,
    /// A control frame is not its message's only frame (§5.5).
    #[error("{0} frame is fragmented")]
    FragmentedControl(Opcode),
    /// A control frame is longer than 125 bytes (§5.5).
    #[error("{0} frame is longer than 125 bytes")]
    ControlTooLong(Opcode),
    /// A length takes more bytes than it needs (§5.2).
    #[error("payload length {0} is not encoded in the fewest bytes")]
    NonMinimalLength(u64),
    /// A 64-bit length has its highest bit set (§5.2).
    #[error("payload length has its highest bit set")]
    LengthOverflow,
    /// A continuation frame came although no message is under way (§5.4).
    #[error("continuation frame without a message to continue")]
    UnexpectedContinuation,
    /// A new message began before the last was complete (§5.4).
    #[error("{0} frame inside a fragmented message")]
    ExpectedContinuation(Opcode),
    /// Text, or the reason of a Close frame, is not UTF-8 (§8.1).
    #[error("text is not UTF-8")]
    InvalidUtf8,
    /// A Close frame has a payload of one byte, half a code (§5.5.1).
    #[error("close frame has a payload of 1 byte")]
    TruncatedCloseCode,
    /// A Close frame has a code that must not be sent (§7.4).
    #[error("close code {} must not be sent", .0.get())]
    InvalidCloseCode(CloseCode),
    /// A frame is larger than allowed (§10.4).
    #[error("frame of {len} bytes exceeds the limit of {limit} bytes")]
    FrameTooBig {
        /// The announced length, in bytes.
        len: u64,
        /// [`Config::max_frame_bytes`](crate::Config::max_frame_bytes).
        limit: usize,
    },
    /// A message is larger than allowed (§10.4).
    #[error("message of at least {len} bytes exceeds the limit of {limit} bytes")]
    MessageTooBig {
        /// What arrived of the message and what its frame announces, in bytes.
        len: u64,
        /// [`Config::max_message_bytes`](crate::Config::max_message_bytes).
        limit: usize,
    },
    /// A frame is not as an extension of the connection wants it (§9).
    #[error("{reason}")]
    Extension {
        /// The code to close with.
        code: CloseCode,
        /// What is wrong.
        reason: &'static str,
    },
    /// A message has more fragments than allowed (§10.4).
    #[error("message has more than {limit} fragments before its last")]
    TooManyFragments {
        /// [`Config::max_fragments`](crate::Config::max_fragments).
        limit: usize,
    },
}

impl ProtocolError {
    /// The code of the Close frame that answers this fault (§7.4.1).
    #[must_use]
    pub const fn close_code(&self) -> CloseCode {
        match self {
            Self::InvalidUtf8 => CloseCode::INVALID_PAYLOAD,
            Self::FrameTooBig { .. } | Self::MessageTooBig { .. } => CloseCode::MESSAGE_TOO_BIG,
            Self::TooManyFragments { .. } => CloseCode::POLICY_VIOLATION,
            Self::Extension { code, .. } => *code,
            Self::ReservedBits(_)
            | Self::UnknownOpcode(_)
            | Self::UnmaskedFrame
            | Self::MaskedFrame
            | Self::FragmentedControl(_)
            | Self::ControlTooLong(_)
            | Self::NonMinimalLength(_)
            | Self::LengthOverflow
            | Self::UnexpectedContinuation
            | Self::ExpectedContinuation(_)
            | Self::TruncatedCloseCode
            | Self::InvalidCloseCode(_) => CloseCode::PROTOCOL_ERROR,
        }
    }
}

impl From<InvalidUtf8> for ProtocolError {
    fn from(_: InvalidUtf8) -> Self {
        Self::InvalidUtf8
    }
}

/// What the caller asked for cannot be sent; the connection is as it was before.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SendError {
    /// A Close frame was sent or received, or the connection is over (§5.5.1).
    #[error("connection is closing or closed")]
    Closing,
    /// The payload of a control frame is limited (§5.5).
    #[error("control frame payload of {0} bytes exceeds the limit of 125 bytes")]
    ControlTooLong(usize),
    /// The opcode has no meaning on this connection, or not the one asked for.
    #[error("opcode {0} is not registered for this use on this connection")]
    Opcode(Opcode),
    /// The application does not own these reserved bits (§5.2).
    #[error("reserved bits {0} are not the application's on this connection")]
    ReservedBits(Rsv),
    /// A fragmented message has to be finished first (§5.4).
    #[error("a fragmented message is under way and has to be finished first")]
    MessageUnderWay,
    /// There is no fragmented message to go on with (§5.4).
    #[error("continuation frame without a message to continue")]
    NoMessageUnderWay,
    /// Control frames are not fragmented (§5.5).
    #[error("{0} frame cannot be fragmented")]
    FragmentedControl(Opcode),
    /// The frames of a text message are not UTF-8 (§5.6).
    #[error("text is not UTF-8")]
    InvalidUtf8,
    /// The code only reports, and must not be sent (§7.4).
    #[error("close code {0} must not be sent")]
    UnsendableCloseCode(CloseCode),
    /// The reason of a Close frame is limited (§5.5.1).
    #[error("close reason of {0} bytes exceeds the limit of 123 bytes")]
    ReasonTooLong(usize),
}
