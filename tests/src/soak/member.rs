use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use actix::{Actor, ActorContext, AsyncContext, Handler};
use ws_server::{Closed, ConnectionHandle, Outbox, SendError, Since, Text, WsContext};

use super::{
    guest::AS_TOLD,
    halls::Place,
    ledger::{Ledger, name_of},
    stay::{End, POUR, Policy, RoomName, Sort, Stay, part},
};
use crate::counted::Counted;

/// The actor of a connection whose time in a room is in the books. It is told
/// what to do:
///
/// - `say`: says something in its room; `burst N` so many times; `fault` has the
///   room's actor panic, if it has one
/// - `? N` is answered with `m SAID N`: how much was said in the room, behind all
///   of it
/// - `pour N`: that many messages for this member alone; `outside N` as many, by
///   another thread over a handle
/// - `leave` is answered with `l N GIVEN_UP ATTEMPTS`: how much was said when it
///   left, and what became of messages for it
/// - `deaf N` hears no frames for N milliseconds, `block N` blocks the thread,
///   `expire N` has the connection end
/// - `panic`, `stop`, `terminate`
///
/// Who has joined is told so by `j N`.
pub(super) struct Member {
    ledger: Ledger,
    id: u64,
    room: RoomName,
    policy: Policy,
    since: Since,
    place: Option<Place>,
    joined: Option<u64>,
    /// When it left: how much was said, and when the server began to drain.
    left: Option<(u64, Option<u64>)>,
    outbox: Option<Outbox>,
    /// How often it was sent what is not the room's.
    attempts: u64,
    poured: u64,
    outside: Arc<Outside>,
    end: End,
    _alive: Counted,
}

/// What another thread does.
#[derive(Default)]
struct Outside {
    busy: AtomicBool,
    attempts: AtomicU64,
}

/// Work for that thread.
pub(super) struct Errand {
    handle: ConnectionHandle,
    count: u64,
    done: Arc<Outside>,
}

impl Member {
    pub(super) fn new(
        ledger: &Ledger,
        id: u64,
        room: RoomName,
        policy: Policy,
        since: Since,
    ) -> Self {
        Self {
            ledger: ledger.clone(),
            id,
            room,
            policy,
            since,
            place: None,
            joined: None,
            left: None,
            outbox: None,
            attempts: 0,
            poured: 0,
            outside: Arc::default(),
            end: End::Silent,
            _alive: ledger.alive(),
        }
    }

    fn obey(&mut self, command: &str, ctx: &mut WsContext<Self>) {
        let (verb, number) = command.split_once(' ').unwrap_or((command, "0"));
        let number: u64 = number.parse().unwrap_or_default();
        let pause = Duration::from_millis(number);
        match verb {
            "say" => self.say(1, false),
            "burst" => self.say(number, false),
            "fault" => self.say(1, true),
            "?" => self.mark(number, ctx),
            "pour" => self.pour(number),
            "outside" => {
                self.outside.busy.store(true, Ordering::SeqCst);
                self.ledger.send_out(Errand {
                    handle: ctx.handle(),
                    count: number,
                    done: Arc::clone(&self.outside),
                });
            }
            "leave" => self.take_leave(ctx),
            "deaf" => {
                ctx.pause_reading();
                ctx.run_later(pause, |_, ctx| ctx.resume_reading());
            }
            "block" => thread::sleep(pause),
            "expire" => ctx.expire_at(Instant::now() + pause),
            "panic" => {
                self.ledger.note_panic();
                self.end = End::Panicked;
                panic!("{AS_TOLD}");
            }
            "stop" => ctx.stop(),
            "terminate" => ctx.terminate(),
            _ => self.ledger.note_wrong(format!("heard {command:?}")),
        }
    }

    fn say(&self, times: u64, panics: bool) {
        if let Some(place) = &self.place {
            (0..times).for_each(|_| place.say(panics));
        }
    }

    fn mark(&mut self, number: u64, ctx: &mut WsContext<Self>) {
        let Some(place) = &self.place else { return };
        if self.room.sort == Sort::Kept {
            // What is said there is still on its way.
            let said = place.said();
            self.tell(&format!("m {said} {number}"), ctx).ok();
        } else if place.send_to_self(|said| format!("m {said} {number}")) {
            self.attempts += 1;
        }
    }

    fn pour(&mut self, count: u64) {
        let Some(place) = &self.place else { return };
        for _ in 0..count {
            let number = self.poured + 1;
            if place.send_to_self(|_| format!("d {number} {}", part(number, POUR))) {
                self.poured = number;
                self.attempts += 1;
            }
        }
    }

    fn take_leave(&mut self, ctx: &mut WsContext<Self>) {
        if self.outside.busy.load(Ordering::SeqCst) {
            ctx.run_later(SOON, Self::take_leave);
        } else if let Some(place) = self.place.take() {
            self.left = Some(place.leave());
            // By then what came from outside is in order with the rest.
            ctx.run_later(SOON, Self::take_leave);
        } else if let (Some((said, _)), Some(outbox)) = (self.left, &self.outbox) {
            let attempts = self.attempts + self.outside.attempts.load(Ordering::SeqCst);
            let farewell = format!("l {said} {} {attempts}", outbox.given_up());
            if let Err(SendError::Full { .. }) = self.tell(&farewell, ctx) {
                ctx.run_later(SOON, Self::take_leave);
            }
        }
    }

    /// Sends something that is not the room's.
    fn tell(&mut self, text: &str, ctx: &mut WsContext<Self>) -> Result<(), SendError> {
        let told = ctx.text(text.to_owned());
        if matches!(told, Ok(()) | Err(SendError::Full { .. })) {
            self.attempts += 1;
        }
        told
    }
}

impl Actor for Member {
    type Context = WsContext<Self>;

    fn started(&mut self, ctx: &mut WsContext<Self>) {
        self.ledger.note_started();
        self.outbox = Some(ctx.outbox());
        match self.ledger.halls().join(self.room, self.since, ctx) {
            Ok(place) => {
                self.joined = Some(place.joined);
                self.tell(&format!("j {}", place.joined), ctx).ok();
                // Its history's report is under way.
                self.attempts += u64::from(self.room.sort == Sort::Kept);
                self.place = Some(place);
            }
            Err(error) => self.ledger.note_wrong(format!("did not join: {error}")),
        }
    }
}

impl Handler<Text> for Member {
    type Result = ();

    fn handle(&mut self, Text(text): Text, ctx: &mut WsContext<Self>) {
        self.ledger.note_message();
        self.obey(text.as_str(), ctx);
    }
}

impl Handler<Closed> for Member {
    type Result = ();

    fn handle(&mut self, Closed(outcome): Closed, _: &mut WsContext<Self>) {
        self.ledger.note_closed(&outcome.cause);
        self.end = End::Closed(name_of(&outcome.cause));
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let Some(joined) = self.joined else { return };
        let took_leave = self.left.is_some();
        let left = self.left.or_else(|| self.place.take().map(Place::leave));
        let (left, at_drain) = left.unwrap_or((joined, None));
        self.ledger.note_stay(Stay {
            id: self.id,
            room: self.room,
            policy: self.policy,
            joined,
            left,
            at_drain,
            given_up: self.outbox.as_ref().map_or(0, Outbox::given_up),
            took_leave,
            end: self.end.clone(),
        });
    }
}

impl Errand {
    /// Sends to a member from this thread, which is none of the server's.
    pub(super) fn run(self) {
        for number in 1..=self.count {
            let text = format!("o {number} {}", part(number, 100));
            match self.handle.send(text) {
                Ok(()) | Err(SendError::Full { .. }) => {
                    self.done.attempts.fetch_add(1, Ordering::SeqCst);
                }
                Err(_) => break,
            }
        }
        self.done.busy.store(false, Ordering::SeqCst);
    }
}

/// How long a member waits for what is on its way.
const SOON: Duration = Duration::from_millis(5);
