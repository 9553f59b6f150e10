//! A full outbox that gives up what has waited longest.

use futures_util::stream;
use ws_actors::{Flow, Overflow, SendError};
use ws_core::{Cause, Opcode, PreparedMessage};

use super::shared::{clogged, once, sized};
use crate::support::{
    frames::close, play, probe::Heard, scene::probe, settle, source::source, wire::Peer,
};

#[test]
fn the_newest_messages_arrive_in_order_within_the_bound_in_bytes() {
    play(async {
        let flow = drops_oldest().max_queued_bytes(10_000);
        let scene = clogged().flow(flow).open();
        settle().await;
        for number in 0..100 {
            scene.outbox.send(sized(number).into()).unwrap();
            assert!(scene.outbox.queued_bytes() <= 10_000);
        }
        assert_eq!(scene.outbox.given_up(), 91);
        scene.peer.take(usize::MAX);
        settle().await;
        let expected: Vec<_> = (91..100).map(sized).collect();
        assert_eq!(scene.peer.texts(), expected);
        assert!(!scene.outbox.is_closed());
    });
}

#[test]
fn the_newest_messages_arrive_in_order_within_the_bound_in_messages() {
    play(async {
        let flow = drops_oldest().max_queued_messages(5);
        let scene = clogged().flow(flow).open();
        settle().await;
        for number in 0..100 {
            scene.outbox.send(number.to_string().into()).unwrap();
        }
        assert_eq!(scene.outbox.given_up(), 95);
        scene.peer.take(usize::MAX);
        settle().await;
        assert_eq!(scene.peer.texts(), ["95", "96", "97", "98", "99"]);
    });
}

#[test]
fn a_large_message_takes_the_place_of_many_and_of_all_if_it_is_beyond_the_bound() {
    play(async {
        let flow = drops_oldest().max_queued_bytes(10_000);
        let scene = clogged().flow(flow).open();
        settle().await;
        for number in 0..9 {
            scene.outbox.send(sized(number).into()).unwrap();
        }
        scene.outbox.send(frame_of(5000)).unwrap();
        assert_eq!(scene.outbox.given_up(), 5);
        assert_eq!(scene.outbox.queued_bytes(), 4 * 1004 + 5000);
        scene.outbox.send(frame_of(50_000)).unwrap();
        assert_eq!(scene.outbox.given_up(), 10);
        assert_eq!(scene.outbox.queued_bytes(), 50_000);
        scene.outbox.send(sized(9).into()).unwrap();
        assert_eq!(scene.outbox.queued_bytes(), 1004);
        scene.peer.take(usize::MAX);
        settle().await;
        assert_eq!(scene.peer.texts(), [sized(9)]);
    });
}

#[test]
fn messages_that_are_cut_into_fragments_are_given_up_as_others() {
    play(async {
        let flow = drops_oldest().max_queued_bytes(10_000).fragment_bytes(400);
        let scene = once(|ctx| {
            ctx.binary(vec![0; 64 * 1024 * 2]).unwrap();
            for number in 0..100 {
                ctx.text(sized(number)).unwrap();
                let queued = ctx.outbox().queued_bytes();
                assert!(queued <= 10_000, "{queued} bytes wait");
            }
        })
        .flow(flow)
        .room(0)
        .open();
        settle().await;
        assert!(!scene.journal.has(&Heard::Dropped), "an assertion failed");
        scene.peer.take(usize::MAX);
        settle().await;
        assert_eq!(
            text_messages(&scene.peer),
            (90..100).map(sized).collect::<Vec<_>>()
        );
    });
}

#[test]
fn a_stream_under_way_is_never_given_up() {
    play(async {
        let (parts, feed) = source();
        let flow = drops_oldest().max_queued_messages(5);
        let scene = once(move |ctx| ctx.stream(Opcode::TEXT, parts).unwrap())
            .flow(flow)
            .open();
        feed.part("begun, ");
        settle().await;
        assert_eq!(scene.peer.frames().len(), 1);
        for number in 0..100 {
            scene.outbox.send(number.to_string().into()).unwrap();
        }
        settle().await;
        feed.part("ended");
        feed.end();
        settle().await;
        let expected = ["begun, ended", "95", "96", "97", "98", "99"];
        assert_eq!(text_messages(&scene.peer), expected);
    });
}

#[test]
fn streams_that_wait_keep_their_place_and_have_a_bound() {
    play(async {
        let flow = drops_oldest().max_queued_messages(5);
        let scene = probe(|heard, ctx| {
            if *heard != Heard::Started {
                return;
            }
            ctx.binary(vec![0; 64 * 1024]).unwrap();
            for number in 0..5 {
                ctx.text(number.to_string()).unwrap();
            }
            let part = |part: &'static str| stream::iter([Ok::<_, &str>(part)]);
            for _ in 0..5 {
                ctx.stream(Opcode::TEXT, part("streamed")).unwrap();
            }
            // There is no text left to give up.
            let full = ctx.stream(Opcode::TEXT, part("one too many"));
            assert!(matches!(full, Err(SendError::Full { messages: 5, .. })));
            let full = ctx.text("one too many");
            assert!(matches!(full, Err(SendError::Full { messages: 5, .. })));
        })
        .flow(flow)
        .room(0)
        .open();
        settle().await;
        assert!(!scene.journal.has(&Heard::Dropped), "an assertion failed");
        scene.peer.take(usize::MAX);
        settle().await;
        assert_eq!(text_messages(&scene.peer), ["streamed"; 5]);
        assert_eq!(scene.outbox.given_up(), 7);
    });
}

#[test]
fn what_is_given_up_at_the_end_is_counted_as_well() {
    play(async {
        let scene = clogged().flow(drops_oldest()).open();
        settle().await;
        for number in 0..10 {
            scene.outbox.send(sized(number).into()).unwrap();
        }
        let outbox = scene.outbox.clone();
        assert_eq!(outbox.given_up(), 0);
        scene.peer.send(close(1000));
        scene.peer.reset();
        let (_, journal) = scene.end().await;
        assert_eq!(journal.cause(), Cause::TransportLost);
        assert_eq!(outbox.given_up(), 10);
        assert_eq!(outbox.queued_bytes(), 0);
    });
}

#[test]
fn a_message_that_ends_amid_its_fragments_is_counted() {
    play(async {
        let flow = Flow::new().fragment_bytes(1000);
        let scene = once(|ctx| ctx.binary(vec![0; 100_000]).unwrap())
            .flow(flow)
            .room(5000)
            .open();
        settle().await;
        assert_eq!(scene.peer.taken(), 5000);
        let outbox = scene.outbox.clone();
        assert_eq!(outbox.given_up(), 0);
        scene.peer.send(close(1000));
        settle().await;
        assert_eq!(outbox.given_up(), 1);
    });
}

const fn drops_oldest() -> Flow {
    Flow::new().overflow(Overflow::DropOldest)
}

/// A message whose frame is so many bytes long.
fn frame_of(bytes: usize) -> PreparedMessage {
    PreparedMessage::new(vec![0; bytes - 4])
}

fn text_messages(peer: &Peer) -> Vec<String> {
    let mut messages = peer.messages();
    messages.retain(|it| it.opcode == 1);
    let texts = messages.into_iter().map(|it| String::from_utf8(it.payload));
    texts.map(Result::unwrap).collect()
}
