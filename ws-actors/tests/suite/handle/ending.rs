//! A handle closes or stops its connection, and outlives it.

use actix::{ActorContext, AsyncContext};
use tokio::task::spawn_local;
use ws_actors::{ConnectionHandle, SendError, WsContext};
use ws_core::{Cause, CloseCode, SendError as CoreError};

use crate::support::{
    frames::close,
    play,
    probe::{Heard, Probe, forever},
    scene::{Scene, listener, once, probe},
    seconds, settle,
};

#[test]
fn a_handle_closes_behind_what_it_sent() {
    for room in [usize::MAX, 0] {
        play(async {
            let (scene, handle) = listener().room(room).open_handled();
            scene.reach(seconds(1)).await;
            for number in 0..200 {
                handle.send(format!("{number:1000}")).unwrap();
            }
            handle.close(CloseCode::new(4001), "moved").unwrap();
            handle.close(CloseCode::new(4002), "too late").unwrap();
            assert!(!handle.is_open());
            assert_closing(&handle);
            settle().await;
            scene.peer.take(usize::MAX);
            settle().await;
            assert_eq!(scene.peer.texts().len(), 200);
            assert_eq!(scene.peer.close_code(), Some(4001));
            scene.peer.send(close(4001));
            let (_, journal) = scene.end().await;
            assert_eq!(journal.cause(), Cause::Local);
        });
    }
}

#[test]
fn what_a_handle_took_while_the_connection_ended_is_counted() {
    play(async {
        let scene = probe(|heard, ctx| {
            if matches!(heard, Heard::Closed(_)) {
                ctx.handle().send("too late").unwrap();
            }
        });
        let (scene, handle) = scene.open_handled();
        settle().await;
        scene.peer.send(close(1000));
        settle().await;
        assert_closing(&handle);
        assert_eq!(scene.outbox.given_up(), 1);
        assert!(scene.peer.texts().is_empty());
    });
}

#[test]
fn a_handle_refuses_what_no_close_frame_may_hold_and_stays_open() {
    play(async {
        let (scene, handle) = listener().open_handled();
        let code = handle.close(CloseCode::NO_STATUS, "");
        let expected = CoreError::UnsendableCloseCode(CloseCode::NO_STATUS);
        assert!(matches!(code, Err(SendError::Protocol(it)) if it == expected));
        let reason = handle.close(CloseCode::NORMAL, "x".repeat(124));
        let expected = CoreError::ReasonTooLong(124);
        assert!(matches!(reason, Err(SendError::Protocol(it)) if it == expected));
        assert!(handle.is_open());
        settle().await;
        assert_eq!(scene.peer.taken(), 0);
    });
}

#[test]
fn a_handle_stops_the_actor_as_its_context_would_whatever_it_waits_for() {
    for waits in [false, true] {
        play(async {
            let setup = once(move |ctx| {
                if waits {
                    ctx.wait(forever());
                }
            });
            let (scene, handle) = setup.open_handled();
            scene.reach(seconds(1)).await;
            handle.stop();
            settle().await;
            assert_eq!(scene.journal.when(&Heard::Stopping), Some(seconds(1)));
            assert_eq!(scene.peer.close_code(), Some(1000));
            scene.peer.send(close(1000));
            let (_, journal) = scene.end().await;
            assert_eq!(journal.cause(), Cause::Local);
        });
    }
}

#[test]
fn a_handle_outlives_its_connection_and_takes_nothing_more() {
    type Ending = fn(&Scene);
    let endings: [Ending; 4] = [
        |scene| scene.peer.send(close(1000)),
        |scene| scene.peer.reset(),
        |scene| scene.peer.end(),
        |scene| scene.task.abort(),
    ];
    for end in endings {
        play(async {
            let (scene, handle) = listener().room(0).open_handled();
            settle().await;
            handle.send("x".repeat(100_000)).unwrap();
            handle.send("x".repeat(900_000)).unwrap();
            settle().await;
            let waiting = spawn_local({
                let handle = handle.clone();
                async move { handle.ready().await }
            });
            settle().await;
            assert!(!waiting.is_finished());
            end(&scene);
            settle().await;
            scene.peer.take(usize::MAX);
            settle().await;
            assert!(scene.is_over());
            assert!(waiting.is_finished(), "it waits for nobody");
            assert!(!handle.is_open());
            assert_closing(&handle);
            handle.stop();
            handle.close(CloseCode::NORMAL, "").unwrap();
            assert_eq!(handle.queued_bytes(), 0);
        });
    }
}

#[test]
fn nothing_waits_for_the_peer_of_a_driver_that_was_dropped_behind_its_actor() {
    play(async {
        let (scene, handle) = listener().room(0).open_handled();
        settle().await;
        handle.send("x".repeat(1000)).unwrap();
        settle().await;
        // The actor has heard of the end before the last bytes have left.
        scene.peer.send(close(1000));
        settle().await;
        assert!(scene.journal.has(&Heard::Dropped));
        assert!(handle.queued_bytes() > 1000);
        scene.task.abort();
        settle().await;
        assert_eq!(handle.queued_bytes(), 0);
    });
}

#[test]
fn what_a_handle_took_in_the_turn_in_which_the_actor_ended_it_is_counted() {
    type Ending = fn(&mut WsContext<Probe>);
    let endings: [Ending; 3] = [
        |ctx| ctx.close(CloseCode::NORMAL, "").unwrap(),
        |ctx| ctx.stop(),
        |ctx| ctx.terminate(),
    ];
    for end in endings {
        play(async {
            // As another thread would, while the actor has its turn.
            let setup = once(move |ctx| {
                let handle = ctx.handle();
                handle.send("one").unwrap();
                handle.send("two").unwrap();
                end(ctx);
            });
            let scene = setup.open();
            settle().await;
            scene.peer.send(close(1000));
            let outbox = scene.outbox.clone();
            scene.end().await;
            assert_eq!(outbox.given_up(), 2);
        });
    }
}

fn assert_closing(handle: &ConnectionHandle) {
    let late = [handle.send("late"), handle.send_prepared(&"late".into())];
    for result in late {
        let closing = matches!(result, Err(SendError::Protocol(CoreError::Closing)));
        assert!(closing, "{result:?}");
    }
}
