use std::{any, fmt};

use actix::Message;
use ws_core::{ClosePayload, Event, Opcode};

use crate::{OpcodeUse, dispatch::short_name};

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

    /// The opcode that it comes by, if it is made of frames.
    #[must_use]
    fn opcode_use() -> Option<OpcodeUse> {
        None
    }
}

/// The place of a handler: there is one for each opcode, and for each change of
/// the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Slot(u8);

impl Slot {
    pub(crate) const COUNT: usize = Opcode::COUNT + 4;
    pub(crate) const WRITABLE: Self = Self(Opcode::COUNT as u8);
    #[cfg(feature = "client")]
    pub(crate) const CONNECTED: Self = Self(Opcode::COUNT as u8 + 1);
    #[cfg(feature = "client")]
    pub(crate) const DISCONNECTED: Self = Self(Opcode::COUNT as u8 + 2);
    pub(crate) const CLOSING: Self = Self(Opcode::COUNT as u8 + 3);

    /// The place for frames of this opcode.
    #[must_use]
    #[inline]
    pub const fn of(opcode: Opcode) -> Self {
        Self(opcode.get())
    }

    /// The opcode, if the place is for frames.
    #[must_use]
    pub const fn opcode(self) -> Option<Opcode> {
        Opcode::new(self.0)
    }

    #[inline]
    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }

    /// Whether what comes by it is data, which needs a handler.
    pub(crate) const fn is_data(self) -> bool {
        matches!(self.opcode(), Some(opcode) if !opcode.is_control())
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.opcode(), *self) {
            (Some(Opcode::CONTINUATION), _) => f.write_str("part"),
            (Some(opcode), _) => opcode.fmt(f),
            (None, Self::WRITABLE) => f.write_str("writable"),
            (None, Self::CLOSING) => f.write_str("closing"),
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

    fn opcode_use() -> Option<OpcodeUse> {
        Some(OpcodeUse {
            opcode: M::OPCODE,
            kind: M::KIND,
            name: M::NAME,
            type_name: short_name(any::type_name::<M>()),
        })
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

/// The peer sent a Close frame and waits for ours, and hears what is said until
/// then ([RFC 6455 §5.5.1]).
///
/// Who handles it answers it, with [`WsContext::close`](crate::WsContext::close)
/// or, with what the peer sent, by
/// [`Outbox::close`](crate::Outbox::close) and [`ClosePayload::reply`]. Without
/// an answer the transport is dropped after [`ws_core::Config::close_timeout`].
/// For an actor that does not handle it, the answer is given at once.
///
/// ```
/// use actix::{Actor, Handler};
/// use ws_actors::{Closing, Handlers, WsContext};
///
/// struct Polite;
///
/// impl Actor for Polite {
///     type Context = WsContext<Self>;
/// }
///
/// impl Handler<Closing> for Polite {
///     type Result = ();
///
///     fn handle(&mut self, Closing(payload): Closing, ctx: &mut WsContext<Self>) {
///         ctx.text("goodbye").ok();
///         ctx.outbox().close(payload.reply());
///     }
/// }
///
/// let handlers = Handlers::<Polite>::new().on::<Closing>();
/// ```
///
/// [RFC 6455 §5.5.1]: https://www.rfc-editor.org/rfc/rfc6455#section-5.5.1
#[derive(Debug, Clone, PartialEq, Eq, Message)]
#[rtype(result = "()")]
pub struct Closing(pub ClosePayload);

impl Notice for Closing {
    const SLOT: Slot = Slot::CLOSING;

    fn notice(occurrence: Occurrence) -> Result<Self, Rejection> {
        match occurrence {
            Occurrence::Frame(Event::Closing(payload)) => Ok(Self(payload)),
            Occurrence::Frame(_) | Occurrence::Writable => Err(Rejection::unsupported()),
            #[cfg(feature = "client")]
            Occurrence::Connected(_) | Occurrence::Disconnected(_) => Err(Rejection::unsupported()),
        }
    }
}
