use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::io::{poll_read_buf, poll_write_buf};
use ws_core::SendQueue;

/// What a connection actor runs on: a stream of bytes each way.
///
/// Dropping it ends it.
pub trait Transport: Unpin + 'static {
    /// Appends what the peer sent to `buffer`; 0 bytes are the end of it.
    ///
    /// # Errors
    ///
    /// If the transport broke.
    fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut BytesMut)
    -> Poll<io::Result<usize>>;

    /// Takes bytes from the front of `queue`, and tells how many.
    ///
    /// # Errors
    ///
    /// If the transport broke.
    fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        queue: &mut SendQueue,
    ) -> Poll<io::Result<usize>>;

    /// Sends on what was taken, if the transport holds back any of it.
    ///
    /// # Errors
    ///
    /// If the transport broke.
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Flushes what was taken, and ends the sending side.
    ///
    /// # Errors
    ///
    /// If the transport broke.
    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Whether an end that both sides agreed on takes more than dropping it, as
    /// TLS has a word of its own for that. Default: yes.
    fn says_farewell(&self) -> bool {
        true
    }
}

/// Any tokio stream as a [`Transport`], with vectored writes where it has them.
#[derive(Debug)]
pub struct Io<S>(pub S);

impl<S: AsyncRead + AsyncWrite + Unpin + 'static> Transport for Io<S> {
    fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut BytesMut,
    ) -> Poll<io::Result<usize>> {
        poll_read_buf(Pin::new(&mut self.0), cx, buffer)
    }

    fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        queue: &mut SendQueue,
    ) -> Poll<io::Result<usize>> {
        let chunk = queue.chunk();
        if chunk.len() < queue.remaining() {
            return poll_write_buf(Pin::new(&mut self.0), cx, queue);
        }
        // All lies in one piece, as it mostly does.
        let written = ready!(Pin::new(&mut self.0).poll_write(cx, chunk))?;
        queue.advance(written);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
