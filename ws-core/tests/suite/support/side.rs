use std::time::{Duration, Instant};

use bytes::{Buf, BytesMut};
use ws_core::{
    Cause, CloseCode, ClosePayload, Config, Connection, Entropy, Event, Frame as Whole, Message,
    Outcome, Output, Role, extension::Agreement,
};

use super::{
    frames::{self, Frame},
    seconds,
};

/// A connection with a driver that keeps what comes out of it, on a clock that
/// the test moves.
///
/// The driver also watches over what holds for every connection: nothing
/// follows `Closed`, nothing follows `Disconnect`, and no deadline lies in the
/// past once it was played.
pub(crate) struct Side {
    pub(crate) connection: Connection,
    pub(crate) start: Instant,
    pub(crate) now: Instant,
    /// How many bytes the transport takes before it jams.
    pub(crate) room: usize,
    /// All that the transport took.
    pub(crate) sent: Vec<u8>,
    pub(crate) events: Vec<Event>,
    pub(crate) deadline: Option<Instant>,
    pub(crate) shut_down: bool,
    pub(crate) disconnected: bool,
    feeds: usize,
}

impl Side {
    pub(crate) fn new(role: Role, config: Config) -> Self {
        Self::at(Instant::now(), role, config)
    }

    pub(crate) fn at(now: Instant, role: Role, config: Config) -> Self {
        let connection = match role {
            Role::Client => Connection::client(now, config, Entropy::seeded(6455)),
            Role::Server => Connection::server(now, config),
        };
        Self::with(now, connection)
    }

    /// With extensions that were agreed on.
    pub(crate) fn extended(role: Role, config: Config, agreement: Agreement) -> Self {
        let Self {
            connection, now, ..
        } = Self::new(role, config);
        Self::with(now, connection.with_extensions(agreement))
    }

    pub(crate) fn with(now: Instant, connection: Connection) -> Self {
        let mut side = Self {
            connection,
            start: now,
            now,
            room: usize::MAX,
            sent: Vec::new(),
            events: Vec::new(),
            deadline: None,
            shut_down: false,
            disconnected: false,
            feeds: 0,
        };
        side.run();
        side
    }

    pub(crate) fn role(&self) -> Role {
        self.connection.role()
    }

    /// Bytes of the peer come in one read: every other time into the place that
    /// the connection has for them, if it has one.
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.feeds += 1;
        if self.feeds.is_multiple_of(2)
            && let Some(place) = self.connection.read_buffer()
        {
            place.extend_from_slice(bytes);
            self.connection.handle_read(self.now);
        } else {
            let mut buffer = BytesMut::from(bytes);
            self.connection.handle_input(self.now, &mut buffer);
            assert!(buffer.is_empty(), "input is left over");
        }
        self.run();
    }

    /// A frame of the peer comes, in one read.
    pub(crate) fn feed_frame(&mut self, first: u8, payload: &[u8]) {
        self.feed(&frames::frame(self.role().peer(), first, payload));
    }

    /// A frame of the peer is there, but the application does not look yet.
    pub(crate) fn unread(&mut self, first: u8, payload: &[u8]) {
        let mut buffer = frames::frame(self.role().peer(), first, payload)[..].into();
        self.connection.handle_input(self.now, &mut buffer);
    }

    pub(crate) fn eof(&mut self) {
        self.connection.handle_eof(self.now);
        self.run();
    }

    pub(crate) fn lost(&mut self) {
        self.connection.handle_lost(self.now);
        self.run();
    }

    pub(crate) fn send(&mut self, message: impl Into<Message>) {
        self.connection
            .send(message)
            .expect("the connection is open");
        self.run();
    }

    pub(crate) fn send_frame(&mut self, frame: Whole) {
        let sent = self.connection.send_frame(self.now, frame);
        sent.expect("the frame is in its place");
        self.run();
    }

    pub(crate) fn close(&mut self, code: CloseCode, reason: &'static str) {
        let payload = ClosePayload::new(code, reason).expect("the payload may be sent");
        let closed = self.connection.close(self.now, payload);
        closed.expect("the connection is open");
        self.run();
    }

    pub(crate) fn pause(&mut self) {
        self.connection.pause_reading(self.now);
        self.run();
    }

    pub(crate) fn resume(&mut self) {
        self.connection.resume_reading(self.now);
        self.run();
    }

    /// The clock moves on, and every deadline on the way is kept.
    pub(crate) fn elapse(&mut self, duration: Duration) {
        let end = self.now + duration;
        while self.deadline.is_some_and(|deadline| deadline <= end) {
            self.jump();
        }
        self.now = end;
    }

    /// The clock moves on to this time after the start.
    pub(crate) fn elapse_to(&mut self, time: Duration) {
        self.elapse(time.saturating_sub(self.time()));
    }

    /// The clock jumps to the next deadline; `false` if there is none.
    pub(crate) fn jump(&mut self) -> bool {
        let Some(deadline) = self.deadline else {
            return false;
        };
        self.now = self.now.max(deadline);
        self.tick();
        true
    }

    /// The alarm rings, due or not.
    pub(crate) fn tick(&mut self) {
        self.connection.handle_timeout(self.now);
        self.run();
        if let Some(deadline) = self.deadline {
            assert!(deadline > self.now, "a deadline lies in the past");
        }
    }

    /// Does what the connection says, until it waits.
    pub(crate) fn run(&mut self) {
        for _ in 0..1_000_000 {
            let mut output = self.connection.poll_output(self.now);
            if let Output::Transmit(queue) = &mut output
                && self.room == 0
            {
                assert!(queue.has_remaining());
                // The transport is jammed: what is there to wait for?
                output = self.connection.poll_end(self.now);
            }
            match output {
                Output::Event(event) => {
                    let last = self.events.last();
                    assert!(!last.is_some_and(is_closed), "{event:?} follows {last:?}");
                    assert!(!self.disconnected, "{event:?} follows Disconnect");
                    self.events.push(event);
                }
                Output::Transmit(queue) => {
                    assert!(!self.disconnected, "bytes follow Disconnect");
                    assert!(!self.shut_down, "bytes follow Shutdown");
                    let taken = queue.chunk().len().min(self.room);
                    self.sent.extend_from_slice(&queue.chunk()[..taken]);
                    queue.advance(taken);
                    self.room -= taken;
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
                    assert!(!(self.disconnected && deadline.is_some()));
                    self.deadline = deadline;
                    return;
                }
            }
        }
        panic!("the connection never waits");
    }

    /// The time since the start.
    pub(crate) fn time(&self) -> Duration {
        self.now - self.start
    }

    /// The next deadline as a time since the start.
    pub(crate) fn due(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline - self.start)
    }

    /// The frames that the transport took, which have to be whole.
    pub(crate) fn frames(&self) -> Vec<Frame> {
        frames::read(&self.sent)
    }

    pub(crate) fn frames_of(&self, first: u8) -> Vec<Frame> {
        let mut frames = self.frames();
        frames.retain(|frame| frame.first == first);
        frames
    }

    pub(crate) fn messages(&self) -> Vec<Message> {
        let mut messages = Vec::new();
        for event in &self.events {
            if let Event::Message(message) = event {
                messages.push(message.clone());
            }
        }
        messages
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.events.last().is_some_and(is_closed)
    }

    /// How the connection ended.
    pub(crate) fn outcome(&self) -> &Outcome {
        let last = self.events.last();
        let Some(Event::Closed(outcome)) = last else {
            panic!("not closed, last came {last:?}");
        };
        outcome
    }

    pub(crate) fn cause(&self) -> &Cause {
        &self.outcome().cause
    }

    /// The code of the Close frame that this side sent.
    pub(crate) fn sent_code(&self) -> Option<CloseCode> {
        self.outcome().sent.as_ref().and_then(ClosePayload::code)
    }

    /// Plays all deadlines until the transport is dropped.
    pub(crate) fn run_out(&mut self) {
        for _ in 0..1000 {
            if self.disconnected || !self.jump() {
                break;
            }
        }
        assert!(self.disconnected, "the transport is kept");
        assert!(self.time() < seconds(3600), "it took an hour");
    }
}

pub(crate) const fn is_closed(event: &Event) -> bool {
    matches!(event, Event::Closed(_))
}
