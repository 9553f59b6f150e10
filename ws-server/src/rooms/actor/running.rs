use std::{
    any::Any,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::time::{Instant, Sleep, sleep};

use crate::rooms::Member;

use super::{
    Room, RoomActor, RoomContext,
    inbox::Inbox,
    life::{Life, Turn},
};

/// The actor of a room, for as long as the room lasts: a task of its own.
pub(super) struct Running<R: RoomActor> {
    room: Room<R::Key, R::Data>,
    inbox: Arc<Inbox<R>>,
    make: Arc<Make<R>>,
    /// Those that the actor has heard of.
    members: Vec<Member<R::Data>>,
    life: Option<Life<R>>,
    /// When the actor was made.
    since: Instant,
    /// How often it panicked soon after it was made.
    failures: u32,
    pause: Option<Pin<Box<Sleep>>>,
    restart: bool,
}

type Make<R> = dyn Fn(&Room<<R as RoomActor>::Key, <R as RoomActor>::Data>) -> R + Send + Sync;

impl<R: RoomActor> Running<R> {
    pub(super) fn new(
        room: Room<R::Key, R::Data>,
        inbox: &Arc<Inbox<R>>,
        make: Arc<Make<R>>,
    ) -> Self {
        Self {
            room,
            inbox: Arc::clone(inbox),
            make,
            members: Vec::new(),
            life: None,
            since: Instant::now(),
            failures: 0,
            pause: None,
            restart: false,
        }
    }

    fn turn(&mut self, cx: &mut Context<'_>) -> Turn {
        if self.life.is_none() {
            self.since = Instant::now();
            let actor = (self.make)(&self.room);
            let life = Life::new(actor, RoomContext::new(self.room.clone()));
            // In its place before it does anything, so that a panic finds it.
            let life = self.life.insert(life);
            life.start();
            if self.restart {
                life.catch_up(&self.members);
            }
        }
        let Some(life) = &mut self.life else {
            return Turn::Ended;
        };
        let turn = life.turn(&self.inbox, &mut self.members, cx);
        // Everybody has gone, and it has heard of it.
        if turn == Turn::Idle && self.members.is_empty() && self.room.is_gone() {
            life.finish();
            return Turn::Ended;
        }
        turn
    }

    fn bury(&mut self, panic: &(dyn Any + Send)) {
        let text = panic.downcast_ref::<&str>().copied();
        let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        tracing::error!(panic = text, "the actor of a room panicked");
        let life = self.life.take();
        catch_unwind(AssertUnwindSafe(|| drop(life))).ok();
    }

    /// Whether another actor would have nobody, and nothing it could do.
    fn is_pointless(&self) -> bool {
        self.room.is_gone() && (self.members.is_empty() || self.failures > 0)
    }

    /// Has another actor made, after a while if it is not the first time.
    fn begin_anew(&mut self) {
        self.room.meters().restarted();
        self.restart = true;
        if self.since.elapsed() >= STEADY {
            self.failures = 0;
        }
        self.pause = self.failures.checked_sub(1).map(|exponent| {
            let delay = FIRST_DELAY.saturating_mul(1 << exponent.min(16));
            Box::pin(sleep(delay.min(LAST_DELAY)))
        });
        self.failures = self.failures.saturating_add(1);
    }
}

// Nothing in it is ever pinned.
impl<R: RoomActor> Unpin for Running<R> {}

impl<R: RoomActor> Future for Running<R> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        loop {
            if let Some(pause) = &mut this.pause {
                ready!(pause.as_mut().poll(cx));
                this.pause = None;
            }
            match catch_unwind(AssertUnwindSafe(|| this.turn(cx))) {
                Ok(Turn::Idle) => return Poll::Pending,
                Ok(Turn::More) => {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Ok(Turn::Ended) => return Poll::Ready(()),
                Err(panic) => {
                    this.bury(&*panic);
                    if this.is_pointless() {
                        return Poll::Ready(());
                    }
                    this.begin_anew();
                }
            }
        }
    }
}

impl<R: RoomActor> Drop for Running<R> {
    fn drop(&mut self) {
        let unheard = self.inbox.close();
        self.room.meters().unheard(unheard);
    }
}

/// An actor that has run for so long has not failed at once.
const STEADY: Duration = Duration::from_secs(10);
/// What is waited before the third attempt; it doubles with every other.
const FIRST_DELAY: Duration = Duration::from_millis(100);
/// The most that is waited.
const LAST_DELAY: Duration = Duration::from_secs(30);
