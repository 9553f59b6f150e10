//! Messages of which only the newest counts.

use ws_actors::{Flow, Overflow, SendError};
use ws_core::Message;

use super::shared::{clogged, once, sized};
use crate::support::{
    play,
    scene::{Scene, listener},
    settle,
};

#[test]
fn a_newer_message_takes_the_place_of_the_one_that_waits() {
    play(async {
        let scene = clogged().open();
        settle().await;
        latest(&scene, 1, "old price");
        scene.outbox.send("a word".into()).unwrap();
        latest(&scene, 2, "old position");
        latest(&scene, 1, "price");
        latest(&scene, 2, "middle-aged position");
        latest(&scene, 2, "position");
        // Nothing was given up for want of room.
        assert_eq!(scene.outbox.given_up(), 0);
        assert_eq!(scene.outbox.queued_bytes(), 2 * 3 + 5 + 6 + 8);
        scene.peer.take(usize::MAX);
        settle().await;
        assert_eq!(scene.peer.texts(), ["price", "a word", "position"]);
    });
}

#[test]
fn a_peer_that_keeps_up_gets_every_message() {
    play(async {
        let scene = listener().open();
        for number in 0..10 {
            latest(&scene, 1, &number.to_string());
            settle().await;
        }
        assert_eq!(scene.peer.texts().len(), 10);
    });
}

#[test]
fn a_key_whose_message_has_left_is_free_again() {
    play(async {
        let scene = clogged().open();
        settle().await;
        for round in 0..3 {
            latest(&scene, 1, "never seen");
            latest(&scene, 1, &format!("price {round}"));
            scene.peer.take(usize::MAX);
            settle().await;
            scene.peer.jam(0);
            scene.outbox.send(vec![0; 64 * 1024].into()).unwrap();
            settle().await;
        }
        assert_eq!(scene.peer.texts(), ["price 0", "price 1", "price 2"]);
    });
}

#[test]
fn many_keys_keep_their_order_and_cost_one_message_each() {
    play(async {
        let scene = clogged().open();
        settle().await;
        let keys = 1000;
        for round in 0..20 {
            for key in 0..keys {
                // From both ends, so that each has neighbours that are newer.
                let key = if round % 2 == 0 { key } else { keys - 1 - key };
                latest(&scene, key, &format!("{key}: {round:2}"));
            }
            assert!(scene.outbox.queued_bytes() <= 1000 * 9);
        }
        scene.peer.take(usize::MAX);
        settle().await;
        let expected: Vec<_> = (0..keys).map(|key| format!("{key}: 19")).collect();
        assert_eq!(scene.peer.texts(), expected);
    });
}

#[test]
fn keys_are_one_set_for_actor_outbox_and_handle() {
    play(async {
        let (scene, handle) = once(|ctx| {
            ctx.binary(vec![0; 64 * 1024]).unwrap();
            ctx.send_latest(1, Message::text("of the actor")).unwrap();
            ctx.text("a word").unwrap();
        })
        .room(0)
        .open_handled();
        settle().await;
        latest(&scene, 1, "of the outbox");
        assert_eq!(scene.outbox.queued_bytes(), 15 + 6);
        handle
            .send_latest(1, Message::text("of the handle"))
            .unwrap();
        settle().await;
        scene.peer.take(usize::MAX);
        settle().await;
        assert_eq!(scene.peer.texts(), ["of the handle", "a word"]);
    });
}

#[test]
fn a_key_whose_message_was_given_up_begins_anew_at_the_end() {
    play(async {
        let flow = Flow::new()
            .overflow(Overflow::DropOldest)
            .max_queued_messages(3);
        let scene = clogged().flow(flow).open();
        settle().await;
        latest(&scene, 1, "given up");
        for word in ["a", "b", "c"] {
            scene.outbox.send(word.into()).unwrap();
        }
        latest(&scene, 1, "old price");
        latest(&scene, 1, "price");
        scene.outbox.send("d".into()).unwrap();
        assert_eq!(scene.outbox.given_up(), 3);
        scene.peer.take(usize::MAX);
        settle().await;
        assert_eq!(scene.peer.texts(), ["c", "price", "d"]);
    });
}

#[test]
fn a_message_that_grows_in_its_place_is_bounded_as_any_other() {
    let policies = [
        Overflow::DropNewest,
        Overflow::DropOldest,
        Overflow::Wait,
        Overflow::Close(ws_core::CloseCode::TRY_AGAIN_LATER),
    ];
    for policy in policies {
        play(async {
            let flow = Flow::new().overflow(policy).max_queued_bytes(10_000);
            let scene = clogged().flow(flow).open();
            settle().await;
            for key in 0..100 {
                latest(&scene, key, "small");
            }
            let mut refused = 0;
            for key in 0..100 {
                let message = sized(key).into();
                match scene.outbox.send_latest(key.into(), message) {
                    Ok(()) => {}
                    Err(SendError::Full { .. } | SendError::Protocol(_)) => refused += 1,
                    Err(error) => panic!("{error}"),
                }
                let queued = scene.outbox.queued_bytes();
                assert!(queued <= 10_000, "{queued} bytes wait, {policy:?}");
            }
            let closes = matches!(policy, Overflow::Close(_));
            assert_eq!(scene.outbox.is_closed(), closes, "{policy:?}");
            assert_eq!(refused > 0, policy != Overflow::DropOldest, "{policy:?}");
            scene.peer.take(usize::MAX);
            settle().await;
            let texts = scene.peer.texts();
            if policy == Overflow::DropOldest {
                let expected: Vec<_> = (91..100).map(sized).collect();
                assert_eq!(texts, expected);
            } else if !closes {
                // Those that found no room are what they were.
                assert_eq!(texts.len(), 100, "{policy:?}");
                assert_eq!(texts[0], sized(0), "{policy:?}");
                assert_eq!(texts[99], "small", "{policy:?}");
            }
        });
    }
}

fn latest(scene: &Scene, key: u64, text: &str) {
    scene
        .outbox
        .send_latest(key, text.to_owned().into())
        .unwrap();
}
