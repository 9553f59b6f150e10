use std::{
    cell::RefCell,
    collections::VecDeque,
    io, mem,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use actix_web::error::PayloadError;
use bytes::{Buf, Bytes, BytesMut};
use futures_util::Stream;
use ws_actors::Transport;
use ws_core::SendQueue;

/// What is between the server and its peer.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// What has arrived and was not read: a piece for each read.
    arrived: VecDeque<Bytes>,
    pub(super) eof: bool,
    pub(super) broken: bool,
    /// How many bytes it still takes.
    pub(super) room: usize,
    /// It keeps what it took until it is told otherwise.
    pub(super) holds_back: bool,
    pub(super) farewell: bool,
    /// What came through.
    pub(super) received: Vec<u8>,
    pub(super) shut_down: bool,
    /// The server let go of it.
    pub(super) dropped: bool,
    wakers: Vec<Waker>,
}

pub(super) type SharedLine = Rc<RefCell<Line>>;

impl Line {
    pub(super) fn new(farewell: bool) -> SharedLine {
        Rc::new(RefCell::new(Self {
            room: usize::MAX,
            farewell,
            ..Self::default()
        }))
    }

    pub(super) fn arrive(&mut self, bytes: Bytes) {
        if !bytes.is_empty() && !self.eof {
            self.arrived.push_back(bytes);
        }
        self.wake();
    }

    /// Something has changed.
    pub(super) fn wake(&mut self) {
        for waker in mem::take(&mut self.wakers) {
            waker.wake();
        }
    }

    fn wait<T>(&mut self, cx: &Context<'_>) -> Poll<T> {
        self.wakers.push(cx.waker().clone());
        Poll::Pending
    }
}

/// The server's end, as a transport of its own.
pub(super) struct Wire(pub(super) SharedLine);

impl Transport for Wire {
    fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut BytesMut,
    ) -> Poll<io::Result<usize>> {
        let mut line = self.0.borrow_mut();
        if line.broken {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        if let Some(piece) = line.arrived.pop_front() {
            buffer.extend_from_slice(&piece);
            return Poll::Ready(Ok(piece.len()));
        }
        if line.eof {
            return Poll::Ready(Ok(0));
        }
        line.wait(cx)
    }

    fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        queue: &mut SendQueue,
    ) -> Poll<io::Result<usize>> {
        let mut line = self.0.borrow_mut();
        assert!(!line.shut_down, "bytes follow the end of the sending side");
        assert!(!queue.is_empty(), "nothing is written");
        if line.broken {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let taken = queue.len().min(line.room);
        if taken == 0 {
            return line.wait(cx);
        }
        if line.room != usize::MAX {
            line.room -= taken;
        }
        let bytes = queue.copy_to_bytes(taken);
        line.received.extend_from_slice(&bytes);
        Poll::Ready(Ok(taken))
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut line = self.0.borrow_mut();
        if line.broken {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        if line.holds_back {
            return line.wait(cx);
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx).map_ok(|()| {
            self.0.borrow_mut().shut_down = true;
        })
    }

    fn says_farewell(&self) -> bool {
        self.0.borrow().farewell
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.0.borrow_mut().dropped = true;
    }
}

/// The same as the payload of a request.
pub(super) struct PayloadStream(pub(super) SharedLine);

pub(super) type BoxedPayloadStream = Pin<Box<dyn Stream<Item = Result<Bytes, PayloadError>>>>;

impl Stream for PayloadStream {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut line = self.0.borrow_mut();
        if line.broken {
            return Poll::Ready(Some(Err(PayloadError::Incomplete(None))));
        }
        if let Some(piece) = line.arrived.pop_front() {
            return Poll::Ready(Some(Ok(piece)));
        }
        if line.eof {
            return Poll::Ready(None);
        }
        line.wait(cx)
    }
}

impl Drop for PayloadStream {
    fn drop(&mut self) {
        self.0.borrow_mut().dropped = true;
    }
}
