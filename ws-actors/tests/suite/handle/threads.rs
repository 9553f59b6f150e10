//! Handles on other threads than the connection's.

use std::thread;

use tokio::{runtime::Builder, task::spawn_blocking};
use ws_actors::{ConnectionHandle, Flow};
use ws_core::{CloseCode, Message};

use crate::support::{play, scene::listener, settle, watched};

#[test]
fn threads_send_and_close_while_the_connection_sleeps() {
    watched(|| {
        play(async {
            let (scene, handle) = listener().open_handled();
            settle().await;
            // The clock stands still as long as this runs.
            let threads = spawn_blocking(move || {
                thread::scope(|scope| {
                    for thread in 0..4 {
                        let handle = handle.clone();
                        scope.spawn(move || talk(&handle, thread));
                    }
                });
                handle.close(CloseCode::new(4000), "all is said").unwrap();
            });
            threads.await.unwrap();
            settle().await;
            assert_eq!(scene.peer.close_code(), Some(4000));
            let texts = scene.peer.texts();
            assert_eq!(texts.len(), 4 * 100);
            // Each thread's are in the order in which it sent them.
            for thread in 0..4 {
                let prefix = format!("{thread} ");
                let mine = texts.iter().filter_map(|it| it.strip_prefix(&prefix));
                assert!(mine.eq((0..100).map(|it| it.to_string())), "{thread}");
            }
        });
    });
}

#[test]
fn a_thread_waits_until_the_peer_has_read_on() {
    watched(|| {
        play(async {
            let flow = Flow::new().max_queued_bytes(10_000);
            let (scene, handle) = listener().flow(flow).room(0).open_handled();
            settle().await;
            handle.send("x".repeat(100_000)).unwrap();
            settle().await;
            let thread = spawn_blocking(move || {
                let runtime = Builder::new_current_thread().build().unwrap();
                runtime.block_on(handle.ready());
                assert!(handle.queued_bytes() <= 5000);
                handle.send("at last").unwrap();
            });
            settle().await;
            assert!(!thread.is_finished());
            scene.peer.take(usize::MAX);
            thread.await.unwrap();
            settle().await;
            let texts = scene.peer.texts();
            assert_eq!(texts.last().map(String::as_str), Some("at last"));
        });
    });
}

#[test]
fn a_thread_learns_of_the_end() {
    watched(|| {
        play(async {
            let (scene, handle) = listener().open_handled();
            settle().await;
            let thread = spawn_blocking(move || {
                while handle.is_open() {
                    thread::yield_now();
                }
                handle.send("late").is_err()
            });
            scene.peer.end();
            assert!(thread.await.unwrap());
        });
    });
}

fn talk(handle: &ConnectionHandle, thread: u64) {
    for number in 0..100 {
        let text = format!("{thread} {number}");
        match number % 3 {
            0 => handle.send(text),
            1 => handle.send_prepared(&text.into()),
            _ => handle.send_latest(1000 * thread + number, Message::text(text)),
        }
        .unwrap();
    }
}
