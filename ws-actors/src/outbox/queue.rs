use std::collections::{BTreeMap, VecDeque};

use crate::Flow;

use super::Outgoing;

/// What waits, in order; counted, and found again by its key.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// The only one that waits, as most do: it takes no storage.
    alone: Option<Outgoing>,
    /// All that wait, if there are more; or one that has a key.
    line: Option<Box<Line>>,
    bytes: usize,
    /// Those that are not shared with other connections.
    own_bytes: usize,
    messages: usize,
}

#[derive(Debug, Default)]
struct Line {
    entries: VecDeque<Entry>,
    /// The number of the first entry since the line began.
    first: u64,
    /// The numbers of entries that a newer message may take the place of.
    keyed: BTreeMap<u64, u64>,
    streams: usize,
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

    pub(super) const fn own_bytes(&self) -> usize {
        self.own_bytes
    }

    /// The number of messages.
    pub(super) const fn len(&self) -> usize {
        self.messages
    }

    pub(super) fn has_streams(&self) -> bool {
        match &self.line {
            Some(line) => line.streams > 0,
            None => self.alone.as_ref().is_some_and(Outgoing::is_streamed),
        }
    }

    /// A message larger than the bound passes when nothing waits before it.
    pub(super) fn has_room(&self, outgoing: &Outgoing, flow: &Flow) -> bool {
        self.messages == 0
            || (self.messages + outgoing.messages() <= flow.max_queued_messages
                && self.bytes.saturating_add(outgoing.len()) <= flow.max_queued_bytes)
    }

    pub(super) fn push(&mut self, outgoing: Outgoing, key: Option<u64>) {
        self.bytes += outgoing.len();
        self.own_bytes += outgoing.own_len();
        self.messages += outgoing.messages();
        if self.line.is_none() && self.alone.is_none() && key.is_none() {
            self.alone = Some(outgoing);
            return;
        }
        let line = self.line.get_or_insert_default();
        if let Some(alone) = self.alone.take() {
            line.push(alone, None);
        }
        line.push(outgoing, key);
    }

    /// Whether there is room for a message in the place of the one with this
    /// key; it may be larger.
    pub(super) fn has_room_in_place(&self, key: u64, outgoing: &Outgoing, flow: &Flow) -> bool {
        let place = self.line.as_ref().and_then(|line| line.keyed(key));
        place.is_some_and(|place| {
            let bytes = (self.bytes - place.len()).saturating_add(outgoing.len());
            self.messages == 1 || outgoing.len() <= place.len() || bytes <= flow.max_queued_bytes
        })
    }

    /// Puts a message in the place of the one with this key; gives it back if
    /// there is none.
    pub(super) fn replace(&mut self, key: u64, outgoing: Outgoing) -> Result<(), Outgoing> {
        let Some(line) = &mut self.line else {
            return Err(outgoing);
        };
        let (added, streamed) = (outgoing.len(), outgoing.is_streamed());
        let own = outgoing.own_len();
        let replaced = line.replace(key, outgoing)?;
        self.bytes = self.bytes - replaced.len() + added;
        self.own_bytes = self.own_bytes - replaced.own_len() + own;
        line.streams = line.streams - usize::from(replaced.is_streamed()) + usize::from(streamed);
        Ok(())
    }

    pub(super) fn pop(&mut self) -> Option<Outgoing> {
        let outgoing = match &mut self.line {
            Some(line) => line.pop(),
            None => self.alone.take(),
        }?;
        self.forget(&outgoing);
        Some(outgoing)
    }

    /// Gives up the message that has waited longest; `false` if none may be, as
    /// streams are left in their place.
    pub(super) fn drop_oldest(&mut self) -> bool {
        let oldest = match &mut self.line {
            Some(line) => line.oldest(),
            None => self.alone.as_mut().filter(|it| !it.is_streamed()),
        };
        let Some(oldest) = oldest else {
            return false;
        };
        if let Some(first) = oldest.drop_first() {
            self.bytes -= first;
            self.messages -= 1;
            return true;
        }
        let given_up = match &mut self.line {
            Some(line) => line.take_oldest(),
            None => self.alone.take(),
        };
        if let Some(outgoing) = &given_up {
            self.forget(outgoing);
        }
        given_up.is_some()
    }

    /// Gives up the message with this key, if one waits.
    pub(super) fn drop_keyed(&mut self, key: u64) {
        let keyed = self.line.as_mut().and_then(|line| line.take_keyed(key));
        if let Some(outgoing) = keyed {
            self.forget(&outgoing);
        }
    }

    /// It waits no more. An empty queue holds no storage.
    fn forget(&mut self, outgoing: &Outgoing) {
        self.bytes -= outgoing.len();
        self.own_bytes -= outgoing.own_len();
        self.messages -= outgoing.messages();
        if self.messages == 0 {
            self.line = None;
        }
    }
}

impl Line {
    fn push(&mut self, outgoing: Outgoing, key: Option<u64>) {
        if let Some(key) = key {
            let number = self.first + self.entries.len() as u64;
            self.keyed.insert(key, number);
        }
        self.streams += usize::from(outgoing.is_streamed());
        let outgoing = Some(outgoing);
        self.entries.push_back(Entry { outgoing, key });
    }

    fn pop(&mut self) -> Option<Outgoing> {
        while !self.entries.is_empty() {
            let popped = self.take_at(0);
            if popped.is_some() {
                return popped;
            }
        }
        None
    }

    fn keyed(&self, key: u64) -> Option<&Outgoing> {
        let index = self.index_of(key)?;
        self.entries.get(index)?.outgoing.as_ref()
    }

    fn replace(&mut self, key: u64, outgoing: Outgoing) -> Result<Outgoing, Outgoing> {
        let entry = self.index_of(key);
        let entry = entry.and_then(|index| self.entries.get_mut(index));
        match entry.and_then(|entry| entry.outgoing.as_mut()) {
            Some(place) => Ok(std::mem::replace(place, outgoing)),
            None => Err(outgoing),
        }
    }

    fn oldest(&mut self) -> Option<&mut Outgoing> {
        let mut waiting = self.entries.iter_mut();
        waiting.find_map(|entry| entry.outgoing.as_mut().filter(|it| !it.is_streamed()))
    }

    fn take_oldest(&mut self) -> Option<Outgoing> {
        let oldest = self.entries.iter().position(|entry| {
            let outgoing = entry.outgoing.as_ref();
            outgoing.is_some_and(|outgoing| !outgoing.is_streamed())
        });
        self.take_at(oldest?)
    }

    fn take_keyed(&mut self, key: u64) -> Option<Outgoing> {
        self.take_at(self.index_of(key)?)
    }

    fn index_of(&self, key: u64) -> Option<usize> {
        let number = self.keyed.get(&key)?;
        usize::try_from(number - self.first).ok()
    }

    /// Takes what is in a place, and forgets the places before the first that
    /// waits.
    fn take_at(&mut self, index: usize) -> Option<Outgoing> {
        let entry = self.entries.get_mut(index)?;
        let taken = entry.outgoing.take();
        if let Some(key) = entry.key.take() {
            self.keyed.remove(&key);
        }
        if let Some(outgoing) = &taken {
            self.streams -= usize::from(outgoing.is_streamed());
        }
        while matches!(self.entries.front(), Some(Entry { outgoing: None, .. })) {
            self.entries.pop_front();
            self.first += 1;
        }
        taken
    }
}
