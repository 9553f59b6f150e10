use std::{
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use ::metrics::counter;
use actix_http::error::DispatchError;
use bytes::BytesMut;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep},
};

use crate::{
    metrics,
    upgrade::takeover::{Lease, Running},
};

use super::intake::{HeadLimits, HeadRefused};

/// A connection: HTTP first, and perhaps a WebSocket then, in one task of the
/// worker, which counts it as long as it lasts.
pub(super) enum Connection<F> {
    /// In a box, so that a WebSocket does not hold the room that HTTP took.
    Http(Pin<Box<F>>, Lease, HeadWatch),
    WebSocket(Running),
    /// It was told that no more is heard, and has some time to see it.
    Leaving(Lease, Pin<Box<Sleep>>),
    Over,
}

/// Waits for the head of a request, in bounds.
pub(super) struct HeadWatch {
    /// There are none for HTTP/2.
    limits: Option<HeadLimits>,
    since: Instant,
    /// Made once a head does not come at once.
    deadline: Option<Pin<Box<Sleep>>>,
}

impl<F> Connection<F> {
    pub(super) fn new(http: F, lease: Lease, limits: Option<HeadLimits>) -> Self {
        let watch = HeadWatch {
            limits,
            since: Instant::now(),
            deadline: None,
        };
        Self::Http(Box::pin(http), lease, watch)
    }
}

impl<F> Future for Connection<F>
where
    F: Future<Output = Result<(), DispatchError>>,
{
    type Output = Result<(), DispatchError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        loop {
            match this {
                Self::Http(http, lease, watch) => {
                    lease.intake().begin_turn();
                    if let Poll::Ready(result) = http.as_mut().poll(cx) {
                        if watch.has_expired(lease) {
                            count(HeadRefused::TooLate);
                        }
                        *this = Self::Over;
                        return Poll::Ready(result);
                    }
                    if lease.is_due() {
                        let input = first_input(http, lease, cx);
                        let running = lease.hand_over(input);
                        // HTTP ends here, and all it holds.
                        *this = running.map_or(Self::Over, Self::WebSocket);
                        continue;
                    }
                    let Some(refused) = watch.look(lease, cx) else {
                        return Poll::Pending;
                    };
                    dismiss(lease, refused, cx);
                    *this = Self::Leaving(lease.clone(), Box::pin(sleep(PATIENCE)));
                }
                Self::WebSocket(running) => return running.as_mut().poll(cx).map(Ok),
                Self::Leaving(lease, patience) => {
                    let gone = discard(lease, cx).is_ready();
                    if !gone && patience.as_mut().poll(cx).is_pending() {
                        return Poll::Pending;
                    }
                    *this = Self::Over;
                }
                Self::Over => return Poll::Ready(Ok(())),
            }
        }
    }
}

impl HeadWatch {
    /// Whether HTTP has ended for its own deadline, which is for the first head.
    fn has_expired(&self, lease: &Lease) -> bool {
        self.limits.is_some_and(|limits| {
            !limits.time.is_zero()
                && self.since.elapsed() >= limits.time
                && lease.intake().waits_for_first()
        })
    }

    /// Whether the head that has begun to come is not waited for any longer.
    fn look(&mut self, lease: &Lease, cx: &mut Context<'_>) -> Option<HeadRefused> {
        let limits = self.limits?;
        let intake = lease.intake();
        if !intake.waits_for_head() {
            self.deadline = None;
            return None;
        }
        if intake.is_too_large(limits) {
            return Some(HeadRefused::TooLarge);
        }
        // As for actix-http, no time is no limit.
        if limits.time.is_zero() {
            return None;
        }
        let deadline = self
            .deadline
            .get_or_insert_with(|| Box::pin(sleep(limits.time)));
        let late = deadline.as_mut().poll(cx).is_ready();
        late.then_some(HeadRefused::TooLate)
    }
}

/// Says why nothing more is heard, if it can be said, and that this is the end.
fn dismiss(lease: &Lease, refused: HeadRefused, cx: &mut Context<'_>) {
    count(refused);
    if lease.intake().may_answer() {
        // Nothing else waits to be written, so that there is room for a line.
        let response = refused.response();
        let _ = lease.with(|stream| stream.poll_write(cx, response));
        let _ = lease.with(|stream| stream.poll_flush(cx));
    }
    let _ = lease.with(|stream| stream.poll_shutdown(cx));
}

fn count(refused: HeadRefused) {
    counter!(metrics::LIMITS, "limit" => refused.limit()).increment(1);
}

/// Reads what the peer still sends: a socket that is closed before would send a
/// reset, and the peer would not see what it was told.
fn discard(lease: &Lease, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
    let mut bytes = [0; 4096];
    let mut buffer = ReadBuf::new(&mut bytes);
    let read = lease.with(|stream| stream.poll_read(cx, &mut buffer));
    if buffer.filled().is_empty() {
        return read;
    }
    // Others have their turn in between.
    cx.waker().wake_by_ref();
    Poll::Pending
}

/// What came behind the request. HTTP moves it to the payload piece by piece.
fn first_input<F: Future>(http: &mut Pin<Box<F>>, lease: &Lease, cx: &mut Context<'_>) -> BytesMut {
    let mut input = BytesMut::new();
    loop {
        let before = input.len();
        lease.leftover(cx, &mut input);
        if input.len() == before || http.as_mut().poll(cx).is_ready() {
            return input;
        }
    }
}

/// How long a peer has to see that its head was refused.
const PATIENCE: Duration = Duration::from_secs(1);
