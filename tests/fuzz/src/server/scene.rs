use std::{
    cell::RefCell,
    future::{Future, poll_fn},
    pin::{Pin, pin},
    rc::Rc,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Wake, Waker},
    time::Duration,
};

use tokio::{
    task::LocalSet,
    time::{Instant, advance, sleep},
};
use ws_core::{CloseCode, ClosePayload, Header, Message, Opcode, PreparedBatch, PreparedMessage};

use super::{
    command::{Command, Kind, Size},
    ledger::{Ledger, source},
    line::{Line, SharedLine},
    peer::Peer,
    setup::{CONTROL, Ending, Setup},
    step::{Order, Step},
    subject::Tell,
};

mod opening;

use self::opening::Door;

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
    /// The transport once took less than it was given.
    pub(super) stalled: bool,
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
            stalled: false,
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
            Step::Say(..)
            | Step::Pieces { .. }
            | Step::Ping(_)
            | Step::Pong(_)
            | Step::Answer
            | Step::Bell
            | Step::Close { .. }
            | Step::Frame { .. }
            | Step::Raw(_) => {
                self.speak(step);
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
                self.stalled |= room != usize::MAX;
                let mut line = self.line.borrow_mut();
                line.room = room;
                line.wake();
                drop(line);
                self.bell.ring();
            }
            Step::HoldBack(on) => {
                self.stalled |= on;
                let mut line = self.line.borrow_mut();
                line.holds_back = on;
                line.wake();
            }
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
            Step::Handle(order) => self.order_by_handle(order),
            Step::Outbox(order) => self.order_by_outbox(order),
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
            let mut line = self.line.borrow_mut();
            line.room = usize::MAX;
            line.holds_back = false;
            line.wake();
        }
        self.bell.ring();
        match self.setup.ending {
            Ending::Close => {
                self.peer.close(ClosePayload::EMPTY);
                let rest = self.peer.carry(usize::MAX);
                self.line.borrow_mut().arrive(rest);
                self.drive();
                self.elapse(Duration::from_secs(1)).await;
                self.end(|line| line.eof = true);
            }
            Ending::Eof => {
                let rest = self.peer.carry(usize::MAX);
                self.line.borrow_mut().arrive(rest);
                self.end(|line| line.eof = true);
            }
            Ending::Reset => self.reset(),
            Ending::Silence => {
                self.stalled = true;
                self.line.borrow_mut().room = 0;
            }
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

    fn end(&mut self, end: impl FnOnce(&mut Line)) {
        self.lost = true;
        let mut line = self.line.borrow_mut();
        end(&mut line);
        line.wake();
    }

    fn reset(&mut self) {
        self.end(|line| line.broken = true);
        self.door.lose_body();
        self.bell.ring();
    }

    /// The peer says something, right or wrong.
    fn speak(&mut self, step: Step) {
        let peer = &mut self.peer;
        match step {
            Step::Say(kind, Size { len, even }, compress) => {
                let payload = |i| {
                    if even {
                        b'~'
                    } else {
                        crate::input::scattered(i) >> 2 | 0x40
                    }
                };
                let mut bytes = format!("p{:06}", peer.number()).into_bytes();
                bytes.extend((0..len).map(payload));
                let message = match kind {
                    Kind::Text => Message::text(String::from_utf8(bytes).expect("it is ASCII")),
                    Kind::Data | Kind::Unknown => Message::Custom(kind.opcode(), bytes.into()),
                    Kind::Binary | Kind::Prepared => Message::binary(bytes),
                };
                if peer.bytes_sent() < 1 << 19 {
                    peer.say(message, compress);
                }
            }
            Step::Pieces { len, size, ping } => {
                let payload: Vec<u8> = (0..len).map(crate::input::scattered).collect();
                peer.say_in_pieces(&payload, size, ping);
            }
            Step::Ping(payload) => peer.control(Opcode::PING, short(payload)),
            Step::Pong(payload) => peer.control(Opcode::PONG, short(payload)),
            Step::Answer => {
                let last = last_ping(&self.line.borrow().received);
                if let Some(payload) = last {
                    peer.control(Opcode::PONG, payload);
                }
            }
            Step::Bell => peer.control(CONTROL, b"ring".to_vec()),
            Step::Close { code, reason } => {
                let reason = "y".repeat(reason.into());
                let payload = match code {
                    Some(code) => ClosePayload::new(CloseCode::new(code), reason),
                    None => Ok(ClosePayload::EMPTY),
                };
                if let Ok(payload) = payload {
                    peer.close(payload);
                }
            }
            Step::Frame {
                first,
                masked,
                payload,
            } => {
                let len = u8::try_from(payload.len().min(125)).expect("at most 125");
                let mut bytes = vec![first, len | if masked { 0x80 } else { 0 }];
                if masked {
                    // A key of zeros leaves the payload as it is.
                    bytes.extend([0; 4]);
                }
                bytes.extend(&payload[..len.into()]);
                peer.raw(&bytes);
            }
            Step::Raw(bytes) => peer.raw(&bytes),
            Step::Carry(_)
            | Step::Eof
            | Step::Reset
            | Step::Room(_)
            | Step::HoldBack(_)
            | Step::Elapse(_)
            | Step::Oversleep(_)
            | Step::Tell(_)
            | Step::React(_)
            | Step::Handle(_)
            | Step::Outbox(_)
            | Step::Drain
            | Step::Nudge
            | Step::Abandon => unreachable!("they are not the peer's"),
        }
    }

    fn tell(&self, command: Command) {
        let address = self.ledger.borrow().address.clone();
        if let Some(address) = address {
            // Refused by a mailbox that is full, or of an actor that is gone.
            address.try_send(Tell(command)).ok();
        }
    }

    fn order_by_handle(&self, order: Order) {
        let mut ledger = self.ledger.borrow_mut();
        let Some(handle) = ledger.handle.clone() else {
            return;
        };
        match order {
            Order::Send(kind, Size { len, even }) => {
                let Some(payload) = ledger.payload(source::HANDLE, len, even) else {
                    return;
                };
                let result = match kind {
                    Kind::Prepared => {
                        handle.send_prepared(&PreparedMessage::new(kind.message(&payload)))
                    }
                    Kind::Text | Kind::Binary | Kind::Data | Kind::Unknown => {
                        handle.send(kind.message(&payload))
                    }
                };
                ledger.note(kind.opcode(), payload, &result);
            }
            Order::Latest(key, Size { len, even }) => {
                let (source, key) = source::keyed(source::HANDLE, key);
                if let Some(payload) = ledger.payload(source, len, even) {
                    let result = handle.send_latest(key, Message::binary(payload.bytes.clone()));
                    ledger.note(Opcode::BINARY, payload, &result);
                }
            }
            Order::Batch(..) => {}
            Order::Close(code) => {
                let closed = handle.close(CloseCode::new(code), "by the handle");
                ledger.asked.end |= closed.is_ok();
            }
            Order::Stop => {
                ledger.asked.end = true;
                handle.stop();
            }
            Order::Expire(time) => {
                ledger.asked.expire = true;
                let time = Instant::now() + Duration::from_millis(time);
                handle.expire_at(time.into_std());
            }
            Order::ExpireNever => handle.expire_at(None),
        }
    }

    fn order_by_outbox(&self, order: Order) {
        let Some(outbox) = self.ledger.borrow().outbox.clone() else {
            return;
        };
        match order {
            Order::Send(kind, Size { len, even }) => {
                let payload = self.ledger.borrow_mut().payload(source::OUTBOX, len, even);
                if let Some(payload) = payload {
                    let result = outbox.send(PreparedMessage::new(kind.message(&payload)));
                    self.ledger
                        .borrow_mut()
                        .note(kind.opcode(), payload, &result);
                }
            }
            Order::Latest(key, Size { len, even }) => {
                let (source, key) = source::keyed(source::OUTBOX, key);
                let payload = self.ledger.borrow_mut().payload(source, len, even);
                if let Some(payload) = payload {
                    let message = Message::binary(payload.bytes.clone());
                    let result = outbox.send_latest(key, PreparedMessage::new(message));
                    self.ledger
                        .borrow_mut()
                        .note(Opcode::BINARY, payload, &result);
                }
            }
            Order::Batch(count, Size { len, even }) => {
                let mut ledger = self.ledger.borrow_mut();
                let payloads: Vec<_> = (0..count)
                    .map_while(|_| ledger.payload(source::OUTBOX, len, even))
                    .collect();
                let messages = payloads
                    .iter()
                    .map(|payload| PreparedMessage::new(Message::binary(payload.bytes.clone())));
                let batch = PreparedBatch::new(messages.collect());
                let was_closed = outbox.is_closed();
                drop(ledger);
                let taken = outbox.send_batch(&batch);
                // All are of one length, so that the first ones are taken.
                self.ledger.borrow_mut().note_batch(
                    payloads,
                    taken,
                    was_closed,
                    outbox.is_closed(),
                );
            }
            Order::Close(code) => {
                if let Ok(payload) = ClosePayload::new(CloseCode::new(code), "by the outbox") {
                    outbox.close(payload);
                    self.ledger.borrow_mut().asked.end = true;
                }
            }
            Order::Stop | Order::Expire(_) | Order::ExpireNever => {}
        }
    }

    /// Time passes, and all that is due happens at its time.
    async fn elapse(&mut self, time: Duration) {
        self.drive();
        let mut sleep = pin!(sleep(time));
        let mut wakes = 0;
        poll_fn(|cx| {
            self.bell.pass_on_to(cx.waker());
            self.drive();
            wakes += 1;
            assert!(
                wakes < MOST_WAKES,
                "the connection wakes up again and again"
            );
            sleep.as_mut().poll(cx)
        })
        .await;
        self.bell.ring();
        self.drive();
    }

    /// Lets the server do what there is to do now.
    fn drive(&mut self) {
        if self.abandoned {
            return;
        }
        self.door.open(&self.local, &self.bell);
        let waker = Waker::from(Arc::clone(&self.bell));
        let mut cx = Context::from_waker(&waker);
        for _ in 0..MOST_POLLS {
            if !self.bell.was_rung() {
                return;
            }
            // The tasks of a thread never end altogether.
            let _ = Pin::new(&mut self.local).poll(&mut cx);
            self.door.read_body(&mut cx, &self.line);
            self.check_bounds();
        }
        panic!("the connection never waits");
    }

    /// What waits stays within what the flow says.
    fn check_bounds(&self) {
        let ledger = self.ledger.borrow();
        let Some(outbox) = &ledger.outbox else {
            return;
        };
        // What others left at the handle was promised a place before it was
        // known what the actor had said meanwhile.
        let most = 2 * self.setup.limits.queued.max(ledger.longest + HEADER);
        let queued = outbox.queued_bytes();
        assert!(queued <= most, "{queued} bytes wait, the bound is {most}");
        if let Some(handle) = &ledger.handle {
            let most = 2 * most + SENDING + ledger.longest;
            let queued = handle.queued_bytes();
            assert!(
                queued <= most,
                "{queued} bytes wait in all, the bound is {most}"
            );
        }
    }
}

/// Wakes whoever drives the server.
#[derive(Default)]
pub(super) struct Bell {
    rung: AtomicBool,
    driver: Mutex<Option<Waker>>,
}

impl Bell {
    pub(super) fn ring(&self) {
        self.rung.store(true, Ordering::Relaxed);
        let driver = self.driver.lock().expect("nothing panics in here").take();
        if let Some(driver) = driver {
            driver.wake();
        }
    }

    fn was_rung(&self) -> bool {
        self.rung.swap(false, Ordering::Relaxed)
    }

    fn pass_on_to(&self, driver: &Waker) {
        *self.driver.lock().expect("nothing panics in here") = Some(driver.clone());
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.ring();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.ring();
    }
}

/// The last Ping that has come whole.
fn last_ping(mut bytes: &[u8]) -> Option<Vec<u8>> {
    let mut last = None;
    while let Ok(Some((header, len))) = Header::parse(bytes) {
        let end = len + usize::try_from(header.payload_len).ok()?;
        let payload = bytes.get(len..end);
        if header.opcode == Opcode::PING {
            last = payload.or(last);
        }
        bytes = bytes.get(end..).unwrap_or_default();
    }
    last.map(<[u8]>::to_vec)
}

fn short(mut payload: Vec<u8>) -> Vec<u8> {
    payload.truncate(125);
    payload
}

/// How often the server may be polled while no time passes and nothing comes.
const MOST_POLLS: usize = 10_000;
/// How often it may wake up in a time that passes.
const MOST_WAKES: usize = 20_000;
/// The header of a message that was encoded before, in bytes.
const HEADER: usize = 10;
/// What may be on its way beside the outbox: 64 KiB of messages, and control
/// frames.
const SENDING: usize = 80 * 1024;
