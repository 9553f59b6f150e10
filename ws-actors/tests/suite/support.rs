//! What the behaviour tests share: a paused clock, a transport in memory whose
//! peer behaves as badly as it likes, and an actor that tells what it hears.

pub(crate) mod flood;
pub(crate) mod frames;
pub(crate) mod probe;
pub(crate) mod scene;
pub(crate) mod source;
pub(crate) mod wire;

use std::{
    future::Future,
    panic::resume_unwind,
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

use tokio::{runtime::Builder, task::LocalSet, time::timeout};

/// Plays a scenario on one thread and a paused clock, which moves on only when
/// nothing is left to do.
///
/// A scenario that waits for something that never comes fails after a month,
/// which takes no time.
pub(crate) fn play<F: Future>(scenario: F) -> F::Output {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime without I/O needs nothing");
    let month = seconds(30 * 24 * 3600);
    LocalSet::new().block_on(&runtime, async {
        let ended = timeout(month, scenario).await;
        ended.expect("the scenario waits for something that never comes")
    })
}

/// Runs a test on a thread of its own, so that one that spins fails, and does
/// not hang: no clock of the test's can end it.
pub(crate) fn watched(test: impl FnOnce() + Send + 'static) {
    let (done, is_done) = mpsc::channel();
    let thread = thread::spawn(move || {
        test();
        done.send(()).ok();
    });
    match is_done.recv_timeout(seconds(30)) {
        Err(RecvTimeoutError::Timeout) => panic!("a task never gives way"),
        Ok(()) | Err(RecvTimeoutError::Disconnected) => {
            if let Err(panic) = thread.join() {
                resume_unwind(panic);
            }
        }
    }
}

/// Lets all tasks run until they wait; no time passes.
pub(crate) async fn settle() {
    settle_for(100).await;
}

/// As [`settle`], where tasks are so busy that they never wait: each of them
/// has its turn a few dozen times in a round.
pub(crate) async fn settle_for(rounds: u32) {
    for _ in 0..rounds {
        tokio::task::yield_now().await;
    }
}

/// Lets all tasks run until something is so; `false` if each of them had its
/// turn a few thousand times before.
pub(crate) async fn until(what: impl Fn() -> bool) -> bool {
    for _ in 0..100 {
        if what() {
            return true;
        }
        tokio::task::yield_now().await;
    }
    false
}

pub(crate) const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}
