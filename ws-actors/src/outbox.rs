use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::Arc,
    task::Waker,
};

use ws_core::{Cause, CloseCode, ClosePayload, PreparedBatch, PreparedMessage};

use crate::{Flow, Overflow, SendError};

mod outgoing;
mod queue;

pub(crate) use self::outgoing::{Next, Outgoing, Parts};
use self::queue::Queue;

/// The messages that wait for one connection, bounded by its [`Flow`].
///
/// A clone is another handle to the same outbox; all live on the thread of the
/// connection. [`ConnectionHandle`](crate::ConnectionHandle) works from any.
#[derive(Debug, Clone)]
pub struct Outbox(Rc<Inner>);

#[derive(Debug)]
struct Inner {
    queue: RefCell<Queue>,
    flow: Arc<Flow>,
    /// Messages are taken, which a connection is there for, or will be.
    open: Cell<bool>,
    /// The Close frame that somebody asked for.
    close: RefCell<Option<Box<(ClosePayload, Cause)>>>,
    given_up: Cell<u64>,
    waker: RefCell<Option<Waker>>,
}

impl Outbox {
    pub(crate) fn new(flow: Arc<Flow>) -> Self {
        Self(Rc::new(Inner {
            queue: RefCell::default(),
            flow,
            open: Cell::new(true),
            close: RefCell::default(),
            given_up: Cell::new(0),
            waker: RefCell::default(),
        }))
    }

    /// Queues a message that is encoded already.
    ///
    /// # Errors
    ///
    /// If the outbox is full and [`Overflow`] does not help, or if its
    /// connection is closing or gone.
    pub fn send(&self, message: PreparedMessage) -> Result<(), SendError> {
        self.push(Outgoing::Prepared(message), None)
    }

    /// Queues messages that are encoded already, one behind the other, and tells
    /// how many of them it took: fewer where [`send`](Self::send) fails.
    pub fn send_batch(&self, batch: &PreparedBatch) -> usize {
        let messages = batch.messages();
        let together = Outgoing::Batch(batch.clone(), 0);
        if !self.is_closed() && self.0.queue.borrow().has_room(&together, &self.0.flow) {
            return self.push(together, None).map_or(0, |()| messages.len());
        }
        let taken = messages.iter().map(|message| self.send(message.clone()));
        taken.filter(Result::is_ok).count()
    }

    /// Queues a message of which only the newest counts: it takes the place of
    /// the one with this key that still waits, if there is one.
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send).
    pub fn send_latest(&self, key: u64, message: PreparedMessage) -> Result<(), SendError> {
        self.push(Outgoing::Prepared(message), Some(key))
    }

    /// Begins the closing handshake, behind the messages that wait.
    ///
    /// If the connection is closing or gone, nothing happens.
    pub fn close(&self, payload: ClosePayload) {
        self.close_because(payload, Cause::Local);
    }

    /// As [`close`](Self::close), and has [`Closed`](crate::Closed) tell another
    /// cause.
    pub fn close_because(&self, payload: ClosePayload, cause: Cause) {
        if self.0.open.replace(false) {
            self.0.close.replace(Some(Box::new((payload, cause))));
            self.wake();
        }
    }

    /// A number that no other outbox of this thread has, as long as this one
    /// exists.
    #[must_use]
    pub fn id(&self) -> usize {
        Rc::as_ptr(&self.0).addr()
    }

    /// The number of bytes that wait here.
    #[must_use]
    pub fn queued_bytes(&self) -> usize {
        self.0.queue.borrow().bytes()
    }

    /// And of those, the ones that are not shared with other connections.
    pub(crate) fn own_bytes(&self) -> usize {
        self.0.queue.borrow().own_bytes()
    }

    pub(crate) fn queued_messages(&self) -> usize {
        self.0.queue.borrow().len()
    }

    /// The number of messages that were given up or refused: for want of room, as
    /// the connection does not know their kind, or as it ended before they left.
    #[must_use]
    pub fn given_up(&self) -> u64 {
        self.0.given_up.get()
    }

    /// Whether the connection takes no more messages.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        !self.0.open.get()
    }

    /// Queues a message in its place, or does what the policy says.
    pub(crate) fn push(&self, outgoing: Outgoing, key: Option<u64>) -> Result<(), SendError> {
        let was_empty = self.is_empty();
        self.insert(outgoing, key)?;
        if was_empty {
            // Only the first of a batch: the driver takes all that are there.
            self.wake();
        }
        Ok(())
    }

    /// As [`push`](Self::push), and nobody is woken.
    fn insert(&self, outgoing: Outgoing, key: Option<u64>) -> Result<(), SendError> {
        if self.is_closed() {
            return Err(SendError::CLOSING);
        }
        let mut queue = self.0.queue.borrow_mut();
        let flow = &self.0.flow;
        let in_place = key.filter(|&key| queue.has_room_in_place(key, &outgoing, flow));
        let outgoing = match in_place {
            Some(key) => match queue.replace(key, outgoing) {
                Ok(()) => return Ok(()),
                Err(outgoing) => outgoing,
            },
            None => outgoing,
        };
        if !queue.has_room(&outgoing, flow) {
            if flow.overflow != Overflow::DropOldest {
                drop(queue);
                return Err(self.overflow());
            }
            if let Some(key) = key {
                queue.drop_keyed(key);
            }
            while !queue.has_room(&outgoing, flow) && queue.drop_oldest() {
                self.count_given_up(1);
            }
            if !queue.has_room(&outgoing, flow) {
                drop(queue);
                return Err(self.full());
            }
        }
        queue.push(outgoing, key);
        Ok(())
    }

    /// As [`push`](Self::push), for a connection that is still to come: there is
    /// none that could be closed.
    pub(crate) fn keep(&self, outgoing: Outgoing, key: Option<u64>) -> Result<(), SendError> {
        let (queue, flow) = (self.0.queue.borrow(), &self.0.flow);
        let in_place = key.is_some_and(|key| queue.has_room_in_place(key, &outgoing, flow));
        let full = !in_place && !queue.has_room(&outgoing, flow);
        drop(queue);
        if full && flow.overflow != Overflow::DropOldest {
            return Err(self.full());
        }
        self.push(outgoing, key)
    }

    fn full(&self) -> SendError {
        self.count_given_up(1);
        let queue = self.0.queue.borrow();
        SendError::Full {
            messages: queue.len(),
            queued: queue.bytes(),
            limit: self.0.flow.max_queued_bytes,
        }
    }

    fn overflow(&self) -> SendError {
        let error = self.full();
        if let Overflow::Close(code) = self.0.flow.overflow {
            self.give_up(code);
        }
        error
    }

    /// Closes the connection of a peer that reads too slowly.
    pub(crate) fn give_up(&self, code: CloseCode) {
        let slow = ClosePayload::new(code, "peer reads too slowly");
        self.discard();
        self.close_because(slow.unwrap_or_default(), Cause::SlowPeer);
    }

    pub(crate) fn pop(&self) -> Option<Outgoing> {
        self.0.queue.borrow_mut().pop()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.queue.borrow().len() == 0
    }

    /// Whether a message waits whose parts are still to come.
    pub(crate) fn has_streams(&self) -> bool {
        self.0.queue.borrow().has_streams()
    }

    pub(crate) fn flow(&self) -> &Flow {
        &self.0.flow
    }

    /// Whether a Close frame is to follow what waits.
    pub(crate) fn is_closing(&self) -> bool {
        self.0.close.borrow().is_some()
    }

    /// What somebody asked to close the connection with.
    pub(crate) fn take_close(&self) -> Option<(ClosePayload, Cause)> {
        self.0.close.take().map(|close| *close)
    }

    /// Takes no more messages, and forgets those that wait.
    pub(crate) fn shut(&self) {
        self.0.open.set(false);
        self.discard();
    }

    fn discard(&self) {
        let queue = self.0.queue.take();
        self.count_given_up(queue.len() as u64);
        // Streams are anybody's code: nothing is borrowed while they are dropped.
        drop(queue);
    }

    pub(crate) fn count_given_up(&self, messages: u64) {
        let given_up = &self.0.given_up;
        given_up.set(given_up.get() + messages);
    }

    /// Queues a message that was accepted elsewhere; the driver is awake.
    pub(crate) fn admit(&self, outgoing: Outgoing, key: Option<u64>) {
        if self.is_closed() {
            self.count_given_up(outgoing.messages() as u64);
            return;
        }
        match self.0.flow.overflow {
            Overflow::DropNewest | Overflow::Wait => {
                let mut queue = self.0.queue.borrow_mut();
                match key {
                    Some(key) => {
                        if let Err(outgoing) = queue.replace(key, outgoing) {
                            queue.push(outgoing, Some(key));
                        }
                    }
                    None => queue.push(outgoing, None),
                }
            }
            Overflow::Close(_) | Overflow::DropOldest => {
                self.insert(outgoing, key).ok();
            }
        }
    }

    pub(crate) fn waker(&self) -> Option<Waker> {
        self.0.waker.borrow().clone()
    }

    pub(crate) fn has_waker(&self, waker: &Waker) -> bool {
        let known = self.0.waker.borrow();
        known.as_ref().is_some_and(|it| it.will_wake(waker))
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
