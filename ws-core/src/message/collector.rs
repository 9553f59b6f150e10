use bytes::{Bytes, BytesMut};

use crate::{InvalidUtf8, Utf8Bytes, Validator};

/// A message that is wanted whole, comes in parts, and is changed by nobody.
///
/// It lies in one piece, which grows with what arrives, never with what is
/// announced. The rest of a long frame can be read to its place behind what is
/// there, and is not copied then.
#[derive(Debug, Default)]
pub(super) struct Collector {
    /// What was looked at once stays `str`.
    text: String,
    bytes: BytesMut,
    /// How many of the bytes were looked at; the others were read in place.
    seen: usize,
}

impl Collector {
    pub(super) fn held_bytes(&self) -> usize {
        self.text.capacity() + self.bytes.capacity()
    }

    pub(super) fn push_text(
        &mut self,
        part: &[u8],
        missing: u64,
        validator: &mut Validator,
    ) -> Result<(), InvalidUtf8> {
        let (len, capacity) = (self.text.len(), self.text.capacity());
        self.text.reserve(room(len, capacity, part.len(), missing));
        validator.push_to(part, &mut self.text)
    }

    pub(super) fn into_text(self) -> Utf8Bytes {
        Utf8Bytes::from_received(self.text)
    }

    pub(super) fn push(&mut self, part: &[u8], missing: u64) {
        // What was read in place is told of, or is not there.
        self.bytes.truncate(self.seen);
        let (len, capacity) = (self.bytes.len(), self.bytes.capacity());
        self.bytes.reserve(room(len, capacity, part.len(), missing));
        self.bytes.extend_from_slice(part);
        self.seen = self.bytes.len();
    }

    pub(super) fn into_bytes(self) -> Bytes {
        self.bytes.freeze()
    }

    /// Where to read the rest of a frame to, if it is long and much has come.
    pub(super) fn place(&mut self, missing: u64) -> Option<&mut BytesMut> {
        let (len, capacity) = (self.bytes.len(), self.bytes.capacity());
        if capacity - len < LONG {
            let room = ahead(len, missing);
            if room < LONG {
                return None;
            }
            self.bytes.reserve(room);
        }
        (missing >= LONG as u64).then_some(&mut self.bytes)
    }

    /// What was read in place, but for what belongs behind the frame, which is
    /// handed back.
    pub(super) fn unseen(&mut self, missing: u64) -> (&mut [u8], Option<BytesMut>) {
        let end = usize::try_from(missing).map_or(usize::MAX, |it| self.seen.saturating_add(it));
        let behind = (self.bytes.len() > end).then(|| self.bytes.split_off(end));
        let from = std::mem::replace(&mut self.seen, self.bytes.len());
        (&mut self.bytes[from..], behind)
    }
}

/// How much room to make for a part: none beyond what there is, if it fits.
fn room(len: usize, capacity: usize, part: usize, missing: u64) -> usize {
    let come = len + part;
    if capacity >= come {
        return part;
    }
    part.saturating_add(ahead(come, missing))
}

/// How much room to make for what is announced: no more than three times what
/// has come. Long messages are not copied at every doubling, and an announcement
/// alone takes nothing.
fn ahead(come: usize, missing: u64) -> usize {
    usize::try_from(missing)
        .unwrap_or(usize::MAX)
        .min(come.saturating_mul(3))
}

/// From this length on, in bytes, a read of its own costs less than the copy.
const LONG: usize = 16 * 1024;
