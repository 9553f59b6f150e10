//! Actors that answer their peer's Close frame themselves.

use actix::{ActorContext, AsyncContext};
use ws_actors::{Closing, WsContext};
use ws_core::{Cause, CloseCode, ClosePayload, Opcode, Timeout};

use crate::support::{
    frames::{CLOSE, close, text},
    millis, play,
    probe::{Heard, Probe, delay},
    scene::{Setup, probe},
    seconds, settle,
    source::source,
};

#[test]
fn an_actor_may_go_on_until_it_answers() {
    play(async {
        let scene = answering(|ctx| {
            ctx.text("before I go").unwrap();
            ctx.ping("?").unwrap();
            ctx.close(CloseCode::new(4001), "as you wish").unwrap();
            assert!(ctx.text("too late").is_err());
            assert!(ctx.close(CloseCode::NORMAL, "").is_err());
        })
        .open();
        scene.peer.send(close(4000));
        scene.peer.send(text("unheard"));
        let (peer, journal) = scene.end().await;
        assert_eq!(peer.texts(), ["before I go"]);
        assert_eq!(peer.close_code(), Some(4001));
        let outcome = journal.outcome();
        assert!(outcome.is_clean());
        assert_eq!(outcome.cause, Cause::Remote);
        let payload = ClosePayload::new(CloseCode::new(4000), "").unwrap();
        assert_eq!(
            journal.all(),
            [
                Heard::Started,
                Heard::Closing(payload),
                Heard::Closed(outcome),
                Heard::Stopping,
                Heard::Stopped,
                Heard::Dropped,
            ]
        );
    });
}

#[test]
fn an_actor_may_answer_by_its_outbox_or_by_stopping() {
    type Answer = fn(&mut WsContext<Probe>);
    let answers: [(Answer, &[u8]); 3] = [
        (|ctx| ctx.outbox().close(ClosePayload::EMPTY), b""),
        (|ctx| ctx.stop(), b"\x03\xe8"),
        (|ctx| ctx.handle().stop(), b"\x03\xe8"),
    ];
    for (answer, payload) in answers {
        play(async {
            let scene = answering(answer).open();
            scene.peer.send(close(4000));
            let (peer, journal) = scene.end().await;
            assert_eq!(peer.frames_of(CLOSE)[0].payload, payload);
            assert!(journal.outcome().is_clean());
        });
    }
}

#[test]
fn an_actor_that_does_not_answer_has_a_deadline() {
    play(async {
        let scene = answering(|_| {}).open();
        scene.reach(seconds(2)).await;
        scene.peer.send(close(1000));
        scene.reach(millis(6999)).await;
        assert_eq!(scene.journal.closed(), None);
        let (peer, journal) = scene.end().await;
        assert_eq!(peer.dropped(), Some(seconds(7)));
        assert_eq!(peer.frames(), []);
        assert_eq!(journal.cause(), Cause::Timeout(Timeout::Close));
    });
}

#[test]
fn an_actor_that_waits_answers_behind_its_wait() {
    play(async {
        let scene = probe(|heard, ctx| match heard {
            Heard::Started => ctx.wait(delay(seconds(3))),
            Heard::Closing(payload) => ctx.outbox().close(payload.reply()),
            _ => {}
        })
        .handlers(Probe::handlers().on::<Closing>())
        .open();
        scene.peer.send(close(4000));
        scene.reach(millis(2999)).await;
        assert_eq!(scene.peer.frames(), []);
        let (peer, journal) = scene.end().await;
        assert_eq!(peer.close_code(), Some(4000));
        assert_eq!(journal.closed(), Some(seconds(3)));
    });
}

#[test]
fn what_waits_for_a_peer_that_closes_leaves_before_the_answer() {
    play(async {
        let scene = probe(|heard, ctx| match heard {
            Heard::Started => {
                for _ in 0..10 {
                    ctx.binary(vec![0; 40_000]).unwrap();
                }
            }
            Heard::Closing(_) => ctx.close(CloseCode::NORMAL, "").unwrap(),
            _ => {}
        })
        .handlers(Probe::handlers().on::<Closing>())
        .room(1000)
        .open();
        settle().await;
        scene.peer.send(close(1000));
        settle().await;
        scene.peer.take(usize::MAX);
        let (peer, _) = scene.end().await;
        assert_eq!(peer.messages().len(), 10);
        assert_eq!(peer.close_code(), Some(1000));
    });
}

#[test]
fn a_stream_may_end_before_the_answer() {
    play(async {
        let (stream, feed) = source();
        let mut stream = Some(stream);
        let scene = probe(move |heard, ctx| match heard {
            Heard::Started => {
                let stream = stream.take().expect("it starts once");
                ctx.stream(Opcode::TEXT, stream).unwrap();
            }
            Heard::Closing(_) => ctx.close(CloseCode::NORMAL, "").unwrap(),
            _ => {}
        })
        .handlers(Probe::handlers().on::<Closing>())
        .open();
        feed.part("begun");
        settle().await;
        scene.peer.send(close(1000));
        settle().await;
        assert_eq!(scene.peer.close_code(), None);
        feed.part(" and ended");
        feed.end();
        let (peer, _) = scene.end().await;
        assert_eq!(peer.messages()[0].payload, b"begun and ended");
        assert_eq!(peer.close_code(), Some(1000));
    });
}

/// Does this when its peer closes.
fn answering(mut answer: impl FnMut(&mut WsContext<Probe>) + 'static) -> Setup {
    probe(move |heard, ctx| {
        if matches!(heard, Heard::Closing(_)) {
            answer(ctx);
        }
    })
    .handlers(Probe::handlers().on::<Closing>())
}
