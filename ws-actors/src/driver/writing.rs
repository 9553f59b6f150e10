use std::{
    io,
    task::{Context, Poll},
    time::Instant,
};

use actix::Actor;
use ws_core::{Outcome, Output};

use crate::{Transport, WsContext};

use super::{Driver, GRACE, Sending};

/// The way out: from the protocol to the transport, and its end.
impl<A, T> Driver<A, T>
where
    A: Actor<Context = WsContext<A>>,
    T: Transport,
{
    /// Writes until nothing is left or the transport takes no more; true if it
    /// took so much that others have their turn first.
    pub(super) fn write(&mut self, cx: &mut Context<'_>) -> io::Result<bool> {
        let more = self.write_queue(cx)?;
        if self.unflushed
            && let Some(transport) = &mut self.transport
            && let Poll::Ready(result) = transport.poll_flush(cx)
        {
            self.unflushed = false;
            result?;
        }
        Ok(more)
    }

    fn write_queue(&mut self, cx: &mut Context<'_>) -> io::Result<bool> {
        for _ in 0..WRITES {
            self.ctx.drain_outbox(cx);
            let Some(transport) = &mut self.transport else {
                return Ok(false);
            };
            let queue = self.ctx.connection.transmit();
            if queue.is_empty() {
                return Ok(false);
            }
            match transport.poll_write(cx, queue) {
                Poll::Pending => return Ok(false),
                Poll::Ready(Ok(0)) => return Err(io::ErrorKind::WriteZero.into()),
                Poll::Ready(Ok(bytes)) => {
                    self.ctx.tally.sent.bytes += bytes as u64;
                    self.unflushed = true;
                }
                Poll::Ready(Err(error)) => return Err(error),
            }
        }
        Ok(true)
    }

    /// Does what the protocol wants of the transport's end.
    pub(super) fn end(&mut self, cx: &mut Context<'_>) -> Option<Instant> {
        loop {
            match self.ctx.connection.poll_end(self.ctx.now) {
                Output::Shutdown => self.sending = Sending::ShuttingDown,
                Output::Disconnect => {
                    // TLS tells its peer of an end that both agreed on.
                    if self.ended_clean() && self.sending == Sending::Open {
                        self.sending = Sending::ShuttingDown;
                    }
                    self.drop_by = Some(self.ctx.now + GRACE);
                    self.give_grace();
                }
                Output::Wait(deadline) => {
                    if self.sending == Sending::ShuttingDown {
                        self.shut_down(cx);
                    }
                    let now = self.ctx.now;
                    let farewell = self.ended_clean() && self.sending == Sending::ShuttingDown;
                    let idle = !self.unflushed && !farewell;
                    if self.drop_by.is_some_and(|by| idle || by <= now) {
                        self.drop_by = None;
                        self.transport = None;
                    }
                    let (spent, cut) = (self.ctx.spent_until(), self.ctx.cut_at());
                    let expiry = self.ctx.expires_at();
                    let deadlines = [deadline, self.grace, self.drop_by, spent, cut, expiry];
                    return deadlines.into_iter().flatten().min();
                }
                Output::Event(_) | Output::Transmit(_) => return Some(self.ctx.now),
            }
        }
    }

    fn ended_clean(&self) -> bool {
        self.ctx.outcome.as_deref().is_some_and(Outcome::is_clean)
    }

    fn shut_down(&mut self, cx: &mut Context<'_>) {
        let Some(transport) = &mut self.transport else {
            return;
        };
        if let Poll::Ready(result) = transport.poll_shutdown(cx) {
            self.sending = Sending::Ended;
            if result.is_err() {
                self.lose();
            }
        }
    }
}

/// How often it is written at once: a MiB of a stream that never ends.
const WRITES: usize = 16;
