use std::{cell::RefCell, mem, rc::Rc, time::Duration};

use actix::{Actor, ActorContext, AsyncContext, Running, SpawnHandle, WrapFuture};
use tokio::time::Instant;
use ws_actors::WsContext;
use ws_core::{CloseCode, Message, Opcode, Rsv};

use super::{
    command::{After, Command, Kind, Size},
    ledger::{Ledger, source},
    setup::{CONTROL, Setup},
};

mod futures;
mod ghost;
mod hearing;
mod speech;
mod streams;

use self::ghost::Ghost;
pub(super) use self::hearing::{Bell, Data, Tell};

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
                let task = self.again(time, times, After::Say);
                self.last = ctx.spawn(task);
            }
            Command::Cancel => {
                ctx.cancel_future(mem::take(&mut self.last));
            }
            Command::Expire(time) => {
                self.ledger.borrow_mut().asked.expire = true;
                ctx.expire_at(Instant::now().into_std() + time);
            }
            Command::ExpireNever => ctx.expire_at(None),
            Command::Haunt => {
                let ghost = Ghost::new(ctx.outbox(), Rc::clone(&self.ledger));
                self.last = ctx.spawn(ghost.haunt().into_actor(self));
            }
            Command::Nothing => {}
        }
    }
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

fn control_payload(len: u8) -> Vec<u8> {
    vec![b'.'; usize::from(len % 128)]
}
