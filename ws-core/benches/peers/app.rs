//! The application: what becomes of messages that were received.

use std::hint::black_box;

use bytes::Bytes;

use crate::rows::{Kind, Row};

pub(crate) struct App {
    kind: Kind,
    /// The number of messages received.
    pub(crate) messages: usize,
    /// The payload data received, in bytes.
    pub(crate) bytes: usize,
    /// What is to come, round and round, if it is checked.
    expected: Option<Vec<Bytes>>,
}

impl App {
    pub(crate) const fn new(row: &Row) -> Self {
        Self {
            kind: row.kind,
            messages: 0,
            bytes: 0,
            expected: None,
        }
    }

    /// From now on, messages are compared with these, or with none.
    pub(crate) fn expect(&mut self, expected: Option<Vec<Bytes>>) {
        self.expected = expected;
    }

    pub(crate) fn binary(&mut self, payload: &[u8]) {
        self.take(Kind::Binary, payload);
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.take(Kind::Text, text.as_bytes());
    }

    /// As bytes that the library has found to be UTF-8.
    pub(crate) fn text_bytes(&mut self, payload: &[u8]) {
        self.take(Kind::TextBytes, payload);
    }

    /// Whether text is to be handed over as a `&str`.
    pub(crate) fn wants_str(&self) -> bool {
        self.kind == Kind::Text
    }

    #[inline]
    fn take(&mut self, kind: Kind, payload: &[u8]) {
        // The payload lies in memory, where the application could read it.
        black_box(payload);
        if let Some(expected) = &self.expected {
            assert_eq!(self.kind, kind, "a message is of its kind");
            let expected = &expected[self.messages % expected.len()];
            assert!(payload == expected, "message {} is right", self.messages);
        }
        self.messages += 1;
        self.bytes += payload.len();
    }
}
