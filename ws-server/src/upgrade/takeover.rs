//! The way under [`WsServer`](crate::WsServer): once the response has left, the
//! WebSocket has the stream to itself.
//!
//! It leans on the order in which actix-http's dispatcher does things: it
//! encodes the head, asks the body for bytes, writes all that it has, and only
//! then flushes the stream. So a flush behind a question to our body says that
//! the head is out.

use std::{
    cell::RefCell,
    convert::Infallible,
    future::Future,
    io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use actix_web::{
    HttpRequest,
    body::{BodySize, MessageBody},
    dev::Extensions,
    web::Payload,
};
use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use crate::server::{intake::Intake, stream::ServerStream};

/// The stream of a connection, which is HTTP's until a WebSocket takes it over.
#[derive(Clone)]
pub(crate) struct Lease(Rc<RefCell<State>>, Rc<Intake>);

struct State {
    /// `None` once it was taken over.
    stream: Option<ServerStream>,
    heir: Option<Heir>,
    /// Who wanted to read while the stream was promised away.
    reader: Option<Waker>,
}

/// Who takes the stream over.
struct Heir {
    start: Start,
    /// What the peer sent behind its request comes here.
    payload: Payload,
    head: Head,
}

/// How far the head of the response has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Head {
    Unknown,
    Encoded,
    Sent,
}

type Start = Box<dyn FnOnce(ServerStream, BytesMut) -> Running>;
/// A WebSocket under way.
pub(crate) type Running = Pin<Box<dyn Future<Output = ()>>>;

impl Lease {
    pub(crate) fn new(stream: ServerStream) -> Self {
        let state = State {
            stream: Some(stream),
            heir: None,
            reader: None,
        };
        Self(Rc::new(RefCell::new(state)), Rc::default())
    }

    /// The lease of a request's connection, if its server gives any.
    pub(crate) fn of(request: &HttpRequest) -> Option<Self> {
        request.conn_data::<Self>().cloned()
    }

    /// What HTTP takes in.
    pub(crate) const fn intake(&self) -> &Rc<Intake> {
        &self.1
    }

    /// For who looks at connections as they come in.
    pub(crate) fn look(&self, look: impl FnOnce(&TcpStream)) {
        if let Some(stream) = &self.0.borrow().stream {
            look(stream.tcp());
        }
    }

    /// For `on_connect_ext`: lets handlers find the lease.
    pub(crate) fn note(&self, data: &mut Extensions) {
        data.insert(self.clone());
    }

    /// Promises the stream to whom `start` starts, once the response with this
    /// body has left.
    pub(crate) fn promise(
        &self,
        payload: Payload,
        start: impl FnOnce(ServerStream, BytesMut) -> Running + 'static,
    ) -> PromiseBody {
        self.0.borrow_mut().heir = Some(Heir {
            start: Box::new(start),
            payload,
            head: Head::Unknown,
        });
        PromiseBody(self.clone())
    }

    /// Whether the heir's time has come.
    pub(crate) fn is_due(&self) -> bool {
        let state = self.0.borrow();
        state.heir.as_ref().is_some_and(|it| it.head == Head::Sent)
    }

    /// What the peer sent behind its request and HTTP has read already.
    pub(crate) fn leftover(&self, cx: &mut Context<'_>, input: &mut BytesMut) {
        let mut state = self.0.borrow_mut();
        let Some(heir) = &mut state.heir else {
            return;
        };
        while let Poll::Ready(Some(Ok(bytes))) = Pin::new(&mut heir.payload).poll_next(cx) {
            input.extend_from_slice(&bytes);
        }
    }

    /// Starts the heir.
    pub(crate) fn hand_over(&self, input: BytesMut) -> Option<Running> {
        let mut state = self.0.borrow_mut();
        let heir = state.heir.take()?;
        let stream = state.stream.take()?;
        drop(state);
        Some((heir.start)(stream, input))
    }

    /// Does something with the stream, while it is HTTP's.
    pub(crate) fn with<T>(
        &self,
        act: impl FnOnce(Pin<&mut ServerStream>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        match &mut self.0.borrow_mut().stream {
            Some(stream) => act(Pin::new(stream)),
            None => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }
}

/// The stream as HTTP sees it.
pub(crate) struct Leased(pub(crate) Lease);

impl AsyncRead for Leased {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut state = self.0.0.borrow_mut();
        if state.heir.is_some() {
            // It is the heir who reads on.
            state.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        drop(state);
        let intake = self.0.intake();
        if !intake.may_read() {
            // Another turn of the connection comes at once.
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        let read = self.0.with(|stream| stream.poll_read(cx, buffer));
        intake.note_read(buffer.filled().len() - before);
        read
    }
}

impl AsyncWrite for Leased {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = self.0.with(|stream| stream.poll_write(cx, bytes));
        self.0.intake().note_blocked(written.is_pending());
        written
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.0.with(|stream| stream.poll_write_vectored(cx, slices))
    }

    fn is_write_vectored(&self) -> bool {
        let state = self.0.0.borrow();
        state
            .stream
            .as_ref()
            .is_some_and(|it| it.is_write_vectored())
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = self.0.with(|stream| stream.poll_flush(cx))?;
        if flushed.is_ready()
            && let Some(heir) = &mut self.0.0.borrow_mut().heir
            && heir.head == Head::Encoded
        {
            heir.head = Head::Sent;
        }
        flushed.map(Ok)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.with(|stream| stream.poll_shutdown(cx))
    }
}

/// The body of the response that switches protocols: it has no bytes, and tells
/// that it was asked for some.
pub(crate) struct PromiseBody(Lease);

impl MessageBody for PromiseBody {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        if let Some(heir) = &mut self.0.0.borrow_mut().heir
            && heir.head == Head::Unknown
        {
            heir.head = Head::Encoded;
        }
        Poll::Pending
    }
}

impl Drop for PromiseBody {
    /// A response that some middleware replaced promises nothing.
    fn drop(&mut self) {
        let mut state = self.0.0.borrow_mut();
        if !matches!(&state.heir, Some(heir) if heir.head == Head::Sent) {
            let heir = state.heir.take();
            let reader = state.reader.take();
            drop(state);
            drop(heir);
            if let Some(reader) = reader {
                reader.wake();
            }
        }
    }
}
