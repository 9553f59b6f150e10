use std::{cell::RefCell, rc::Rc, sync::Arc, time::Duration};

use tokio::{
    task::LocalSet,
    time::{Instant, advance},
};
use ws_core::ClosePayload;

use super::{
    command::Command,
    ledger::Ledger,
    line::{Line, SharedLine},
    peer::Peer,
    setup::{Ending, Setup},
    step::Step,
    subject::Tell,
};

mod bell;
mod opening;
mod turns;

use self::{bell::Bell, opening::Door};

/// A connection with all that is around it.
pub(super) struct Scene<'a> {
    pub(super) setup: &'a Setup,
    local: LocalSet,
    bell: Arc<Bell>,
    pub(super) line: SharedLine,
    pub(super) ledger: Rc<RefCell<Ledger>>,
    pub(super) peer: Peer,
    door: Door,
    begin: Instant,
    /// The connection's task was dropped.
    pub(super) abandoned: bool,
    /// The transport broke, or ended.
    pub(super) lost: bool,
}

impl<'a> Scene<'a> {
    pub(super) fn new(setup: &'a Setup) -> Self {
        let line = Line::new(setup.farewell);
        let ledger = Rc::new(RefCell::new(Ledger::default()));
        let local = LocalSet::new();
        let (door, peer) = Door::new(setup, &local, &ledger, &line);
        Self {
            setup,
            local,
            bell: Arc::default(),
            line,
            ledger,
            peer,
            door,
            begin: Instant::now(),
            abandoned: false,
            lost: false,
        }
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.begin.elapsed()
    }

    /// How much was said on both sides and came through, in bytes.
    pub(super) fn bytes_said(&self) -> usize {
        let received = self.line.borrow().received.len();
        self.ledger.borrow().bytes + self.peer.bytes_sent() + received
    }

    /// Whether the server is done with the connection.
    pub(super) fn is_over(&self) -> bool {
        self.abandoned || self.door.is_over(&self.ledger) && self.line.borrow().dropped
    }

    pub(super) async fn step(&mut self, step: Step) {
        match step {
            Step::Speak(word) => {
                self.peer.speak(word, &self.line.borrow().received);
                return;
            }
            Step::Carry(bytes) => {
                let bytes = self.peer.carry(bytes);
                let bytes = self.door.first_input(bytes);
                self.line.borrow_mut().arrive(bytes);
            }
            Step::Eof => self.end(|line| line.eof = true),
            Step::Reset => self.reset(),
            Step::Room(room) => {
                self.change_line(|line| line.room = room);
                self.bell.ring();
            }
            Step::HoldBack(on) => self.change_line(|line| line.holds_back = on),
            Step::Elapse(time) => self.elapse(Duration::from_millis(time)).await,
            Step::Oversleep(time) => {
                self.drive();
                advance(Duration::from_millis(time)).await;
                self.bell.ring();
            }
            Step::Tell(command) => self.tell(command),
            Step::React(command) => {
                self.ledger.borrow_mut().reactions.push_back(command);
                return;
            }
            Step::Handle(order) => order.by_handle(&self.ledger),
            Step::Outbox(order) => order.by_outbox(&self.ledger),
            Step::Drain => {
                self.ledger.borrow_mut().asked.drain |= self.door.drain(&self.local);
                self.bell.ring();
            }
            Step::Nudge => self.bell.ring(),
            Step::Abandon => {
                self.drive();
                self.abandoned = true;
                self.local = LocalSet::new();
                self.door.abandon();
            }
        }
        self.drive();
    }

    /// Brings the connection to its end, by which it has to come.
    pub(super) async fn settle(&mut self) {
        self.drive();
        let silent = self.setup.ending == Ending::Silence && !self.line.borrow().eof;
        if !silent {
            self.change_line(|line| {
                line.room = usize::MAX;
                line.holds_back = false;
            });
        }
        self.bell.ring();
        match self.setup.ending {
            Ending::Close => {
                self.peer.close(ClosePayload::EMPTY);
                self.carry_rest();
                self.drive();
                self.elapse(Duration::from_secs(1)).await;
                self.end(|line| line.eof = true);
            }
            Ending::Eof => {
                self.carry_rest();
                self.end(|line| line.eof = true);
            }
            Ending::Reset => self.reset(),
            Ending::Silence => self.line.borrow_mut().room = 0,
        }
        let patience = self.patience();
        self.elapse(patience).await;
        if silent && self.setup.timeouts.ping.is_none() && !self.is_over() {
            // Without a heartbeat only the transport can tell.
            self.reset();
            self.elapse(patience).await;
        }
        assert!(self.is_over(), "the connection never ends");
    }

    /// By when a connection has ended whose peer has.
    fn patience(&self) -> Duration {
        let delays = self.ledger.borrow().delays;
        let rate = if self.setup.limits.rate.is_some() {
            // As long as it takes to hear what the peer has sent.
            Duration::from_secs(1 + self.peer.bytes_sent() as u64 / 10)
        } else {
            Duration::ZERO
        };
        self.setup.timeouts.silence() + delays + rate
    }

    /// All that the peer has sent arrives.
    fn carry_rest(&mut self) {
        let rest = self.peer.carry(usize::MAX);
        self.line.borrow_mut().arrive(rest);
    }

    fn end(&mut self, end: impl FnOnce(&mut Line)) {
        self.lost = true;
        self.change_line(end);
    }

    fn change_line(&self, change: impl FnOnce(&mut Line)) {
        let mut line = self.line.borrow_mut();
        change(&mut line);
        line.wake();
    }

    fn reset(&mut self) {
        self.end(|line| line.broken = true);
        self.door.lose_body();
        self.bell.ring();
    }

    fn tell(&self, command: Command) {
        let address = self.ledger.borrow().address.clone();
        if let Some(address) = address {
            // Refused by a mailbox that is full, or of an actor that is gone.
            address.try_send(Tell(command)).ok();
        }
    }
}
