//! Several messages that come at once, as from a room.

use ws_actors::{Flow, Overflow};
use ws_core::{Cause, CloseCode, Message, Opcode, PreparedBatch};

use super::shared::{clogged, sized};
use crate::support::{frames::close, play, settle};

#[test]
fn a_batch_arrives_in_its_order_among_others() {
    play(async {
        let scene = clogged().open();
        settle().await;
        scene.outbox.send("before".into()).unwrap();
        assert_eq!(scene.outbox.send_batch(&batch(0..3)), 3);
        scene.outbox.send("between".into()).unwrap();
        assert_eq!(scene.outbox.send_batch(&batch(3..5)), 2);
        assert_eq!(scene.outbox.queued_bytes(), 5 * 1004 + 8 + 9);
        scene.peer.take(usize::MAX);
        settle().await;
        // And where nothing waits.
        assert_eq!(scene.outbox.send_batch(&batch(5..7)), 2);
        settle().await;
        let mut expected: Vec<_> = (0..7).map(sized).collect();
        expected.insert(3, "between".into());
        expected.insert(0, "before".into());
        assert_eq!(scene.peer.texts(), expected);
    });
}

#[test]
fn of_a_batch_that_does_not_fit_what_fits_is_taken() {
    play(async {
        let flow = Flow::new()
            .max_queued_bytes(10_000)
            .overflow(Overflow::DropNewest);
        let scene = clogged().flow(flow).open();
        settle().await;
        assert_eq!(scene.outbox.send_batch(&batch(0..5)), 5);
        assert_eq!(scene.outbox.send_batch(&batch(5..20)), 4);
        assert_eq!(scene.outbox.given_up(), 11);
        scene.peer.take(usize::MAX);
        settle().await;
        let expected: Vec<_> = (0..9).map(sized).collect();
        assert_eq!(scene.peer.texts(), expected);
    });
}

#[test]
fn messages_of_a_batch_are_given_up_one_by_one() {
    for before in [0, 1] {
        play(async {
            let flow = Flow::new()
                .max_queued_messages(5)
                .overflow(Overflow::DropOldest);
            let scene = clogged().flow(flow).open();
            settle().await;
            for _ in 0..before {
                scene.outbox.send("before".into()).unwrap();
            }
            assert_eq!(scene.outbox.send_batch(&batch(0..4)), 4);
            for number in 4..7 {
                scene.outbox.send(sized(number).into()).unwrap();
            }
            assert_eq!(scene.outbox.given_up(), 2 + before);
            assert_eq!(scene.outbox.queued_bytes(), 5 * 1004);
            scene.peer.take(usize::MAX);
            settle().await;
            let expected: Vec<_> = (2..7).map(sized).collect();
            assert_eq!(scene.peer.texts(), expected);
        });
    }
}

#[test]
fn of_a_batch_beyond_the_bound_the_newest_are_kept() {
    play(async {
        let flow = Flow::new()
            .max_queued_messages(5)
            .overflow(Overflow::DropOldest);
        let scene = clogged().flow(flow).open();
        settle().await;
        scene.outbox.send("before".into()).unwrap();
        assert_eq!(scene.outbox.send_batch(&batch(0..20)), 20);
        assert_eq!(scene.outbox.given_up(), 16);
        scene.peer.take(usize::MAX);
        settle().await;
        let expected: Vec<_> = (15..20).map(sized).collect();
        assert_eq!(scene.peer.texts(), expected);
    });
}

#[test]
fn a_batch_beyond_the_bound_closes_a_peer_that_reads_too_slowly() {
    play(async {
        let flow = Flow::new().max_queued_messages(5);
        let scene = clogged().flow(flow).open();
        settle().await;
        assert_eq!(scene.outbox.send_batch(&batch(0..4)), 4);
        assert_eq!(scene.outbox.send_batch(&batch(4..8)), 1);
        assert_eq!(scene.outbox.send_batch(&batch(8..9)), 0);
        scene.peer.take(usize::MAX);
        settle().await;
        let code = CloseCode::TRY_AGAIN_LATER.get();
        assert_eq!(scene.peer.close_code(), Some(code));
        scene.peer.send(close(code));
        let (_, journal) = scene.end().await;
        assert_eq!(journal.cause(), Cause::SlowPeer);
    });
}

#[test]
fn a_message_that_this_connection_does_not_know_costs_the_others_of_its_batch_nothing() {
    play(async {
        let custom = Message::Custom(Opcode::new(3).unwrap(), "custom".into());
        let messages = vec!["before".into(), custom.into(), "after".into()];
        let scene = clogged().open();
        settle().await;
        assert_eq!(scene.outbox.send_batch(&PreparedBatch::new(messages)), 3);
        scene.peer.take(usize::MAX);
        settle().await;
        assert_eq!(scene.peer.texts(), ["before", "after"]);
        // It is told to nobody, but counted.
        assert_eq!(scene.outbox.given_up(), 1);
    });
}

#[test]
fn a_closed_outbox_takes_nothing_of_a_batch() {
    play(async {
        let scene = clogged().open();
        settle().await;
        scene.outbox.close(close_payload());
        assert_eq!(scene.outbox.send_batch(&batch(0..4)), 0);
    });
}

fn close_payload() -> ws_core::ClosePayload {
    ws_core::ClosePayload::new(CloseCode::NORMAL, "").unwrap()
}

fn batch(numbers: std::ops::Range<u32>) -> PreparedBatch {
    PreparedBatch::new(numbers.map(|number| sized(number).into()).collect())
}
