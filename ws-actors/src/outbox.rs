use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::Rc,
    task::Waker,
};

use ws_core::{CloseCode, ClosePayload, Message, PreparedMessage};

use crate::SendError;

/// The messages that wait for one connection, bounded in bytes.
///
/// A clone is another handle to the same outbox; all live on the thread of the
/// connection. When the peer reads so slowly that the bound is reached, the
/// connection closes with 1013 and what waits is given up: a slow peer costs
/// the others nothing.
#[derive(Debug, Clone)]
pub struct Outbox(Rc<Inner>);

#[derive(Debug)]
struct Inner {
    queue: RefCell<VecDeque<Outgoing>>,
    bytes: Cell<usize>,
    limit: usize,
    open: Cell<bool>,
    /// A Close frame that somebody asked for.
    close: RefCell<Option<ClosePayload>>,
    waker: RefCell<Option<Waker>>,
}

/// A message on its way out.
#[derive(Debug, Clone)]
pub(crate) enum Outgoing {
    Message(Message),
    Prepared(PreparedMessage),
}

impl Outgoing {
    fn len(&self) -> usize {
        match self {
            Self::Message(message) => message.payload().len(),
            Self::Prepared(prepared) => prepared.len(),
        }
    }
}

impl Outbox {
    pub(crate) fn new(limit: usize) -> Self {
        Self(Rc::new(Inner {
            queue: RefCell::new(VecDeque::new()),
            bytes: Cell::new(0),
            limit,
            open: Cell::new(true),
            close: RefCell::new(None),
            waker: RefCell::new(None),
        }))
    }

    /// Queues a message that is encoded already.
    ///
    /// # Errors
    ///
    /// If the outbox is full, or its connection is closing or gone.
    pub fn send(&self, message: PreparedMessage) -> Result<(), SendError> {
        self.push(Outgoing::Prepared(message))
    }

    /// Begins the closing handshake, behind the messages that wait.
    ///
    /// If the connection is closing or gone, nothing happens.
    pub fn close(&self, payload: ClosePayload) {
        if self.0.open.replace(false) {
            self.0.close.replace(Some(payload));
            self.wake();
        }
    }

    /// The number of bytes that wait here.
    #[must_use]
    pub fn queued_bytes(&self) -> usize {
        self.0.bytes.get()
    }

    /// Whether the connection takes no more messages.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        !self.0.open.get()
    }

    pub(crate) fn push(&self, outgoing: Outgoing) -> Result<(), SendError> {
        let inner = &*self.0;
        if self.is_closed() {
            return Err(SendError::CLOSING);
        }
        let queued = inner.bytes.get();
        let messages = inner.queue.borrow().len();
        // A message larger than the bound passes when nothing waits before it.
        let too_long = messages > 0 && queued + outgoing.len() > inner.limit;
        if too_long || messages >= MOST_MESSAGES {
            let slow = ClosePayload::new(CloseCode::TRY_AGAIN_LATER, "peer reads too slowly");
            self.discard();
            self.close(slow.unwrap_or_default());
            return Err(SendError::Full {
                messages,
                queued,
                limit: inner.limit,
            });
        }
        inner.bytes.set(queued + outgoing.len());
        let mut queue = inner.queue.borrow_mut();
        queue.push_back(outgoing);
        if queue.len() == 1 {
            // Only the first of a batch: the driver takes all that are there.
            self.wake();
        }
        Ok(())
    }

    pub(crate) fn pop(&self) -> Option<Outgoing> {
        let mut queue = self.0.queue.borrow_mut();
        let outgoing = queue.pop_front()?;
        self.0.bytes.set(self.0.bytes.get() - outgoing.len());
        if queue.is_empty() {
            *queue = VecDeque::new();
        }
        Some(outgoing)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.queue.borrow().is_empty()
    }

    /// What somebody asked to close the connection with.
    pub(crate) fn take_close(&self) -> Option<ClosePayload> {
        self.0.close.take()
    }

    /// Takes no more messages, and forgets those that wait.
    pub(crate) fn shut(&self) {
        self.0.open.set(false);
        self.discard();
    }

    fn discard(&self) {
        self.0.bytes.set(0);
        self.0.queue.take();
    }

    pub(crate) fn set_waker(&self, waker: &Waker) {
        self.0.waker.replace(Some(waker.clone()));
    }

    fn wake(&self) {
        if let Some(waker) = &*self.0.waker.borrow() {
            waker.wake_by_ref();
        }
    }
}

/// The most messages that may wait, as empty ones take memory too: about 1 MiB.
const MOST_MESSAGES: usize = 16 * 1024;
