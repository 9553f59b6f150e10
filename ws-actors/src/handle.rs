use std::{
    collections::VecDeque,
    fmt, mem,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::Waker,
    time::Instant,
};

use tokio::sync::Notify;
use ws_core::{CloseCode, ClosePayload, Message, PreparedMessage, Utf8Bytes};

use crate::{Flow, Overflow, SendError};

/// A handle to a connection, for any thread: it sends, closes, stops, and tells
/// how the connection fares.
///
/// [`WsContext::handle`](crate::WsContext::handle) gives it; a clone is another
/// handle to the same connection. Unlike [`actix::Addr`] it knows no actor
/// type, and it sends to the peer without a word to the actor.
#[derive(Clone)]
pub struct ConnectionHandle(Arc<Shared>);

struct Shared {
    flow: Flow,
    open: AtomicBool,
    /// What waited for the peer when the connection last looked.
    queued: AtomicUsize,
    /// What of it waited in the outbox, in bytes and in messages.
    waiting_bytes: AtomicUsize,
    waiting_messages: AtomicUsize,
    /// There is something in the inbox.
    posted: AtomicBool,
    inbox: Mutex<Inbox>,
    /// The peer has read on, or never will.
    relieved: Notify,
}

#[derive(Default)]
struct Inbox {
    letters: VecDeque<Letter>,
    bytes: usize,
    given_up: u64,
    close: Option<ClosePayload>,
    slow: Option<CloseCode>,
    expire: Option<Option<Instant>>,
    stop: bool,
    waker: Option<Waker>,
}

/// What others asked of a connection since it last looked.
pub(crate) struct Post {
    pub(crate) letters: VecDeque<Letter>,
    /// The messages that were given up or refused here.
    pub(crate) given_up: u64,
    pub(crate) close: Option<ClosePayload>,
    pub(crate) slow: Option<CloseCode>,
    /// The instant at which the peer's credential ends, if it was moved.
    pub(crate) expire: Option<Option<Instant>>,
    pub(crate) stop: bool,
}

/// A message of others, with the key of those of which only the newest counts.
pub(crate) struct Letter {
    pub(crate) content: Content,
    pub(crate) key: Option<u64>,
}

pub(crate) enum Content {
    Message(Message),
    Prepared(PreparedMessage),
}

impl ConnectionHandle {
    pub(crate) fn new(flow: Flow, waker: Option<Waker>) -> Self {
        Self(Arc::new(Shared {
            flow,
            open: AtomicBool::new(true),
            queued: AtomicUsize::new(0),
            waiting_bytes: AtomicUsize::new(0),
            waiting_messages: AtomicUsize::new(0),
            posted: AtomicBool::new(false),
            inbox: Mutex::new(Inbox {
                waker,
                ..Inbox::default()
            }),
            relieved: Notify::new(),
        }))
    }

    /// Queues a message.
    ///
    /// # Errors
    ///
    /// If too much waits for the peer already, or the connection is closing or
    /// gone.
    pub fn send(&self, message: impl Into<Message>) -> Result<(), SendError> {
        self.post(Content::Message(message.into()), None)
    }

    /// Queues a message that was encoded once for many connections.
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send).
    pub fn send_prepared(&self, message: &PreparedMessage) -> Result<(), SendError> {
        self.post(Content::Prepared(message.clone()), None)
    }

    /// Queues a message of which only the newest counts; see
    /// [`WsContext::send_latest`](crate::WsContext::send_latest).
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send).
    pub fn send_latest(&self, key: u64, message: impl Into<Message>) -> Result<(), SendError> {
        self.post(Content::Message(message.into()), Some(key))
    }

    /// Waits until at most half of
    /// [`Flow::max_queued_bytes`](crate::Flow::max_queued_bytes) and of
    /// [`Flow::max_queued_messages`](crate::Flow::max_queued_messages) waits for
    /// the peer, or the connection is closing.
    ///
    /// Whoever awaits this before each message never finds the outbox full,
    /// unless there are many of them.
    pub async fn ready(&self) {
        loop {
            let relieved = self.0.relieved.notified();
            if !self.is_open() || self.is_relieved() {
                return;
            }
            relieved.await;
        }
    }

    /// Begins the closing handshake, behind the messages that wait. If the
    /// connection is closing or gone, nothing happens.
    ///
    /// # Errors
    ///
    /// If the code must not be sent, or the reason is longer than 123 bytes.
    pub fn close(&self, code: CloseCode, reason: impl Into<Utf8Bytes>) -> Result<(), SendError> {
        let payload = ClosePayload::new(code, reason)?;
        if self.0.open.swap(false, Ordering::Relaxed) {
            self.ask(|inbox| inbox.close = Some(payload));
        }
        Ok(())
    }

    /// Closes the connection at this instant, or never, as
    /// [`WsContext::expire_at`](crate::WsContext::expire_at) does. What is past
    /// closes it now, and cannot be taken back; else the last call counts. If the
    /// connection is gone, nothing happens.
    pub fn expire_at(&self, deadline: impl Into<Option<Instant>>) {
        let (deadline, now) = (deadline.into(), tokio::time::Instant::now().into_std());
        self.ask(|inbox| {
            let before = inbox.expire.flatten();
            if before.is_none_or(|before| before > now) {
                inbox.expire = Some(deadline);
            }
        });
    }

    /// Stops the actor, as [`ActorContext::stop`](actix::ActorContext::stop)
    /// does.
    pub fn stop(&self) {
        self.ask(|inbox| inbox.stop = true);
    }

    /// Whether the connection still takes messages.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.0.open.load(Ordering::Relaxed)
    }

    /// The number of bytes that wait for the peer, about.
    #[must_use]
    pub fn queued_bytes(&self) -> usize {
        self.lock().bytes + self.0.queued.load(Ordering::Relaxed)
    }

    /// Whether there is room for more, and will be for a while.
    fn is_relieved(&self) -> bool {
        let inbox = self.lock();
        let bytes = inbox.bytes + self.0.queued.load(Ordering::Relaxed);
        let messages = inbox.letters.len() + self.0.waiting_messages.load(Ordering::Relaxed);
        self.0.flow.is_relieved(bytes, messages)
    }

    fn post(&self, content: Content, key: Option<u64>) -> Result<(), SendError> {
        let mut inbox = self.lock();
        // Looked at while nobody can shut it: what is taken is sent or counted.
        if !self.is_open() {
            return Err(SendError::CLOSING);
        }
        match self.0.flow.overflow {
            // What waits in the outbox is given up there.
            Overflow::DropOldest => {
                while !self.has_room(inbox.letters.len(), inbox.bytes, &content) {
                    inbox.give_up_oldest();
                }
            }
            Overflow::Close(_) | Overflow::DropNewest | Overflow::Wait => {
                let messages = self.0.waiting_messages.load(Ordering::Relaxed);
                let messages = messages + inbox.letters.len();
                let queued = self.0.waiting_bytes.load(Ordering::Relaxed) + inbox.bytes;
                if !self.has_room(messages, queued, &content) {
                    inbox.given_up += 1;
                    if let Overflow::Close(code) = self.0.flow.overflow {
                        inbox.slow = Some(code);
                        self.0.open.store(false, Ordering::Relaxed);
                    }
                    self.announce(inbox);
                    return Err(SendError::Full {
                        messages,
                        queued,
                        limit: self.0.flow.max_queued_bytes,
                    });
                }
            }
        }
        inbox.bytes += content.len();
        inbox.letters.push_back(Letter { content, key });
        self.announce(inbox);
        Ok(())
    }

    /// As in the outbox: a message that waits alone may have any size.
    fn has_room(&self, messages: usize, bytes: usize, content: &Content) -> bool {
        let flow = &self.0.flow;
        messages == 0
            || messages < flow.max_queued_messages
                && bytes.saturating_add(content.len()) <= flow.max_queued_bytes
    }

    fn ask(&self, ask: impl FnOnce(&mut Inbox)) {
        let mut inbox = self.lock();
        ask(&mut inbox);
        self.announce(inbox);
    }

    /// Wakes the connection, once for all that it has not looked at.
    fn announce(&self, inbox: MutexGuard<'_, Inbox>) {
        if self.0.posted.swap(true, Ordering::Release) {
            return;
        }
        let waker = inbox.waker.clone();
        drop(inbox);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    // The connection's side.

    pub(crate) fn set_waker(&self, waker: &Waker) {
        self.lock().waker = Some(waker.clone());
    }

    /// Takes what has come.
    pub(crate) fn take(&self) -> Option<Post> {
        if !self.0.posted.load(Ordering::Acquire) {
            return None;
        }
        let mut inbox = self.lock();
        self.0.posted.store(false, Ordering::Relaxed);
        inbox.bytes = 0;
        Some(Post {
            letters: mem::take(&mut inbox.letters),
            given_up: mem::take(&mut inbox.given_up),
            close: inbox.close.take(),
            slow: inbox.slow.take(),
            expire: inbox.expire.take(),
            stop: mem::take(&mut inbox.stop),
        })
    }

    /// Tells how much waits for the peer, in all and in its outbox, and whether
    /// more is taken.
    pub(crate) fn publish(&self, queued: usize, waiting: (usize, usize), open: bool) {
        self.0.queued.store(queued, Ordering::Relaxed);
        let (bytes, messages) = waiting;
        self.0.waiting_bytes.store(bytes, Ordering::Relaxed);
        self.0.waiting_messages.store(messages, Ordering::Relaxed);
        if !open {
            self.0.open.store(false, Ordering::Relaxed);
        }
        if !open || self.0.flow.is_relieved(queued, messages) {
            self.0.relieved.notify_waiters();
        }
    }

    /// The connection is gone; tells how many messages were given up, or refused,
    /// since it last looked.
    pub(crate) fn shut(&self) -> u64 {
        self.publish(0, (0, 0), false);
        let mut inbox = self.lock();
        let letters = mem::take(&mut inbox.letters);
        let given_up = mem::take(&mut inbox.given_up) + letters.len() as u64;
        inbox.bytes = 0;
        inbox.waker = None;
        drop(inbox);
        drop(letters);
        given_up
    }

    fn lock(&self) -> MutexGuard<'_, Inbox> {
        // Nothing in here panics half way.
        self.0.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inbox {
    fn give_up_oldest(&mut self) {
        if let Some(letter) = self.letters.pop_front() {
            self.bytes -= letter.content.len();
            self.given_up += 1;
        }
    }
}

impl Content {
    fn len(&self) -> usize {
        match self {
            Self::Message(message) => message.payload().len(),
            Self::Prepared(prepared) => prepared.len(),
        }
    }
}

impl fmt::Debug for ConnectionHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionHandle")
            .field("open", &self.is_open())
            .field("queued_bytes", &self.queued_bytes())
            .finish()
    }
}
