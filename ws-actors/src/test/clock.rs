use std::{future::Future, time::Duration};

use actix::System;
use tokio::{
    runtime::Builder,
    task::yield_now,
    time::{sleep, timeout},
};

/// Runs a scenario on this thread and a paused clock.
///
/// The clock moves on only when nothing is left to do, then at once to the next
/// instant at which something is due: hours take no time, and a time that is
/// measured is exact. [`actix::spawn`], other actors, `ctx.run_later` and all
/// timers of tokio work; so does [`System::current`].
///
/// # Panics
///
/// If the scenario does, or if it waits for something that has not come after
/// 30 days on that clock.
#[track_caller]
pub fn run<F: Future>(scenario: F) -> F::Output {
    let system = System::with_tokio_rt(|| {
        Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .expect("a thread has room for a runtime")
    });
    // Out here, as the place of the caller is not known inside.
    match system.block_on(async { timeout(MONTH, scenario).await }) {
        Ok(output) => output,
        Err(_) => panic!("the scenario waits for something that never comes"),
    }
}

/// Lets so much time pass, with all that is due in it, each at its time, and all
/// that happens at the end of it.
///
/// [`tokio::time::advance`], for one, jumps to the end, and what was due
/// meanwhile happens late.
pub async fn advance(time: Duration) {
    sleep(time).await;
    settle().await;
}

/// Lets all tasks run until they wait for something; no time passes.
pub async fn settle() {
    for _ in 0..TURNS {
        yield_now().await;
    }
}

const MONTH: Duration = Duration::from_secs(30 * 24 * 3600);
/// Each task has a turn in each of them; messages cross a handful of tasks.
const TURNS: u32 = 100;
