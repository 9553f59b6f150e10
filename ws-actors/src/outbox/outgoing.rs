use std::{
    error::Error,
    fmt, mem,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_core::Stream;
use ws_core::{Fin, Frame, Message, Opcode, PreparedBatch, PreparedMessage, Rsv};

/// A message on its way out.
#[derive(Debug)]
pub(crate) enum Outgoing {
    Message(Message),
    /// With reserved bits of the application's.
    Marked(Box<(Message, Rsv)>),
    Prepared(PreparedMessage),
    /// Several at once, of which so many from the front were given up.
    Batch(PreparedBatch, usize),
    Parts(Box<Parts>),
}

impl Outgoing {
    /// What it holds in memory, in bytes.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Message(message) => message.payload().len(),
            Self::Marked(marked) => marked.0.payload().len(),
            Self::Prepared(prepared) => prepared.len(),
            Self::Batch(batch, 0) => batch.len(),
            Self::Batch(batch, skip) => {
                let rest = &batch.messages()[*skip..];
                rest.iter().map(PreparedMessage::len).sum()
            }
            Self::Parts(parts) => parts.held,
        }
    }

    /// What it holds that others do not hold as well, in bytes.
    pub(crate) fn own_len(&self) -> usize {
        match self {
            Self::Message(_) | Self::Marked(_) | Self::Parts(_) => self.len(),
            Self::Prepared(_) | Self::Batch(..) => 0,
        }
    }

    /// How many messages it is.
    #[inline]
    pub(crate) fn messages(&self) -> usize {
        match self {
            Self::Message(_) | Self::Marked(_) | Self::Prepared(_) | Self::Parts(_) => 1,
            Self::Batch(batch, skip) => batch.messages().len() - skip,
        }
    }

    /// Gives up the first of several messages, and tells its length; `None` if it
    /// is only one.
    pub(crate) fn drop_first(&mut self) -> Option<usize> {
        let Self::Batch(batch, skip) = self else {
            return None;
        };
        let [first, _, ..] = &batch.messages()[*skip..] else {
            return None;
        };
        *skip += 1;
        Some(first.len())
    }

    /// A message, cut if it is longer than `most` bytes.
    #[inline]
    pub(crate) fn message(message: Message, most: usize) -> Self {
        if message.payload().len() > most {
            Self::Parts(Box::new(Parts::cut(message, most)))
        } else {
            Self::Message(message)
        }
    }

    /// Whether it is not here yet, as a stream gives it.
    pub(crate) fn is_streamed(&self) -> bool {
        matches!(self, Self::Parts(parts) if parts.is_streamed())
    }
}

/// A message that leaves in fragments.
pub(crate) struct Parts {
    opcode: Opcode,
    /// The first fragment has left.
    begun: bool,
    /// What has come and is still to leave.
    rest: Bytes,
    /// What it counted for when it was queued.
    held: usize,
    /// The most that leaves in one frame.
    most: usize,
    source: Option<Source>,
}

type Source = Pin<Box<dyn Stream<Item = Result<Bytes, SourceError>>>>;
pub(crate) type SourceError = Box<dyn Error>;

/// What comes out of [`Parts`].
#[derive(Debug)]
pub(crate) enum Next {
    /// A fragment.
    Frame(Frame),
    /// No more will come, and the message cannot be finished.
    Failed(SourceError),
}

impl Parts {
    /// A message whose parts a stream gives.
    pub(crate) fn streamed(opcode: Opcode, source: Source, most: usize) -> Self {
        Self {
            opcode,
            begun: false,
            rest: Bytes::new(),
            held: 0,
            most,
            source: Some(source),
        }
    }

    /// A message that is here and is cut.
    fn cut(message: Message, most: usize) -> Self {
        let opcode = message.opcode();
        let rest = message.into_payload();
        Self {
            opcode,
            begun: false,
            held: rest.len(),
            rest,
            most,
            source: None,
        }
    }

    /// The next fragment; `None` behind the last.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Next>> {
        let mut polls = 0;
        while self.rest.is_empty() {
            polls += 1;
            if polls > EMPTY_PARTS {
                // They fill nothing, so nothing else would end this.
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            let Some(source) = &mut self.source else {
                return Poll::Ready(None);
            };
            // The code is the application's.
            let next = catch_unwind(AssertUnwindSafe(|| source.as_mut().poll_next(cx)));
            match next {
                Ok(Poll::Pending) => return Poll::Pending,
                Ok(Poll::Ready(Some(Ok(part)))) => self.rest = part,
                Ok(Poll::Ready(Some(Err(error)))) => return self.fail(error),
                Ok(Poll::Ready(None)) => {
                    self.source = None;
                    let last = self.fragment(Bytes::new());
                    return Poll::Ready(Some(Next::Frame(last)));
                }
                Err(_panic) => return self.fail("the stream panicked".into()),
            }
        }
        Poll::Ready(self.next_held().map(Next::Frame))
    }

    /// The next fragment of what is here already.
    pub(crate) fn next_held(&mut self) -> Option<Frame> {
        if self.rest.is_empty() {
            return None;
        }
        let most = self.most.min(self.rest.len());
        let part = self.rest.split_to(most);
        Some(self.fragment(part))
    }

    /// How many bytes of it are here and have not left.
    pub(crate) const fn rest(&self) -> usize {
        self.rest.len()
    }

    /// Whether more is to come than is here.
    pub(crate) fn is_streamed(&self) -> bool {
        self.source.is_some()
    }

    fn fail(&mut self, error: SourceError) -> Poll<Option<Next>> {
        self.source = None;
        Poll::Ready(Some(Next::Failed(error)))
    }

    fn fragment(&mut self, payload: Bytes) -> Frame {
        let opcode = if mem::replace(&mut self.begun, true) {
            Opcode::CONTINUATION
        } else {
            self.opcode
        };
        let last = self.source.is_none() && self.rest.is_empty();
        let fin = if last { Fin::Last } else { Fin::More };
        Frame::new(opcode, payload).fin(fin)
    }
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts")
            .field("opcode", &self.opcode)
            .field("rest", &self.rest.len())
            .finish_non_exhaustive()
    }
}

/// How many parts without a byte may come at once.
const EMPTY_PARTS: u32 = 64;
