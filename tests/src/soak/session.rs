use std::{io, sync::Arc};

use actix::{Actor, ActorContext, Handler};
use ws_actors::{
    Handlers, Text, WsContext,
    client::{Client, Connected, Connector, Reconnect},
};
use ws_core::Cause;

use super::{peer::other, visit::Visit};
use crate::counted::Counted;

/// Connects, is thrown out some times, comes back, says something, and leaves.
pub(super) async fn call(visit: &mut Visit<'_>) -> io::Result<()> {
    let url = format!("ws://{}/calm", visit.address);
    let reconnect = Reconnect::new()
        .first_delay(visit.life / 10)
        .max_attempts(Some(3));
    let handlers = Handlers::new().on::<Connected>().on::<Text>();
    let client = Client::new(Connector::new(&url).map_err(other)?, handlers).reconnect(reconnect);
    let returns = visit.rng.u32(..3);
    for _ in 0..=returns {
        visit.tally.note_connection();
    }
    let caller = Caller {
        returns,
        _alive: Counted::new(&Arc::clone(&visit.tally.callers)),
    };
    visit.tally.note_sent();
    let session = client.connect(caller).await.map_err(other)?;
    let outcome = session.await;
    if outcome.cause != Cause::Local {
        return Err(other(format!("the session ended with {outcome:?}")));
    }
    visit.tally.note_returned();
    Ok(())
}

/// The actor on the client's side.
struct Caller {
    /// How often it has itself thrown out.
    returns: u32,
    _alive: Counted,
}

impl Actor for Caller {
    type Context = WsContext<Self>;
}

impl Handler<Connected> for Caller {
    type Result = ();

    fn handle(&mut self, connected: Connected, ctx: &mut WsContext<Self>) {
        let last = connected.before >= self.returns;
        ctx.text(if last { "goodbye" } else { "!terminate" }).ok();
    }
}

impl Handler<Text> for Caller {
    type Result = ();

    fn handle(&mut self, Text(text): Text, ctx: &mut WsContext<Self>) {
        if text == "goodbye" {
            ctx.stop();
        }
    }
}
