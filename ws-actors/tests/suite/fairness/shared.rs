//! What the tests of several floods share.

use std::{
    cell::Cell,
    pin::Pin,
    rc::Rc,
    task::{self, Poll},
};

use actix::{ActorFuture, AsyncContext};
use tokio::task::spawn_local;
use ws_actors::WsContext;

use crate::support::{
    flood::turn,
    probe::{Heard, Journal, Probe},
    scene::{Setup, probe},
};

/// How much a journal grows, at most, between two turns of another task.
pub(super) fn longest_wait(
    journal: &Journal,
    size: impl Fn(&Journal) -> usize + 'static,
) -> Rc<Cell<usize>> {
    let longest = Rc::new(Cell::new(0));
    let (found, journal) = (Rc::clone(&longest), journal.clone());
    let mut last = size(&journal);
    spawn_local(async move {
        for _ in 0..100_000 {
            turn().await;
            let size = size(&journal);
            found.set(found.get().max(size - last));
            last = size;
        }
    });
    longest
}

/// An actor beside which a future runs that is always ready to go on.
pub(super) fn spinning() -> Setup {
    probe(|heard, ctx| {
        if *heard == Heard::Started {
            ctx.spawn(Spinning);
        }
    })
}

pub(super) struct Spinning;

impl ActorFuture<Probe> for Spinning {
    type Output = ();

    fn poll(
        self: Pin<&mut Self>,
        probe: &mut Probe,
        _: &mut WsContext<Probe>,
        cx: &mut task::Context<'_>,
    ) -> Poll<()> {
        probe.journal.count();
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

pub(super) fn echo() -> Setup {
    probe(|heard, ctx| {
        if let Heard::Text(text) = heard {
            ctx.text(text.clone()).unwrap();
        }
    })
}
