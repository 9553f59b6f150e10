use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Waker},
    time::Duration,
};

use tokio::time::sleep;

use super::Scene;

impl Scene<'_> {
    /// Time passes, and all that is due happens at its time.
    pub(super) async fn elapse(&mut self, time: Duration) {
        self.drive();
        let mut sleep = pin!(sleep(time));
        let mut wakes = 0;
        poll_fn(|cx| {
            self.bell.pass_on_to(cx.waker());
            self.drive();
            wakes += 1;
            assert!(
                wakes < MOST_WAKES,
                "the connection wakes up again and again"
            );
            sleep.as_mut().poll(cx)
        })
        .await;
        self.bell.ring();
        self.drive();
    }

    /// Lets the server do what there is to do now.
    pub(super) fn drive(&mut self) {
        if self.abandoned {
            return;
        }
        self.door.open(&self.local, &self.bell);
        let waker = Waker::from(Arc::clone(&self.bell));
        let mut cx = Context::from_waker(&waker);
        for _ in 0..MOST_POLLS {
            if !self.bell.was_rung() {
                return;
            }
            // The tasks of a thread never end altogether.
            let _ = Pin::new(&mut self.local).poll(&mut cx);
            self.door.read_body(&mut cx, &self.line);
            self.check_bounds();
        }
        panic!("the connection never waits");
    }

    /// What waits stays within what the flow says.
    fn check_bounds(&self) {
        let ledger = self.ledger.borrow();
        let Some(outbox) = &ledger.outbox else {
            return;
        };
        // What others left at the handle was promised a place before it was
        // known what the actor had said meanwhile.
        let most = 2 * self.setup.limits.queued.max(ledger.longest + HEADER);
        let queued = outbox.queued_bytes();
        assert!(queued <= most, "{queued} bytes wait, the bound is {most}");
        if let Some(handle) = &ledger.handle {
            let most = 2 * most + SENDING + ledger.longest;
            let queued = handle.queued_bytes();
            assert!(
                queued <= most,
                "{queued} bytes wait in all, the bound is {most}"
            );
        }
    }
}

/// How often the server may be polled while no time passes and nothing comes.
const MOST_POLLS: usize = 10_000;
/// How often it may wake up in a time that passes.
const MOST_WAKES: usize = 20_000;
/// The header of a message that was encoded before, in bytes.
const HEADER: usize = 10;
/// What may be on its way beside the outbox: 64 KiB of messages, and control
/// frames.
const SENDING: usize = 80 * 1024;
