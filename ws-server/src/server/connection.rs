use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use actix_http::error::DispatchError;
use bytes::BytesMut;

use crate::upgrade::takeover::{Lease, Running};

/// A connection: HTTP first, and perhaps a WebSocket then, in one task of the
/// worker, which counts it as long as it lasts.
pub(super) enum Connection<F> {
    /// In a box, so that a WebSocket does not hold the room that HTTP took.
    Http(Pin<Box<F>>, Lease),
    WebSocket(Running),
    Over,
}

impl<F> Connection<F> {
    pub(super) fn new(http: F, lease: Lease) -> Self {
        Self::Http(Box::pin(http), lease)
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
                Self::Http(http, lease) => {
                    if let Poll::Ready(result) = http.as_mut().poll(cx) {
                        *this = Self::Over;
                        return Poll::Ready(result);
                    }
                    if !lease.is_due() {
                        return Poll::Pending;
                    }
                    let input = first_input(http, lease, cx);
                    let running = lease.hand_over(input);
                    // HTTP ends here, and all it holds.
                    *this = running.map_or(Self::Over, Self::WebSocket);
                }
                Self::WebSocket(running) => return running.as_mut().poll(cx).map(Ok),
                Self::Over => return Poll::Ready(Ok(())),
            }
        }
    }
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
