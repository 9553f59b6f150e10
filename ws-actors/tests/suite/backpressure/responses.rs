//! A peer that asks faster than the actor answers is slowed down.

use std::{cell::RefCell, rc::Rc, time::Duration};

use actix::{
    Actor, ActorFutureExt, AsyncContext, Handler, ResponseActFuture, ResponseFuture,
    fut::{ready, wrap_future},
};
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep},
};
use ws_actors::{Binary, Closed, Flow, Handlers, Ping, Text, WsContext};
use ws_core::Outcome;

use crate::support::{
    frames::{BINARY, PING, PONG, close, frame, text, texts},
    millis, play,
    scene::open_wire,
    seconds, settle,
    wire::Peer,
};

#[test]
fn no_more_frames_are_heard_than_may_be_answered_at_once() {
    play(async {
        let desk = Desk::new(seconds(1));
        let (peer, _task) = desk.open(Flow::new().max_responses(4));
        for number in 0..1000 {
            peer.send(texts([number]));
        }
        settle().await;
        assert_eq!(desk.begun(), [seconds(0); 4]);
        assert!(peer.unread() > 900, "{} are unread", peer.unread());
        sleep(millis(1500)).await;
        settle().await;
        assert_eq!(desk.begun()[4..], [seconds(1); 4]);
        assert_eq!(peer.texts(), ["0", "1", "2", "3"]);
    });
}

#[test]
fn with_one_at_a_time_frames_are_handled_one_after_the_other() {
    play(async {
        let desk = Desk::new(seconds(1));
        let (peer, _task) = desk.open(Flow::new().max_responses(1));
        peer.send(texts(0..5));
        sleep(millis(5500)).await;
        settle().await;
        assert_eq!(desk.begun(), [0, 1, 2, 3, 4].map(seconds));
        assert_eq!(peer.texts(), ["0", "1", "2", "3", "4"]);
    });
}

#[test]
fn futures_that_need_no_actor_count_as_well() {
    play(async {
        let desk = Desk::new(seconds(1));
        let (peer, task) = desk.open(Flow::new().max_responses(4));
        for number in 0..1000 {
            peer.send(frame(BINARY, number.to_string()));
        }
        settle().await;
        assert_eq!(desk.begun(), [seconds(0); 4]);
        assert!(peer.unread() > 900, "{} are unread", peer.unread());
        sleep(millis(1500)).await;
        settle().await;
        assert_eq!(desk.begun()[4..], [seconds(1); 4]);
        peer.reset();
        sleep(seconds(30)).await;
        assert!(task.is_finished(), "it waits for an answer");
    });
}

#[test]
fn the_default_is_16() {
    play(async {
        let desk = Desk::new(seconds(1));
        let (peer, _task) = desk.open(Flow::new());
        peer.send(texts(0..100));
        settle().await;
        assert_eq!(desk.begun().len(), 16);
    });
}

#[test]
fn answers_that_are_there_at_once_hold_nobody_up() {
    play(async {
        let desk = Desk::new(seconds(0));
        let (peer, _task) = desk.open(Flow::new().max_responses(1));
        peer.send(texts(0..1000));
        sleep(millis(1)).await;
        while peer.texts().len() < 1000 {
            sleep(millis(1)).await;
        }
        assert!(
            peer.texts()
                .into_iter()
                .eq((0..1000).map(|it: u32| it.to_string()))
        );
    });
}

#[test]
fn futures_that_a_handler_spawns_itself_do_not_count() {
    play(async {
        let desk = Desk::new(seconds(1)).with_timers();
        let (peer, _task) = desk.open(Flow::new().max_responses(4));
        peer.send(texts(0..12));
        sleep(millis(2500)).await;
        settle().await;
        let expected = [[seconds(0); 4], [seconds(1); 4], [seconds(2); 4]];
        assert_eq!(desk.begun(), expected.concat());
    });
}

#[test]
fn pings_are_answered_while_the_actor_is_behind_and_the_peer_is_kept() {
    play(async {
        let desk = Desk::new(seconds(300));
        let (peer, task) = desk.open(Flow::new().max_responses(2));
        peer.send(texts(0..3));
        for minute in 1..=4 {
            sleep(seconds(15)).await;
            peer.send(frame(PING, "anyone?"));
            settle().await;
            assert_eq!(peer.frames_of(PONG).len(), minute);
        }
        // Its mail is unread, so that its silence counts for nothing.
        for _ in 0..100 {
            peer.send(text("unread"));
        }
        sleep(seconds(200)).await;
        assert!(!task.is_finished());
    });
}

#[test]
fn an_actor_that_never_answers_hears_of_its_end() {
    type Ending = fn(&Peer);
    let endings: [Ending; 3] = [|peer| peer.send(close(1000)), Peer::end, Peer::reset];
    for end in endings {
        play(async {
            let desk = Desk::new(Duration::MAX);
            let (peer, task) = desk.open(Flow::new().max_responses(1));
            peer.send(texts(0..2));
            sleep(seconds(1)).await;
            end(&peer);
            sleep(seconds(30)).await;
            assert!(task.is_finished(), "it waits for an answer");
            assert_eq!(desk.closed().len(), 1);
        });
    }
}

/// Answers each text after a while.
#[derive(Clone)]
struct Desk {
    takes: Duration,
    timers: bool,
    log: Rc<RefCell<Log>>,
}

struct Log {
    start: Instant,
    begun: Vec<Duration>,
    closed: Vec<Outcome>,
}

impl Desk {
    fn new(takes: Duration) -> Self {
        let log = Log {
            start: Instant::now(),
            begun: Vec::new(),
            closed: Vec::new(),
        };
        Self {
            takes,
            timers: false,
            log: Rc::new(RefCell::new(log)),
        }
    }

    /// It spawns two futures of its own for each text.
    fn with_timers(mut self) -> Self {
        self.timers = true;
        self
    }

    fn open(&self, flow: Flow) -> (Peer, JoinHandle<Outcome>) {
        let handlers = Handlers::new().on::<Text>().on::<Binary>();
        let handlers = handlers.on::<Ping>().on::<Closed>();
        open_wire(self.clone(), handlers.flow(flow))
    }

    fn begin(&self) {
        let mut log = self.log.borrow_mut();
        let time = log.start.elapsed();
        log.begun.push(time);
    }

    /// When each message was heard.
    fn begun(&self) -> Vec<Duration> {
        self.log.borrow().begun.clone()
    }

    fn closed(&self) -> Vec<Outcome> {
        self.log.borrow().closed.clone()
    }
}

impl Actor for Desk {
    type Context = WsContext<Self>;
}

impl Handler<Text> for Desk {
    type Result = ResponseActFuture<Self, ()>;

    fn handle(&mut self, Text(text): Text, ctx: &mut Self::Context) -> Self::Result {
        self.begin();
        if self.timers {
            ctx.run_interval(seconds(60), |_, _| {});
            ctx.run_later(seconds(60), |_, _| {});
        }
        if self.takes.is_zero() {
            let answer = ready(()).map(move |(), _, ctx: &mut Self::Context| {
                ctx.text(text).unwrap();
            });
            return Box::pin(answer);
        }
        let work = wrap_future::<_, Self>(sleep(self.takes));
        Box::pin(work.map(move |(), _, ctx| ctx.text(text).unwrap()))
    }
}

impl Handler<Binary> for Desk {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _: Binary, _: &mut Self::Context) -> Self::Result {
        self.begin();
        Box::pin(sleep(self.takes))
    }
}

impl Handler<Ping> for Desk {
    type Result = ();

    fn handle(&mut self, _: Ping, _: &mut Self::Context) {}
}

impl Handler<Closed> for Desk {
    type Result = ();

    fn handle(&mut self, Closed(outcome): Closed, _: &mut Self::Context) {
        self.log.borrow_mut().closed.push(outcome);
    }
}
