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
}

impl Alarm {
    /// Whether `deadline` is there; if not, the task is woken when it may be.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        deadline: Instant,
        waker_changed: bool,
    ) -> Poll<()> {
        let deadline = tokio::time::Instant::from_std(deadline);
        let sleep = match &mut self.sleep {
            None => self.sleep.insert(Box::pin(sleep_until(deadline))),
            Some(sleep) if deadline < sleep.deadline() || sleep.is_elapsed() => {
                sleep.as_mut().reset(deadline);
                sleep
            }
            // It rings in time, and knows whom to wake.
            Some(_) if !waker_changed => return Poll::Pending,
            Some(sleep) => sleep,
        };
        sleep.as_mut().poll(cx)
    }
}
