use std::{collections::VecDeque, io::IoSlice};

use bytes::{Buf, Bytes, BytesMut};

/// Bytes for the transport, in order; a [`Buf`] for (vectored) writing.
///
/// Headers and short payloads lie one behind the other, so that many frames
/// leave in one write. Longer payloads are queued as they are, without a copy.
/// When all is taken the storage is given back, so that an idle connection
/// holds none.
#[derive(Debug, Default)]
pub struct SendQueue {
    /// Sealed chunks, none of them empty.
    chunks: VecDeque<Bytes>,
    /// Where short pieces are copied to.
    tail: BytesMut,
    len: usize,
    taken: u64,
}

impl SendQueue {
    /// The number of bytes queued.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing is queued.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The number of bytes taken since the connection began.
    pub(crate) const fn taken(&self) -> u64 {
        self.taken
    }

    /// Forgets what is queued.
    pub(crate) fn clear(&mut self) {
        self.chunks = VecDeque::new();
        self.tail = BytesMut::new();
        self.len = 0;
    }

    /// Counts bytes that have left the chunks.
    fn advance_over(&mut self, count: usize) {
        self.len -= count;
        self.taken += count as u64;
        if self.len == 0 {
            self.clear();
        }
    }

    fn check(&self, count: usize) {
        let len = self.len;
        assert!(count <= len, "{count} bytes are taken of {len} queued");
    }

    /// Copies `bytes` to the end, and lends the copy.
    pub(crate) fn copy(&mut self, bytes: &[u8]) -> &mut [u8] {
        let start = self.tail.len();
        self.tail.extend_from_slice(bytes);
        self.len += bytes.len();
        &mut self.tail[start..]
    }

    /// As [`push`](Self::push), for bytes that are shared.
    pub(crate) fn push_ref(&mut self, bytes: &Bytes) {
        if bytes.len() <= COPIED {
            self.copy(bytes);
        } else {
            self.push(bytes.clone());
        }
    }

    /// Adds `bytes` to the end, by reference if they are long.
    pub(crate) fn push(&mut self, bytes: Bytes) {
        if bytes.len() <= COPIED {
            self.copy(&bytes);
        } else {
            self.len += bytes.len();
            if !self.tail.is_empty() {
                self.chunks.push_back(self.tail.split().freeze());
            }
            self.chunks.push_back(bytes);
        }
    }
}

impl Buf for SendQueue {
    fn remaining(&self) -> usize {
        self.len
    }

    fn chunk(&self) -> &[u8] {
        self.chunks.front().map_or(&self.tail, |chunk| chunk)
    }

    fn chunks_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let tail = Some(&self.tail[..]).filter(|tail| !tail.is_empty());
        let chunks = self.chunks.iter().map(|chunk| &chunk[..]).chain(tail);
        let mut count = 0;
        for (slice, chunk) in slices.iter_mut().zip(chunks) {
            *slice = IoSlice::new(chunk);
            count += 1;
        }
        count
    }

    /// Takes `count` bytes from the front.
    ///
    /// # Panics
    ///
    /// If there are fewer.
    fn advance(&mut self, mut count: usize) {
        self.check(count);
        let taken = count;
        while let Some(front) = self.chunks.front_mut() {
            if count < front.len() {
                front.advance(count);
                count = 0;
                break;
            }
            count -= front.len();
            self.chunks.pop_front();
        }
        self.tail.advance(count);
        self.advance_over(taken);
    }

    /// Takes `count` bytes from the front; without a copy if they lie in one
    /// chunk.
    ///
    /// # Panics
    ///
    /// If there are fewer.
    fn copy_to_bytes(&mut self, count: usize) -> Bytes {
        self.check(count);
        match self.chunks.front() {
            None if count == self.len => {
                let bytes = self.tail.split().freeze();
                self.advance_over(count);
                bytes
            }
            Some(front) if count <= front.len() => {
                let bytes = front.slice(..count);
                self.advance(count);
                bytes
            }
            None | Some(_) => {
                let mut bytes = BytesMut::with_capacity(count);
                while bytes.len() < count {
                    let chunk = self.chunk();
                    let part = chunk.len().min(count - bytes.len());
                    bytes.extend_from_slice(&chunk[..part]);
                    self.advance(part);
                }
                bytes.freeze()
            }
        }
    }
}

/// The longest piece that is copied, in bytes: below, one more slice for the
/// kernel to walk costs more than the copy.
const COPIED: usize = 2048;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn bytes_leave_in_the_order_they_came(
            pieces in proptest::collection::vec((0..5000_usize, any::<bool>()), 0..12),
            takes in proptest::collection::vec((1..6000_usize, 0..3_u8), 0..40),
        ) {
            let mut queue = SendQueue::default();
            let mut expected = Vec::new();
            for (i, (len, copied)) in pieces.into_iter().enumerate() {
                let piece = vec![i as u8; len];
                expected.extend_from_slice(&piece);
                if copied {
                    queue.copy(&piece);
                } else {
                    queue.push(piece.into());
                }
            }
            let total = expected.len();
            let mut left = Vec::new();
            for (take, way) in takes {
                let take = take.min(queue.len());
                match way {
                    0 => left.extend_from_slice(&queue.copy_to_bytes(take)),
                    1 => {
                        let take = take.min(queue.chunk().len());
                        left.extend_from_slice(&queue.chunk()[..take]);
                        queue.advance(take);
                    }
                    _ => {
                        let mut slices = [IoSlice::new(&[]); 4];
                        let count = queue.chunks_vectored(&mut slices);
                        let seen: Vec<u8> =
                            slices[..count].iter().flat_map(|s| s.iter().copied()).collect();
                        let take = take.min(seen.len());
                        left.extend_from_slice(&seen[..take]);
                        queue.advance(take);
                    }
                }
                prop_assert_eq!(queue.len() + left.len(), total);
                prop_assert_eq!(queue.taken(), left.len() as u64);
            }
            prop_assert_eq!(&left, &expected[..left.len()]);
        }
    }
}
