use async_nats::datetime::DateTime;
use bytes::Bytes;

use super::Question;
use crate::backplane::Page;

/// What has been found of what was asked for.
pub(super) struct Found<'a> {
    question: &'a Question<'a>,
    start: Option<u64>,
    last: u64,
    newest: u64,
    entries: Vec<(u64, Bytes)>,
}

impl<'a> Found<'a> {
    /// Nothing yet. The newest message is the one with this offset, or a later
    /// one.
    pub(super) const fn new(question: &'a Question<'a>, newest: u64) -> Self {
        Self {
            question,
            start: None,
            last: 0,
            newest,
            entries: Vec::new(),
        }
    }

    /// Takes the next message, in order.
    pub(super) fn take(&mut self, offset: u64, time: DateTime, payload: Bytes) {
        let after = self.question.after;
        self.last = offset;
        self.newest = self.newest.max(offset);
        if self.question.is_old(time) {
            // As if it had been removed; what is asked for comes behind it.
            self.start = Some(offset.max(after.unwrap_or(0)));
        } else if after == Some(offset) {
            // It is there, so all that came after is.
            self.start = Some(offset);
        } else {
            self.start.get_or_insert(offset);
            self.entries.push((offset, payload));
        }
    }

    /// How many there is room for.
    pub(super) const fn room(&self) -> usize {
        self.question.limit - self.entries.len()
    }

    /// Whether there is no room for more, or nothing more.
    pub(super) const fn is_complete(&self) -> bool {
        self.room() == 0 || self.last >= self.newest
    }

    pub(super) fn page(self) -> Page {
        let more = self.last < self.newest;
        let start = self.start.unwrap_or(self.newest);
        self.question.page(start, self.newest, self.entries, more)
    }
}
