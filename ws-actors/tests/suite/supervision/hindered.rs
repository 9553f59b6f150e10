//! Each deadline holds, whatever the actor is busy with and whatever the peer
//! leaves undone.

use std::{cell::Cell, rc::Rc, time::Duration};

use actix::{Actor, AsyncContext, Handler, ResponseActFuture, fut::wrap_future};
use tokio::time::sleep;
use ws_actors::{Flow, Handlers, Outbox, Text, WsContext};
use ws_core::{Cause, CloseCode, ClosePayload, Config, Outcome, Timeout};

use crate::support::{
    flood::{Flood, pass},
    frames::{TEXT_BEGINS, frame, text},
    millis, play,
    probe::{Heard, forever},
    scene::{Setup, open_wire, probe},
    seconds, settle_for,
    wire::Peer,
};

#[test]
fn each_deadline_holds_in_each_hindrance() {
    for deadline in DEADLINES {
        for hindrance in HINDRANCES {
            let never_reads = hindrance == Hindrance::NeverReads;
            play(async {
                let scene = hindered(hindrance).config(config(deadline));
                let room = match (deadline, never_reads) {
                    (Timeout::Write, _) | (_, true) => 0,
                    _ => usize::MAX,
                };
                let (scene, address) = scene.room(room).open_addressed();
                let flood = (hindrance == Hindrance::Flood).then(|| Flood::of(address));
                settle_for(3).await;
                miss(deadline, &scene.peer, &scene.outbox);
                settle_for(3).await;
                let (at, what) = (dropped_at(deadline), (deadline, hindrance));
                if flood.is_some() {
                    pass(at - seconds(1), seconds(1)).await;
                    assert_eq!(scene.peer.dropped(), None, "{what:?}");
                    pass(seconds(1), seconds(1)).await;
                } else {
                    scene.reach(at - millis(1)).await;
                    assert_eq!(scene.peer.dropped(), None, "{what:?}");
                    scene.reach(at).await;
                }
                drop(flood);
                assert_eq!(scene.peer.dropped(), Some(at), "{what:?}");
                // An actor that waits has 5 s to come back.
                sleep(seconds(10)).await;
                assert!(scene.is_over(), "{what:?}");
                // Whether or not the Close that came of it was answered.
                assert_eq!(scene.journal.cause(), Cause::Timeout(deadline), "{what:?}");
            });
        }
    }
}

#[test]
fn each_deadline_holds_while_an_answer_takes_for_ever() {
    for deadline in DEADLINES {
        for limit in [1, 16] {
            play(async {
                let given = Rc::new(Cell::new(None));
                let handlers = Handlers::new().on::<Text>().config(config(deadline));
                let handlers = handlers.flow(Flow::new().max_responses(limit));
                let (peer, task) = open_wire(Slow(Rc::clone(&given)), handlers);
                peer.send(text("ask"));
                settle_for(3).await;
                let outbox = given.take().expect("it has started");
                if deadline == Timeout::Write {
                    peer.jam(0);
                }
                miss(deadline, &peer, &outbox);
                let outcome: Outcome = task.await.unwrap();
                let Cause::Timeout(_) = outcome.cause else {
                    panic!("{deadline:?}: {outcome:?}");
                };
                let at = dropped_at(deadline);
                assert_eq!(peer.dropped(), Some(at), "{deadline:?}, {limit}");
            });
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hindrance {
    Waits,
    Flood,
    Pauses,
    NeverReads,
}

const HINDRANCES: [Hindrance; 4] = [
    Hindrance::Waits,
    Hindrance::Flood,
    Hindrance::Pauses,
    Hindrance::NeverReads,
];

const DEADLINES: [Timeout; 6] = [
    Timeout::Pong,
    Timeout::Close,
    Timeout::Write,
    Timeout::Message,
    Timeout::Idle,
    Timeout::Lifetime,
];

/// All deadlines are an hour away but this one.
fn config(deadline: Timeout) -> Config {
    let hour = seconds(3600);
    let config = Config::new()
        .ping_interval(None)
        .pong_timeout(hour)
        .write_timeout(hour)
        .message_timeout(Some(hour))
        .close_timeout(seconds(5));
    match deadline {
        Timeout::Pong => config
            .ping_interval(Some(seconds(3)))
            .pong_timeout(seconds(4)),
        Timeout::Write => config.write_timeout(seconds(7)),
        Timeout::Message => config.message_timeout(Some(seconds(7))),
        Timeout::Idle => config.idle_timeout(Some(seconds(7))),
        Timeout::Lifetime => config.max_lifetime(Some(seconds(7))),
        _ => config,
    }
}

/// When the transport is dropped: where there is a Close, it has 5 s.
fn dropped_at(deadline: Timeout) -> Duration {
    match deadline {
        Timeout::Close => seconds(5),
        Timeout::Write => seconds(7),
        _ => seconds(12),
    }
}

fn hindered(hindrance: Hindrance) -> Setup {
    probe(move |heard, ctx| {
        if *heard == Heard::Started {
            match hindrance {
                Hindrance::Waits => ctx.wait(forever()),
                Hindrance::Pauses => ctx.pause_reading(),
                Hindrance::Flood | Hindrance::NeverReads => {}
            }
        }
    })
}

/// Has the peer, or the actor, begin what will come to no end.
fn miss(deadline: Timeout, peer: &Peer, outbox: &Outbox) {
    match deadline {
        Timeout::Close => {
            let payload = ClosePayload::new(CloseCode::GOING_AWAY, "");
            outbox.close(payload.unwrap());
        }
        Timeout::Write => outbox.send("stuck".into()).unwrap(),
        Timeout::Message => peer.send(frame(TEXT_BEGINS, "begun")),
        _ => {}
    }
}

/// Never comes to an end with a text; it gives out its outbox.
struct Slow(Rc<Cell<Option<Outbox>>>);

impl Actor for Slow {
    type Context = WsContext<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.0.set(Some(ctx.outbox()));
    }
}

impl Handler<Text> for Slow {
    type Result = ResponseActFuture<Self, ()>;

    fn handle(&mut self, _: Text, _: &mut Self::Context) -> Self::Result {
        Box::pin(wrap_future(std::future::pending()))
    }
}
