//! What is sent arrives, at once and in order.

use std::collections::HashMap;

use actix::AsyncContext;
use tokio::task::spawn_local;
use ws_actors::SendError;
use ws_core::{CloseCode, Message, PreparedMessage, SendError as CoreError};

use super::shared::{once, reads_slowly, sized};
use crate::support::{
    frames::{BINARY, PING, TEXT},
    play,
    probe::delay,
    scene::listener,
    seconds, settle,
};

#[test]
fn each_kind_of_message_arrives_as_its_frame() {
    play(async {
        let scene = once(|ctx| {
            ctx.text("grüezi").unwrap();
            ctx.binary([0, 255].to_vec()).unwrap();
            ctx.json(&HashMap::from([("answer", 42)])).unwrap();
            ctx.send(Message::text("message")).unwrap();
            ctx.send_prepared(&PreparedMessage::new("prepared"))
                .unwrap();
            ctx.ping("ping").unwrap();
        })
        .open();
        settle().await;
        let frames = scene.peer.frames();
        let expected: [(u8, &[u8]); 6] = [
            (TEXT, "grüezi".as_bytes()),
            (BINARY, &[0, 255]),
            (TEXT, br#"{"answer":42}"#),
            (TEXT, b"message"),
            (TEXT, b"prepared"),
            (PING, b"ping"),
        ];
        assert_eq!(frames.len(), 6);
        for (frame, (first, payload)) in frames.iter().zip(expected) {
            assert!(frame.is(first) && !frame.masked, "{frame:?}");
            assert_eq!(frame.payload, payload);
        }
    });
}

#[test]
fn a_client_masks_what_is_prepared_as_well() {
    play(async {
        let scene = once(|ctx| ctx.text("own").unwrap()).client().open();
        scene.outbox.send("prepared".into()).unwrap();
        settle().await;
        let frames = scene.peer.frames();
        assert!(frames.iter().all(|frame| frame.masked));
        assert_eq!(scene.peer.texts(), ["prepared", "own"]);
    });
}

#[test]
fn the_order_of_sending_is_kept_whichever_way_is_taken() {
    for room in [usize::MAX, 0] {
        play(async {
            let scene = once(|ctx| {
                let outbox = ctx.outbox();
                for number in 0..100 {
                    let text = sized(number);
                    match number % 3 {
                        0 => ctx.text(text).unwrap(),
                        1 => outbox.send(text.into()).unwrap(),
                        _ => ctx.send_prepared(&text.into()).unwrap(),
                    }
                }
            })
            .room(room)
            .open();
            settle().await;
            for number in 100..200 {
                scene.outbox.send(sized(number).into()).unwrap();
            }
            settle().await;
            reads_slowly(&scene.peer).await;
            let expected: Vec<_> = (0..200).map(sized).collect();
            assert_eq!(scene.peer.texts(), expected);
        });
    }
}

#[test]
fn what_others_send_leaves_at_once() {
    play(async {
        let scene = listener().open();
        for second in [3, 4, 19] {
            scene.reach(seconds(second)).await;
            scene.outbox.send("one".into()).unwrap();
            scene.outbox.send("two".into()).unwrap();
            assert_eq!(scene.outbox.queued_bytes(), 10);
            settle().await;
            assert_eq!(scene.peer.taken_at(), Some(seconds(second)));
            assert_eq!(scene.outbox.queued_bytes(), 0);
        }
        assert_eq!(scene.peer.texts().len(), 6);
    });
}

#[test]
fn what_others_send_leaves_while_the_actor_waits() {
    play(async {
        let scene = once(|ctx| ctx.wait(delay(seconds(10)))).open();
        scene.reach(seconds(5)).await;
        scene.outbox.send("news".into()).unwrap();
        scene.reach(seconds(6)).await;
        assert_eq!(scene.peer.texts(), ["news"]);
        assert_eq!(scene.peer.taken_at(), Some(seconds(5)));
    });
}

#[test]
fn what_cannot_be_sent_is_an_error_and_changes_nothing() {
    play(async {
        let scene = once(|ctx| {
            let wrong = ctx.close(CloseCode::NO_STATUS, "").unwrap_err();
            let expected = CoreError::UnsendableCloseCode(CloseCode::NO_STATUS);
            assert!(matches!(wrong, SendError::Protocol(it) if it == expected));
            let wrong = ctx.close(CloseCode::NORMAL, "x".repeat(124)).unwrap_err();
            let expected = CoreError::ReasonTooLong(124);
            assert!(matches!(wrong, SendError::Protocol(it) if it == expected));
            let wrong = ctx.ping(vec![0; 126]).unwrap_err();
            let expected = CoreError::ControlTooLong(126);
            assert!(matches!(wrong, SendError::Protocol(it) if it == expected));
            let no_key = HashMap::from([([1, 2], 3)]);
            assert!(matches!(ctx.json(&no_key), Err(SendError::Json(_))));
            ctx.text("fine").unwrap();
        })
        .open();
        settle().await;
        assert_eq!(scene.peer.texts(), ["fine"]);
        assert_eq!(scene.peer.frames().len(), 1);
        assert!(!scene.outbox.is_closed());
    });
}

#[test]
fn one_message_goes_out_to_many() {
    play(async {
        let scenes: Vec<_> = (0..100).map(|_| listener().open()).collect();
        let outboxes: Vec<_> = scenes.iter().map(|scene| scene.outbox.clone()).collect();
        let message = PreparedMessage::new("news");
        spawn_local(async move {
            for outbox in outboxes {
                outbox.send(message.clone()).unwrap();
            }
        });
        settle().await;
        for scene in scenes {
            assert_eq!(scene.peer.texts(), ["news"]);
        }
    });
}
