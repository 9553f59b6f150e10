use std::{
    any::Any,
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

use tracing::{Span, debug, error, field::Empty, info_span};
use ws_core::{Cause, CloseCode, Outcome};

use crate::metrics::{Meters, Tally, cause_name};

/// Tells operators of a connection. What was said on it is never told.
#[derive(Debug)]
pub(super) struct Watch {
    /// If anybody listens.
    span: Option<Box<Span>>,
    opened: Instant,
    /// It was told that the connection is open, and not yet that it is closed.
    open: bool,
}

impl Watch {
    pub(super) fn new(now: Instant, endpoint: &str, subprotocol: Option<&str>) -> Self {
        let id = next_id();
        let span = info_span!(
            "websocket",
            id,
            endpoint,
            subprotocol,
            peer = Empty,
            path = Empty
        );
        Self {
            span: (!span.is_disabled()).then(|| Box::new(span)),
            opened: now,
            open: false,
        }
    }

    pub(super) fn span(&self) -> &Span {
        static NONE: Span = Span::none();
        self.span.as_deref().unwrap_or(&NONE)
    }

    pub(super) fn open(&mut self, meters: &Meters, now: Instant) {
        self.opened = now;
        self.open = true;
        meters.opened();
        debug!(parent: self.span(), "connection is open");
    }

    pub(super) fn close(
        &mut self,
        meters: &Meters,
        outcome: &Outcome,
        now: Instant,
        tally: &Tally,
    ) {
        if !self.open {
            return;
        }
        self.open = false;
        let seconds = now.saturating_duration_since(self.opened).as_secs_f64();
        meters.closed(&outcome.cause, seconds, tally);
        let sent = outcome.sent.as_ref().and_then(|it| it.code());
        let received = outcome.received.as_ref().and_then(|it| it.code());
        debug!(
            parent: self.span(),
            cause = cause_name(&outcome.cause),
            error = fault(&outcome.cause),
            sent = sent.map(CloseCode::get),
            received = received.map(CloseCode::get),
            seconds,
            "connection is closed"
        );
    }

    pub(super) fn panicked(&self, panic: &(dyn Any + Send)) {
        let message = panic.downcast_ref::<String>().map(String::as_str);
        let message = message.or_else(|| panic.downcast_ref::<&str>().copied());
        error!(
            parent: self.span(),
            panic = message.unwrap_or("of another type"),
            "a handler panicked: its connection closes with 1011"
        );
    }
}

/// What the peer did wrong, in words of ours.
fn fault(cause: &Cause) -> Option<String> {
    if let Cause::Protocol(error) = cause {
        Some(error.to_string())
    } else if let Cause::Timeout(timeout) = cause {
        Some(format!("{timeout:?} timeout"))
    } else {
        None
    }
}

fn next_id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
