//! Streams that an actor hears.

use std::{
    ops::Range,
    pin::Pin,
    task::{Context, Poll},
};

use actix::{ActorContext, AsyncContext, StreamHandler, dev::Stream, fut::wrap_future};
use tokio::sync::mpsc;

use crate::support::{
    frames::text,
    play,
    probe::{Heard, Letter, Probe},
    scene::probe,
    seconds, settle,
};

#[test]
fn an_actor_hears_a_stream_until_it_ends() {
    play(async {
        let (numbers, receiver) = mpsc::unbounded_channel();
        let mut receiver = Some(Received(receiver));
        let scene = probe(move |heard, ctx| {
            if *heard == Heard::Started {
                ctx.add_stream(receiver.take().unwrap());
            }
        })
        .open();
        numbers.send(1).unwrap();
        scene.reach(seconds(1)).await;
        scene.peer.send(text("between"));
        scene.reach(seconds(2)).await;
        numbers.send(2).unwrap();
        drop(numbers);
        scene.reach(seconds(3)).await;
        assert_eq!(
            scene.journal.all(),
            [
                Heard::Started,
                Heard::Note("begins".into()),
                Heard::Note("item 1".into()),
                Heard::text("between"),
                Heard::Note("item 2".into()),
                Heard::Note("ends".into()),
            ]
        );
        let when = scene.journal.when(&Heard::Note("item 2".into()));
        assert_eq!(when, Some(seconds(2)));
    });
}

#[test]
fn a_long_stream_is_heard_at_once() {
    play(async {
        let scene = probe(move |heard, ctx| {
            if *heard == Heard::Started {
                ctx.add_stream(Items(0..1000));
            }
        })
        .open();
        settle().await;
        assert_eq!(scene.journal.notes().len(), 1002);
        assert_eq!(scene.time(), seconds(0));
    });
}

#[test]
fn a_stream_goes_on_after_each_wait_however_short() {
    // Such streams rely on the context to come back to them.
    for waits in ["not at all", "for a moment"] {
        play(async {
            let scene = probe(move |heard, ctx| {
                if *heard == Heard::Started {
                    ctx.add_stream(Waiting(Items(0..100), waits));
                }
            })
            .open();
            settle().await;
            settle().await;
            assert_eq!(scene.journal.notes().len(), 100, "waiting {waits}");
        });
    }
}

#[test]
fn a_stream_goes_on_after_a_stop_that_the_actor_takes_back() {
    play(async {
        let scene = probe(move |heard, ctx| {
            if *heard == Heard::Started {
                ctx.add_stream(Waiting(Items(0..3), "to stop"));
            }
        })
        .continuing(100)
        .open();
        settle().await;
        assert_eq!(scene.journal.notes().len(), 3);
    });
}

#[test]
fn a_message_stream_goes_on_after_each_wait() {
    play(async {
        let scene = probe(|heard, ctx| match heard {
            Heard::Started => ctx.add_message_stream(Letters(Items(0..50))),
            Heard::Letter(_) => ctx.wait(wrap_future(async {})),
            _ => {}
        })
        .open();
        settle().await;
        assert_eq!(scene.journal.letters(), Vec::from_iter(0..50));
    });
}

/// A stream whose items are there at once.
struct Items(Range<u32>);

impl Stream for Items {
    type Item = u32;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<u32>> {
        Poll::Ready(self.0.next())
    }
}

/// A stream of what others send.
struct Received(mpsc::UnboundedReceiver<u32>);

impl Stream for Received {
    type Item = u32;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<u32>> {
        self.0.poll_recv(cx)
    }
}

impl StreamHandler<u32> for Probe {
    fn started(&mut self, _: &mut Self::Context) {
        self.note("begins");
    }

    fn handle(&mut self, item: u32, _: &mut Self::Context) {
        self.note(format!("item {item}"));
    }

    fn finished(&mut self, _: &mut Self::Context) {
        self.note("ends");
    }
}

/// A stream after each of whose items the actor waits, or stops.
struct Waiting(Items, &'static str);

impl Stream for Waiting {
    type Item = &'static str;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<&'static str>> {
        let item = Pin::new(&mut self.0).poll_next(cx);
        item.map(|item| item.map(|_| self.1))
    }
}

impl StreamHandler<&'static str> for Probe {
    fn handle(&mut self, waits: &'static str, ctx: &mut Self::Context) {
        self.note(waits);
        match waits {
            "not at all" => ctx.wait(wrap_future(async {})),
            "for a moment" => ctx.wait(wrap_future(tokio::task::yield_now())),
            _ => ctx.stop(),
        }
    }

    fn finished(&mut self, _: &mut Self::Context) {}
}

/// A stream of messages.
struct Letters(Items);

impl Stream for Letters {
    type Item = Letter;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Letter>> {
        Pin::new(&mut self.0).poll_next(cx).map(|it| it.map(Letter))
    }
}
