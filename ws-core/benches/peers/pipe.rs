//! The transport: bytes in memory that are always there, and always taken.

use std::{
    cell::RefCell,
    io::{self, IoSlice, Read, Write},
    pin::{Pin, pin},
    rc::Rc,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use tokio::io::ReadBuf;

/// A stream, blocking and asynchronous. A clone is the same stream.
#[derive(Clone)]
pub(crate) struct Pipe(Rc<RefCell<Ends>>);

struct Ends {
    /// What is read, in a circle.
    wire: Bytes,
    at: usize,
    /// Where written bytes go: a kernel copies them as well.
    window: Box<[u8]>,
    written: usize,
    /// All that was written, if it is looked at.
    kept: Option<Vec<u8>>,
}

impl Pipe {
    pub(crate) fn new(wire: Bytes) -> Self {
        Self(Rc::new(RefCell::new(Ends {
            wire,
            at: 0,
            window: vec![0; CHUNK].into(),
            written: 0,
            kept: None,
        })))
    }

    /// The number of bytes written.
    pub(crate) fn written(&self) -> usize {
        self.0.borrow().written
    }

    /// Keeps what is written from now on.
    pub(crate) fn keep(&self) {
        self.0.borrow_mut().kept = Some(Vec::new());
    }

    /// What was kept; no more is.
    pub(crate) fn take_kept(&self) -> Vec<u8> {
        self.0.borrow_mut().kept.take().unwrap_or_default()
    }

    /// Lends what one read of at most `len` bytes brings.
    pub(crate) fn receive(&self, len: usize, to: impl FnOnce(&[u8])) -> usize {
        let ends = &mut *self.0.borrow_mut();
        let len = len.min(CHUNK).min(ends.wire.len() - ends.at);
        to(&ends.wire[ends.at..ends.at + len]);
        ends.at += len;
        if ends.at == ends.wire.len() {
            ends.at = 0;
        }
        len
    }

    fn send(&self, bytes: &[u8]) -> usize {
        let ends = &mut *self.0.borrow_mut();
        for chunk in bytes.chunks(CHUNK) {
            ends.window[..chunk.len()].copy_from_slice(chunk);
        }
        if let Some(kept) = &mut ends.kept {
            kept.extend_from_slice(bytes);
        }
        ends.written += bytes.len();
        bytes.len()
    }
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(self.receive(buffer.len(), |bytes| {
            buffer[..bytes.len()].copy_from_slice(bytes);
        }))
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(self.send(bytes))
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        Ok(slices.iter().map(|slice| self.send(slice)).sum())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl tokio::io::AsyncRead for Pipe {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.receive(buffer.remaining(), |bytes| buffer.put_slice(bytes));
        Poll::Ready(Ok(()))
    }
}

impl tokio::io::AsyncWrite for Pipe {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(self.send(bytes)))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(self.get_mut().write_vectored(slices))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl futures_util::AsyncRead for Pipe {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(self.get_mut().read(buffer))
    }
}

impl futures_util::AsyncWrite for Pipe {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(self.send(bytes)))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(self.get_mut().write_vectored(slices))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Runs a future that waits for nothing but [`Pipe`]s.
///
/// # Panics
///
/// If it waits all the same.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    for _ in 0..1000 {
        if let Poll::Ready(value) = future.as_mut().poll(&mut cx) {
            return value;
        }
    }
    panic!("a pipe is always ready, but the future is not");
}

/// The most that one read brings, in bytes.
pub(crate) const CHUNK: usize = 64 * 1024;
