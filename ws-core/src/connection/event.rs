use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::{
    CloseCode, ClosePayload, Frame, Message, MessagePart, Opcode, ProtocolError, SendQueue,
};

/// What a connection wants of its driver.
#[derive(Debug)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a driver that ignores one of these is broken, so a new one has to break it"
)]
pub enum Output<'a> {
    /// Something happened that the application should hear of.
    Event(Event),
    /// Bytes for the transport. Take what it accepts with [`Buf::advance`]. If
    /// it accepts nothing now, ask again when it does, or when the deadline
    /// comes that [`Connection::poll_end`] names.
    ///
    /// [`Buf::advance`]: bytes::Buf::advance
    /// [`Connection::poll_end`]: crate::Connection::poll_end
    Transmit(&'a mut SendQueue),
    /// Close the sending side of the transport and go on reading, so that the
    /// last Close frame reaches a peer that is still sending.
    Shutdown,
    /// Drop the transport: the connection is over.
    Disconnect,
    /// Nothing to do before new input or this instant, if there is one.
    Wait(Option<Instant>),
}

/// What the application hears of.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A message is here, whole.
    Message(Message),
    /// A part of a message is here, with [`Delivery::Parts`](crate::Delivery::Parts).
    Part(MessagePart),
    /// A data frame is here, with [`Delivery::Frames`](crate::Delivery::Frames).
    Frame {
        /// The frame, decoded.
        frame: Frame,
        /// When its last byte came.
        arrived: Instant,
    },
    /// A control frame of a registered opcode came
    /// ([`Config::opcodes`](crate::Config::opcodes)).
    Control {
        /// The opcode.
        opcode: Opcode,
        /// The payload data.
        payload: Bytes,
    },
    /// A Ping came; its Pong is queued already, unless
    /// [`Config::auto_pong`](crate::Config::auto_pong) is off.
    Ping(Bytes),
    /// A Pong came.
    Pong {
        /// What the Ping carried.
        payload: Bytes,
        /// The time since the heartbeat's Ping that it answers; `None` if it
        /// answers another, or none at all.
        round_trip: Option<Duration>,
    },
    /// The peer sent a Close frame and waits for ours, with
    /// [`Config::auto_close`](crate::Config::auto_close) off.
    Closing(ClosePayload),
    /// The connection is closed. This is the last event, and comes once.
    Closed(Box<Outcome>),
}

impl Event {
    /// The frame that answers this event by the RFC: a Pong for a Ping, a Close
    /// frame for a Close frame.
    ///
    /// It is for those who turned the automatic answers off; give it to
    /// [`Connection::send_frame`](crate::Connection::send_frame).
    #[must_use]
    pub fn reply(&self) -> Option<Frame> {
        match self {
            Self::Ping(payload) => Some(Frame::new(Opcode::PONG, payload.clone())),
            Self::Closing(payload) => Some(Frame::new(Opcode::CLOSE, payload.reply().encode())),
            Self::Message(_)
            | Self::Part(_)
            | Self::Frame { .. }
            | Self::Control { .. }
            | Self::Pong { .. }
            | Self::Closed(_) => None,
        }
    }
}

/// How a connection ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outcome {
    /// Why it ended.
    pub cause: Cause,
    /// The Close frame that was queued for the peer.
    pub sent: Option<ClosePayload>,
    /// The Close frame that came from the peer.
    pub received: Option<ClosePayload>,
}

impl Outcome {
    /// Whether both sides sent a Close frame ([RFC 6455 §7.1.4]).
    ///
    /// [RFC 6455 §7.1.4]: https://www.rfc-editor.org/rfc/rfc6455#section-7.1.4
    #[must_use]
    pub const fn is_clean(&self) -> bool {
        self.sent.is_some() && self.received.is_some()
    }

    /// The code that the peer sent: 1005 if its Close frame had none, 1006 if
    /// no Close frame came ([RFC 6455 §7.1.5]).
    ///
    /// [RFC 6455 §7.1.5]: https://www.rfc-editor.org/rfc/rfc6455#section-7.1.5
    #[must_use]
    pub fn code(&self) -> CloseCode {
        self.received
            .as_ref()
            .map_or(CloseCode::ABNORMAL, |payload| {
                payload.code().unwrap_or(CloseCode::NO_STATUS)
            })
    }
}

/// Why a connection ended.
///
/// The last eight are never found out here: they are for runtimes that close
/// connections for an application, with
/// [`Connection::close_because`](crate::Connection::close_because) and
/// [`Connection::fail_because`](crate::Connection::fail_because).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// This side began the closing handshake.
    Local,
    /// The peer began the closing handshake.
    Remote,
    /// The peer broke the protocol.
    Protocol(ProtocolError),
    /// A deadline passed.
    Timeout(Timeout),
    /// The transport ended without a closing handshake.
    TransportLost,
    /// The application's code panicked.
    Panic,
    /// The source of a message that was under way failed.
    StreamFailed,
    /// The application closed all its connections, to end or to be restarted.
    Drain,
    /// The application had more to say than the peer read.
    SlowPeer,
    /// The peer sent more than it may in this time.
    RateLimit,
    /// The connections together hold as much memory as they may, and this one more
    /// than its share.
    Overload,
    /// The peer sent what the application does not accept.
    Rejected,
    /// What the peer was let in with is not valid any more: its time is over, or
    /// it was revoked.
    Expired,
}

impl Cause {
    /// Whether this side ended the connection of its own accord or because of a
    /// deadline, and not the peer or the network.
    #[must_use]
    pub const fn is_local(&self) -> bool {
        match self {
            Self::Remote | Self::Protocol(_) | Self::TransportLost => false,
            Self::Local
            | Self::Timeout(_)
            | Self::Panic
            | Self::StreamFailed
            | Self::Drain
            | Self::SlowPeer
            | Self::Overload
            | Self::RateLimit
            | Self::Rejected
            | Self::Expired => true,
        }
    }
}

/// A deadline that passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Timeout {
    /// No sign of life came after a Ping.
    Pong,
    /// The closing handshake was not answered.
    Close,
    /// The transport took no byte.
    Write,
    /// A message did not come to its end.
    Message,
    /// Nobody said anything for [`Config::idle_timeout`](crate::Config::idle_timeout).
    Idle,
    /// The connection has lasted for
    /// [`Config::max_lifetime`](crate::Config::max_lifetime).
    Lifetime,
}
