use std::{cell::RefCell, io, mem, panic::resume_unwind, rc::Rc, time::Duration};

use actix::{
    Actor, ActorContext, ActorFutureExt, ActorStreamExt, AsyncContext, Handler, ResponseActFuture,
    Running, SpawnHandle, WrapFuture, WrapStream, fut,
};
use futures_util::{StreamExt, stream};
use tokio::time::sleep;
use ws_actors::{
    Binary, Closed, Closing, FrameMessage, Outbox, Part, Ping, Pong, Rejection, SendError, Text,
    Writable, WsContext,
};
use ws_core::{CloseCode, Event, Message, Opcode, PreparedMessage, Rsv};

use super::{
    command::{After, Command, Kind, Pace, Size, StreamEnd},
    ledger::{Ledger, Payload, source},
    setup::{CONTROL, DATA, Setup},
};

/// The actor: it does what it is told to, and notes what it is told.
pub(super) struct Subject {
    ledger: Rc<RefCell<Ledger>>,
    known: bool,
    restless: bool,
    echoes: bool,
    reluctant: bool,
    last: SpawnHandle,
    /// What the handler of a frame is to return.
    response: Option<(Duration, After)>,
}

type Context = WsContext<Subject>;

impl Subject {
    pub(super) fn new(setup: &Setup, ledger: Rc<RefCell<Ledger>>) -> Self {
        Self {
            ledger,
            known: setup.known,
            restless: setup.restless,
            echoes: setup.echoes,
            reluctant: setup.reluctant,
            last: SpawnHandle::default(),
            response: None,
        }
    }

    /// A frame came: it does what comes next of what it was told to do then.
    fn react(&mut self, ctx: &mut Context) {
        let ledger = self.ledger.borrow();
        assert!(ledger.closed.is_empty(), "a frame follows the end");
        assert!(!ledger.stopped, "an actor that has stopped hears a frame");
        drop(ledger);
        if self.echoes {
            let size = Size { len: 5, even: true };
            self.act(Command::Say(Kind::Text, size), ctx);
        }
        self.next(ctx);
    }

    fn next(&mut self, ctx: &mut Context) {
        let next = self.ledger.borrow_mut().reactions.pop_front();
        if let Some(command) = next {
            self.act(command, ctx);
        }
    }

    fn act(&mut self, command: Command, ctx: &mut Context) {
        match command {
            Command::Say(kind, size) => self.say(kind, size, ctx),
            Command::Mark(size) => {
                self.give(source::ACTOR, size, Opcode::TEXT, |payload| {
                    ctx.send_marked(Rsv::RSV3, Message::text(payload.text()))
                });
            }
            Command::Latest(key, size) => {
                let (source, key) = source::keyed(source::ACTOR, key);
                self.give(source, size, Opcode::BINARY, |payload| {
                    ctx.send_latest(key, Message::binary(payload.bytes.clone()))
                });
            }
            Command::Stream(parts, pace, end) => self.stream(&parts, pace, end, ctx),
            Command::Ping(len) => {
                let payload = control_payload(len);
                let result = ctx.ping(payload.clone());
                self.note_control(Opcode::PING, payload, &result);
            }
            Command::Pong(len) => {
                ctx.pong(control_payload(len)).ok();
            }
            Command::Control(len) => {
                let payload = control_payload(len);
                let result = ctx.control(CONTROL, payload.clone());
                self.note_control(CONTROL, payload, &result);
            }
            Command::Close(code, reason) => {
                let reason = "x".repeat(reason.into());
                let closed = ctx.close(CloseCode::new(code), reason);
                self.ledger.borrow_mut().asked.end |= closed.is_ok();
            }
            Command::Stop => {
                self.ledger.borrow_mut().asked.end = true;
                ctx.stop();
            }
            Command::Terminate => {
                self.ledger.borrow_mut().asked.end = true;
                ctx.terminate();
            }
            Command::Pause(time) => {
                self.delay(time);
                ctx.pause_reading();
                ctx.run_later(time, |_, ctx| ctx.resume_reading());
            }
            Command::Resume => ctx.resume_reading(),
            Command::Panic => self.panic(),
            Command::Wait(time, after) => {
                let wait = self.then(time, after);
                ctx.wait(wait);
            }
            Command::Spawn(time, after) => {
                let task = self.then(time, after);
                self.last = ctx.spawn(task);
            }
            Command::Respond(time, after) => self.response = Some((time, after)),
            Command::Interval(time, times) => {
                self.delay(time * times.into());
                let ticks = stream::unfold(times, move |left| async move {
                    let left = left.checked_sub(1)?;
                    sleep(time).await;
                    Some(((), left))
                });
                let task = ticks.into_actor(self);
                let task = task.map(|(), this, ctx| this.after(After::Say, ctx));
                self.last = ctx.spawn(task.finish());
            }
            Command::Cancel => {
                ctx.cancel_future(mem::take(&mut self.last));
            }
            Command::Expire(time) => {
                self.ledger.borrow_mut().asked.expire = true;
                ctx.expire_at(tokio::time::Instant::now().into_std() + time);
            }
            Command::ExpireNever => ctx.expire_at(None),
            Command::Haunt => {
                let ghost = Ghost(ctx.outbox(), Rc::clone(&self.ledger));
                let haunted = async move {
                    let _ghost = ghost;
                    std::future::pending::<()>().await;
                };
                self.last = ctx.spawn(haunted.into_actor(self));
            }
            Command::Nothing => {}
        }
    }

    fn say(&self, kind: Kind, size: Size, ctx: &mut Context) {
        self.give(source::ACTOR, size, kind.opcode(), |payload| match kind {
            Kind::Text => ctx.text(payload.text()),
            Kind::Binary => ctx.binary(payload.bytes.clone()),
            Kind::Data | Kind::Unknown => ctx.send(kind.message(payload)),
            Kind::Prepared => ctx.send_prepared(&PreparedMessage::new(kind.message(payload))),
        });
    }

    fn give(
        &self,
        source: u8,
        size: Size,
        opcode: Opcode,
        give: impl FnOnce(&Payload) -> Result<(), SendError>,
    ) {
        let payload = self
            .ledger
            .borrow_mut()
            .payload(source, size.len, size.even);
        if let Some(payload) = payload {
            // What a policy gives up may be anybody's code.
            let result = give(&payload);
            self.ledger.borrow_mut().note(opcode, payload, &result);
        }
    }

    /// Streams so many parts of so many bytes.
    fn stream(&self, parts: &[u8], pace: Pace, end: StreamEnd, ctx: &mut Context) {
        let len: usize = parts.iter().map(|&part| usize::from(part) * 8).sum();
        let payload = self.ledger.borrow_mut().payload(source::ACTOR, len, false);
        let Some(payload) = payload else {
            return;
        };
        let (tag, mut rest) = payload.bytes.split_at(payload.bytes.len() - len);
        let mut pieces = vec![tag.to_vec()];
        for &part in parts {
            let piece;
            (piece, rest) = rest.split_at(usize::from(part) * 8);
            pieces.push(piece.to_vec());
        }
        if let Pace::Slow(time) = pace {
            self.delay(time * u32::try_from(pieces.len()).expect("there are few"));
        }
        if end == StreamEnd::Hangs {
            self.delay(HANG);
        }
        let parts = stream::iter(pieces).then(move |piece| async move {
            if let Pace::Slow(time) = pace {
                sleep(time).await;
            }
            Ok::<_, io::Error>(piece)
        });
        let end_of_stream = stream::once(async move {
            match end {
                StreamEnd::Done => None,
                StreamEnd::Fails => Some(Err(io::Error::other("the source failed"))),
                StreamEnd::Panics => resume_unwind(Box::new("a source that was asked to panic")),
                StreamEnd::Hangs => {
                    sleep(HANG).await;
                    Some(Err(io::Error::other("the source gave up")))
                }
            }
        });
        let parts = parts.chain(end_of_stream.filter_map(std::future::ready));
        let result = ctx.stream(Opcode::BINARY, parts);
        let mut ledger = self.ledger.borrow_mut();
        let fails = end != StreamEnd::Done;
        if matches!(result, Err(SendError::Full { .. })) {
            ledger.refused += 1;
        } else if result.is_ok() {
            ledger.asked.failing_stream |= fails;
            ledger.accept(Opcode::BINARY, payload, true, fails);
        }
    }

    fn note_control(&self, opcode: Opcode, payload: Vec<u8>, result: &Result<(), SendError>) {
        if result.is_ok() && payload.len() != crate::speech::HEARTBEAT {
            let said = crate::speech::Said { opcode, payload };
            self.ledger.borrow_mut().controls.push(said);
        }
    }

    fn then(&self, time: Duration, after: After) -> ResponseActFuture<Self, ()> {
        self.delay(time);
        let wait = async move {
            if !time.is_zero() {
                sleep(time).await;
            }
        };
        let wait = wait.into_actor(self);
        Box::pin(wait.map(move |(), this, ctx| this.after(after, ctx)))
    }

    fn after(&mut self, after: After, ctx: &mut Context) {
        match after {
            After::Nothing => {}
            After::Say => self.say(Kind::Text, Size { len: 3, even: true }, ctx),
            After::Panic => self.panic(),
            After::Close => self.act(Command::Close(CloseCode::NORMAL.get(), 0), ctx),
            After::Stop => self.act(Command::Stop, ctx),
        }
    }

    fn delay(&self, time: Duration) {
        self.ledger.borrow_mut().delays += time;
    }

    /// Panics without a word: the fuzzer would take it for a finding.
    fn panic(&self) {
        self.ledger.borrow_mut().asked.panic = true;
        resume_unwind(Box::new("a handler that was asked to panic"));
    }

    fn response(&mut self) -> ResponseActFuture<Self, ()> {
        match self.response.take() {
            Some((time, after)) => self.then(time, after),
            None => Box::pin(fut::ready(())),
        }
    }

    fn whole(&self, opcode: Opcode, payload: &[u8]) {
        let mut ledger = self.ledger.borrow_mut();
        ledger.bytes += payload.len();
        ledger.heard.whole(opcode, payload);
    }
}

/// Speaks when it is dropped.
struct Ghost(Outbox, Rc<RefCell<Ledger>>);

impl Drop for Ghost {
    fn drop(&mut self) {
        // A ledger that is in use has no time for it.
        let Ok(mut ledger) = self.1.try_borrow_mut() else {
            return;
        };
        if let Some(payload) = ledger.payload(source::OUTBOX, 5, true) {
            let message = PreparedMessage::new(Kind::Text.message(&payload));
            let result = self.0.send(message);
            ledger.note(Opcode::TEXT, payload, &result);
        }
    }
}

/// For how long a stream has nothing to give. For good would be as wrong as to
/// wait for good: what is behind it may keep the actor from hearing of the end.
const HANG: Duration = Duration::from_secs(600);

fn control_payload(len: u8) -> Vec<u8> {
    vec![b'.'; usize::from(len % 128)]
}

impl Actor for Subject {
    type Context = WsContext<Self>;

    fn started(&mut self, ctx: &mut Context) {
        let mut ledger = self.ledger.borrow_mut();
        assert!(!ledger.started, "an actor starts twice");
        ledger.started = true;
        ledger.outbox = Some(ctx.outbox());
        if self.known {
            ledger.handle = Some(ctx.handle());
            ledger.address = Some(ctx.address());
        }
        drop(ledger);
        self.next(ctx);
    }

    fn stopping(&mut self, ctx: &mut Context) -> Running {
        if self.restless {
            self.next(ctx);
        }
        if mem::take(&mut self.reluctant) {
            Running::Continue
        } else {
            Running::Stop
        }
    }

    fn stopped(&mut self, ctx: &mut Context) {
        let mut ledger = self.ledger.borrow_mut();
        assert!(!ledger.stopped, "an actor stops twice");
        ledger.stopped = true;
        drop(ledger);
        if self.restless {
            self.next(ctx);
        }
    }
}

impl Handler<Text> for Subject {
    type Result = ResponseActFuture<Self, ()>;

    fn handle(&mut self, Text(text): Text, ctx: &mut Context) -> Self::Result {
        self.whole(Opcode::TEXT, text.as_bytes());
        std::str::from_utf8(text.as_bytes()).expect("a text is UTF-8");
        self.react(ctx);
        self.response()
    }
}

impl Handler<Binary> for Subject {
    type Result = ();

    fn handle(&mut self, Binary(bytes): Binary, ctx: &mut Context) {
        self.whole(Opcode::BINARY, &bytes);
        self.react(ctx);
    }
}

impl Handler<Part> for Subject {
    type Result = ResponseActFuture<Self, ()>;

    fn handle(&mut self, Part(part): Part, ctx: &mut Context) -> Self::Result {
        let mut ledger = self.ledger.borrow_mut();
        ledger.bytes += part.payload.len();
        ledger.heard.part(&part);
        drop(ledger);
        self.react(ctx);
        self.response()
    }
}

impl Handler<Data> for Subject {
    type Result = ();

    fn handle(&mut self, Data(bytes): Data, ctx: &mut Context) {
        self.whole(DATA, &bytes);
        self.react(ctx);
    }
}

impl Handler<Bell> for Subject {
    type Result = ();

    fn handle(&mut self, _: Bell, ctx: &mut Context) {
        self.react(ctx);
    }
}

impl Handler<Ping> for Subject {
    type Result = ();

    fn handle(&mut self, _: Ping, ctx: &mut Context) {
        self.react(ctx);
    }
}

impl Handler<Pong> for Subject {
    type Result = ();

    fn handle(&mut self, _: Pong, ctx: &mut Context) {
        self.react(ctx);
    }
}

impl Handler<Closing> for Subject {
    type Result = ();

    fn handle(&mut self, Closing(payload): Closing, ctx: &mut Context) {
        self.react(ctx);
        let reply = payload.reply();
        if let Some(code) = reply.code() {
            ctx.close(code, reply.reason().clone()).ok();
        } else {
            ctx.close(CloseCode::NORMAL, "").ok();
        }
    }
}

impl Handler<Writable> for Subject {
    type Result = ();

    fn handle(&mut self, _: Writable, ctx: &mut Context) {
        let waiting = ctx.outbox().queued_bytes();
        assert_eq!(waiting, 0, "a peer that is behind has caught up");
        self.next(ctx);
    }
}

impl Handler<Closed> for Subject {
    type Result = ();

    fn handle(&mut self, Closed(outcome): Closed, ctx: &mut Context) {
        self.ledger.borrow_mut().closed.push(outcome);
        if self.restless {
            self.next(ctx);
        }
    }
}

/// What others tell the actor, by its mailbox.
#[derive(actix::Message)]
#[rtype(result = "()")]
pub(super) struct Tell(pub(super) Command);

impl Handler<Tell> for Subject {
    type Result = ();

    fn handle(&mut self, Tell(command): Tell, ctx: &mut Context) {
        self.act(command, ctx);
    }
}

/// Data of an opcode of its own.
#[derive(actix::Message)]
#[rtype(result = "()")]
pub(super) struct Data(bytes::Bytes);

impl FrameMessage for Data {
    const OPCODE: Opcode = DATA;

    fn from_event(event: Event) -> Result<Self, Rejection> {
        let Event::Message(message) = event else {
            panic!("it is no message");
        };
        Ok(Self(message.into_payload()))
    }
}

/// A control frame of an opcode of its own.
#[derive(actix::Message)]
#[rtype(result = "()")]
pub(super) struct Bell;

impl FrameMessage for Bell {
    const OPCODE: Opcode = CONTROL;

    fn from_event(_: Event) -> Result<Self, Rejection> {
        Ok(Self)
    }
}
