//! A credential that ends closes its connection, on time, and whatever the
//! actor and its peer do.

use std::time::{Duration, Instant};

use actix::AsyncContext;
use futures_util::stream;
use tokio::time;
use ws_actors::{ConnectionHandle, SendError};
use ws_core::{Cause, CloseCode, Config, Opcode, SendError as CoreError};

use crate::support::{
    frames::{PING, close, frame, text},
    millis, play,
    probe::{Heard, forever},
    scene::{listener, once, probe},
    seconds, settle,
};

#[test]
fn a_connection_whose_credential_ends_is_closed_with_4401() {
    play(async {
        let setup = once(|ctx| ctx.expire_at(after(seconds(90))));
        let scene = setup.config(Config::new().ping_interval(None)).open();
        scene.reach(millis(89_999)).await;
        assert_eq!(scene.peer.close_code(), None);
        scene.reach(seconds(90)).await;
        let frames = scene.peer.frames();
        let closing = frames.last().unwrap();
        assert_eq!(closing.code(), 4401);
        assert_eq!(closing.reason(), "credential expired");
        scene.peer.send(close(4401));
        let (_, journal) = scene.end().await;
        assert_eq!(journal.cause(), Cause::Expired);
        assert_eq!(journal.closed(), Some(seconds(90)));
    });
}

#[test]
fn a_deadline_that_is_moved_counts_where_it_was_moved_last() {
    // Seconds from the start; the one to move to, and when that is done.
    let table: [(&[(u64, Option<u64>)], Option<u64>); 6] = [
        (&[(0, Some(10)), (5, Some(100))], Some(100)),
        (&[(0, Some(100)), (5, Some(10))], Some(10)),
        (&[(0, Some(10)), (5, None)], None),
        (&[(0, Some(10)), (5, None), (20, Some(30))], Some(30)),
        (&[(0, None)], None),
        // What is past closes at once.
        (&[(0, Some(100)), (7, Some(3))], Some(7)),
    ];
    for by_handle in [false, true] {
        for (moves, end) in table {
            play(async {
                let quiet = Config::new().ping_interval(None);
                let now = time::Instant::now().into_std();
                let planned: Vec<_> = moves.to_vec();
                let setup = if by_handle {
                    listener()
                } else {
                    once(move |ctx| {
                        for (when, to) in planned {
                            ctx.run_later(seconds(when), move |_, ctx| {
                                ctx.expire_at(to.map(|to| now + seconds(to)));
                            });
                        }
                    })
                };
                let (scene, handle) = setup.config(quiet).open_handled();
                for &(when, to) in moves {
                    scene.reach(seconds(when)).await;
                    if by_handle {
                        handle.expire_at(to.map(|to| now + seconds(to)));
                    }
                }
                scene.reach(seconds(1000)).await;
                let expected = end.map(|end| seconds(end + 5));
                // Nobody answers the Close frame, for 5 s.
                assert_eq!(scene.journal.closed(), expected, "{moves:?} {by_handle}");
                assert_eq!(scene.is_over(), end.is_some());
            });
        }
    }
}

#[test]
fn the_code_and_the_reason_are_the_applications() {
    play(async {
        let scene = once(|ctx| {
            ctx.expire_at(after(seconds(3)));
            ctx.expire_with(CloseCode::new(4001), "licence ended")
                .unwrap();
            let refused = ctx.expire_with(CloseCode::NO_STATUS, "");
            let expected = CoreError::UnsendableCloseCode(CloseCode::NO_STATUS);
            assert!(matches!(refused, Err(SendError::Protocol(it)) if it == expected));
            assert_eq!(ctx.expires_at(), Some(after(seconds(3))));
        })
        .open();
        scene.reach(seconds(3)).await;
        let frames = scene.peer.frames();
        let closing = frames.last().unwrap();
        assert_eq!(closing.code(), 4001);
        assert_eq!(closing.reason(), "licence ended");
    });
}

#[test]
fn an_actor_hears_no_frame_of_a_peer_whose_credential_has_ended() {
    play(async {
        let scene = once(|ctx| ctx.expire_at(after(seconds(3)))).open();
        scene.peer.send(text("in time"));
        scene.reach(seconds(3)).await;
        scene.peer.send(text("too late"));
        scene.peer.send(frame(PING, "too late"));
        scene.peer.send(close(4401));
        let (_, journal) = scene.end().await;
        assert_eq!(journal.texts(), ["in time"]);
        assert!(!journal.has(&Heard::Ping(b"too late".to_vec())));
        assert_eq!(journal.cause(), Cause::Expired);
    });
}

#[test]
fn frames_that_wait_for_an_actor_are_not_heard_once_the_credential_has_ended() {
    play(async {
        let scene = probe(|heard, ctx| {
            if heard.is_text("wait") {
                ctx.expire_at(after(seconds(1)));
                ctx.pause_reading();
                ctx.run_later(seconds(2), |_, ctx| ctx.resume_reading());
            }
        })
        .open();
        scene.peer.send(text("wait"));
        scene.peer.send(text("not yet"));
        scene.reach(seconds(2)).await;
        assert_eq!(scene.peer.close_code(), Some(4401));
        assert_eq!(scene.journal.texts(), ["wait"]);
    });
}

#[test]
fn an_actor_that_waits_for_ever_does_not_hold_its_deadline_up() {
    play(async {
        let scene = once(|ctx| {
            ctx.expire_at(after(seconds(3)));
            ctx.wait(forever());
        })
        .open();
        scene.reach(seconds(3)).await;
        assert_eq!(scene.peer.close_code(), Some(4401));
        scene.peer.send(close(4401));
        let (_, journal) = scene.end().await;
        assert_eq!(journal.cause(), Cause::Expired);
    });
}

#[test]
fn a_peer_that_does_not_read_is_gone_soon_after_its_credential() {
    play(async {
        let scene = once(|ctx| {
            ctx.expire_at(after(seconds(3)));
            ctx.binary(vec![0; 1000]).unwrap();
        })
        .room(0)
        .open();
        scene.reach(seconds(8)).await;
        assert!(scene.is_over());
        assert_eq!(scene.journal.cause(), Cause::Expired);
    });
}

#[test]
fn what_was_said_before_leaves_and_a_stream_is_cut() {
    for (streamed, binaries) in [(false, 1), (true, 0)] {
        play(async {
            let scene = once(move |ctx| {
                ctx.expire_at(after(seconds(3)));
                if streamed {
                    let never = stream::pending::<Result<Vec<u8>, std::io::Error>>();
                    ctx.stream(Opcode::BINARY, never).unwrap();
                } else {
                    ctx.binary("said").unwrap();
                }
            })
            .open();
            scene.reach(seconds(3)).await;
            let frames = scene.peer.frames();
            assert_eq!(frames.len(), binaries + 1, "{frames:?}");
            assert_eq!(scene.peer.close_code(), Some(4401));
        });
    }
}

#[test]
fn a_handle_ends_a_credential_from_another_thread_and_outlives_it() {
    play(async {
        let (scene, handle) = listener().open_handled();
        scene.reach(seconds(1)).await;
        let remote = handle.clone();
        // The clock of the test is not known there.
        let now = time::Instant::now().into_std();
        std::thread::spawn(move || remote.expire_at(now))
            .join()
            .unwrap();
        settle().await;
        assert_eq!(scene.peer.close_code(), Some(4401));
        scene.peer.send(close(4401));
        let (_, journal) = scene.end().await;
        assert_eq!(journal.cause(), Cause::Expired);
        is_silent(&handle);
    });
}

fn is_silent(handle: &ConnectionHandle) {
    handle.expire_at(None);
    assert!(!handle.is_open());
}

fn after(time: Duration) -> Instant {
    time::Instant::now().into_std() + time
}
