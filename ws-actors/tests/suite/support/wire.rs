//! A transport in memory. The driver has one end, the test the other.

use std::{
    cell::RefCell,
    collections::VecDeque,
    io,
    rc::Rc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use bytes::{Buf, BytesMut};
use tokio::time::Instant;
use ws_actors::Transport;
use ws_core::SendQueue;

use super::frames::{self, Frame, Whole};

/// The driver's end.
pub(crate) struct Wire(Rc<RefCell<State>>);

/// The peer's end: it reads and writes what the test tells it to.
#[derive(Clone)]
pub(crate) struct Peer(Rc<RefCell<State>>);

struct State {
    start: Instant,
    /// What the peer sent: one piece for each read.
    sent: VecDeque<Vec<u8>>,
    /// A piece that comes again and again.
    endless: Option<Vec<u8>>,
    reads: usize,
    received: usize,
    ended: bool,
    broken: bool,
    /// How many bytes the transport takes before it jams.
    room: usize,
    /// What the transport took.
    taken: Vec<u8>,
    taken_at: Option<Duration>,
    flush_held: bool,
    shutdown_held: bool,
    shut_down: Option<Duration>,
    dropped: Option<Duration>,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

/// A transport whose peer reads all there is, until it is told otherwise.
pub(crate) fn wire() -> (Wire, Peer) {
    let state = Rc::new(RefCell::new(State {
        start: Instant::now(),
        sent: VecDeque::new(),
        endless: None,
        reads: 0,
        received: 0,
        ended: false,
        broken: false,
        room: usize::MAX,
        taken: Vec::new(),
        taken_at: None,
        flush_held: false,
        shutdown_held: false,
        shut_down: None,
        dropped: None,
        reader: None,
        writer: None,
    }));
    (Wire(Rc::clone(&state)), Peer(state))
}

impl Peer {
    /// Sends bytes that are read at once.
    pub(crate) fn send(&self, bytes: impl Into<Vec<u8>>) {
        let mut state = self.0.borrow_mut();
        state.sent.push_back(bytes.into());
        state.wake_reader();
    }

    /// Sends bytes that are read one at a time.
    pub(crate) fn trickle(&self, bytes: impl AsRef<[u8]>) {
        for &byte in bytes.as_ref() {
            self.send([byte]);
        }
    }

    /// Sends the same bytes again and again, so that there is always something
    /// to read, whatever time a driver takes for it.
    pub(crate) fn send_forever(&self, bytes: Vec<u8>) {
        let mut state = self.0.borrow_mut();
        state.endless = Some(bytes);
        state.wake_reader();
    }

    pub(crate) fn stop_sending(&self) {
        self.0.borrow_mut().endless = None;
    }

    /// Sends no more, but reads on.
    pub(crate) fn end(&self) {
        let mut state = self.0.borrow_mut();
        state.ended = true;
        state.wake_reader();
    }

    /// The transport breaks, and what nobody read is lost.
    pub(crate) fn reset(&self) {
        let mut state = self.0.borrow_mut();
        state.broken = true;
        state.sent.clear();
        state.wake_reader();
        state.wake_writer();
    }

    /// From now on the transport takes so many bytes only.
    pub(crate) fn jam(&self, room: usize) {
        self.0.borrow_mut().room = room;
    }

    /// The peer reads again, so many bytes.
    pub(crate) fn take(&self, bytes: usize) {
        let mut state = self.0.borrow_mut();
        state.room = state.room.saturating_add(bytes);
        state.wake_writer();
    }

    /// The transport holds back what it took, or no longer.
    pub(crate) fn hold_flush(&self, held: bool) {
        let mut state = self.0.borrow_mut();
        state.flush_held = held;
        state.wake_writer();
    }

    /// The transport takes its time to shut down, or no longer.
    pub(crate) fn hold_shutdown(&self, held: bool) {
        let mut state = self.0.borrow_mut();
        state.shutdown_held = held;
        state.wake_writer();
    }

    /// How many pieces that the peer sent are not read yet.
    pub(crate) fn unread(&self) -> usize {
        self.0.borrow().sent.len()
    }

    /// How often something was read from the peer.
    pub(crate) fn reads(&self) -> usize {
        self.0.borrow().reads
    }

    /// How many bytes the transport took.
    pub(crate) fn taken(&self) -> usize {
        self.0.borrow().taken.len()
    }

    /// When the transport took something for the last time.
    pub(crate) fn taken_at(&self) -> Option<Duration> {
        self.0.borrow().taken_at
    }

    /// The frames that the transport took as a whole.
    pub(crate) fn frames(&self) -> Vec<Frame> {
        frames::read(&self.0.borrow().taken)
    }

    pub(crate) fn frames_of(&self, first: u8) -> Vec<Frame> {
        let mut frames = self.frames();
        frames.retain(|frame| frame.is(first));
        frames
    }

    /// The texts that the transport took.
    pub(crate) fn texts(&self) -> Vec<String> {
        let frames = self.frames_of(frames::TEXT);
        frames.iter().map(|frame| frame.text().to_owned()).collect()
    }

    /// The messages that the transport took as a whole, in one piece or many.
    pub(crate) fn messages(&self) -> Vec<Whole> {
        frames::join(&self.frames())
    }

    /// The code of the Close frame that came, which nothing may follow.
    pub(crate) fn close_code(&self) -> Option<u16> {
        let closes = self.frames_of(frames::CLOSE);
        assert!(closes.len() <= 1, "{closes:?}");
        let close = closes.first()?;
        assert_eq!(self.frames().last(), Some(close), "something follows");
        Some(close.code())
    }

    /// When the driver ended its sending side.
    pub(crate) fn shut_down(&self) -> Option<Duration> {
        self.0.borrow().shut_down
    }

    /// When the driver dropped the transport.
    pub(crate) fn dropped(&self) -> Option<Duration> {
        self.0.borrow().dropped
    }
}

impl State {
    fn wake_reader(&mut self) {
        if let Some(waker) = self.reader.take() {
            waker.wake();
        }
    }

    fn wake_writer(&mut self) {
        if let Some(waker) = self.writer.take() {
            waker.wake();
        }
    }
}

impl Transport for Wire {
    fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut BytesMut,
    ) -> Poll<io::Result<usize>> {
        let mut state = self.0.borrow_mut();
        if state.broken {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        if let Some(piece) = state.sent.pop_front().or_else(|| state.endless.clone()) {
            state.reads += 1;
            state.received += piece.len();
            if state.received > FOREVER {
                state.endless = None;
            }
            buffer.extend_from_slice(&piece);
            return Poll::Ready(Ok(piece.len()));
        }
        if state.ended {
            return Poll::Ready(Ok(0));
        }
        state.reader = Some(cx.waker().clone());
        Poll::Pending
    }

    fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        queue: &mut SendQueue,
    ) -> Poll<io::Result<usize>> {
        let mut state = self.0.borrow_mut();
        assert!(state.shut_down.is_none(), "bytes follow the shutdown");
        if state.broken {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let count = queue.len().min(state.room);
        if count == 0 {
            state.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        if state.room != usize::MAX {
            state.room -= count;
        }
        state.taken.extend_from_slice(&queue.copy_to_bytes(count));
        state.taken_at = Some(state.start.elapsed());
        Poll::Ready(Ok(count))
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.0.borrow_mut();
        if state.flush_held {
            state.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.0.borrow_mut();
        if state.shutdown_held {
            state.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        assert!(state.shut_down.is_none(), "shut down twice");
        state.shut_down = Some(state.start.elapsed());
        Poll::Ready(Ok(()))
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        let mut state = self.0.borrow_mut();
        state.dropped = Some(state.start.elapsed());
    }
}

/// A driver that read so many bytes has given others no turn for long.
const FOREVER: usize = 20 << 20;
