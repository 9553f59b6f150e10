use std::collections::{BTreeMap, VecDeque};

use crate::Flow;

use super::Outgoing;

/// What waits, in order; counted, and found again by its key.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// The only one that waits, as most do: it takes no storage.
    alone: Option<Outgoing>,
    entries: VecDeque<Entry>,
    /// The number of the first entry since the queue was empty.
    first: u64,
    /// The numbers of entries that a newer message may take the place of.
    keyed: BTreeMap<u64, u64>,
    bytes: usize,
    messages: usize,
    streams: u32,
}

/// `None` if it was given up: the numbers of those behind it stay.
#[derive(Debug)]
struct Entry {
    outgoing: Option<Outgoing>,
    key: Option<u64>,
}

impl Queue {
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// The number of messages.
    pub(super) const fn len(&self) -> usize {
        self.messages
    }

    pub(super) const fn has_streams(&self) -> bool {
        self.streams > 0
    }

    /// A message larger than the bound passes when nothing waits before it.
    pub(super) fn has_room(&self, outgoing: &Outgoing, flow: &Flow) -> bool {
        self.messages == 0
            || (self.len() + outgoing.messages() <= flow.max_queued_messages
                && self.bytes.saturating_add(outgoing.len()) <= flow.max_queued_bytes)
    }

    pub(super) fn push(&mut self, outgoing: Outgoing, key: Option<u64>) {
        if self.messages == 0 && key.is_none() {
            self.count(&outgoing);
            self.alone = Some(outgoing);
            return;
        }
        if let Some(outgoing) = self.alone.take() {
            self.entries.push_back(Entry {
                outgoing: Some(outgoing),
                key: None,
            });
        }
        if let Some(key) = key {
            let number = self.first + self.entries.len() as u64;
            self.keyed.insert(key, number);
        }
        self.count(&outgoing);
        let outgoing = Some(outgoing);
        self.entries.push_back(Entry { outgoing, key });
    }

    /// Whether there is room for a message in the place of the one with this
    /// key; it may be larger.
    pub(super) fn has_room_in_place(&self, key: u64, outgoing: &Outgoing, flow: &Flow) -> bool {
        let place = self.keyed.get(&key).and_then(|number| {
            let index = usize::try_from(number - self.first).ok()?;
            self.entries.get(index)?.outgoing.as_ref()
        });
        place.is_some_and(|place| {
            let bytes = (self.bytes - place.len()).saturating_add(outgoing.len());
            self.messages == 1 || outgoing.len() <= place.len() || bytes <= flow.max_queued_bytes
        })
    }

    /// Puts a message in the place of the one with this key; gives it back if
    /// there is none.
    pub(super) fn replace(&mut self, key: u64, outgoing: Outgoing) -> Result<(), Outgoing> {
        let place = self.keyed.get(&key).and_then(|number| {
            let index = usize::try_from(number - self.first).ok()?;
            self.entries.get_mut(index)?.outgoing.as_mut()
        });
        let Some(place) = place else {
            return Err(outgoing);
        };
        self.bytes = self.bytes - place.len() + outgoing.len();
        self.streams =
            self.streams - u32::from(place.is_streamed()) + u32::from(outgoing.is_streamed());
        *place = outgoing;
        Ok(())
    }

    pub(super) fn pop(&mut self) -> Option<Outgoing> {
        if let Some(outgoing) = self.alone.take() {
            self.forget(&outgoing, None);
            return Some(outgoing);
        }
        while let Some(Entry { outgoing, key }) = self.entries.pop_front() {
            self.first += 1;
            if let Some(outgoing) = outgoing {
                self.forget(&outgoing, key);
                self.give_back();
                return Some(outgoing);
            }
        }
        None
    }

    /// Gives up the message that has waited longest; `false` if none may be, as
    /// streams are left in their place.
    pub(super) fn drop_oldest(&mut self) -> bool {
        if self.alone.as_ref().is_some_and(|it| !it.is_streamed()) {
            if !self.shrink(None)
                && let Some(outgoing) = self.alone.take()
            {
                self.forget(&outgoing, None);
            }
            return true;
        }
        let oldest = self.entries.iter().position(|entry| {
            let outgoing = entry.outgoing.as_ref();
            outgoing.is_some_and(|outgoing| !outgoing.is_streamed())
        });
        oldest.is_some_and(|index| self.shrink(Some(index)) || self.drop_at(index))
    }

    /// Gives up the first message of several that are in one place.
    fn shrink(&mut self, index: Option<usize>) -> bool {
        let place = match index {
            Some(index) => self.entries.get_mut(index).map(|it| &mut it.outgoing),
            None => Some(&mut self.alone),
        };
        let first = place
            .and_then(Option::as_mut)
            .and_then(Outgoing::drop_first);
        if let Some(bytes) = first {
            self.bytes -= bytes;
            self.messages -= 1;
        }
        first.is_some()
    }

    /// Gives up the message with this key, if one waits.
    pub(super) fn drop_keyed(&mut self, key: u64) {
        let number = self.keyed.get(&key).map(|number| number - self.first);
        if let Some(index) = number.and_then(|it| usize::try_from(it).ok()) {
            self.drop_at(index);
        }
    }

    fn drop_at(&mut self, index: usize) -> bool {
        let Some(entry) = self.entries.get_mut(index) else {
            return false;
        };
        let key = entry.key.take();
        if let Some(outgoing) = entry.outgoing.take() {
            self.forget(&outgoing, key);
        }
        while matches!(self.entries.front(), Some(Entry { outgoing: None, .. })) {
            self.entries.pop_front();
            self.first += 1;
        }
        true
    }

    fn count(&mut self, outgoing: &Outgoing) {
        self.bytes += outgoing.len();
        self.messages += outgoing.messages();
        self.streams += u32::from(outgoing.is_streamed());
    }

    fn forget(&mut self, outgoing: &Outgoing, key: Option<u64>) {
        self.bytes -= outgoing.len();
        self.messages -= outgoing.messages();
        self.streams -= u32::from(outgoing.is_streamed());
        if let Some(key) = key {
            self.keyed.remove(&key);
        }
    }

    /// An empty queue holds no storage.
    fn give_back(&mut self) {
        if self.messages == 0 {
            *self = Self {
                first: self.first,
                ..Self::default()
            };
        }
    }
}
