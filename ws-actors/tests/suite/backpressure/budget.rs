//! What all connections hold together is bounded.

use ws_actors::{Budget, Flow, Overflow};
use ws_core::Cause;

use crate::support::{
    frames::{close, frame, text},
    play,
    probe::{Heard, Probe},
    scene::{Scene, Setup, listener, probe},
    settle,
};

#[test]
fn who_begins_messages_beyond_the_budget_is_closed_with_1013_and_nobody_else() {
    play(async {
        let budget = Budget::new(100_000);
        let small = within(&budget, listener()).open();
        let greedy = [0; 3].map(|_| within(&budget, listener()).open());
        settle().await;
        assert_eq!(budget.connections(), 4);
        for scene in &greedy {
            // With room to grow, it takes up to four times as much.
            scene.peer.send(frame(0x02, [0; 12_000]));
            settle().await;
        }
        assert!(
            (36_000..=100_000).contains(&budget.held_bytes()),
            "{budget:?}"
        );
        let last = &greedy[2];
        last.peer.send(frame(0x00, [0; 90_000]));
        settle().await;
        assert_eq!(last.peer.close_code(), Some(1013));
        assert!(budget.held_bytes() < 100_000, "{budget:?}");
        // Who holds little comes through, and so does who was there before.
        small.peer.send(text("hello"));
        for scene in &greedy[..2] {
            scene.peer.send(frame(0x80, [0; 2]));
        }
        settle().await;
        assert!(small.journal.when(&Heard::Text("hello".into())).is_some());
        assert_eq!(budget.held_bytes(), 0);
        let [first, second, last] = greedy;
        last.peer.end();
        assert_eq!(last.end().await.1.cause(), Cause::Overload);
        for scene in [small, first, second] {
            assert_eq!(scene.peer.close_code(), None);
            leave(scene).await;
        }
        assert_eq!(budget.connections(), 0);
    });
}

#[test]
fn who_asks_and_does_not_read_is_closed_beyond_the_budget() {
    play(async {
        let budget = Budget::new(1_000_000);
        let mut scenes = Vec::new();
        for _ in 0..10 {
            let much = probe(|heard, ctx| {
                if heard.is_text("much") {
                    for _ in 0..3 {
                        ctx.binary(vec![0; 60_000]).ok();
                    }
                }
            });
            scenes.push(within(&budget, much).room(0).open());
        }
        for scene in &scenes {
            scene.peer.send(text("much"));
            settle().await;
            assert!(budget.held_bytes() <= 1_000_000, "{budget:?}");
        }
        let closed = |scene: &&Scene| scene.outbox.is_closed();
        assert_eq!(scenes.iter().filter(closed).count(), 5);
        for scene in scenes {
            let closed = scene.outbox.is_closed();
            assert_eq!(scene.peer.dropped().is_some(), closed);
            scene.peer.reset();
            scene.end().await;
        }
        assert_eq!((budget.held_bytes(), budget.connections()), (0, 0));
    });
}

#[test]
fn what_others_share_does_not_count_while_it_waits() {
    play(async {
        let budget = Budget::new(200_000);
        let scene = within(&budget, listener()).room(0).open();
        settle().await;
        for _ in 0..50 {
            scene.outbox.send(vec![0; 10_000].into()).unwrap();
        }
        settle().await;
        assert!(budget.held_bytes() < 100_000, "{budget:?}");
        assert!(!scene.outbox.is_closed());
        scene.peer.reset();
        scene.end().await;
    });
}

/// With this budget, and as much room for each as it likes.
fn within(budget: &Budget, setup: Setup) -> Setup {
    let flow = Flow::new().overflow(Overflow::DropNewest);
    setup.handlers(Probe::handlers().flow(flow).budget(budget))
}

async fn leave(scene: Scene) {
    scene.peer.send(close(1000));
    scene.end().await;
}
