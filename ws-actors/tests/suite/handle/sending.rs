//! What is sent by a handle, and how often the connection is woken for it.

use std::{cell::Cell, future::poll_fn, pin::pin, rc::Rc, sync::Arc};

use tokio::task::spawn_local;
use ws_actors::{Driver, Flow, SendError};
use ws_core::{Message, Opcode, PreparedMessage, Role};

use crate::support::{
    frames::{BINARY, TEXT, text},
    millis, play,
    probe::{Heard, Probe},
    scene::{connection, listener, once, probe},
    seconds, settle,
    wire::wire,
};

#[test]
fn what_a_handle_sends_arrives_at_once_and_in_order() {
    play(async {
        let (scene, handle) = listener().open_handled();
        // Before the driver's first turn, and after it.
        for second in [0, 3, 19] {
            scene.reach(seconds(second)).await;
            handle.send("one").unwrap();
            handle.send(Message::binary("two")).unwrap();
            handle
                .send_prepared(&PreparedMessage::new("three"))
                .unwrap();
            handle
                .clone()
                .send_latest(1, Message::text("four"))
                .unwrap();
            settle().await;
            assert_eq!(scene.peer.taken_at(), Some(seconds(second)));
        }
        let frames = scene.peer.frames();
        let firsts: Vec<_> = frames.iter().map(|it| it.first).collect();
        assert_eq!(firsts, [[TEXT, BINARY, TEXT, TEXT]; 3].concat());
        assert_eq!(handle.queued_bytes(), 0);
    });
}

#[test]
fn a_handle_that_the_actor_gives_out_works_as_well() {
    play(async {
        let given = Rc::new(Cell::new(None));
        let slot = Rc::clone(&given);
        let scene = probe(move |heard, ctx| {
            if let Heard::Text(_) = heard {
                slot.set(Some(ctx.handle()));
            }
        })
        .open();
        scene.peer.send(text("a handle, please"));
        scene.reach(seconds(1)).await;
        let handle = given.take().unwrap();
        handle.send("here").unwrap();
        scene.reach(seconds(2)).await;
        assert_eq!(scene.peer.texts(), ["here"]);
        assert_eq!(scene.peer.taken_at(), Some(seconds(1)));
    });
}

#[test]
fn a_handle_tells_how_the_connection_fares_from_the_first_moment() {
    play(async {
        let scene = once(|ctx| {
            ctx.binary(vec![0; 1000 - 4]).unwrap();
            assert_eq!(ctx.handle().queued_bytes(), 1000);
            assert!(ctx.handle().is_open());
        })
        .open();
        settle().await;
        assert!(!scene.journal.has(&Heard::Dropped), "an assertion failed");
        let scene = once(|ctx| {
            ctx.close(ws_core::CloseCode::NORMAL, "").unwrap();
            let handle = ctx.handle();
            assert!(!handle.is_open());
            assert!(matches!(handle.send("late"), Err(SendError::Protocol(_))));
        })
        .open();
        settle().await;
        assert!(!scene.journal.has(&Heard::Dropped), "an assertion failed");
    });
}

#[test]
fn a_message_of_a_kind_that_nobody_knows_is_given_up_whatever_its_length() {
    for length in [3, 100] {
        play(async {
            let (scene, handle) = listener()
                .flow(Flow::new().fragment_bytes(10))
                .open_handled();
            settle().await;
            let opcode = Opcode::new(0x4).unwrap();
            let unknown = Message::Custom(opcode, vec![0; length].into());
            handle.send(unknown.clone()).unwrap();
            handle.send_latest(1, unknown).unwrap();
            handle.send("known").unwrap();
            settle().await;
            assert_eq!(scene.outbox.given_up(), 2);
            assert_eq!(scene.peer.texts(), ["known"]);
            assert_eq!(scene.peer.close_code(), None);
        });
    }
}

#[test]
fn a_batch_costs_the_connection_one_wake_up() {
    play(async {
        let (wire, peer) = wire();
        let (actor, handlers) = (Probe::new(Box::new(|_, _| {}), 0), Probe::handlers());
        let connection = connection(Role::Server, &handlers);
        let driver = Driver::new(actor, connection, wire, Arc::new(handlers));
        let handle = driver.handle();
        let polls = Rc::new(Cell::new(0));
        let counted = Rc::clone(&polls);
        spawn_local(async move {
            let mut driver = pin!(driver);
            poll_fn(|cx| {
                counted.set(counted.get() + 1);
                driver.as_mut().poll(cx)
            })
            .await
        });
        settle().await;
        let before = polls.get();
        for _ in 0..100 {
            handle.send("news").unwrap();
        }
        settle().await;
        assert_eq!(polls.get() - before, 1);
        assert_eq!(peer.texts().len(), 100);
    });
}

#[test]
fn who_awaits_that_a_handle_is_ready_never_finds_it_full() {
    play(async {
        let flow = Flow::new().max_queued_bytes(10_000);
        let (scene, handle) = listener().flow(flow).room(0).open_handled();
        let sender = spawn_local({
            let handle = handle.clone();
            async move {
                for number in 0..500 {
                    handle.ready().await;
                    handle.send(format!("{number:1000}")).unwrap();
                }
            }
        });
        scene.reach(seconds(1)).await;
        assert!(!sender.is_finished());
        for tick in 0..1000 {
            scene.peer.take(1004);
            scene.reach(seconds(1) + millis(tick)).await;
        }
        assert!(sender.is_finished());
        assert_eq!(scene.peer.texts().len(), 500);
        assert!(handle.is_open());
    });
}

#[test]
fn who_awaits_that_a_handle_is_ready_sends_no_empty_messages_without_bound() {
    play(async {
        let flow = Flow::new().max_queued_messages(100);
        let clogged = once(|ctx| ctx.binary(vec![0; 64 * 1024]).unwrap());
        let (scene, handle) = clogged.flow(flow).room(0).open_handled();
        let sent = Rc::new(Cell::new(0));
        let sender = spawn_local({
            let (handle, sent) = (handle.clone(), Rc::clone(&sent));
            async move {
                for _ in 0..500 {
                    handle.ready().await;
                    handle.send("").unwrap();
                    sent.set(sent.get() + 1);
                    // Its connection is told of each by itself.
                    tokio::task::yield_now().await;
                }
            }
        });
        scene.reach(seconds(1)).await;
        assert!((50..=52).contains(&sent.get()), "{sent:?}");
        scene.peer.take(usize::MAX);
        scene.reach(seconds(2)).await;
        assert!(sender.is_finished());
        assert!(handle.is_open());
    });
}

#[test]
fn a_connection_whose_handle_is_dropped_lives_on() {
    play(async {
        let (scene, handle) = listener().open_handled();
        handle.send("last words").unwrap();
        drop(handle);
        scene.reach(seconds(10)).await;
        assert_eq!(scene.peer.texts(), ["last words"]);
        assert!(!scene.is_over());
    });
}
