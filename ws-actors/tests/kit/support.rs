//! An actor that does what a test says.

use std::{
    any::Any,
    cell::RefCell,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    rc::Rc,
    time::Duration,
};

use actix::{Actor, Handler, Message};
use ws_actors::{
    Binary, Closed, Handlers, Text, WsContext,
    test::{self, Peer, Setup},
};
use ws_core::{Config, Outcome};

/// An actor that echoes, and else does what it is told.
#[derive(Default)]
pub(crate) struct Puppet {
    pub(crate) outcome: Rc<RefCell<Option<Outcome>>>,
}

impl Actor for Puppet {
    type Context = WsContext<Self>;
}

impl Handler<Text> for Puppet {
    type Result = ();

    fn handle(&mut self, Text(text): Text, ctx: &mut WsContext<Self>) {
        ctx.text(text).ok();
    }
}

impl Handler<Binary> for Puppet {
    type Result = ();

    fn handle(&mut self, Binary(bytes): Binary, ctx: &mut WsContext<Self>) {
        ctx.binary(bytes).ok();
    }
}

impl Handler<Closed> for Puppet {
    type Result = ();

    fn handle(&mut self, Closed(outcome): Closed, _: &mut WsContext<Self>) {
        self.outcome.replace(Some(outcome));
    }
}

/// What a puppet is to do.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Do(Box<dyn FnOnce(&mut WsContext<Puppet>) + Send>);

impl Do {
    pub(crate) fn new(what: impl FnOnce(&mut WsContext<Puppet>) + Send + 'static) -> Self {
        Self(Box::new(what))
    }
}

impl Handler<Do> for Puppet {
    type Result = ();

    fn handle(&mut self, Do(what): Do, ctx: &mut WsContext<Self>) {
        what(ctx);
    }
}

/// Tells the actor what to do.
pub(crate) fn tell(
    peer: &Peer<Puppet>,
    what: impl FnOnce(&mut WsContext<Puppet>) + Send + 'static,
) {
    peer.address().do_send(Do::new(what));
}

pub(crate) fn handlers() -> Handlers<Puppet> {
    Handlers::new().on::<Text>().on::<Binary>().on::<Closed>()
}

pub(crate) fn server() -> Setup<Puppet> {
    test::server(Puppet::default(), handlers())
}

/// The client of a server with this configuration, and how its connection ends.
pub(crate) fn connect(config: Config) -> (Peer<Puppet>, Rc<RefCell<Option<Outcome>>>) {
    let puppet = Puppet::default();
    let outcome = Rc::clone(&puppet.outcome);
    let peer = test::server(puppet, handlers().config(config)).connect();
    (peer, outcome)
}

/// What a scenario that fails says.
pub(crate) fn failure<F: Future<Output = ()>>(scenario: F) -> String {
    let failed = catch_unwind(AssertUnwindSafe(|| test::run(scenario)));
    message(failed.expect_err("the scenario fails"))
}

pub(crate) fn message(panic: Box<dyn Any + Send>) -> String {
    match panic.downcast::<String>() {
        Ok(message) => *message,
        Err(panic) => (*panic.downcast::<&str>().unwrap()).to_owned(),
    }
}

pub(crate) const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}
