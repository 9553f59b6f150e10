use std::{
    cell::RefCell,
    io,
    task::{Context, Poll},
};

use actix::Actor;
use bytes::BytesMut;

use crate::{Transport, WsContext};

use super::Driver;

/// The way in: from the transport to the protocol.
impl<A, T> Driver<A, T>
where
    A: Actor<Context = WsContext<A>>,
    T: Transport,
{
    /// Whether the actor keeps up with the peer, or is not far behind.
    pub(super) fn may_read(&self) -> bool {
        !self.eof && !self.unheard && self.ctx.spent_until().is_none()
    }

    /// Reads once; true if something came.
    pub(super) fn read(&mut self, cx: &mut Context<'_>) -> bool {
        if !self.may_read() {
            return false;
        }
        let Some(transport) = &mut self.transport else {
            return false;
        };
        if let Some(place) = self.ctx.connection.read_buffer() {
            let read = transport.poll_read(cx, place);
            if let Poll::Ready(Ok(1..)) = read {
                self.ctx.connection.handle_read(self.ctx.now);
            }
            return self.has_read(read);
        }
        let read = READ_BUFFER.with_borrow_mut(|buffer| {
            // Whatever a transport that broke has left here is nobody's.
            buffer.clear();
            // Slices of it may be with the actor: then use up what is left.
            if !buffer.try_reclaim(READ) && buffer.capacity() < READ / 8 {
                buffer.reserve(READ);
            }
            let read = transport.poll_read(cx, buffer);
            if let Poll::Ready(Ok(1..)) = read {
                self.ctx.connection.handle_input(self.ctx.now, buffer);
            }
            read
        });
        self.has_read(read)
    }

    /// Tells the protocol of the transport's end; true if something came.
    fn has_read(&mut self, read: Poll<io::Result<usize>>) -> bool {
        match read {
            Poll::Pending => return false,
            Poll::Ready(Ok(bytes @ 1..)) => self.ctx.count_read(bytes),
            Poll::Ready(Ok(0)) => {
                self.eof = true;
                self.ctx.connection.handle_eof(self.ctx.now);
            }
            Poll::Ready(Err(_)) => self.lose(),
        }
        true
    }

    /// Tells the protocol when nothing is read, so that it expects no Pong.
    pub(super) fn note_pause(&mut self) {
        let paused = self.behind || self.ctx.spent_until().is_some();
        if paused != self.reading_paused {
            self.reading_paused = paused;
            if paused {
                self.ctx.connection.pause_reading(self.ctx.now);
            } else {
                self.ctx.connection.resume_reading(self.ctx.now);
            }
        }
    }
}

thread_local! {
    /// All connections of a thread read into one buffer, so that idle ones
    /// hold none.
    static READ_BUFFER: RefCell<BytesMut> = RefCell::new(BytesMut::new());
}

/// The most that is read at once, in bytes.
const READ: usize = 64 * 1024;
