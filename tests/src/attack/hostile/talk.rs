use std::{
    cell::RefCell,
    error::Error,
    rc::Rc,
    time::{Duration, Instant},
};

use actix::{Actor, AsyncContext, Handler};
use tokio::task::JoinHandle;
use ws_actors::{
    ConnectionHandle, Handlers, Text, WsContext,
    client::{Client, Connected, Connector},
};
use ws_core::{Cause, CloseCode, Outcome};

use crate::{attack::Echoes, wait::until};

/// A witness: its messages come back, each in its turn.
pub(super) struct Talk {
    notes: Rc<RefCell<Notes>>,
    task: JoinHandle<Outcome>,
    handle: ConnectionHandle,
}

#[derive(Default)]
struct Notes {
    round_trips: Vec<Duration>,
    wrong: bool,
}

struct Talker {
    sent: Instant,
    notes: Rc<RefCell<Notes>>,
}

impl Talk {
    pub(super) async fn begin(url: &str) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let notes = Rc::new(RefCell::new(Notes::default()));
        let talker = Talker {
            sent: Instant::now(),
            notes: Rc::clone(&notes),
        };
        let handlers = Handlers::new().on::<Connected>().on::<Text>();
        let session = Client::new(Connector::new(url)?, handlers)
            .connect(talker)
            .await?;
        let handle = session.handle();
        let task = actix::spawn(session);
        until("its first messages to be back", || {
            notes.borrow().round_trips.len() >= 10 || task.is_finished()
        })
        .await;
        Ok(Self {
            notes,
            task,
            handle,
        })
    }

    /// What it got; nothing if it was disturbed.
    pub(super) async fn end(self) -> Echoes {
        self.handle.close(CloseCode::NORMAL, "").ok();
        let Ok(outcome) = self.task.await else {
            return Echoes::default();
        };
        let Notes {
            mut round_trips,
            wrong,
        } = self.notes.take();
        if wrong || outcome.cause != Cause::Local || !outcome.is_clean() || round_trips.is_empty() {
            return Echoes::default();
        }
        round_trips.sort_unstable();
        let at = |percent: usize| round_trips[(round_trips.len() - 1) * percent / 100];
        Echoes {
            count: round_trips.len(),
            median: at(50),
            p99: at(99),
            longest: at(100),
        }
    }
}

impl Talker {
    fn say(&mut self, ctx: &mut WsContext<Self>) {
        self.sent = Instant::now();
        let number = self.notes.borrow().round_trips.len();
        // It fails only when it is to end.
        ctx.text(number.to_string()).ok();
    }
}

impl Actor for Talker {
    type Context = WsContext<Self>;
}

impl Handler<Connected> for Talker {
    type Result = ();

    fn handle(&mut self, _: Connected, ctx: &mut WsContext<Self>) {
        self.say(ctx);
    }
}

impl Handler<Text> for Talker {
    type Result = ();

    fn handle(&mut self, Text(text): Text, ctx: &mut WsContext<Self>) {
        {
            let mut notes = self.notes.borrow_mut();
            notes.wrong |= text.as_str() != notes.round_trips.len().to_string();
            notes.round_trips.push(self.sent.elapsed());
        }
        // A pace at which it is no load of its own.
        ctx.run_later(Duration::from_millis(1), Self::say);
    }
}
