use std::{cell::Cell, time::Duration};

use actix_http::Request;
use actix_web::http::header;

/// What a connection takes in for HTTP: how much is read for a head and at once,
/// and how many requests the app has in hand.
///
/// actix-http keeps a deadline for the first head of a connection only, takes
/// 128 KiB for one, and does requests that are pipelined behind a response which
/// closes the connection. This here knows enough to do better.
#[derive(Debug, Default)]
pub(crate) struct Intake {
    /// Bytes that came since the app was given a request.
    fresh: Cell<usize>,
    /// Bytes that came in this turn of the connection.
    at_once: Cell<usize>,
    /// Requests in hand: until the last byte of their response is encoded.
    in_hand: Cell<usize>,
    /// The last request had a body, of which some may still come.
    body: Cell<bool>,
    /// The app was given a request.
    asked: Cell<bool>,
    /// No request is done any more.
    closing: Cell<bool>,
    /// Something could not be written yet.
    blocked: Cell<bool>,
}

/// Bounds of a head.
#[derive(Debug, Clone, Copy)]
pub(super) struct HeadLimits {
    pub(super) bytes: usize,
    pub(super) time: Duration,
}

/// What a peer is told whose head is not waited for any longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HeadRefused {
    TooLarge,
    TooLate,
}

impl Intake {
    /// The connection has another turn.
    pub(super) fn begin_turn(&self) {
        self.at_once.set(0);
    }

    /// Whether HTTP may read on in this turn: all requests that come together
    /// are taken apart at once, and each takes a hundred times its length.
    pub(crate) fn may_read(&self) -> bool {
        self.at_once.get() < READ_AT_ONCE
    }

    pub(crate) fn note_read(&self, bytes: usize) {
        self.fresh.set(self.fresh.get().saturating_add(bytes));
        self.at_once.set(self.at_once.get().saturating_add(bytes));
    }

    pub(crate) fn note_blocked(&self, blocked: bool) {
        self.blocked.set(blocked);
    }

    /// A request is to be done; `false` if the connection closes.
    pub(super) fn begin(&self, request: &Request) -> bool {
        let head = request.head();
        self.fresh.set(0);
        self.asked.set(true);
        self.body.set(
            head.headers.contains_key(header::CONTENT_LENGTH)
                || head.headers.contains_key(header::TRANSFER_ENCODING),
        );
        if self.closing.get() {
            return false;
        }
        self.in_hand.set(self.in_hand.get() + 1);
        true
    }

    /// Its response is encoded, or it came to nothing.
    pub(super) fn end(&self) {
        self.in_hand.set(self.in_hand.get() - 1);
    }

    /// Whether no request is done any more.
    pub(super) fn is_closed(&self) -> bool {
        self.closing.get()
    }

    /// It was the last one.
    pub(super) fn close(&self) {
        self.closing.set(true);
    }

    /// Whether the first head of the connection has not come yet.
    pub(super) fn waits_for_first(&self) -> bool {
        !self.asked.get()
    }

    /// Whether a head has begun to come, and nothing else is going on.
    pub(super) fn waits_for_head(&self) -> bool {
        self.in_hand.get() == 0 && self.fresh.get() > 0
    }

    /// Whether more has come for it than may.
    pub(super) fn is_too_large(&self, limits: HeadLimits) -> bool {
        !self.body.get() && self.fresh.get() > limits.bytes
    }

    /// Whether a response of our own would stand where the peer expects one.
    pub(super) fn may_answer(&self) -> bool {
        !self.blocked.get() && !self.closing.get() && !self.body.get()
    }
}

impl HeadRefused {
    pub(super) const fn response(self) -> &'static [u8] {
        match self {
            Self::TooLarge => {
                b"HTTP/1.1 431 Request Header Fields Too Large\r\n\
                  connection: close\r\ncontent-length: 0\r\n\r\n"
            }
            Self::TooLate => {
                b"HTTP/1.1 408 Request Timeout\r\n\
                  connection: close\r\ncontent-length: 0\r\n\r\n"
            }
        }
    }

    /// The limit that acted, as metrics call it.
    pub(super) const fn limit(self) -> &'static str {
        match self {
            Self::TooLarge => "max_head_bytes",
            Self::TooLate => "client_request_timeout",
        }
    }
}

/// How much is read at once, in bytes, about.
const READ_AT_ONCE: usize = 4 * 1024;
