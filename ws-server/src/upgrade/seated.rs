use std::{
    future::Future,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
};

use actix::Actor;
use actix_web::HttpRequest;
use tracing::{Span, field::display};
use ws_actors::{Driver, Transport, WsContext};

use crate::{admission::Place, group::Seat, shutdown::Coming};

/// A connection under way, which a shutdown knows of, and which counts, as long
/// as it lasts.
pub(crate) struct Seated<A: Actor<Context = WsContext<A>>, T> {
    driver: Driver<A, T>,
    _seat: Seat,
    _place: Place,
}

impl<A, T> Seated<A, T>
where
    A: Actor<Context = WsContext<A>>,
    T: Transport,
{
    pub(crate) fn new(driver: Driver<A, T>, coming: Coming, place: Place, caller: &Caller) -> Self {
        caller.note(driver.span());
        Self {
            _seat: coming.seat(driver.outbox()),
            _place: place,
            driver,
        }
    }
}

impl<A, T> Future for Seated<A, T>
where
    A: Actor<Context = WsContext<A>>,
    T: Transport,
{
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.get_mut().driver).poll(cx).map(drop)
    }
}

/// Who asked for a connection, and where, for the logs.
pub(crate) struct Caller {
    peer: Option<SocketAddr>,
    path: Box<str>,
}

impl Caller {
    pub(crate) fn of(request: &HttpRequest) -> Self {
        Self {
            peer: request.peer_addr(),
            path: request.path().into(),
        }
    }

    fn note(&self, span: &Span) {
        if span.is_disabled() {
            return;
        }
        if let Some(peer) = self.peer {
            span.record("peer", display(peer));
        }
        span.record("path", &*self.path);
    }
}
