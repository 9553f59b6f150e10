//! The client's actor: it keeps what is not acknowledged yet.

use std::{cell::Cell, collections::VecDeque, rc::Rc, time::Duration};

use actix::{Actor, Handler};
use indicatif::{ProgressBar, ProgressStyle};
use ws_actors::{
    Handlers, Text, WsContext,
    client::{Connected, Disconnected, Loss, Reconnect},
};
use ws_core::CloseCode;

/// Sends the numbers up to a last one, each with a text.
pub(crate) struct Sender {
    last: u64,
    /// The number that comes next.
    next: u64,
    /// What was sent and is not acknowledged, oldest first.
    kept: VecDeque<(u64, String)>,
    /// There is a connection.
    online: bool,
    progress: Rc<Cell<Progress>>,
    bar: ProgressBar,
}

/// How far it came.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Progress {
    pub(crate) acknowledged: u64,
    pub(crate) connections: u32,
}

pub(crate) fn handlers() -> Handlers<Sender> {
    Handlers::new()
        .on::<Connected>()
        .on::<Disconnected>()
        .on::<Text>()
}

/// Tries for as long as it takes, and soon: this server comes back at once.
pub(crate) fn reconnect() -> Reconnect {
    Reconnect::new()
        .first_delay(Duration::from_millis(50))
        .max_delay(Duration::from_secs(1))
}

impl Sender {
    pub(crate) fn new(last: u64, progress: Rc<Cell<Progress>>) -> Self {
        let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} {per_sec} {msg}");
        // Where nobody looks on, the bar hides itself.
        let bar = ProgressBar::new(last)
            .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
            .with_message("connecting");
        Self {
            last,
            next: 1,
            kept: VecDeque::new(),
            online: false,
            progress,
            bar,
        }
    }

    /// Sends new messages, as long as few enough wait for acknowledgement.
    fn fill(&mut self, ctx: &mut WsContext<Self>) {
        while self.online && self.kept.len() < WINDOW && self.next <= self.last {
            let message = (self.next, format!("{} of {}", self.next, self.last));
            // From here on it is accepted, whatever becomes of the connection.
            self.next += 1;
            Self::send(&message, ctx);
            self.kept.push_back(message);
        }
    }

    /// A message that cannot leave is still kept, and goes with the next
    /// connection.
    fn send((number, text): &(u64, String), ctx: &mut WsContext<Self>) {
        ctx.text(format!("{number} {text}")).ok();
    }

    fn say(&self, what: &str) {
        self.bar.set_message(what.to_owned());
        if self.bar.is_hidden() {
            eprintln!("{what}");
        }
    }
}

impl Actor for Sender {
    type Context = WsContext<Self>;

    fn stopped(&mut self, _: &mut WsContext<Self>) {
        self.bar.finish();
    }
}

impl Handler<Connected> for Sender {
    type Result = ();

    fn handle(&mut self, connected: Connected, ctx: &mut WsContext<Self>) {
        self.online = true;
        let mut progress = self.progress.get();
        progress.connections += 1;
        self.progress.set(progress);
        self.say(&match connected.before {
            0 => "connected".to_owned(),
            _ => format!("connected again, {} messages once more", self.kept.len()),
        });
        // The old ones first: the server takes them in order.
        for message in &self.kept {
            Self::send(message, ctx);
        }
        self.fill(ctx);
    }
}

impl Handler<Disconnected> for Sender {
    type Result = ();

    fn handle(&mut self, lost: Disconnected, _: &mut WsContext<Self>) {
        self.online = false;
        let why = match &lost.loss {
            Loss::Ended(outcome) => format!("connection lost ({:?})", outcome.cause),
            Loss::Failed(error) => error.to_string(),
            other => format!("{other:?}"),
        };
        self.say(&match lost.retry_in {
            Some(delay) => format!("{why}, retrying in {} ms", delay.as_millis()),
            None => format!("{why}, giving up"),
        });
    }
}

/// The server has stored all messages up to this number.
impl Handler<Text> for Sender {
    type Result = ();

    fn handle(&mut self, Text(text): Text, ctx: &mut WsContext<Self>) {
        let Some(number) = text.as_str().parse().ok().filter(|it| *it < self.next) else {
            let reason = "that is no number that was sent";
            ctx.close(CloseCode::POLICY_VIOLATION, reason).ok();
            return;
        };
        while self.kept.front().is_some_and(|(kept, _)| *kept <= number) {
            self.kept.pop_front();
            self.bar.inc(1);
        }
        let mut progress = self.progress.get();
        progress.acknowledged = progress.acknowledged.max(number);
        self.progress.set(progress);
        if number == self.last {
            ctx.close(CloseCode::NORMAL, "").ok();
        }
        self.fill(ctx);
    }
}

/// How many messages may wait for acknowledgement: what it takes in memory, and
/// what is sent twice at most when a connection is lost.
const WINDOW: usize = 256;
