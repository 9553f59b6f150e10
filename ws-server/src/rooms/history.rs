use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use ws_core::{Message, PreparedMessage};

use crate::backplane::{Keep, Position};

/// How many of its messages a room keeps, so that who was away gets what it
/// missed.
///
/// What is [broadcast](super::Room::broadcast) to all, or to all but some, is
/// kept; what is sent to some, [the latest](super::Room::broadcast_latest) of
/// something and announcements are not. All nodes that serve the rooms have to
/// keep as much. The engine of the [backplane](super::RoomsBuilder::backplane)
/// keeps it, in memory if there is none, and gives every member of every node
/// the messages in the same order.
///
/// A client has to learn where it is, to be able to say so when it comes back:
/// with [`stamp`](Self::stamp) each message tells its [`Position`], and
/// [`report`](Self::report) tells whoever joins where the room is.
///
/// ```
/// use ws_server::{History, Message, PreparedMessage, Rooms};
///
/// let history = History::messages(200)
///     .stamp(|position, message| match message {
///         Message::Text(text) => format!("{position} {text}").into(),
///         other => other.clone().into(),
///     })
///     .report(|recovery| Some(format!("{} you are back", recovery.position).into()));
/// let rooms: Rooms<String> = Rooms::builder().history(history).build();
/// ```
///
/// It then comes back with [`Rooms::join_since`](super::Rooms::join_since).
pub struct History {
    keep: Keep,
    stamp: Option<Box<Stamp>>,
    report: Option<Box<Report>>,
}

type Stamp = dyn Fn(Position, &Message) -> PreparedMessage + Send + Sync;
type Report = dyn Fn(&Recovery) -> Option<PreparedMessage> + Send + Sync;

/// From where on somebody who joins a room wants its messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Since {
    /// Only what is sent from now on.
    #[default]
    Now,
    /// All that is kept.
    Kept,
    /// What came after the last that it has.
    After(Position),
}

/// What somebody who joined a room with a record is given, or a member after a
/// loss of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recovery {
    /// Where the room is.
    pub position: Position,
    /// How many messages from before follow at once.
    pub messages: usize,
    /// Nothing is missing. If it is not so, what follows is all that is kept,
    /// and there was more that is not.
    pub complete: bool,
}

impl History {
    /// The newest so many messages, at least one.
    #[must_use]
    pub fn messages(count: usize) -> Self {
        Self {
            keep: Keep {
                messages: count.max(1),
                bytes: 256 << 10,
                age: None,
            },
            stamp: None,
            report: None,
        }
    }

    /// And of those only the ones that are no older. Default: of any age.
    #[must_use]
    pub const fn within(mut self, age: Duration) -> Self {
        self.keep.age = Some(age);
        self
    }

    /// The most bytes that a room keeps of them, but for the newest. Default:
    /// 256 KiB, a fourth of what waits for a connection at most, since all of it
    /// is given to one at once.
    #[must_use]
    pub const fn max_bytes(mut self, bytes: usize) -> Self {
        self.keep.bytes = bytes;
        self
    }

    /// Makes of each message what is sent, with its position. Default: the
    /// message as it is.
    ///
    /// It is made once on each node.
    #[must_use]
    pub fn stamp(
        mut self,
        stamp: impl Fn(Position, &Message) -> PreparedMessage + Send + Sync + 'static,
    ) -> Self {
        self.stamp = Some(Box::new(stamp));
        self
    }

    /// Makes what each member is told first when it has joined, and again if
    /// messages were lost while it was there, as
    /// [`complete`](Recovery::complete) says. Default: nothing.
    #[must_use]
    pub fn report(
        mut self,
        report: impl Fn(&Recovery) -> Option<PreparedMessage> + Send + Sync + 'static,
    ) -> Self {
        self.report = Some(Box::new(report));
        self
    }

    pub(crate) const fn keep(&self) -> Keep {
        self.keep
    }

    pub(super) fn stamped(&self, position: Position, message: Message) -> PreparedMessage {
        let Some(stamp) = &self.stamp else {
            return message.into();
        };
        let stamped = catch_unwind(AssertUnwindSafe(|| stamp(position, &message)));
        stamped.unwrap_or_else(|_| {
            tracing::error!("stamping a message panicked: it is sent without its position");
            message.into()
        })
    }

    pub(super) fn reported(&self, recovery: &Recovery) -> Option<PreparedMessage> {
        let report = self.report.as_ref()?;
        let reported = catch_unwind(AssertUnwindSafe(|| report(recovery)));
        reported.unwrap_or_else(|_| {
            tracing::error!("reporting a recovery panicked: the member is not told");
            None
        })
    }
}

impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("History")
            .field("keep", &self.keep)
            .finish_non_exhaustive()
    }
}
