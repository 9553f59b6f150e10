//! The way through any `HttpServer`: the request's payload is what the peer
//! sends, and the response's body is what it is sent.
//!
//! actix-http polls a body only while the peer reads. So the actor runs as a
//! task of its own, and the body does nothing but drain a bounded pipe.

use std::{
    cell::RefCell,
    collections::VecDeque,
    convert::Infallible,
    io, mem,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use actix_web::{
    HttpRequest,
    body::{BodySize, MessageBody},
    web::Payload,
};
use bytes::{Buf, Bytes, BytesMut};
use futures_core::Stream;
use ws_actors::Transport;
use ws_core::SendQueue;

use super::socket::KeptSocket;

/// A transport over the request's payload, and the response's body that goes
/// with it.
pub(crate) fn channel(request: &HttpRequest, payload: Payload) -> (PortableTransport, PipeBody) {
    let pipe = Rc::new(RefCell::new(Pipe::default()));
    let body = PipeBody(Rc::clone(&pipe));
    let transport = PortableTransport {
        payload,
        pipe,
        socket: KeptSocket::of(request),
    };
    (transport, body)
}

pub(crate) struct PortableTransport {
    payload: Payload,
    pipe: Rc<RefCell<Pipe>>,
    socket: KeptSocket,
}

/// Bytes between the connection's task and the response's body.
#[derive(Default)]
struct Pipe {
    chunks: VecDeque<Bytes>,
    bytes: usize,
    /// The transport has ended its side.
    ended: bool,
    /// The body is gone, and with it the way to the peer.
    broken: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
    /// The connection's task, which has to hear when the way breaks: a response
    /// that some middleware replaced never had one.
    task: Option<Waker>,
}

impl Pipe {
    fn end(&mut self) {
        self.ended = true;
        wake(&mut self.reader);
    }
}

impl Transport for PortableTransport {
    fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut BytesMut,
    ) -> Poll<io::Result<usize>> {
        loop {
            return match Pin::new(&mut self.payload).poll_next(cx) {
                Poll::Ready(Some(Ok(chunk))) if chunk.is_empty() => continue,
                Poll::Ready(Some(Ok(chunk))) => {
                    buffer.extend_from_slice(&chunk);
                    Poll::Ready(Ok(chunk.len()))
                }
                Poll::Ready(Some(Err(error))) => Poll::Ready(Err(io::Error::other(error))),
                Poll::Ready(None) => Poll::Ready(Ok(0)),
                Poll::Pending => {
                    let mut pipe = self.pipe.borrow_mut();
                    if pipe.broken {
                        return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
                    }
                    pipe.task.get_or_insert_with(|| cx.waker().clone());
                    Poll::Pending
                }
            };
        }
    }

    fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        queue: &mut SendQueue,
    ) -> Poll<io::Result<usize>> {
        let mut pipe = self.pipe.borrow_mut();
        if pipe.broken {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        if pipe.bytes >= PIPE {
            pipe.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let chunk = queue.copy_to_bytes(queue.chunk().len());
        let taken = chunk.len();
        pipe.bytes += taken;
        pipe.chunks.push_back(chunk);
        wake(&mut pipe.reader);
        Poll::Ready(Ok(taken))
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.pipe.borrow_mut().end();
        Poll::Ready(Ok(()))
    }
}

impl Drop for PortableTransport {
    fn drop(&mut self) {
        self.pipe.borrow_mut().end();
        self.socket.cut_later();
    }
}

/// The response's body, which ends when the transport does.
pub(crate) struct PipeBody(Rc<RefCell<Pipe>>);

impl MessageBody for PipeBody {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        let mut pipe = self.0.borrow_mut();
        if let Some(chunk) = pipe.chunks.pop_front() {
            pipe.bytes -= chunk.len();
            wake(&mut pipe.writer);
            return Poll::Ready(Some(Ok(chunk)));
        }
        // An idle connection holds no storage.
        pipe.chunks = VecDeque::new();
        if pipe.ended {
            return Poll::Ready(None);
        }
        pipe.reader = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for PipeBody {
    fn drop(&mut self) {
        let mut pipe = self.0.borrow_mut();
        pipe.broken = true;
        pipe.chunks = VecDeque::new();
        wake(&mut pipe.writer);
        wake(&mut pipe.task);
    }
}

fn wake(waker: &mut Option<Waker>) {
    if let Some(waker) = mem::take(waker) {
        waker.wake();
    }
}

/// How much may lie in the pipe before the connection waits, in bytes.
const PIPE: usize = 32 * 1024;
