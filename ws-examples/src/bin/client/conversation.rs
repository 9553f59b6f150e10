//! The actor behind the screen.

use std::{cell::Cell, io, rc::Rc, time::Duration};

use actix::{Actor, ActorContext, AsyncContext, Handler, Message};
use tokio::{sync::Notify, time::Instant};
use ws_actors::{
    Binary, Closed, Handlers, Ping, Pong, Text, WsContext,
    client::{Connected, Disconnected, Loss},
};
use ws_core::{CloseCode, Config};

use crate::{
    advice,
    args::Args,
    ending,
    notation::Notation,
    screen::Screen,
    tally::{Rough, State, Tally},
};

/// Sends what is typed and shows what comes, over one connection or several.
pub(crate) struct Conversation {
    args: Args,
    notation: Notation,
    screen: Screen,
    url: String,
    tally: Tally,
    /// Told of the first connection.
    opened: Rc<Notify>,
    ending: Rc<Cell<Ending>>,
    /// Nothing more is to be said: a connection is closed, or will be as soon as
    /// there is one.
    leaving: bool,
    /// Something that was typed could not be sent.
    unsent: bool,
    /// The end was explained already.
    explained: bool,
}

/// Whether all went as it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Good,
    Bad,
}

/// A line was typed, or read.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Typed(pub(crate) Vec<u8>);

/// There is no line left to read.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct EndOfInput;

/// Somebody wants to leave; who says it twice does not want to wait.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Leave;

pub(crate) fn handlers(config: Config) -> Handlers<Conversation> {
    Handlers::new()
        .on::<Connected>()
        .on::<Disconnected>()
        .on::<Text>()
        .on::<Binary>()
        .on::<Ping>()
        .on::<Pong>()
        .on::<Closed>()
        .config(config)
}

impl Conversation {
    pub(crate) fn new(
        args: Args,
        screen: Screen,
        opened: Rc<Notify>,
        ending: Rc<Cell<Ending>>,
    ) -> Self {
        Self {
            notation: Notation::of(&args),
            url: args.url.to_string(),
            args,
            screen,
            tally: Tally::new(),
            opened,
            ending,
            leaving: false,
            unsent: false,
            explained: false,
        }
    }

    fn send(&mut self, line: Vec<u8>, ctx: &mut WsContext<Self>) {
        if let Err(why) = self.try_send(line, ctx) {
            self.unsent = true;
            self.screen.note(&format!("not sent: {why}"));
        }
        self.refresh();
    }

    fn try_send(&mut self, line: Vec<u8>, ctx: &mut WsContext<Self>) -> Result<(), String> {
        let message = self.notation.read(line)?;
        let shown = self.notation.write(&message);
        let bytes = message.payload().len();
        ctx.send(message).map_err(|error| error.to_string())?;
        self.tally.sent.count(bytes);
        let done = self.screen.sent(&shown);
        self.check(done, ctx);
        Ok(())
    }

    fn hear(&mut self, message: &ws_core::Message, ctx: &mut WsContext<Self>) {
        let most = self.args.count.unwrap_or(u64::MAX);
        if self.tally.received.messages >= most {
            return;
        }
        self.tally.received.count(message.payload().len());
        let done = self.screen.received(&self.notation.write(message));
        self.check(done, ctx);
        if self.tally.received.messages == most {
            self.leave(ctx);
        }
        self.refresh();
    }

    /// Who reads no more is told no more.
    fn check(&mut self, shown: io::Result<()>, ctx: &mut WsContext<Self>) {
        let Err(error) = shown else {
            return;
        };
        if error.kind() != io::ErrorKind::BrokenPipe {
            self.unsent = true;
            self.screen.note(&format!("the output failed: {error}"));
        }
        self.leave(ctx);
    }

    /// Closes the connection, or the next one if there is none.
    fn leave(&mut self, ctx: &mut WsContext<Self>) {
        self.leaving = true;
        if matches!(self.tally.state, State::Open) {
            self.tally.state = State::Closing;
            // It fails only if the connection is closing already.
            ctx.close(CloseCode::NORMAL, "").ok();
        }
    }

    fn remark(&self, text: &str) {
        if self.args.verbose {
            self.screen.note(text);
        }
    }

    fn refresh(&self) {
        self.screen.status(&self.tally, &self.url);
    }
}

impl Actor for Conversation {
    type Context = WsContext<Self>;

    fn started(&mut self, ctx: &mut WsContext<Self>) {
        self.refresh();
        if self.screen.window().is_some() {
            ctx.run_interval(Duration::from_secs(1), |this, _| {
                if matches!(this.tally.state, State::Retrying { .. }) {
                    this.refresh();
                }
            });
        }
    }
}

impl Handler<Connected> for Conversation {
    type Result = ();

    fn handle(&mut self, connected: Connected, ctx: &mut WsContext<Self>) {
        self.tally.state = State::Open;
        self.url = connected.url.to_string();
        let mut note = format!("connected to {}", self.url);
        if let Some(subprotocol) = ctx.subprotocol() {
            note.push_str(&format!(", subprotocol {subprotocol}"));
        }
        let mut fields = connected.headers.iter();
        let extensions = |name: &str| name.eq_ignore_ascii_case("Sec-WebSocket-Extensions");
        if let Some((_, value)) = fields.find(|(name, _)| extensions(name)) {
            note.push_str(&format!(", extensions {}", String::from_utf8_lossy(value)));
        }
        self.screen.note(&note);
        for (name, value) in &connected.headers {
            self.remark(&format!("  {name}: {}", String::from_utf8_lossy(value)));
        }
        if connected.before == 0 {
            for message in self.args.messages.clone() {
                self.send(message.into_bytes(), ctx);
            }
            self.opened.notify_one();
        }
        if self.leaving {
            self.leave(ctx);
        }
        self.refresh();
    }
}

impl Handler<Disconnected> for Conversation {
    type Result = ();

    fn handle(&mut self, disconnected: Disconnected, _: &mut WsContext<Self>) {
        self.tally.round_trip = None;
        let mut note = match &disconnected.loss {
            Loss::Failed(error) => {
                self.explained = true;
                format!("cannot connect to {}: {}", self.url, advice::explain(error))
            }
            Loss::Ended(outcome) => ending::describe(outcome),
            other => format!("{other:?}"),
        };
        if let Some(delay) = disconnected.retry_in {
            self.explained = false;
            let at = Instant::now() + delay;
            self.tally.state = State::Retrying { at };
            note.push_str(&format!("\nretrying in {}", Rough(delay)));
        } else if !self.explained {
            // `Closed` follows, and says it.
            return;
        }
        self.screen.note(&note);
        self.refresh();
    }
}

impl Handler<Typed> for Conversation {
    type Result = ();

    fn handle(&mut self, Typed(line): Typed, ctx: &mut WsContext<Self>) {
        // Who leaves has said enough; more lines may still be on their way.
        if !self.leaving {
            self.send(line, ctx);
        }
    }
}

impl Handler<EndOfInput> for Conversation {
    type Result = ();

    fn handle(&mut self, _: EndOfInput, ctx: &mut WsContext<Self>) {
        match (self.args.wait, self.args.count) {
            (Some(wait), _) => {
                ctx.run_later(wait, |this, ctx| {
                    this.leave(ctx);
                });
            }
            (None, None) => self.leave(ctx),
            (None, Some(_)) => {}
        }
    }
}

impl Handler<Leave> for Conversation {
    type Result = ();

    fn handle(&mut self, _: Leave, ctx: &mut WsContext<Self>) {
        if self.leaving || !matches!(self.tally.state, State::Open) {
            ctx.terminate();
        }
        self.leave(ctx);
        self.refresh();
    }
}

impl Handler<Text> for Conversation {
    type Result = ();

    fn handle(&mut self, Text(text): Text, ctx: &mut WsContext<Self>) {
        self.hear(&text.into(), ctx);
    }
}

impl Handler<Binary> for Conversation {
    type Result = ();

    fn handle(&mut self, Binary(bytes): Binary, ctx: &mut WsContext<Self>) {
        self.hear(&bytes.into(), ctx);
    }
}

impl Handler<Ping> for Conversation {
    type Result = ();

    fn handle(&mut self, Ping(payload): Ping, _: &mut WsContext<Self>) {
        let payload = String::from_utf8_lossy(&payload);
        self.remark(&format!("ping came: {payload:?}"));
    }
}

impl Handler<Pong> for Conversation {
    type Result = ();

    fn handle(&mut self, pong: Pong, _: &mut WsContext<Self>) {
        self.tally.round_trip = pong.round_trip.or(self.tally.round_trip);
        self.remark(&match pong.round_trip {
            Some(it) => format!("pong came after {:.1} ms", it.as_secs_f64() * 1000.0),
            None => "pong came that answers no ping".to_owned(),
        });
        self.refresh();
    }
}

impl Handler<Closed> for Conversation {
    type Result = ();

    fn handle(&mut self, Closed(outcome): Closed, _: &mut WsContext<Self>) {
        if self.explained {
            return;
        }
        if ending::is_good(&outcome) && !self.unsent {
            self.ending.set(Ending::Good);
        }
        let how = ending::describe(&outcome);
        self.screen.note(&format!("{how}; {}", self.tally));
    }
}
