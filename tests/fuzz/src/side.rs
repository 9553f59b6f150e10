use std::time::Instant;

use bytes::{Buf, BytesMut};
use ws_core::{Connection, Event, Outcome, Output, State};

/// A connection and a driver that does what it says, and sees to it that the
/// end comes last and once.
#[derive(Debug)]
pub(crate) struct Side {
    pub(crate) connection: Connection,
    pub(crate) now: Instant,
    pub(crate) events: Vec<Event>,
    /// What the transport took.
    pub(crate) sent: Vec<u8>,
    /// How much more it takes.
    pub(crate) room: usize,
    pub(crate) shut_down: bool,
    pub(crate) disconnected: bool,
    pub(crate) deadline: Option<Instant>,
    /// The application answers Pings and Close frames itself.
    pub(crate) replies: bool,
}

pub(crate) const ROLES: [ws_core::Role; 2] = [ws_core::Role::Client, ws_core::Role::Server];

impl Side {
    pub(crate) fn new(connection: Connection, now: Instant) -> Self {
        let mut side = Self {
            connection,
            now,
            events: Vec::new(),
            sent: Vec::new(),
            room: usize::MAX,
            shut_down: false,
            disconnected: false,
            deadline: None,
            replies: false,
        };
        side.run();
        side
    }

    /// Pieces of even length are read in place, if there is one for them.
    pub(crate) fn feed(&mut self, piece: &[u8]) {
        if piece.len().is_multiple_of(2)
            && let Some(place) = self.connection.read_buffer()
        {
            place.extend_from_slice(piece);
            self.connection.handle_read(self.now);
        } else {
            let mut buffer = BytesMut::from(piece);
            self.connection.handle_input(self.now, &mut buffer);
            assert!(buffer.is_empty(), "input is left in the buffer");
        }
        self.run();
    }

    pub(crate) fn end(&mut self) {
        self.connection.handle_eof(self.now);
        self.run();
    }

    /// Time has passed; or the alarm rings too early, when nothing may happen.
    pub(crate) fn tick(&mut self) {
        let early = self.deadline.is_none_or(|deadline| deadline > self.now);
        let before = (self.events.len(), self.sent.len());
        let queued = self.connection.queued_bytes();
        let state = self.connection.state();
        self.connection.handle_timeout(self.now);
        if early {
            assert_eq!(self.connection.state(), state, "the alarm came too early");
            assert_eq!(self.connection.queued_bytes(), queued);
        }
        self.run();
        if early {
            assert_eq!((self.events.len(), self.sent.len()), before);
        }
        let due = self.deadline.is_some_and(|deadline| deadline <= self.now);
        assert!(!due, "a deadline that was dealt with is due again");
    }

    /// Does what the connection says until it waits.
    pub(crate) fn run(&mut self) {
        // An event takes two bytes of input at least, so this is far away.
        for _ in 0..100_000 {
            let mut output = self.connection.poll_output(self.now);
            if matches!(output, Output::Transmit(_)) && self.room == 0 {
                output = self.connection.poll_end(self.now);
            }
            match output {
                Output::Event(event) => {
                    assert!(!self.is_closed(), "{event:?} follows the end");
                    assert!(!self.disconnected, "{event:?} follows Disconnect");
                    let reply = event.reply().filter(|_| self.replies);
                    self.events.push(event);
                    if let Some(reply) = reply {
                        // Refused to a side that closes already.
                        self.connection.send_frame(self.now, reply).ok();
                    }
                }
                Output::Transmit(queue) => {
                    assert!(!self.disconnected, "bytes follow Disconnect");
                    assert!(!self.shut_down, "bytes follow Shutdown");
                    assert!(queue.has_remaining(), "there is nothing to transmit");
                    let taken = queue.chunk().len().min(self.room);
                    self.sent.extend_from_slice(&queue.chunk()[..taken]);
                    queue.advance(taken);
                    self.room -= taken;
                    if taken == 0 {
                        return; // `poll_end` found a Pong that is due
                    }
                }
                Output::Shutdown => {
                    assert!(!self.shut_down, "shut down twice");
                    assert!(!self.disconnected, "Shutdown follows Disconnect");
                    self.shut_down = true;
                }
                Output::Disconnect => {
                    assert!(!self.disconnected, "disconnected twice");
                    assert!(self.is_closed(), "disconnected without Closed");
                    self.disconnected = true;
                }
                Output::Wait(deadline) => {
                    assert!(!self.disconnected || deadline.is_none());
                    assert_eq!(
                        self.is_closed(),
                        self.connection.state() == State::Closed,
                        "Closed is told as soon as the state is reached"
                    );
                    self.deadline = deadline;
                    return;
                }
            }
        }
        panic!("the connection never waits");
    }

    pub(crate) fn is_closed(&self) -> bool {
        matches!(self.events.last(), Some(Event::Closed(_)))
    }

    /// How the connection ended.
    pub(crate) fn outcome(&self) -> Option<&Outcome> {
        match self.events.last() {
            Some(Event::Closed(outcome)) => Some(outcome),
            _ => None,
        }
    }
}
