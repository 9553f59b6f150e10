use std::fmt;

use actix::Message;
use ws_core::{Event, Opcode};

use super::{FrameMessage, Rejection};

/// What a connection actor may be told of: a frame, or a change of its
/// connection.
///
/// Messages of your own implement [`FrameMessage`], and are notices by that.
pub trait Notice: Message<Result = ()> + Sized + 'static {
    /// The place that its handler has.
    const SLOT: Slot;

    /// Makes the message of what happened.
    ///
    /// # Errors
    ///
    /// If it is made of something else.
    fn notice(occurrence: Occurrence) -> Result<Self, Rejection>;
}

/// The place of a handler: there is one for each opcode, and for each change of
/// the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Slot(u8);

impl Slot {
    pub(crate) const COUNT: usize = Opcode::COUNT + 3;
    pub(crate) const WRITABLE: Self = Self(Opcode::COUNT as u8);
    #[cfg(feature = "client")]
    pub(crate) const CONNECTED: Self = Self(Opcode::COUNT as u8 + 1);
    #[cfg(feature = "client")]
    pub(crate) const DISCONNECTED: Self = Self(Opcode::COUNT as u8 + 2);

    /// The place for frames of this opcode.
    #[must_use]
    pub const fn of(opcode: Opcode) -> Self {
        Self(opcode.get())
    }

    /// The opcode, if the place is for frames.
    #[must_use]
    pub const fn opcode(self) -> Option<Opcode> {
        Opcode::new(self.0)
    }

    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.opcode(), *self) {
            (Some(Opcode::CONTINUATION), _) => f.write_str("part"),
            (Some(opcode), _) => opcode.fmt(f),
            (None, Self::WRITABLE) => f.write_str("writable"),
            (None, _) => f.write_str("connected or disconnected"),
        }
    }
}

/// What happened to a connection.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Occurrence {
    /// The protocol reports something.
    Frame(Event),
    /// The peer has caught up.
    Writable,
    /// A client has connected.
    #[cfg(feature = "client")]
    Connected(crate::client::Connected),
    /// A client has no connection any more, or none yet.
    #[cfg(feature = "client")]
    Disconnected(crate::client::Disconnected),
}

impl Occurrence {
    /// The place of those that are no frames.
    pub(crate) const fn slot(&self) -> Option<Slot> {
        match self {
            Self::Frame(_) => None,
            Self::Writable => Some(Slot::WRITABLE),
            #[cfg(feature = "client")]
            Self::Connected(_) => Some(Slot::CONNECTED),
            #[cfg(feature = "client")]
            Self::Disconnected(_) => Some(Slot::DISCONNECTED),
        }
    }
}

impl<M: FrameMessage> Notice for M {
    const SLOT: Slot = Slot::of(M::OPCODE);

    #[inline]
    fn notice(occurrence: Occurrence) -> Result<Self, Rejection> {
        match occurrence {
            Occurrence::Frame(event) => M::from_event(event),
            Occurrence::Writable => Err(Rejection::unsupported()),
            #[cfg(feature = "client")]
            Occurrence::Connected(_) | Occurrence::Disconnected(_) => Err(Rejection::unsupported()),
        }
    }
}

/// The peer has caught up: less than 32 KiB wait for it, after there were more
/// than 64 KiB ([`WsContext::is_congested`](crate::WsContext::is_congested)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Message)]
#[rtype(result = "()")]
#[non_exhaustive]
pub struct Writable;

impl Notice for Writable {
    const SLOT: Slot = Slot::WRITABLE;

    fn notice(occurrence: Occurrence) -> Result<Self, Rejection> {
        if matches!(occurrence, Occurrence::Writable) {
            Ok(Self)
        } else {
            Err(Rejection::unsupported())
        }
    }
}
