//! What a handle takes for a peer that reads slowly.

use ws_actors::{ConnectionHandle, Flow, Overflow, SendError};
use ws_core::{Cause, CloseCode};

use crate::support::{
    frames::close,
    play,
    probe::Heard,
    scene::{Setup, once},
    settle,
};

#[test]
fn a_handle_takes_what_an_outbox_takes_before_the_driver_looks_and_after() {
    let policies = [Overflow::DropNewest, Overflow::Wait];
    for policy in policies {
        for looks in [false, true] {
            play(async {
                let (scene, handle) = clogged(policy).max_bytes(10_000).open_handled();
                settle().await;
                let mut accepted = 0;
                for _ in 0..30 {
                    match handle.send(sized(accepted)) {
                        Ok(()) => accepted += 1,
                        Err(error) => assert!(matches!(error, SendError::Full { .. })),
                    }
                    if looks {
                        settle().await;
                    }
                }
                assert_eq!(accepted, 10, "{policy:?}");
                settle().await;
                assert_eq!(scene.outbox.given_up(), 20, "{policy:?}");
                assert!(handle.is_open());
                scene.peer.take(usize::MAX);
                settle().await;
                let expected: Vec<_> = (0..accepted).map(sized).collect();
                assert_eq!(scene.peer.texts(), expected);
                handle.send("more").unwrap();
            });
        }
    }
}

#[test]
fn messages_without_a_payload_are_bounded_as_well() {
    for policy in [Overflow::DropNewest, Overflow::Wait] {
        play(async {
            let (scene, handle) = clogged(policy).max_messages(10).open_handled();
            settle().await;
            let mut accepted = 0;
            for _ in 0..30 {
                accepted += usize::from(handle.send("").is_ok());
                settle().await;
            }
            assert_eq!(accepted, 10, "{policy:?}");
            scene.peer.take(usize::MAX);
            settle().await;
            assert_eq!(scene.peer.texts().len(), accepted);
        });
    }
}

#[test]
fn what_is_on_its_way_already_does_not_count() {
    play(async {
        let policy = Overflow::Close(CloseCode::TRY_AGAIN_LATER);
        let flow = Flow::new().overflow(policy).max_queued_bytes(10_000);
        let (scene, handle) = once(|ctx| ctx.binary(vec![0; 50_000]).unwrap())
            .flow(flow)
            .room(0)
            .open_handled();
        settle().await;
        handle.send("there is room").unwrap();
        settle().await;
        assert!(handle.is_open());
        scene.peer.take(usize::MAX);
        settle().await;
        assert_eq!(scene.peer.texts(), ["there is room"]);
    });
}

#[test]
fn a_handle_that_finds_no_room_closes_the_connection_if_the_endpoint_wants_it() {
    play(async {
        let policy = Overflow::Close(CloseCode::POLICY_VIOLATION);
        let (scene, handle) = clogged(policy).max_bytes(10_000).open_handled();
        settle().await;
        let accepted = (0..30).take_while(|&it| handle.send(sized(it)).is_ok());
        assert_eq!(accepted.count(), 10);
        assert!(!handle.is_open());
        settle().await;
        scene.peer.take(usize::MAX);
        settle().await;
        assert_eq!(scene.peer.close_code(), Some(1008));
        scene.peer.send(close(1008));
        let (_, journal) = scene.end().await;
        assert_eq!(journal.cause(), Cause::SlowPeer);
        assert!(journal.has(&Heard::Dropped));
    });
}

#[test]
fn a_handle_gives_up_what_has_waited_longest_if_the_endpoint_wants_it() {
    for looks in [false, true] {
        play(async {
            let policy = Overflow::DropOldest;
            let (scene, handle) = clogged(policy).max_bytes(10_000).open_handled();
            settle().await;
            for number in 0..100 {
                handle.send(sized(number)).unwrap();
                // As much again until the driver looks.
                assert!(waiting(&handle) <= 20_000, "{handle:?}");
                if looks {
                    settle().await;
                }
            }
            settle().await;
            assert_eq!(scene.outbox.given_up(), 90);
            scene.peer.take(usize::MAX);
            settle().await;
            let expected: Vec<_> = (90..100).map(sized).collect();
            assert_eq!(scene.peer.texts(), expected);
        });
    }
}

#[test]
fn a_handle_gives_up_empty_messages_as_well() {
    play(async {
        let (scene, handle) = clogged(Overflow::DropOldest)
            .max_messages(10)
            .open_handled();
        settle().await;
        for _ in 0..100 {
            handle.send("").unwrap();
        }
        settle().await;
        assert_eq!(scene.outbox.given_up(), 90);
        scene.peer.take(usize::MAX);
        settle().await;
        assert_eq!(scene.peer.texts().len(), 10);
    });
}

struct Clogged(Overflow);

/// Has so much on its way that what follows waits.
const fn clogged(policy: Overflow) -> Clogged {
    Clogged(policy)
}

impl Clogged {
    fn max_bytes(self, limit: usize) -> Setup {
        Self::with(Flow::new().overflow(self.0).max_queued_bytes(limit))
    }

    fn max_messages(self, limit: usize) -> Setup {
        Self::with(Flow::new().overflow(self.0).max_queued_messages(limit))
    }

    fn with(flow: Flow) -> Setup {
        let setup = once(|ctx| ctx.binary(vec![0; ON_ITS_WAY - 4]).unwrap());
        setup.flow(flow).room(0)
    }
}

/// What waits behind what is on its way.
fn waiting(handle: &ConnectionHandle) -> usize {
    handle.queued_bytes() - ON_ITS_WAY
}

fn sized(number: u32) -> String {
    format!("{number:1000}")
}

const ON_ITS_WAY: usize = 64 * 1024;
