use std::{cell::Cell, collections::VecDeque, io::IoSlice, mem};

use bytes::{Buf, Bytes, BytesMut};

/// Bytes for the transport, in order; a [`Buf`] for (vectored) writing.
///
/// Headers and short payloads lie one behind the other, so that many frames
/// leave in one write. Longer payloads are queued as they are, without a copy.
/// When all is taken the storage is given back to the thread, so that an idle
/// connection holds none, and a busy one makes none.
#[derive(Debug, Default)]
pub struct SendQueue {
    /// Short pieces, one behind the other.
    copied: BytesMut,
    /// Long pieces, none of them empty.
    long: VecDeque<Long>,
    /// How much of `copied` comes behind the last long piece.
    behind: usize,
    len: usize,
    taken: u64,
}

#[derive(Debug)]
struct Long {
    /// How much of `copied` comes before it, and behind the long one before.
    before: usize,
    bytes: Bytes,
}

thread_local! {
    static SPARE: Cell<BytesMut> = Cell::default();
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
        let mut storage = mem::take(&mut self.copied);
        storage.clear();
        // The next connection of this thread that sends finds it.
        if !storage.try_reclaim(MOST_SPARE + 1) && storage.try_reclaim(LEAST_SPARE) {
            SPARE.set(storage);
        }
        self.long = VecDeque::new();
        self.behind = 0;
        self.len = 0;
    }

    /// Copies a header and a payload to the end, and lends the copy of the
    /// payload.
    #[inline]
    pub(crate) fn copy(&mut self, header: &[u8], payload: &[u8]) -> &mut [u8] {
        let len = header.len() + payload.len();
        let start = self.copied.len();
        if self.copied.capacity() - start < len {
            self.make_room(len);
        }
        self.copied.extend_from_slice(header);
        self.copied.extend_from_slice(payload);
        self.behind += len;
        self.len += len;
        &mut self.copied[start + header.len()..]
    }

    #[cold]
    fn make_room(&mut self, len: usize) {
        if self.copied.is_empty() {
            self.copied = SPARE.take();
        }
        self.copied.reserve(len);
    }

    /// As [`push`](Self::push), for bytes that are shared.
    pub(crate) fn push_ref(&mut self, bytes: &Bytes) {
        if bytes.len() <= COPIED {
            self.copy(&[], bytes);
        } else {
            self.push(bytes.clone());
        }
    }

    /// Adds `bytes` to the end, by reference if they are long.
    #[inline]
    pub(crate) fn push(&mut self, bytes: Bytes) {
        if bytes.len() <= COPIED {
            self.copy(&[], &bytes);
        } else {
            self.len += bytes.len();
            let before = mem::take(&mut self.behind);
            self.long.push_back(Long { before, bytes });
        }
    }

    /// The first bytes of `copied` are taken.
    fn pass_copied(&mut self, count: usize) {
        match self.long.front_mut() {
            Some(long) => long.before -= count,
            None => self.behind -= count,
        }
    }

    /// Counts bytes that have left.
    fn pass(&mut self, count: usize) {
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
}

impl Buf for SendQueue {
    fn remaining(&self) -> usize {
        self.len
    }

    fn chunk(&self) -> &[u8] {
        match self.long.front() {
            None => &self.copied,
            Some(Long { before: 0, bytes }) => bytes,
            Some(Long { before, .. }) => &self.copied[..*before],
        }
    }

    fn chunks_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let mut rest = &self.copied[..];
        let chunks = self.long.iter().flat_map(|long| {
            let (before, behind) = rest.split_at(long.before);
            rest = behind;
            [before, &long.bytes]
        });
        let last = &self.copied[self.copied.len() - self.behind..];
        let chunks = chunks.chain([last]).filter(|chunk| !chunk.is_empty());
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
    fn advance(&mut self, count: usize) {
        self.check(count);
        let mut left = count;
        while left > 0 {
            let part = self.chunk().len().min(left);
            left -= part;
            match self.long.front_mut() {
                Some(Long { before: 0, bytes }) if part < bytes.len() => bytes.advance(part),
                Some(Long { before: 0, .. }) => drop(self.long.pop_front()),
                Some(_) | None => {
                    self.copied.advance(part);
                    self.pass_copied(part);
                }
            }
        }
        self.pass(count);
    }

    /// Takes `count` bytes from the front; without a copy if they lie in one
    /// chunk.
    ///
    /// # Panics
    ///
    /// If there are fewer.
    fn copy_to_bytes(&mut self, count: usize) -> Bytes {
        self.check(count);
        if count > self.chunk().len() {
            let mut bytes = BytesMut::with_capacity(count);
            while bytes.len() < count {
                let part = self.chunk().len().min(count - bytes.len());
                bytes.extend_from_slice(&self.chunk()[..part]);
                self.advance(part);
            }
            return bytes.freeze();
        }
        match self.long.front() {
            Some(Long { before: 0, bytes }) => {
                let bytes = bytes.slice(..count);
                self.advance(count);
                bytes
            }
            Some(_) | None => {
                let bytes = self.copied.split_to(count).freeze();
                self.pass_copied(count);
                self.pass(count);
                bytes
            }
        }
    }
}

/// The longest piece that is copied, in bytes: below, one more slice for the
/// kernel to walk costs more than the copy.
pub(crate) const COPIED: usize = 2048;
/// The storage that a thread keeps for its connections, in bytes: one that is
/// larger was made for a rare burst.
const LEAST_SPARE: usize = 64;
const MOST_SPARE: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn long_pieces_are_queued_and_taken_without_a_copy() {
        let long = Bytes::from(vec![7; COPIED + 1]);
        let mut queue = SendQueue::default();
        queue.push(long.clone());
        queue.push_ref(&long);
        for _ in 0..2 {
            assert_eq!(queue.chunk().as_ptr(), long.as_ptr());
            let taken = queue.copy_to_bytes(long.len());
            assert_eq!(taken.as_ptr(), long.as_ptr());
        }
        queue.push(long.clone());
        assert_eq!(queue.copy_to_bytes(5).as_ptr(), long.as_ptr());
    }

    #[test]
    fn short_pieces_are_copied_to_one_chunk_and_taken_without_another_copy() {
        let short = Bytes::from(vec![7; COPIED]);
        let mut queue = SendQueue::default();
        queue.push_ref(&short);
        queue.push(short.clone());
        queue.copy(b"ab", b"cd").fill(b'x');
        assert_eq!(queue.chunk().len(), 2 * COPIED + 4);
        let storage = queue.chunk().as_ptr();
        let taken = queue.copy_to_bytes(2 * COPIED + 4);
        assert_eq!(taken.as_ptr(), storage);
        assert!(taken.ends_with(b"\x07abxx"));
    }

    #[test]
    fn an_empty_queue_leaves_its_storage_to_the_next() {
        let [mut one, mut other] = [SendQueue::default(), SendQueue::default()];
        one.copy(&[7; 10], &[7; 1990]);
        let storage = one.chunk().as_ptr();
        one.advance(2000);
        assert_eq!(one.copied.capacity(), 0);
        other.copy(&[7; 10], &[7; 1990]);
        assert_eq!(other.chunk().as_ptr(), storage);
        one.copy(&[7; 10], &[]);
        assert_ne!(one.chunk().as_ptr(), storage);
        other.clear();
        assert_eq!(other.copied.capacity(), 0);
    }

    #[test]
    fn the_storage_of_a_rare_burst_is_not_kept() {
        let mut queue = SendQueue::default();
        for _ in 0..1000 {
            queue.copy(&[7; 10], &[7; 1990]);
        }
        queue.advance(queue.len());
        assert!(SPARE.take().capacity() <= MOST_SPARE);
        assert_eq!(queue.copied.capacity(), 0);
    }

    #[test]
    fn no_burst_of_any_length_leaves_its_storage_to_the_thread() {
        for len in [100_000, 1_000_000, 2_000_000, 2_048_000] {
            let mut queue = SendQueue::default();
            for _ in 0..len / 2000 {
                queue.copy(&[7; 10], &[7; 1990]);
            }
            queue.advance(queue.len());
            // What was taken from its front is hidden, and not given back.
            let hidden = SPARE.take().try_reclaim(MOST_SPARE + 1);
            assert!(!hidden, "the storage of {len} bytes is kept");
        }
    }

    #[test]
    fn storage_that_others_look_at_is_not_written_to() {
        let mut queue = SendQueue::default();
        queue.copy(b"", &[1; 500]);
        let taken = queue.copy_to_bytes(500);
        queue.copy(b"", &[2; 500]);
        assert_eq!(taken, [1; 500][..]);
        assert_eq!(queue.chunk(), [2; 500]);
    }

    #[test]
    #[should_panic(expected = "6 bytes are taken of 5 queued")]
    fn nobody_takes_more_than_is_queued() {
        let mut queue = SendQueue::default();
        queue.copy(b"ab", b"cde");
        queue.advance(6);
    }

    #[test]
    #[should_panic(expected = "6 bytes are taken of 5 queued")]
    fn nobody_copies_more_than_is_queued() {
        let mut queue = SendQueue::default();
        queue.copy(b"ab", b"cde");
        queue.copy_to_bytes(6);
    }

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
                    queue.copy(&[], &piece);
                } else {
                    queue.push(piece.into());
                }
            }
            let total = expected.len();
            let mut left = Vec::new();
            for (take, way) in takes {
                let take = take.min(queue.len());
                match way {
                    0 => {
                        let taken = queue.copy_to_bytes(take);
                        prop_assert_eq!(taken.len(), take);
                        left.extend_from_slice(&taken);
                    }
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
                        prop_assert!(slices[..count].iter().all(|slice| !slice.is_empty()));
                        prop_assert!(count == slices.len() || seen.len() == queue.len());
                        let take = take.min(seen.len());
                        left.extend_from_slice(&seen[..take]);
                        queue.advance(take);
                    }
                }
                prop_assert_eq!(queue.len() + left.len(), total);
                prop_assert_eq!(queue.remaining(), queue.len());
                prop_assert_eq!(queue.taken(), left.len() as u64);
            }
            prop_assert_eq!(&left, &expected[..left.len()]);
        }
    }
}
