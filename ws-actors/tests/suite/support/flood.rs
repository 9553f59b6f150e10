//! Tasks that leave others no rest.

use std::{cell::Cell, future::poll_fn, rc::Rc, task::Poll, time::Duration};

use actix::Addr;
use tokio::{
    task::{JoinHandle, spawn_local},
    time::advance,
};

use super::probe::{Noise, Probe};

/// Lets every other task that is ready have its turn, once.
pub(crate) async fn turn() {
    let mut waited = false;
    poll_fn(|cx| {
        if waited {
            return Poll::Ready(());
        }
        waited = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Fills a mailbox faster than it can be emptied, until it is dropped.
pub(crate) struct Flood(JoinHandle<()>);

impl Flood {
    pub(crate) fn of(address: Addr<Probe>) -> Self {
        Self(spawn_local(async move {
            while address.connected() {
                for _ in 0..2000 {
                    address.do_send(Noise);
                }
                turn().await;
            }
        }))
    }
}

impl Drop for Flood {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Moves the clock by hand, in steps, as it stands still while tasks are busy.
pub(crate) async fn pass(time: Duration, step: Duration) {
    let mut left = time;
    while left > Duration::ZERO {
        let step = step.min(left);
        advance(step).await;
        turn().await;
        left -= step;
    }
}

/// Counts the turns that a task of its own gets, until it is dropped.
pub(crate) struct Bystander {
    turns: Rc<Cell<usize>>,
    task: JoinHandle<()>,
}

impl Bystander {
    pub(crate) fn new(mut each: impl FnMut() + 'static) -> Self {
        let turns = Rc::new(Cell::new(0));
        let counted = Rc::clone(&turns);
        let task = spawn_local(async move {
            loop {
                counted.set(counted.get() + 1);
                each();
                turn().await;
            }
        });
        Self { turns, task }
    }

    pub(crate) fn turns(&self) -> usize {
        self.turns.get()
    }
}

impl Drop for Bystander {
    fn drop(&mut self) {
        self.task.abort();
    }
}
