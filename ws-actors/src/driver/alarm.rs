use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Instant,
};

use tokio::time::{Sleep, sleep_until};

/// The one timer of a connection.
///
/// It is set anew when it rings or when a deadline comes before it, never
/// because traffic moved a deadline further away.
#[derive(Debug, Default)]
pub(super) struct Alarm {
    sleep: Option<Pin<Box<Sleep>>>,
    /// When it rings: to look at the timer itself would cost more.
    rings_at: Option<Instant>,
}

impl Alarm {
    /// Whether `deadline` is there; if not, the task is woken when it may be.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        now: Instant,
        deadline: Instant,
        waker_changed: bool,
    ) -> Poll<()> {
        if !waker_changed && self.rings_at.is_some_and(|at| now < at && at <= deadline) {
            // It rings in time, and knows whom to wake.
            return Poll::Pending;
        }
        let at = tokio::time::Instant::from_std(deadline);
        let sleep = match &mut self.sleep {
            None => self.sleep.insert(Box::pin(sleep_until(at))),
            Some(sleep) => {
                if at < sleep.deadline() || sleep.is_elapsed() {
                    sleep.as_mut().reset(at);
                }
                sleep
            }
        };
        self.rings_at = Some(sleep.deadline().into_std());
        sleep.as_mut().poll(cx)
    }
}
