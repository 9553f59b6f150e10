//! A full outbox that closes with a code of the application's choice, or
//! refuses what is new.

use ws_actors::{Flow, Overflow, SendError};
use ws_core::{Cause, CloseCode, Message};

use super::shared::{assert_closing, clogged, once, sized};
use crate::support::{frames::close, play, probe::Heard, settle};

#[test]
fn a_peer_that_reads_too_slowly_is_closed_with_the_code_that_the_endpoint_chose() {
    for code in [CloseCode::TRY_AGAIN_LATER, CloseCode::POLICY_VIOLATION] {
        play(async {
            let flow = Flow::new()
                .max_queued_messages(5)
                .overflow(Overflow::Close(code));
            let scene = clogged().flow(flow).open();
            settle().await;
            for number in 0..5 {
                scene.outbox.send(sized(number).into()).unwrap();
            }
            assert_full(scene.outbox.send(sized(5).into()), 5);
            assert_closing(scene.outbox.send(sized(6).into()));
            // The one that was refused, and those that waited.
            assert_eq!(scene.outbox.given_up(), 6);
            scene.peer.take(usize::MAX);
            settle().await;
            assert_eq!(scene.peer.texts(), [""; 0]);
            assert_eq!(scene.peer.close_code(), Some(code.get()));
            scene.peer.send(close(code.get()));
            let (_, journal) = scene.end().await;
            assert_eq!(journal.cause(), Cause::SlowPeer);
        });
    }
}

#[test]
fn an_outbox_that_drops_the_newest_tells_the_sender_and_keeps_what_waits() {
    play(async {
        let flow = drops_newest().max_queued_bytes(10_000);
        let scene = clogged().flow(flow).open();
        settle().await;
        for round in 0..3 {
            for number in 0..9 {
                scene.outbox.send(sized(number).into()).unwrap();
            }
            for _ in 0..10 {
                assert_full(scene.outbox.send(sized(9).into()), 9);
            }
            assert_eq!(scene.outbox.queued_bytes(), 9 * 1004);
            assert_eq!(scene.outbox.given_up(), 10 * (round + 1));
            // There is room for a small one all the same.
            scene.outbox.send("small".into()).unwrap();
            settle().await;
            scene.peer.take(usize::MAX);
            settle().await;
            let mut expected: Vec<_> = (0..9).map(sized).collect();
            expected.push("small".into());
            let texts = scene.peer.texts();
            assert_eq!(texts[texts.len() - 10..], expected);
            scene.peer.jam(0);
            scene.outbox.send(vec![0; 64 * 1024].into()).unwrap();
            settle().await;
        }
        assert_eq!(scene.peer.close_code(), None);
        assert!(!scene.outbox.is_closed());
    });
}

#[test]
fn an_outbox_that_drops_the_newest_counts_messages_as_well() {
    play(async {
        let flow = drops_newest().max_queued_messages(3);
        let scene = clogged().flow(flow).open();
        settle().await;
        for _ in 0..3 {
            scene.outbox.send("".into()).unwrap();
        }
        assert_full(scene.outbox.send("".into()), 3);
        scene.peer.take(usize::MAX);
        settle().await;
        assert_eq!(scene.peer.texts(), [""; 3]);
    });
}

#[test]
fn an_actor_whose_message_is_refused_is_told_and_goes_on() {
    play(async {
        let flow = drops_newest().max_queued_bytes(10_000);
        let scene = once(|ctx| {
            ctx.binary(vec![0; 64 * 1024]).unwrap();
            for number in 0..10 {
                ctx.text(sized(number)).unwrap();
            }
            for _ in 0..5 {
                assert_full(ctx.text("refused"), 10);
                assert_full(ctx.send_prepared(&"refused".into()), 10);
                assert_full(ctx.send_latest(1, Message::text("refused")), 10);
            }
        })
        .flow(flow)
        .room(0)
        .open();
        settle().await;
        assert!(!scene.journal.has(&Heard::Dropped), "an assertion failed");
        assert_eq!(scene.outbox.given_up(), 15);
        scene.peer.take(usize::MAX);
        settle().await;
        let expected: Vec<_> = (0..10).map(sized).collect();
        assert_eq!(scene.peer.texts(), expected);
    });
}

const fn drops_newest() -> Flow {
    Flow::new().overflow(Overflow::DropNewest)
}

fn assert_full(result: Result<(), SendError>, waiting: usize) {
    let full = matches!(result, Err(SendError::Full { messages, .. }) if messages == waiting);
    assert!(full, "{result:?}");
}
