//! An actor that writes down what it hears.

use std::{
    cell::{Cell, RefCell},
    future::{Pending, pending},
    rc::Rc,
    time::Duration,
};

use actix::{
    Actor, Handler, Message, Running,
    fut::{future::FutureWrap, wrap_future},
};
use tokio::time::{Instant, Sleep, sleep};
use ws_actors::{Binary, Closed, Closing, Handlers, Ping, Pong, Text, Writable, WsContext};
use ws_core::{Cause, ClosePayload, Outcome};

/// What a probe hears, in the order in which it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Heard {
    Started,
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>, Option<Duration>),
    Writable,
    Closing(ClosePayload),
    Closed(Outcome),
    Letter(u32),
    /// What a test writes down itself.
    Note(String),
    Stopping,
    Stopped,
    Dropped,
}

impl Heard {
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    pub(crate) fn is_text(&self, text: &str) -> bool {
        matches!(self, Self::Text(it) if it == text)
    }
}

/// What was heard, and when.
#[derive(Clone)]
pub(crate) struct Journal(Rc<Pages>);

struct Pages {
    start: Instant,
    entries: RefCell<Vec<(Duration, Heard)>>,
    noise: Cell<usize>,
    counted: Cell<usize>,
}

impl Journal {
    fn new() -> Self {
        Self(Rc::new(Pages {
            start: Instant::now(),
            entries: RefCell::default(),
            noise: Cell::new(0),
            counted: Cell::new(0),
        }))
    }

    pub(crate) fn note(&self, note: impl Into<String>) {
        self.write(Heard::Note(note.into()));
    }

    fn write(&self, heard: Heard) {
        let entry = (self.0.start.elapsed(), heard);
        self.0.entries.borrow_mut().push(entry);
    }

    pub(crate) fn all(&self) -> Vec<Heard> {
        let entries = self.0.entries.borrow();
        entries.iter().map(|(_, heard)| heard.clone()).collect()
    }

    /// How much was written down.
    pub(crate) fn len(&self) -> usize {
        self.0.entries.borrow().len()
    }

    /// The texts heard.
    pub(crate) fn texts(&self) -> Vec<String> {
        self.pick(|heard| match heard {
            Heard::Text(text) => Some(text.clone()),
            _ => None,
        })
    }

    /// The notes written down.
    pub(crate) fn notes(&self) -> Vec<String> {
        self.pick(|heard| match heard {
            Heard::Note(note) => Some(note.clone()),
            _ => None,
        })
    }

    pub(crate) fn letters(&self) -> Vec<u32> {
        self.pick(|heard| match heard {
            Heard::Letter(number) => Some(*number),
            _ => None,
        })
    }

    /// How often it heard noise.
    pub(crate) fn noise(&self) -> usize {
        self.0.noise.get()
    }

    /// Counts what a test counts itself.
    pub(crate) fn count(&self) {
        self.0.counted.set(self.0.counted.get() + 1);
    }

    pub(crate) fn counted(&self) -> usize {
        self.0.counted.get()
    }

    pub(crate) fn has(&self, heard: &Heard) -> bool {
        self.when(heard).is_some()
    }

    /// How often this was heard.
    pub(crate) fn times(&self, heard: &Heard) -> usize {
        self.all().iter().filter(|it| *it == heard).count()
    }

    /// When each of these was heard.
    pub(crate) fn instants(&self, is_one: impl Fn(&Heard) -> bool) -> Vec<Duration> {
        let entries = self.0.entries.borrow();
        let found = entries.iter().filter(|(_, heard)| is_one(heard));
        found.map(|&(time, _)| time).collect()
    }

    /// When this was heard first.
    pub(crate) fn when(&self, heard: &Heard) -> Option<Duration> {
        let entries = self.0.entries.borrow();
        let entry = entries.iter().find(|(_, it)| it == heard);
        entry.map(|&(time, _)| time)
    }

    /// When it heard that the connection is closed.
    pub(crate) fn closed(&self) -> Option<Duration> {
        self.closings().first().map(|&(time, _)| time)
    }

    /// How the connection ended, which it has to be told once.
    pub(crate) fn outcome(&self) -> Outcome {
        let mut closings = self.closings();
        assert_eq!(closings.len(), 1, "{closings:?}");
        closings.remove(0).1
    }

    pub(crate) fn cause(&self) -> Cause {
        self.outcome().cause
    }

    fn closings(&self) -> Vec<(Duration, Outcome)> {
        let entries = self.0.entries.borrow();
        let closings = entries.iter().filter_map(|(time, heard)| match heard {
            Heard::Closed(outcome) => Some((*time, outcome.clone())),
            _ => None,
        });
        closings.collect()
    }

    fn pick<T>(&self, pick: impl Fn(&Heard) -> Option<T>) -> Vec<T> {
        let entries = self.0.entries.borrow();
        entries
            .iter()
            .filter_map(|(_, heard)| pick(heard))
            .collect()
    }
}

/// An actor that writes down what it hears, and then does what the test says.
pub(crate) struct Probe {
    pub(crate) journal: Journal,
    react: React,
    /// How often it answers `stopping` with `Continue`.
    continues: u32,
}

pub(crate) type React = Box<dyn FnMut(&Heard, &mut WsContext<Probe>)>;

impl Probe {
    pub(crate) fn new(react: React, continues: u32) -> Self {
        Self {
            journal: Journal::new(),
            react,
            continues,
        }
    }

    /// It hears every kind of frame.
    pub(crate) fn handlers() -> Handlers<Self> {
        Handlers::new()
            .on::<Text>()
            .on::<Binary>()
            .on::<Ping>()
            .on::<Pong>()
            .on::<Writable>()
            .on::<Closed>()
    }

    pub(crate) fn note(&self, note: impl Into<String>) {
        self.journal.note(note);
    }

    fn hear(&mut self, heard: Heard, ctx: &mut WsContext<Self>) {
        self.journal.write(heard.clone());
        (self.react)(&heard, ctx);
    }
}

/// The reactions of a probe that says so many KiB when it starts.
pub(crate) fn probe_flooded(messages: usize) -> impl FnMut(&Heard, &mut WsContext<Probe>) {
    move |heard, ctx| {
        if *heard == Heard::Started {
            for _ in 0..messages {
                ctx.binary(vec![0; 1024]).unwrap();
            }
        }
    }
}

/// A future for `ctx.wait()` or `ctx.spawn()` that takes so long.
pub(crate) fn delay(time: Duration) -> FutureWrap<Sleep, Probe> {
    wrap_future(sleep(time))
}

/// A future that never ends.
pub(crate) fn forever() -> FutureWrap<Pending<()>, Probe> {
    wrap_future(pending())
}

impl Actor for Probe {
    type Context = WsContext<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.hear(Heard::Started, ctx);
    }

    fn stopping(&mut self, ctx: &mut Self::Context) -> Running {
        self.hear(Heard::Stopping, ctx);
        if self.continues == 0 {
            Running::Stop
        } else {
            self.continues -= 1;
            Running::Continue
        }
    }

    fn stopped(&mut self, ctx: &mut Self::Context) {
        self.hear(Heard::Stopped, ctx);
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        self.journal.write(Heard::Dropped);
    }
}

impl Handler<Text> for Probe {
    type Result = ();

    fn handle(&mut self, Text(text): Text, ctx: &mut Self::Context) {
        self.hear(Heard::text(text.as_str()), ctx);
    }
}

impl Handler<Binary> for Probe {
    type Result = ();

    fn handle(&mut self, Binary(bytes): Binary, ctx: &mut Self::Context) {
        self.hear(Heard::Binary(bytes.to_vec()), ctx);
    }
}

impl Handler<Ping> for Probe {
    type Result = ();

    fn handle(&mut self, Ping(payload): Ping, ctx: &mut Self::Context) {
        self.hear(Heard::Ping(payload.to_vec()), ctx);
    }
}

impl Handler<Pong> for Probe {
    type Result = ();

    fn handle(&mut self, pong: Pong, ctx: &mut Self::Context) {
        self.hear(Heard::Pong(pong.payload.to_vec(), pong.round_trip), ctx);
    }
}

impl Handler<Writable> for Probe {
    type Result = ();

    fn handle(&mut self, _: Writable, ctx: &mut Self::Context) {
        self.hear(Heard::Writable, ctx);
    }
}

impl Handler<Closing> for Probe {
    type Result = ();

    fn handle(&mut self, Closing(payload): Closing, ctx: &mut Self::Context) {
        self.hear(Heard::Closing(payload), ctx);
    }
}

impl Handler<Closed> for Probe {
    type Result = ();

    fn handle(&mut self, Closed(outcome): Closed, ctx: &mut Self::Context) {
        self.hear(Heard::Closed(outcome), ctx);
    }
}

/// A message of another actor, which is answered with the next number.
#[derive(Message)]
#[rtype(result = "u32")]
pub(crate) struct Letter(pub(crate) u32);

impl Handler<Letter> for Probe {
    type Result = u32;

    fn handle(&mut self, Letter(number): Letter, ctx: &mut Self::Context) -> u32 {
        self.hear(Heard::Letter(number), ctx);
        number + 1
    }
}

/// A message that is counted only, for floods.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Noise;

impl Handler<Noise> for Probe {
    type Result = ();

    fn handle(&mut self, Noise: Noise, _: &mut Self::Context) {
        let noise = &self.journal.0.noise;
        noise.set(noise.get() + 1);
    }
}
