//! A transport in memory: the driver has one end, the peer the other.

use std::{
    cell::RefCell,
    collections::VecDeque,
    io,
    rc::Rc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use bytes::{Buf, Bytes, BytesMut};
use tokio::time::Instant;
use ws_core::{Frame, Opcode, Outcome, SendQueue};

use super::{protocol::Protocol, received::Received};
use crate::Transport;

/// The driver's end.
pub(super) struct Wire(Rc<RefCell<State>>);

/// Says when it is dropped that the driver has ended.
pub(super) struct Driven(Rc<RefCell<State>>);

impl Driven {
    pub(super) fn with(self, outcome: Outcome) {
        self.0.borrow_mut().outcome = Some(outcome);
    }
}

/// What both ends share.
pub(super) struct State {
    pub(super) start: Instant,
    pub(super) protocol: Protocol,
    /// What the peer sent and nobody read: one piece for each read.
    sent: VecDeque<Bytes>,
    pub(super) trickling: bool,
    pub(super) ended: bool,
    pub(super) broken: bool,
    /// How many bytes the peer still reads.
    pub(super) room: usize,
    /// How many bytes the driver could not send.
    pub(super) held_back: usize,
    pub(super) answers_pings: bool,
    /// Pongs that wait for the end of a frame.
    pongs: Vec<Bytes>,
    pub(super) close_sent: bool,
    pub(super) close_received: bool,
    /// The frames that nobody looked at.
    pub(super) frames: VecDeque<Received>,
    /// What the actor sent that is no frame as it should be.
    pub(super) fault: Option<String>,
    /// The driver ended its sending side, or dropped the transport.
    pub(super) shut_down: bool,
    pub(super) over: bool,
    pub(super) outcome: Option<Outcome>,
    reader: Option<Waker>,
    writer: Option<Waker>,
    /// Who waits for what the actor does.
    pub(super) looker: Option<Waker>,
}

/// Both ends, for a peer that speaks this protocol.
pub(super) fn wire(protocol: Protocol) -> (Wire, Driven, Rc<RefCell<State>>) {
    let state = Rc::new(RefCell::new(State {
        start: Instant::now(),
        protocol,
        sent: VecDeque::new(),
        trickling: false,
        ended: false,
        broken: false,
        room: usize::MAX,
        held_back: 0,
        answers_pings: true,
        pongs: Vec::new(),
        close_sent: false,
        close_received: false,
        frames: VecDeque::new(),
        fault: None,
        shut_down: false,
        over: false,
        outcome: None,
        reader: None,
        writer: None,
        looker: None,
    }));
    (Wire(Rc::clone(&state)), Driven(Rc::clone(&state)), state)
}

impl State {
    pub(super) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// The peer sends bytes that are read at once.
    pub(super) fn send(&mut self, bytes: Bytes) {
        self.protocol.note_sent(&bytes);
        if !bytes.is_empty() {
            self.sent.push_back(bytes);
        }
        self.send_pongs();
        wake(&mut self.reader);
    }

    pub(super) fn end(&mut self) {
        self.ended = true;
        wake(&mut self.reader);
    }

    pub(super) fn reset(&mut self) {
        self.broken = true;
        wake(&mut self.reader);
        wake(&mut self.writer);
    }

    pub(super) fn set_room(&mut self, room: usize) {
        self.room = room;
        wake(&mut self.writer);
    }

    /// Looks at what the actor sent, and answers its Pings.
    fn receive(&mut self, bytes: &[u8]) {
        self.protocol.push(bytes);
        while self.fault.is_none() {
            match self.protocol.next() {
                None => break,
                Some(Err(fault)) => self.fault = Some(fault),
                Some(Ok((header, payload))) => {
                    let answered = header.opcode == Opcode::PING && self.answers_pings;
                    // Nothing follows a Close frame, or the end.
                    if answered && !self.close_sent && !self.ended {
                        self.pongs.push(payload.clone());
                    }
                    self.close_received |= header.opcode == Opcode::CLOSE;
                    self.frames.push_back(Received {
                        at: self.elapsed(),
                        header,
                        payload,
                        answered,
                    });
                }
            }
        }
        self.send_pongs();
        wake(&mut self.looker);
    }

    fn send_pongs(&mut self) {
        if self.protocol.is_within_frame() {
            return;
        }
        for payload in self.pongs.drain(..) {
            let pong = self.protocol.frame(&Frame::new(Opcode::PONG, payload));
            self.sent.push_back(pong.into());
            wake(&mut self.reader);
        }
    }
}

fn wake(waker: &mut Option<Waker>) {
    if let Some(waker) = waker.take() {
        waker.wake();
    }
}

impl Transport for Wire {
    fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut BytesMut,
    ) -> Poll<io::Result<usize>> {
        let state = &mut *self.0.borrow_mut();
        if state.broken {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        if let Some(piece) = state.sent.front_mut() {
            let count = if state.trickling { 1 } else { piece.len() };
            buffer.extend_from_slice(&piece.split_to(count));
            if piece.is_empty() {
                state.sent.pop_front();
            }
            return Poll::Ready(Ok(count));
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
        if state.broken {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let count = queue.len().min(state.room);
        state.held_back = queue.len() - count;
        if count == 0 {
            state.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        if state.room != usize::MAX {
            state.room -= count;
        }
        let bytes = queue.copy_to_bytes(count);
        state.receive(&bytes);
        Poll::Ready(Ok(count))
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.0.borrow_mut();
        state.shut_down = true;
        wake(&mut state.looker);
        Poll::Ready(Ok(()))
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        let mut state = self.0.borrow_mut();
        state.shut_down = true;
        state.held_back = 0;
        wake(&mut state.looker);
    }
}

impl Drop for Driven {
    fn drop(&mut self) {
        let mut state = self.0.borrow_mut();
        state.over = true;
        wake(&mut state.looker);
    }
}
